"""The table of environments: one row for each task family, strings and numbers only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One task family, registered as `{name}-{language}-v{version}` for each of its languages.

    A family with source languages is registered as `{name}-{source}-{language}-v{version}` for each pair of different
    languages.

    Attributes:
        name: Name of the family.
        version: Goes up whenever results before and after a change cannot be compared.
        entry_point: `"module:function"` that makes one environment; of a game, the one in which agents take turns.
        vector_entry_point: `"module:function"` that makes many at once; a game has none.
        languages: The languages, as they are written in ids.
        source_tokens: Tokens of the prompt that a policy sees.
        target_tokens: Budget of tokens of an episode, or of each turn where it has several.
        reward: Preset of the reward.
        source_languages: The languages that it translates from, if it does.
        parallel_entry_point: `"module:function"` that makes a game in which all agents act in every step.
    """

    name: str
    version: int
    entry_point: str
    vector_entry_point: str
    languages: tuple[str, ...]
    source_tokens: int
    target_tokens: int
    reward: str
    source_languages: tuple[str, ...] = ()
    parallel_entry_point: str = ""

    def id_of(self, member: dict[str, str]) -> str:
        """Returns the id of an environment of the family."""
        return f"{self.name}-{'-'.join(member.values())}-v{self.version}"

    def members(self) -> list[dict[str, str]]:
        """Returns the languages of each environment of the family, by the names of its arguments."""
        if not self.source_languages:
            return [{"language": language} for language in self.languages]
        return [
            {"source_language": source, "language": language}
            for source in self.source_languages
            for language in self.languages
            if source != language
        ]


LANGUAGES = ("C", "CSharp", "Cpp", "Java", "PHP", "Python")

TABLE: tuple[Row, ...] = (
    Row(
        name="CodeCompletion",
        version=0,
        entry_point="codegym.envs.completion:code_completion",
        vector_entry_point="codegym.envs.completion:code_completion_vector",
        languages=LANGUAGES,
        source_tokens=512,
        target_tokens=64,
        reward="default",
    ),
    Row(
        name="CodeTranslation",
        version=0,
        entry_point="codegym.envs.translation:code_translation",
        vector_entry_point="codegym.envs.translation:code_translation_vector",
        languages=LANGUAGES,
        source_tokens=1024,
        target_tokens=768,
        reward="default",
        source_languages=LANGUAGES,
    ),
    Row(
        name="ProgramSynthesis",
        version=0,
        entry_point="codegym.envs.synthesis:program_synthesis",
        vector_entry_point="codegym.envs.synthesis:program_synthesis_vector",
        languages=LANGUAGES,
        source_tokens=1024,
        target_tokens=768,
        reward="unit_tests",
    ),
    Row(
        name="CodeRepair",
        version=0,
        entry_point="codegym.envs.repair:code_repair",
        vector_entry_point="codegym.envs.repair:code_repair_vector",
        languages=LANGUAGES,
        source_tokens=1024,
        target_tokens=768,
        reward="unit_tests",
    ),
)

MULTIAGENT_TABLE: tuple[Row, ...] = (
    Row(
        name="CoderTester",
        version=0,
        entry_point="codegym.multiagent.coder_tester:env",
        vector_entry_point="",
        languages=LANGUAGES,
        source_tokens=1024,
        target_tokens=768,
        reward="unit_tests",
        parallel_entry_point="codegym.multiagent.coder_tester:parallel_env",
    ),
    Row(
        name="RoundTripTranslation",
        version=0,
        entry_point="codegym.multiagent.round_trip:env",
        vector_entry_point="",
        languages=LANGUAGES,
        source_tokens=1024,
        target_tokens=768,
        reward="unit_tests",
        source_languages=LANGUAGES,
        parallel_entry_point="codegym.multiagent.round_trip:parallel_env",
    ),
    Row(
        name="PairProgramming",
        version=0,
        entry_point="codegym.multiagent.pair_programming:env",
        vector_entry_point="",
        languages=LANGUAGES,
        source_tokens=1024,
        target_tokens=768,
        reward="unit_tests",
        parallel_entry_point="codegym.multiagent.pair_programming:parallel_env",
    ),
)
"""The games of several agents, which PettingZoo's registries hold and Gymnasium's does not."""


def env_ids() -> tuple[str, ...]:
    """Returns the id of every environment of one agent, sorted."""
    return _ids(TABLE)


def multiagent_env_ids() -> tuple[str, ...]:
    """Returns the id of every environment of several agents, sorted."""
    return _ids(MULTIAGENT_TABLE)


def _ids(table: tuple[Row, ...]) -> tuple[str, ...]:
    return tuple(sorted(row.id_of(member) for row in table for member in row.members()))
