"""The table of environments: one row for each task family, strings and numbers only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One task family, registered as `{name}-{language}-v{version}` for each of its languages.

    Attributes:
        name: Name of the family.
        version: Goes up whenever results before and after a change cannot be compared.
        entry_point: `"module:function"` that makes one environment.
        vector_entry_point: `"module:function"` that makes many at once.
        languages: The languages, as they are written in ids.
        source_tokens: Tokens of the prompt that a policy sees.
        target_tokens: Budget of tokens of an episode.
        reward: Preset of the reward.
    """

    name: str
    version: int
    entry_point: str
    vector_entry_point: str
    languages: tuple[str, ...]
    source_tokens: int
    target_tokens: int
    reward: str


TABLE: tuple[Row, ...] = (
    Row(
        name="CodeCompletion",
        version=0,
        entry_point="codegym.envs.completion:code_completion",
        vector_entry_point="codegym.envs.completion:code_completion_vector",
        languages=("C", "CSharp", "Cpp", "Java", "PHP", "Python"),
        source_tokens=512,
        target_tokens=64,
        reward="default",
    ),
)
