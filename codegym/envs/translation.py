"""Code translation: a program is there in one language, and has to be written in another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Unpack, final

from codegym import languages
from codegym.cluster import Cluster
from codegym.envs.base import METADATA, TokenEnv
from codegym.envs.episode import Assignment
from codegym.envs.process import DecisionProcess, ProcessOptions
from codegym.envs.vector import CodeVectorEnv
from codegym.errors import ConfigurationError, DataError
from codegym.tokens import Tokenizer
from codegym.types import Problem


@final
@dataclass(frozen=True)
class Translation:
    """A whole program is written, from one in another language (PPOCoder, arXiv 2301.13816, section 4.2).

    Attributes:
        source_language: Name of the language that is translated from.
    """

    source_language: str
    name: str = "CodeTranslation"

    def assign(self, problem: Problem, tokenizer: Tokenizer) -> Assignment:
        """Returns the program in the source language, to be written anew.

        Raises:
            DataError: The problem has no program in the source language.
        """
        source, title = problem.sources.get(self.source_language), languages.get(self.source_language).title
        if source is None:
            raise DataError(
                f"Problem {problem.id!r} has no {title} program to translate from; "
                f"its sources are: {', '.join(problem.sources) or 'none'}."
            )
        return Assignment(
            problem=problem,
            language=problem.language,
            source_ids=tuple(tokenizer.encode(source)),
            prefix=b"",
            reference=problem.reference.encode("utf-8", "replace"),
            reference_ids=tuple(tokenizer.encode(problem.reference)),
            instruction=f"Translate {title} to {languages.get(problem.language).title}:\n",
        )


def code_translation(
    source_language: str, language: str, render_mode: str | None = None, **options: Unpack[ProcessOptions]
) -> TokenEnv:
    """Write a program in one language that does what a program in another language does.

    ## Description

    The agent sees a whole program in the source language and writes one in the target language, one token a step. At
    the end it is compiled, and run against unit tests where the reward asks for them.

    ## Action Space

    `Discrete(vocabulary_size)`: the token to append. Every token may be chosen; a special one writes nothing and
    costs its place in the budget. `action_masks()` tells which tokens can be part of a program as it stands. An action
    outside of the space raises `InvalidActionError`. Smaller action sets: `codegym.wrappers.TopKActions`, the k tokens
    that a reference policy finds most likely, and `codegym.wrappers.CompactActions`.

    ## Observation Space

    A flat `Dict` of int64 `Box`es, padded on the right: `source` and `source_mask` of `source_tokens`, an instruction,
    `"Translate Java to C++:"` for instance, and the program that is translated (its last tokens if it is longer), and
    `target` and `target_mask` of `target_tokens`, the tokens written so far.

    ## Starting State

    A problem drawn uniformly from the problem set, or `reset(options={"index": int})`, or
    `reset(options={"problem": Problem})` with the source program in `Problem.sources`; nothing has been written.

    ## Rewards

    The sum of `info["reward_terms"]`:

    - `syntax`, `dataflow`: what the token added to the match of the program so far with the reference translation;
    - `kl`: `-beta * (log pi(a|s) - log pi_ref(a|s))`, 0 without a reference;
    - `compilation`: on the last step, +1 if the program compiles and -1 if it does not;
    - `unit_tests` or `adaptive_unit_tests`, with the rewards of these names: on the last step, from -1 to +1.

    ## Episode End

    Termination: the end-of-sequence token, or `target_tokens` tokens. Truncation: the judge could not answer;
    `info["reward_valid"]` is False then.

    ## Information

    `reset`: `problem_id`, and `inactive_terms`: terms that pay nothing whatever is written. Every step:
    `reward_terms`. The last step: `program`, `grade` (`status`, `compiled`, `passed`, `total`, `diagnostics`,
    `outcomes`) and `reward_valid`.

    ## Arguments

    Args:
        source_language: Name of the language that is translated from: `"java"` or `"Java"`.
        language: Name of the language that is written.
        problems: A name that `codegym.problems.load` knows and that has parallel programs (`"procedural"`,
            `"xlcost"`), or a problem set.
        split: `"train"`, `"validation"` or `"test"`; a problem set that is passed as an object keeps its own.
        path: Where the problem set's data are, if not in the usual place.
        tokenizer: A name, a path or a tokenizer: see `codegym.tokens.load`.
        reward: `"default"`, `"ppocoder"`, `"unit_tests"`, `"adaptive_unit_tests"`, a sum
            such as `"compilation+0.5*syntax"`, or a `RewardMix`.
        reference: The policy of the KL term: an object with `log_prob(observation, action)`, or
            `"module:object"`.
        judge: Who compiles; None: the judge that the process shares.
        source_tokens: Tokens of the prompt that are seen, the instruction included.
        target_tokens: Budget of tokens.
        instruction: What stands before every prompt; None: as under "Observation Space"; empty: nothing.
        strict: Whether a problem that cannot be posed within the budget is an error, instead of being replaced.
        render_mode: `"ansi"`, `"rgb_array"` or None.

    ## References

    Shojaee et al., "Execution-based Code Generation using Deep Reinforcement Learning", arXiv 2301.13816,
    TMLR 2023.

    ## Version History

    - v0: first version.
    """
    return TokenEnv(_process(source_language, language, options), render_mode)


# `gym.make` reads the render modes from the entry point before it calls it.
code_translation.metadata = METADATA  # type: ignore[attr-defined]


def code_translation_vector(
    source_language: str,
    language: str,
    num_envs: int = 1,
    workers: int | Cluster | None = None,
    render_mode: str | None = None,
    **options: Unpack[ProcessOptions],
) -> CodeVectorEnv:
    """Returns `num_envs` environments of `code_translation`; `workers` do the work of `score`."""
    return CodeVectorEnv(_process(source_language, language, options), num_envs, workers, render_mode)


def _process(source_language: str, language: str, options: ProcessOptions) -> DecisionProcess:
    source, target = languages.get(source_language).name, languages.get(language).name
    if source == target:
        raise ConfigurationError(f"The source language and the target language are both {target!r}; give two.")
    return DecisionProcess.open(Translation(source), target, (source,), **options)
