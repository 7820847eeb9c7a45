"""Code repair: a broken program is there, with what the judge says of it, and has to be written anew."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Final, Unpack, final

from codegym import languages
from codegym.cluster import Cluster
from codegym.envs.base import METADATA, TokenEnv
from codegym.envs.episode import Assignment
from codegym.envs.process import DecisionProcess, ProcessOptions
from codegym.envs.vector import CodeVectorEnv
from codegym.errors import ConfigurationError, DataError
from codegym.problems.mutations import Bugs, check_bugs, mutants
from codegym.tokens import Tokenizer
from codegym.types import Problem

_DRAFTS: Final = 8
"""How many bugs are tried until the judge finds one."""


@final
@dataclass(frozen=True)
class Repair:
    """A program with a bug is repaired, in several turns.

    Attributes:
        turns: How many programs may be written until one is right.
        bugs: What is put into a program that has no bug of its own (`Problem.broken`).

    Raises:
        ConfigurationError: There is no turn.
        UnknownNameError: There is no such kind of bugs.
    """

    turns: int = 3
    bugs: Bugs = "any"
    name: str = "CodeRepair"

    def __post_init__(self) -> None:
        if self.turns < 1:
            raise ConfigurationError(f"turns is {self.turns}; give at least 1.")
        check_bugs(self.bugs)

    def assign(self, problem: Problem, tokenizer: Tokenizer) -> Assignment:
        """Returns a problem with programs that have a bug; the first that the judge finds fault with is shown.

        Raises:
            DataError: No bug can be put into the program.
        """
        drafts = (
            [problem.broken]
            if problem.broken
            else list(itertools.islice(mutants(problem.reference, problem.language, problem.id, self.bugs), _DRAFTS))
        )
        if not drafts:
            raise DataError(f"Problem {problem.id!r} has a program that no bug can be put into.")
        return Assignment(
            problem=problem,
            language=problem.language,
            source_ids=(),
            prefix=b"",
            reference=problem.reference.encode("utf-8", "replace"),
            reference_ids=tuple(tokenizer.encode(problem.reference)),
            turns=self.turns,
            drafts=tuple(draft.encode("utf-8", "replace") for draft in drafts),
        )


def code_repair(
    language: str,
    turns: int = 3,
    bugs: Bugs = "any",
    render_mode: str | None = None,
    **options: Unpack[ProcessOptions],
) -> TokenEnv:
    """Repair a program, with what the compiler and the unit tests say of it before one's eyes.

    ## Description

    The agent sees a program with a bug, and the judge's verdict on it: the compiler's messages, or the first unit test
    that fails. It writes the whole program anew, one token a step, and ends its turn with the end-of-sequence token.
    If the program is still wrong, the next turn shows that program, with its verdict.

    The bugs are real where the problem set has such programs, and else put in: mistyped and missing signs and names,
    wrong operators, constants, names and orders of statements.

    ## Action Space

    `Discrete(vocabulary_size)`: the token to append. Every token may be chosen; a special one writes nothing and
    costs its place in the budget. `action_masks()` tells which tokens can be part of a program as it stands. An action
    outside of the space raises `InvalidActionError`. Smaller action sets: `codegym.wrappers.TopKActions`, the k tokens
    that a reference policy finds most likely, and `codegym.wrappers.CompactActions`.

    ## Observation Space

    A flat `Dict` of int64 `Box`es, padded on the right: `source` and `source_mask` of `source_tokens`, the statement
    of the problem if it has one, the verdict and the program (the last tokens of it all if it is longer), and `target`
    and `target_mask` of `target_tokens`, the tokens written in this turn so far.

    ## Starting State

    A problem drawn uniformly from the problem set, or `reset(options={"index": int})`, or
    `reset(options={"problem": Problem})`; nothing has been written. `Problem.broken` is the program with the bug.

    ## Rewards

    The sum of `info["reward_terms"]`:

    - `unit_tests`: on the last step of the episode, +1 if all tests pass, -0.3 if some fail, -0.6 for a run-time error
      or an exceeded limit, -1 if the program does not compile;
    - `syntax`, `dataflow`: what the token added to the match of the program so far with the program that is right; the
      step that ends a turn with others to come takes back what the turn had earned;
    - `kl`: `-beta * (log pi(a|s) - log pi_ref(a|s))`, 0 without a reference;
    - `adaptive_unit_tests` or `compilation` instead of `unit_tests`, with the rewards of these names.

    The return is the last program's verdict and its match with the program that is right.

    ## Episode End

    Termination: a turn ends, with the end-of-sequence token or `target_tokens` tokens, and its program is right or it
    was the last one. Truncation: the judge could not answer; `info["reward_valid"]` is False then.

    ## Information

    `reset`: `problem_id`, and `inactive_terms`: terms that pay nothing whatever is written. Every step:
    `reward_terms`. The last step of each turn: `program`, `grade` (`status`, `compiled`, `passed`, `total`,
    `diagnostics`, `outcomes`) and `turns_left`. The last step of the episode: `reward_valid`.

    ## Arguments

    Args:
        language: The language's name.
        turns: How many programs may be written until one is right.
        bugs: What is put into programs that have no bug of their own: `"syntax"`, which the compiler finds,
            `"semantic"`, which the tests find, or `"any"`.
        problems: A name that `codegym.problems.load` knows, a folder of code, a .jsonl file, or a problem set.
            `"humanevalpack"`, `"quixbugs"` and `"introclass"` have real bugs.
        split: `"train"`, `"validation"` or `"test"`; a problem set that is passed as an object keeps its own.
        path: Where the problem set's data are, if not in the usual place.
        tokenizer: A name, a path or a tokenizer: see `codegym.tokens.load`.
        reward: `"default"`, `"ppocoder"`, `"unit_tests"`, `"adaptive_unit_tests"`, a sum
            such as `"compilation+0.5*syntax"`, or a `RewardMix`.
        reference: The policy of the KL term: an object with `log_prob(observation, action)`, or
            `"module:object"`.
        judge: Who compiles and runs; None: the judge that the process shares.
        source_tokens: Tokens of the prompt that are seen, the instruction included.
        target_tokens: Budget of tokens of a turn.
        instruction: What stands before every prompt; None or empty: nothing.
        strict: Whether a problem that cannot be posed within the budget is an error, instead of being replaced.
        render_mode: `"ansi"`, `"rgb_array"` or None.

    ## References

    Muennighoff et al., "OctoPack", arXiv 2308.07124, for HumanEvalFix; Chen et al., "Teaching Large Language Models to
    Self-Debug", arXiv 2304.05128, for turns with feedback.

    ## Version History

    - v0: first version.
    """
    return TokenEnv(_process(language, turns, bugs, options), render_mode)


# `gym.make` reads the render modes from the entry point before it calls it.
code_repair.metadata = METADATA  # type: ignore[attr-defined]


def code_repair_vector(
    language: str,
    num_envs: int = 1,
    turns: int = 3,
    bugs: Bugs = "any",
    workers: int | Cluster | None = None,
    render_mode: str | None = None,
    **options: Unpack[ProcessOptions],
) -> CodeVectorEnv:
    """Returns `num_envs` environments of `code_repair`; `workers` do the work of `score`."""
    return CodeVectorEnv(_process(language, turns, bugs, options), num_envs, workers, render_mode)


def _process(language: str, turns: int, bugs: Bugs, options: ProcessOptions) -> DecisionProcess:
    return DecisionProcess.open(Repair(turns, bugs), languages.get(language).name, **options)
