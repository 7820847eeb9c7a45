"""What pretraining learns from: examples of all tasks and languages, drawn from the data set in a mixture that changes.

Supervised examples are what the environments show and want. Those from real code teach the languages:

- `spans`: some spans of a text are hidden behind marks, and written one after the other, each after its mark (as in T5,
  arXiv 1910.10683, section 3.1.4, and CodeT5, arXiv 2109.00859, with spans of tokens instead of words);
- `infill`: one span is hidden behind the mask token, as with the holes `"middle"` and `"line"` of code completion;
- `continuation`: what follows a place anywhere in a text is written;
- `tail`: the last tokens of a Python function are written, as code completion asks for.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from codegym.envs import Completion, Synthesis, Translation
from codegym.tokens import Tokenizer
from codegym.types import Problem
from codegym_agents.pretraining import arrays
from codegym_agents.pretraining.arrays import TokenTexts
from codegym_agents.pretraining.dataset import LANGUAGES, VALIDATION

Tokens = NDArray[np.uint16]

MIXTURE: dict[str, tuple[float, float]] = {
    "spans": (0.20, 0.02),
    "infill": (0.10, 0.03),
    "continuation": (0.15, 0.04),
    "tail": (0.10, 0.24),
    "translation": (0.18, 0.24),
    "synthesis": (0.12, 0.16),
    "repair": (0.06, 0.10),
    "completion": (0.08, 0.16),
    "pairs": (0.01, 0.01),
}
"""Share of the examples of each task, at the beginning and from `SETTLED` on; linear in between."""

SETTLED = 0.6
"""Share of the time after which the mixture stays as it is."""

_PYTHON = 0.5
"""Share of Python among the real code; the other languages share the rest equally."""

_MASKED_TOKENS = 25
_SOURCE_TOKENS = 512
_WINDOW = 384
_CONTINUED = 128
_SPANS = 12


class Example(NamedTuple):
    """A prompt and what is to be written."""

    source: Tokens  # (source,), within the frame of the vocabulary
    target: Tokens  # (target,), the end token included
    task: str
    language: str


class Batch(NamedTuple):
    """Examples, padded at the end."""

    sources: NDArray[np.int16]  # (batch, source)
    source_lengths: NDArray[np.int64]  # (batch,)
    targets: NDArray[np.int16]  # (batch, target)
    target_lengths: NDArray[np.int64]  # (batch,)


def shares(progress: float) -> dict[str, float]:
    """Returns the share of each task after a share of the time."""
    settled = min(1.0, progress / SETTLED)
    return {task: first + settled * (last - first) for task, (first, last) in MIXTURE.items()}


@dataclass(frozen=True)
class _Pairs:
    """Prompts that were made in advance: the texts 2n and 2n + 1 are prompt and program of pair n."""

    texts: TokenTexts
    kinds: NDArray[np.str_]
    chosen: NDArray[np.int64]


class Examples:
    """The part of the data set that is learned from, or the part that is held out.

    Args:
        folder: The data set.
        tokenizer: Whose tokens it holds.
        validation: Whether this is the part that is held out.
    """

    def __init__(self, folder: Path, tokenizer: Tokenizer, *, validation: bool = False) -> None:
        self._end = np.array([tokenizer.end_id], np.uint16)
        self._before, self._after = (np.array(tokens, np.uint16) for tokens in tokenizer.frame)
        self._marks = np.flatnonzero(~tokenizer.legal)[-_SPANS - 1 :].astype(np.uint16)
        self._mask = np.array([tokenizer.mask_id], np.uint16)
        self._instructions = _instructions(tokenizer)
        self._hidden = Completion().masked_tokens
        self._procedural, _ = arrays.read(folder, "procedural")
        problems = np.arange(len(self._procedural) // (len(LANGUAGES) + 1))
        self._problems = problems[np.isin(problems, VALIDATION) == validation]
        self._repairs, self._pairs = (_read_pairs(folder, name, validation) for name in ("repairs", "pairs"))
        self._code, columns = arrays.read(folder, "code")
        usable = (columns["validation"] == validation) & (self._code.lengths >= 2 * _MASKED_TOKENS)
        self._code_of = [np.flatnonzero(usable & (columns["languages"] == place)) for place in range(len(LANGUAGES))]
        self._draw: dict[str, Callable[[np.random.Generator], Example | None]] = {
            "spans": self._spans,
            "infill": self._infill,
            "continuation": self._continuation,
            "tail": self._tail,
            "translation": self._translation,
            "synthesis": self._synthesis,
            "repair": lambda random: self._paired(self._repairs, random),
            "completion": self._completion,
            "pairs": lambda random: self._paired(self._pairs, random),
        }

    def draw(self, task: str, random: np.random.Generator) -> Example:
        """Returns an example of a task."""
        while (example := self._draw[task](random)) is None:
            pass  # what was drawn is too long, and had been left out
        return example

    def mixed(self, count: int, progress: float, random: np.random.Generator) -> list[Example]:
        """Returns examples in the mixture that is due after a share of the time."""
        mixture = shares(progress)
        tasks = random.choice(list(mixture), size=count, p=np.array([*mixture.values()]) / sum(mixture.values()))
        return [self.draw(str(task), random) for task in tasks]

    def translation(self, problem: int, source: int, target: int) -> Example | None:
        """Returns a problem's program, to be translated; languages by their place in `LANGUAGES`."""
        shown, wanted = self._program(problem, source), self._program(problem, target)
        if not len(shown) or not len(wanted):
            return None
        instruction = self._instructions[LANGUAGES[source], LANGUAGES[target]]
        return self._example((instruction, shown), wanted, "translation", LANGUAGES[target])

    def synthesis(self, problem: int, language: int) -> Example | None:
        """Returns a problem's statement, and its program in a language."""
        statement, wanted = self._statement(problem), self._program(problem, language)
        if not len(statement) or not len(wanted):
            return None
        return self._example(
            (self._instructions["", LANGUAGES[language]], statement), wanted, "synthesis", LANGUAGES[language]
        )

    def completion(self, problem: int, language: int) -> Example | None:
        """Returns a problem's program without its last tokens."""
        program = self._program(problem, language)
        if not len(program):
            return None
        cut = len(program) - min(self._hidden, len(program) // 2)
        return self._example((program[:cut][-_SOURCE_TOKENS:],), program[cut:], "completion", LANGUAGES[language])

    def _statement(self, problem: int) -> Tokens:
        return self._procedural[problem * (len(LANGUAGES) + 1)]

    def _program(self, problem: int, language: int) -> Tokens:
        return self._procedural[problem * (len(LANGUAGES) + 1) + 1 + language]

    def _example(self, source: Sequence[Tokens], target: Tokens, task: str, language: str) -> Example:
        return self._framed(source, np.concatenate([target, self._end]), task, language)

    def _framed(self, source: Sequence[Tokens], target: Tokens, task: str, language: str) -> Example:
        return Example(np.concatenate([self._before, *source, self._after]), target, task, language)

    def _translation(self, random: np.random.Generator) -> Example | None:
        source, target = random.choice(len(LANGUAGES), 2, replace=False).tolist()
        return self.translation(int(random.choice(self._problems)), source, target)

    def _synthesis(self, random: np.random.Generator) -> Example | None:
        return self.synthesis(int(random.choice(self._problems)), int(random.integers(len(LANGUAGES))))

    def _completion(self, random: np.random.Generator) -> Example | None:
        return self.completion(int(random.choice(self._problems)), int(random.integers(len(LANGUAGES))))

    def _paired(self, pairs: _Pairs, random: np.random.Generator) -> Example:
        place = int(random.choice(pairs.chosen))
        task, _, language = str(pairs.kinds[place]).partition(" ")
        return self._example((pairs.texts[2 * place],), pairs.texts[2 * place + 1], task, language)

    def _window(self, random: np.random.Generator, width: int) -> tuple[Tokens, str]:
        """Returns some tokens of a real text, to its end if that is near, and the text's language."""
        text, language = self._text(random)
        begin = int(random.integers(max(1, len(text) - width // 2)))
        return text[begin : begin + width], language

    def _text(self, random: np.random.Generator) -> tuple[Tokens, str]:
        others = [place for place, language in enumerate(LANGUAGES) if language != "python"]
        python = random.random() < _PYTHON
        language = LANGUAGES.index("python") if python else int(random.choice(others))
        texts = self._code_of[language]
        return self._code[int(texts[random.integers(len(texts))])], LANGUAGES[language]

    def _spans(self, random: np.random.Generator) -> Example:
        text, language = self._window(random, _WINDOW)
        # About a fifth of the text is hidden; between two spans there is at least one token.
        count = min(_SPANS, max(1, len(text) // 16))
        bounds = np.sort(random.choice(np.arange(1, len(text)), 2 * count, replace=False))
        lengths = np.minimum(bounds[1::2] - bounds[::2], 1 + random.geometric(0.2, count))
        source, target = [], []
        end = 0
        for number, (begin, length) in enumerate(zip(bounds[::2].tolist(), lengths.tolist(), strict=True)):
            mark = self._marks[number + 1 : number + 2]
            source += [text[end:begin], mark]
            end = begin + length
            target += [mark, text[begin:end]]
        return self._example((*source, text[end:]), np.concatenate(target), "spans", language)

    def _infill(self, random: np.random.Generator) -> Example:
        text, language = self._window(random, _WINDOW)
        length = 1 + int(random.integers(min(48, len(text) // 2)))
        begin = int(random.integers(len(text) - length + 1))
        end = begin + length
        return self._example((text[:begin], self._mask, text[end:]), text[begin:end], "infill", language)

    def _continuation(self, random: np.random.Generator) -> Example:
        text, language = self._text(random)
        cut = 8 + int(random.integers(len(text) - 16))
        rest = text[cut : cut + _CONTINUED]
        end = self._end[: int(cut + _CONTINUED >= len(text))]
        source = text[max(0, cut - _WINDOW) : cut]
        return self._framed((source,), np.concatenate([rest, end]), "continuation", language)

    def _tail(self, random: np.random.Generator) -> Example:
        texts = self._code_of[LANGUAGES.index("python")]
        text = self._code[int(texts[random.integers(len(texts))])]
        masked = _MASKED_TOKENS if random.random() < 0.8 else int(random.integers(4, 49))
        cut = len(text) - min(masked, len(text) // 2)
        return self._example((text[:cut][-_SOURCE_TOKENS:],), text[cut:], "tail", "python")


def _instructions(tokenizer: Tokenizer) -> dict[tuple[str, str], Tokens]:
    """Returns the instruction of each translation, and under an empty source language that of synthesis."""
    texts: dict[tuple[str, str], str] = {}
    for target in LANGUAGES:
        sources = {language: "x" for language in LANGUAGES if language != target}
        problem = Problem("instruction://", target, "x", statement="x", sources=sources)
        texts["", target] = Synthesis().assign(problem, tokenizer).instruction
        for source in sources:
            texts[source, target] = Translation(source).assign(problem, tokenizer).instruction
    return {key: np.array(tokenizer.encode(text), np.uint16) for key, text in texts.items()}


def _read_pairs(folder: Path, name: str, validation: bool) -> _Pairs:
    texts, columns = arrays.read(folder, name)
    return _Pairs(texts, columns["kinds"], np.flatnonzero(columns["validation"] == validation))


def batches(examples: Sequence[Example], tokens: int, pad_id: int, random: np.random.Generator) -> Iterator[Batch]:
    """Yields examples of similar lengths together, in a random order of the batches.

    Args:
        examples: The examples.
        tokens: Of a batch, padding included.
        pad_id: The padding token.
        random: Decides the order.
    """
    ordered = sorted(examples, key=lambda one: (-(-len(one.target) // 64), len(one.source)))
    groups: list[list[Example]] = [[]]
    source = target = 0
    for one in ordered:
        source, target = max(source, _padded(len(one.source))), max(target, _padded(len(one.target)))
        if groups[-1] and (len(groups[-1]) + 1) * (source + target) > tokens:
            groups.append([])
            source, target = _padded(len(one.source)), _padded(len(one.target))
        groups[-1].append(one)
    for place in random.permutation(len(groups)).tolist():
        yield _batch(groups[place], pad_id)


SHAPES = tuple(itertools.product((128, 256, 392, 520, 776, 1032), (64, 192, 320, 512, 800)))
"""The shapes (source, target) of batches of one size; the longest sources are those of environments, with a frame."""


class FixedBatches:
    """Puts examples of similar lengths together into batches of a few shapes, each always with as many rows.

    Args:
        tokens: Of a batch, padding included.
        pad_id: The padding token.
    """

    def __init__(self, tokens: int, pad_id: int) -> None:
        self._tokens = tokens
        self._pad_id = pad_id
        self._waiting: dict[tuple[int, int], list[Example]] = defaultdict(list)

    def add(self, example: Example) -> Batch | None:
        """Returns the batch that an example completes; most complete none."""
        lengths = len(example.source), len(example.target)
        shape = next((one for one in SHAPES if lengths[0] <= one[0] and lengths[1] <= one[1]), None)
        if shape is None:
            return None  # longer than anything that an environment poses
        waiting = self._waiting[shape]
        waiting.append(example)
        if len(waiting) < max(1, self._tokens // sum(shape)):
            return None
        del self._waiting[shape]
        return _batch(waiting, self._pad_id, shape)


def _padded(length: int) -> int:
    """Returns the next one of a few lengths."""
    return -(-length // 32) * 32


def _batch(examples: Sequence[Example], pad_id: int, shape: tuple[int, int] | None = None) -> Batch:
    columns: dict[str, tuple[NDArray[np.int16], NDArray[np.int64]]] = {}
    for place, name in enumerate(("source", "target")):
        texts = [getattr(one, name) for one in examples]
        lengths = np.array([len(text) for text in texts])
        width = _padded(int(lengths.max())) if shape is None else shape[place]
        padded = np.full((len(texts), width), pad_id, np.int16)
        for row, text in enumerate(texts):
            padded[row, : len(text)] = text
        columns[name] = padded, lengths
    return Batch(*columns["source"], *columns["target"])


def validation_sets(examples: Examples, each: int) -> dict[str, list[Example]]:
    """Returns examples of the held-out part, the same at each call, by `"task language"`."""
    found: dict[str, list[Example]] = defaultdict(list)
    for number, task in enumerate(MIXTURE):
        random = np.random.default_rng([number, each])
        for _ in range(each * len(LANGUAGES)):
            example = examples.draw(task, random)
            found[f"{example.task} {example.language}"].append(example)
    return dict(found)
