"""Code completion: the end of a real program is hidden, and has to be written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from codegym import languages
from codegym import problems as problem_sets
from codegym.envs.base import METADATA, TokenEnv
from codegym.envs.episode import Assignment
from codegym.envs.process import DecisionProcess, Grader, ReferenceScorer
from codegym.envs.vector import CodeVectorEnv
from codegym.errors import ConfigurationError, DataError
from codegym.problems.base import ProblemSet
from codegym.rewards import RewardMix
from codegym.tokens import Tokenizer
from codegym.types import Problem


@final
@dataclass(frozen=True)
class Completion:
    """The last tokens of a program are masked (PPOCoder, arXiv 2301.13816, section 4.1).

    Attributes:
        masked_tokens: How many tokens of the reference are hidden, but never more than half of them.

    Raises:
        ConfigurationError: Nothing would be hidden.
    """

    masked_tokens: int = 25
    name: str = "CodeCompletion"

    def __post_init__(self) -> None:
        if self.masked_tokens < 1:
            raise ConfigurationError(f"masked_tokens is {self.masked_tokens}; give at least 1.")

    def assign(self, problem: Problem, tokenizer: Tokenizer) -> Assignment:
        """Returns the program without its end.

        Raises:
            DataError: The program is shorter than two tokens.
        """
        ids = tokenizer.encode(problem.reference)
        if len(ids) < 2:
            raise DataError(f"Problem {problem.id!r} has {len(ids)} tokens; there is nothing to complete.")
        cut = len(ids) - min(self.masked_tokens, len(ids) // 2)
        return Assignment(
            problem=problem,
            language=problem.language,
            source_ids=tuple(ids[:cut]),
            prefix=b"".join([tokenizer.token_bytes(token) for token in ids[:cut]]),
            reference=problem.reference.encode("utf-8", "replace"),
            reference_ids=tuple(ids[cut:]),
        )


def code_completion(
    language: str,
    problems: str | Path | ProblemSet = "procedural",
    split: str = "train",
    path: str | Path | None = None,
    tokenizer: str | Tokenizer = "codegym",
    reward: str | RewardMix = "default",
    reference: str | ReferenceScorer | None = None,
    judge: Grader | None = None,
    masked_tokens: int = 25,
    source_tokens: int = 512,
    target_tokens: int = 64,
    render_mode: str | None = None,
) -> TokenEnv:
    """Complete a program whose last tokens are missing, so that it compiles and does what its author meant.

    ## Description

    The last `masked_tokens` tokens of a real program are hidden. The agent sees what stands before them and
    writes the rest, one token a step. At the end the whole program, prompt and answer, is compiled.

    ## Action Space

    `Discrete(vocabulary_size)`: the token to append. Every token may be chosen; one that is not legal
    (`action_masks()`) writes nothing and costs its place in the budget. An action outside of the space raises
    `InvalidActionError`.

    ## Observation Space

    A flat `Dict` of int64 `Box`es, padded on the right: `source` and `source_mask` of `source_tokens`, the
    prompt (its last tokens if it is longer), and `target` and `target_mask` of `target_tokens`, the tokens
    written so far.

    ## Starting State

    A problem drawn uniformly from the problem set, or `reset(options={"index": int})`, or
    `reset(options={"problem": Problem})`; nothing has been written.

    ## Rewards

    The sum of `info["reward_terms"]`:

    - `syntax`, `dataflow`: what the token added to the match of the program so far with the reference;
    - `kl`: `-beta * (log pi(a|s) - log pi_ref(a|s))`, 0 without a reference;
    - `compilation`: on the last step, +1 if the program compiles and -1 if it does not;
    - `unit_tests` or `adaptive_unit_tests`, with the rewards of these names: on the last step, from -1 to +1.

    The return is PPOCoder's reward, less the constant that the prompt alone scores.

    ## Episode End

    Termination: the end-of-sequence token, or `target_tokens` tokens. Truncation: the judge could not answer;
    `info["reward_valid"]` is False then.

    ## Information

    `reset`: `problem_id`, and `inactive_terms`: terms that pay nothing whatever is written, because the reference
    has no data flow, for instance. Every step: `reward_terms`. The last step: `program`, `grade` (`status`,
    `compiled`, `passed`, `total`, `diagnostics`, `outcomes`) and `reward_valid`.

    ## Arguments

    Args:
        language: The language's name: `"python"` or `"Python"`.
        problems: A name that `codegym.problems.load` knows, a folder of code, or a problem set.
        split: `"train"`, `"validation"` or `"test"`; a problem set that is passed as an object keeps its own.
        path: Where the problem set's data are, if not in the usual place.
        tokenizer: A name, a path or a tokenizer: see `codegym.tokens.load`.
        reward: `"default"`, `"ppocoder"`, `"unit_tests"`, `"adaptive_unit_tests"` or a `RewardMix`.
        reference: The policy of the KL term: an object with `log_prob(observation, action)`, or
            `"module:object"`.
        judge: Who compiles; None: the judge that the process shares.
        masked_tokens: Tokens that are hidden, but never more than half of the program.
        source_tokens: Tokens of the prompt that are seen.
        target_tokens: Budget of tokens.
        render_mode: `"ansi"`, `"rgb_array"` or None.

    ## References

    Shojaee et al., "Execution-based Code Generation using Deep Reinforcement Learning", arXiv 2301.13816,
    TMLR 2023.

    ## Version History

    - v0: first version.
    """
    process = _process(
        language,
        problems,
        split,
        path,
        masked_tokens,
        tokenizer=tokenizer,
        reward=reward,
        reference=reference,
        judge=judge,
        source_tokens=source_tokens,
        target_tokens=target_tokens,
    )
    return TokenEnv(process, render_mode)


# `gym.make` reads the render modes from the entry point before it calls it.
code_completion.metadata = METADATA  # type: ignore[attr-defined]


def code_completion_vector(
    language: str,
    num_envs: int = 1,
    problems: str | Path | ProblemSet = "procedural",
    split: str = "train",
    path: str | Path | None = None,
    tokenizer: str | Tokenizer = "codegym",
    reward: str | RewardMix = "default",
    reference: str | ReferenceScorer | None = None,
    judge: Grader | None = None,
    masked_tokens: int = 25,
    source_tokens: int = 512,
    target_tokens: int = 64,
    workers: int | None = None,
    render_mode: str | None = None,
) -> CodeVectorEnv:
    """Returns `num_envs` environments of `code_completion`; `workers` are the processes of `score`."""
    process = _process(
        language,
        problems,
        split,
        path,
        masked_tokens,
        tokenizer=tokenizer,
        reward=reward,
        reference=reference,
        judge=judge,
        source_tokens=source_tokens,
        target_tokens=target_tokens,
    )
    return CodeVectorEnv(process, num_envs, workers, render_mode)


def exact_match(reference: str, answer: str) -> bool:
    """Returns whether an answer is the hidden text, white space at its end aside."""
    return reference.rstrip() == answer.rstrip()


def edit_similarity(reference: str, answer: str) -> float:
    """Returns how close an answer is to the hidden text, in [0, 1], white space at its end aside.

    One less the normalised indel distance: insertions and deletions over the sum of both lengths; 1 for two
    empty texts.
    """
    from rapidfuzz import fuzz

    return fuzz.ratio(reference.rstrip(), answer.rstrip()) / 100


def _process(
    language: str,
    problems: str | Path | ProblemSet,
    split: str,
    path: str | Path | None,
    masked_tokens: int,
    **options: Any,
) -> DecisionProcess:
    name = languages.get(language).name
    if isinstance(problems, str | Path):
        problems = problem_sets.load(problems, language=name, split=split, path=path)
    return DecisionProcess(Completion(masked_tokens), problems, **options)
