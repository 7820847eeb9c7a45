"""Program synthesis: a program is written from a statement of what it has to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Unpack, final

from codegym import languages
from codegym.cluster import Cluster
from codegym.envs.base import METADATA, TokenEnv
from codegym.envs.episode import Assignment
from codegym.envs.process import DecisionProcess, ProcessOptions
from codegym.envs.vector import CodeVectorEnv
from codegym.errors import DataError
from codegym.tokens import Tokenizer
from codegym.types import Problem


@final
@dataclass(frozen=True)
class Synthesis:
    """A program is written from a statement (PPOCoder, arXiv 2301.13816, section 4.3)."""

    name: str = "ProgramSynthesis"

    def assign(self, problem: Problem, tokenizer: Tokenizer) -> Assignment:
        """Returns the statement; where the problem gives the beginning of the program, the rest is to be written.

        Raises:
            DataError: The problem has no statement.
        """
        if not problem.statement.strip():
            raise DataError(f"Problem {problem.id!r} has no statement to write a program from.")
        prefix, suffix = (part.encode("utf-8", "replace") for part in (problem.prefix, problem.suffix))
        reference = problem.reference.encode("utf-8", "replace")
        answer = reference[len(prefix) : len(reference) - len(suffix)].decode("utf-8", "replace")
        return Assignment(
            problem=problem,
            language=problem.language,
            source_ids=tuple(tokenizer.encode(problem.statement)),
            prefix=prefix,
            reference=reference,
            reference_ids=tuple(tokenizer.encode(answer)),
            suffix=suffix,
            instruction=f"Write a {languages.get(problem.language).title} program:\n",
        )


def program_synthesis(language: str, render_mode: str | None = None, **options: Unpack[ProcessOptions]) -> TokenEnv:
    """Write a program that does what a statement asks for, judged by unit tests.

    ## Description

    The agent reads what the program has to do, in words, and writes the program, one token a step. At the end it is
    compiled and run against the problem's unit tests. Where a problem gives the beginning of the program, a signature
    for instance, the agent writes what follows.

    ## Action Space

    `Discrete(vocabulary_size)`: the token to append. Every token may be chosen; a special one writes nothing and
    costs its place in the budget. `action_masks()` tells which tokens can be part of a program as it stands. An action
    outside of the space raises `InvalidActionError`. Smaller action sets: `codegym.wrappers.TopKActions`, the k tokens
    that a reference policy finds most likely, and `codegym.wrappers.CompactActions`.

    ## Observation Space

    A flat `Dict` of int64 `Box`es, padded on the right: `source` and `source_mask` of `source_tokens`, an instruction,
    `"Write a C++ program:"` for instance, and the statement (its last tokens if it is longer), and `target` and
    `target_mask` of `target_tokens`, the tokens written so far.

    ## Starting State

    A problem drawn uniformly from the problem set, or `reset(options={"index": int})`, or
    `reset(options={"problem": Problem})` with `Problem.statement`; nothing has been written.

    ## Rewards

    The sum of `info["reward_terms"]`:

    - `unit_tests`: on the last step, +1 if all tests pass, -0.3 if some fail, -0.6 for a run-time error or an exceeded
      limit, -1 if the program does not compile;
    - `syntax`, `dataflow`: what the token added to the match of the program so far with the reference program;
    - `kl`: `-beta * (log pi(a|s) - log pi_ref(a|s))`, 0 without a reference;
    - `adaptive_unit_tests` or `compilation` instead of `unit_tests`, with the rewards of these names.

    ## Episode End

    Termination: the end-of-sequence token, or `target_tokens` tokens. Truncation: the judge could not answer;
    `info["reward_valid"]` is False then.

    ## Information

    `reset`: `problem_id`, and `inactive_terms`: terms that pay nothing whatever is written. Every step:
    `reward_terms`. The last step: `program`, `grade` (`status`, `compiled`, `passed`, `total`, `diagnostics`,
    `outcomes`) and `reward_valid`.

    ## Arguments

    Args:
        language: Name of the language that is written.
        problems: A name that `codegym.problems.load` knows and that has statements (`"procedural"`, `"humaneval"`,
            `"apps"` ...), a .jsonl file, or a problem set.
        split: `"train"`, `"validation"` or `"test"`; a problem set that is passed as an object keeps its own.
        path: Where the problem set's data are, if not in the usual place.
        tokenizer: A name, a path or a tokenizer: see `codegym.tokens.load`.
        reward: `"default"`, `"ppocoder"`, `"unit_tests"`, `"adaptive_unit_tests"`, a sum
            such as `"compilation+0.5*syntax"`, or a `RewardMix`.
        reference: The policy of the KL term: an object with `log_prob(observation, action)`, or
            `"module:object"`.
        judge: Who compiles and runs; None: the judge that the process shares.
        source_tokens: Tokens of the prompt that are seen, the instruction included.
        target_tokens: Budget of tokens.
        instruction: What stands before every prompt; None: as under "Observation Space"; empty: nothing.
        strict: Whether a problem that cannot be posed within the budget is an error, instead of being replaced.
        render_mode: `"ansi"`, `"rgb_array"` or None.

    ## References

    Shojaee et al., "Execution-based Code Generation using Deep Reinforcement Learning", arXiv 2301.13816,
    TMLR 2023. Le et al., "CodeRL", arXiv 2207.01780, for the levels of the verdict.

    ## Version History

    - v0: first version.
    """
    return TokenEnv(_process(language, options), render_mode)


# `gym.make` reads the render modes from the entry point before it calls it.
program_synthesis.metadata = METADATA  # type: ignore[attr-defined]


def program_synthesis_vector(
    language: str,
    num_envs: int = 1,
    workers: int | Cluster | None = None,
    render_mode: str | None = None,
    **options: Unpack[ProcessOptions],
) -> CodeVectorEnv:
    """Returns `num_envs` environments of `program_synthesis`; `workers` do the work of `score`."""
    return CodeVectorEnv(_process(language, options), num_envs, workers, render_mode)


def _process(language: str, options: ProcessOptions) -> DecisionProcess:
    return DecisionProcess.open(Synthesis(), languages.get(language).name, **options)
