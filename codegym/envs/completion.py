"""Code completion: a part of a real program is hidden, and has to be written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, Unpack, final, get_args

from codegym import languages
from codegym.cluster import Cluster
from codegym.envs.base import METADATA, TokenEnv
from codegym.envs.episode import Assignment
from codegym.envs.process import DecisionProcess, ProcessOptions
from codegym.envs.vector import CodeVectorEnv
from codegym.errors import ConfigurationError, DataError, UnknownNameError
from codegym.seeding import stream
from codegym.tokens import Tokenizer
from codegym.types import Problem

if TYPE_CHECKING:
    from tree_sitter import Node

Hole = Literal["tail", "body", "line", "middle", "given"]
"""What is hidden: the last tokens; the body of a function; one line; tokens in the middle; what the data hides."""

_BODIES: Final = frozenset(["block", "compound_statement", "constructor_body", "statement_block"])


@final
@dataclass(frozen=True)
class Completion:
    """A part of a program is masked.

    Attributes:
        masked_tokens: How many tokens of the reference are hidden, with the holes `tail` (PPOCoder, arXiv 2301.13816,
            section 4.1) and `middle`; but never more than half of them.
        hole: What is hidden. Where the hole is, if it could be in several places, depends on the problem's id alone.

    Raises:
        ConfigurationError: Nothing would be hidden.
        UnknownNameError: There is no such hole.
    """

    masked_tokens: int = 25
    hole: Hole = "tail"
    name: str = "CodeCompletion"

    def __post_init__(self) -> None:
        if self.masked_tokens < 1:
            raise ConfigurationError(f"masked_tokens is {self.masked_tokens}; give at least 1.")
        if self.hole not in get_args(Hole):
            raise UnknownNameError("hole", self.hole, get_args(Hole))

    def assign(self, problem: Problem, tokenizer: Tokenizer) -> Assignment:
        """Returns the program without its hidden part.

        Raises:
            DataError: The program has nothing that could be hidden.
        """
        if self.hole in ("tail", "middle"):
            ids = tokenizer.encode(problem.reference)
            if len(ids) < 2:
                raise DataError(f"Problem {problem.id!r} has {len(ids)} tokens; there is nothing to complete.")
            hidden = min(self.masked_tokens, len(ids) // 2)
            start = len(ids) - hidden
            if self.hole == "middle":
                start = int(stream(0, "middle", problem.id).integers(1, start + 1))
            before, after = ids[:start], ids[start + hidden :]
            answer = ids[start : start + hidden]
        else:
            text = problem.reference.encode("utf-8", "replace")
            first, last = self._span(problem, text)
            before, answer, after = (
                tokenizer.encode(part.decode("utf-8", "replace"))
                for part in (text[:first], text[first:last], text[last:])
            )
        prefix, suffix = (b"".join([tokenizer.token_bytes(token) for token in part]) for part in (before, after))
        return Assignment(
            problem=problem,
            language=problem.language,
            source_ids=(*before, tokenizer.mask_id, *after) if self.hole != "tail" else tuple(before),
            prefix=prefix,
            reference=problem.reference.encode("utf-8", "replace"),
            reference_ids=tuple(answer),
            suffix=suffix,
        )

    def _span(self, problem: Problem, text: bytes) -> tuple[int, int]:
        """Returns the bytes from which to which are hidden."""
        random = stream(0, self.hole, problem.id)
        match self.hole:
            case "given":
                if not problem.prefix and not problem.suffix:
                    raise DataError(
                        f"Problem {problem.id!r} hides nothing of its own; choose another hole than 'given'."
                    )
                return len(problem.prefix.encode("utf-8", "replace")), len(text) - len(
                    problem.suffix.encode("utf-8", "replace")
                )
            case "line":
                spans = _lines(text)
            case _:
                spans = _bodies(problem.language, text)
        if not spans:
            raise DataError(f"Problem {problem.id!r} has no {self.hole} that could be hidden.")
        return spans[int(random.integers(len(spans)))]


def _lines(text: bytes) -> list[tuple[int, int]]:
    """Returns where lines with a word in them stand, without their indentation and their end."""
    spans: list[tuple[int, int]] = []
    start = 0
    for line in text.splitlines(keepends=True):
        bare = line.strip()
        if any(chr(byte).isalnum() for byte in bare):
            first = start + line.index(bare)
            spans.append((first, first + len(bare)))
        start += len(line)
    return spans


def _bodies(language: str, text: bytes) -> list[tuple[int, int]]:
    """Returns where the bodies of functions stand, without the braces around them."""
    spoken = languages.get(language)
    spans: list[tuple[int, int]] = []
    stack: list[Node] = [spoken.parser().parse(text).root_node]
    while stack:
        node = stack.pop()
        body = node.child_by_field_name("body") if node.type in spoken.function_kinds else None
        if body is not None and body.type in _BODIES and body.named_child_count:
            braces = (
                text[body.start_byte : body.start_byte + 1] == b"{" and text[body.end_byte - 1 : body.end_byte] == b"}"
            )
            spans.append((body.start_byte + braces, body.end_byte - braces))
        stack.extend(reversed(node.children))
    return spans


def code_completion(
    language: str,
    masked_tokens: int = 25,
    hole: Hole = "tail",
    render_mode: str | None = None,
    **options: Unpack[ProcessOptions],
) -> TokenEnv:
    """Complete a program of which a part is missing, so that it compiles and does what its author meant.

    ## Description

    The last `masked_tokens` tokens of a program are hidden, or, with another `hole`, the body of a function, a line,
    or tokens in the middle. The agent sees the rest and writes what is missing, one token a step. At the end the
    whole program, what was given and what was written, is compiled.

    ## Action Space

    `Discrete(vocabulary_size)`: the token to append. Every token may be chosen; a special one writes nothing and
    costs its place in the budget. `action_masks()` tells which tokens can be part of a program as it stands. An action
    outside of the space raises `InvalidActionError`. Smaller action sets: `codegym.wrappers.TopKActions`, the k tokens
    that a reference policy finds most likely, and `codegym.wrappers.CompactActions`.

    ## Observation Space

    A flat `Dict` of int64 `Box`es, padded on the right: `source` and `source_mask` of `source_tokens`, the program (its
    last tokens if it is longer) with a mask token in the place of a hole that is not at its end, and `target` and
    `target_mask` of `target_tokens`, the tokens written so far.

    ## Starting State

    A problem drawn uniformly from the problem set, or `reset(options={"index": int})`, or
    `reset(options={"problem": Problem})`; nothing has been written.

    ## Rewards

    The sum of `info["reward_terms"]`:

    - `syntax`, `dataflow`: what the token added to the match of the program so far with the reference;
    - `kl`: `-beta * (log pi(a|s) - log pi_ref(a|s))`, 0 without a reference;
    - `compilation`: on the last step, +1 if the program compiles and -1 if it does not;
    - `unit_tests` or `adaptive_unit_tests`, with the rewards of these names: on the last step, from -1 to +1.

    The return is PPOCoder's reward, less the constant that what is given scores.

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
        reward: `"default"`, `"ppocoder"`, `"unit_tests"`, `"adaptive_unit_tests"`, a sum
            such as `"compilation+0.5*syntax"`, or a `RewardMix`.
        reference: The policy of the KL term: an object with `log_prob(observation, action)`, or
            `"module:object"`.
        judge: Who compiles; None: the judge that the process shares.
        masked_tokens: Tokens that are hidden with the holes `"tail"` and `"middle"`, but never more than half.
        hole: What is hidden: `"tail"`, `"body"`, `"line"`, `"middle"`, or `"given"`: what the problem itself hides.
        source_tokens: Tokens of the prompt that are seen, the instruction included.
        target_tokens: Budget of tokens.
        instruction: What stands before every prompt; None or empty: nothing.
        strict: Whether a problem that cannot be posed within the budget is an error, instead of being replaced.
        render_mode: `"ansi"`, `"rgb_array"` or None.

    ## References

    Shojaee et al., "Execution-based Code Generation using Deep Reinforcement Learning", arXiv 2301.13816,
    TMLR 2023.

    ## Version History

    - v0: first version.
    """
    return TokenEnv(_process(language, masked_tokens, hole, options), render_mode)


# `gym.make` reads the render modes from the entry point before it calls it.
code_completion.metadata = METADATA  # type: ignore[attr-defined]


def code_completion_vector(
    language: str,
    num_envs: int = 1,
    masked_tokens: int = 25,
    hole: Hole = "tail",
    workers: int | Cluster | None = None,
    render_mode: str | None = None,
    **options: Unpack[ProcessOptions],
) -> CodeVectorEnv:
    """Returns `num_envs` environments of `code_completion`; `workers` do the work of `score`."""
    return CodeVectorEnv(_process(language, masked_tokens, hole, options), num_envs, workers, render_mode)


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


def _process(language: str, masked_tokens: int, hole: Hole, options: ProcessOptions) -> DecisionProcess:
    return DecisionProcess.open(Completion(masked_tokens, hole), languages.get(language).name, **options)
