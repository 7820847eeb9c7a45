"""Builds the data set of pretraining: `python -m codegym_agents.pretraining.dataset STEP FOLDER`, step after step.

Training needs no compiler and no network: everything is there as tokens.

- `procedural`: problems of a seed that reinforcement learning does not draw from, each with its statement and its
  program in all languages. Training makes translation, synthesis and completion of them.
- `repairs`: prompts of code repair. The judge says what is wrong with a program, so they are made in advance.
- `pairs`: training splits of public data sets, as the environments pose them.
- `code`: real code that `codegym_agents.pretraining.corpus` has collected.
"""

from __future__ import annotations

import json
import lzma
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeVar

import numpy as np
import typer

from codegym.envs import Assignment, DecisionProcess, Repair, Synthesis, Translation
from codegym.errors import DataError, JudgeError
from codegym.problems.procedural import procedural
from codegym.seeding import stable_hash
from codegym.tokens import load as load_tokenizer
from codegym.types import Problem
from codegym_agents.pretraining import arrays
from codegym_agents.pretraining.arrays import TokenTexts

LANGUAGES = ("c", "cpp", "csharp", "java", "php", "python")

SEED = 1
"""Of the procedural problems; reinforcement learning draws those of seed 0."""

VALIDATION = range(100)
"""Procedural problems that are not learned from; nor is anything else of them."""

SOURCE_TOKENS = 1024
"""Tokens of a prompt that are seen, as in the environments that write whole programs."""

LONGEST = 768
"""Tokens of the longest statement and of the longest program: the environments' budget."""

LONGEST_CODE = 8_192
"""Tokens of a text of real code that are kept."""

_CHUNK = 250

Item = TypeVar("Item")

app = typer.Typer(add_completion=False, help="Builds the data set of pretraining.")

Folder = Annotated[Path, typer.Argument(help="Folder of the data set.")]


class Pair(NamedTuple):
    """A prompt as an environment shows it, and the program that is to be written."""

    source: Sequence[int]
    target: Sequence[int]
    kind: str
    validation: bool


def procedural_problem(index: int, seed: int = SEED, split: str = "train") -> Problem:
    """Returns a Python problem with its programs in the five other languages."""
    others = [language for language in LANGUAGES if language != "python"]
    return procedural(("python",), split=split, seed=seed, sources=others)[index]


def programs_of(problem: Problem) -> list[str]:
    """Returns the programs of a problem, in the order of `LANGUAGES`."""
    programs = {**problem.sources, problem.language: problem.reference}
    return [programs[language] for language in LANGUAGES]


@app.command(name="procedural")
def build_procedural(
    folder: Folder,
    problems: Annotated[int, typer.Option(help="How many problems.")] = 20_000,
    draws: Annotated[int, typer.Option(help="Problems of each split that reinforcement learning draws.")] = 2_500,
    workers: Annotated[int, typer.Option(help="Processes.")] = 2,
    part_size: Annotated[int, typer.Option(help="Problems of a file.")] = 4_000,
) -> None:
    """Writes procedural problems; those with a program that reinforcement learning draws, too, are left out."""
    kept: list[list[list[int]]] = []
    equal = too_long = number = 0
    with ProcessPoolExecutor(workers) as pool:
        drawn = np.random.default_rng(0).integers(2**31, size=draws).tolist()
        jobs = [(chunk, split) for split in ("train", "test") for chunk in _batched(drawn, _CHUNK)]
        reserved = {key for keys in pool.map(_program_keys, jobs) for key in keys}
        for chunk in pool.map(_tokenized, _batched(range(problems), _CHUNK)):
            for keys, texts in chunk:
                drawn_too = not reserved.isdisjoint(keys)
                equal += drawn_too
                too_long += sum(len(ids) > LONGEST for ids in texts)
                # What is left out is left empty, so that every problem keeps its place, and has as many texts.
                kept.append([[] if drawn_too or len(ids) > LONGEST else ids for ids in texts])
            while len(kept) >= part_size:
                _write_problems(folder, number, kept[:part_size])
                kept, number = kept[part_size:], number + 1
    if kept:
        _write_problems(folder, number, kept)
    facts = {"problems": problems - equal, "drawn": 2 * draws, "equal_to_drawn": equal, "texts_too_long": too_long}
    _note(folder, "procedural", facts)


def _program_keys(job: tuple[Sequence[int], str]) -> list[int]:
    indices, split = job
    problems = [procedural_problem(index, seed=0, split=split) for index in indices]
    return [stable_hash(program) for problem in problems for program in programs_of(problem)]


def _tokenized(indices: Sequence[int]) -> list[tuple[list[int], list[list[int]]]]:
    """Returns for each problem the hashes of its programs, and the tokens of its statement and of its programs."""
    tokenizer = load_tokenizer("codegym")
    found = []
    for index in indices:
        problem = procedural_problem(index)
        programs = programs_of(problem)
        found.append(([stable_hash(one) for one in programs], tokenizer.encode_batch([problem.statement, *programs])))
    return found


def _write_problems(folder: Path, number: int, problems: Sequence[Sequence[Sequence[int]]]) -> None:
    size = arrays.write(folder, "procedural", number, TokenTexts.of([text for texts in problems for text in texts]))
    print(f"procedural {number}: {len(problems):,} problems, {size / 2**20:.1f} MiB", flush=True)


@app.command(name="repairs")
def build_repairs(
    folder: Folder,
    problems: Annotated[int, typer.Option(help="How many problems, each in all languages.")] = 2_000,
    part_size: Annotated[int, typer.Option(help="Problems of a file.")] = 250,
) -> None:
    """Writes prompts of repair: bugs that the judge finds, in the first ones of the procedural problems."""
    dropped: Counter[str] = Counter()
    for number, part in enumerate(_batched(range(problems), part_size)):
        pairs: list[Pair] = []
        for indices in _batched(part, _CHUNK // 5):
            for language in LANGUAGES:
                drawn = procedural((language,), seed=SEED)
                process = DecisionProcess.open(Repair(), language, problems=drawn, source_tokens=SOURCE_TOKENS)
                pairs += _posed(process, indices, f"repair {language}", frozenset(VALIDATION), dropped)
        _write_pairs(folder, "repairs", number, pairs)
    _note(folder, "repairs", {"problems": problems, "left_out": dict(dropped)})


@app.command(name="pairs")
def build_pairs(folder: Folder) -> None:
    """Writes the training splits of MBPP and of CodeXGLUE's Java and C#, whose licences permit it."""
    dropped: Counter[str] = Counter()
    pairs: list[Pair] = []
    licences = {}
    for name, task, language, sources in (
        ("mbpp", Synthesis(), "python", ()),
        ("codexglue_translation", Translation("java"), "csharp", ("java",)),
        ("codexglue_translation", Translation("csharp"), "java", ("csharp",)),
    ):
        process = DecisionProcess.open(task, language, sources, problems=name, source_tokens=SOURCE_TOKENS)
        size = process.problems.size or 0
        held_out = frozenset(range(0, size, 20))
        pairs += _posed(process, range(size), f"{name} {language}", held_out, dropped)
        licences[name] = process.problems.card.licence
    _write_pairs(folder, "pairs", 0, pairs)
    _note(folder, "pairs", {"licences": licences, "left_out": dict(dropped)})


def _posed(
    process: DecisionProcess, indices: Sequence[int], kind: str, held_out: frozenset[int], dropped: Counter[str]
) -> Iterator[Pair]:
    """Yields what the environment shows and wants for each problem; counts those that it cannot pose."""
    assigned = _assigned(process, [process.problems[index] for index in indices])
    for index, assignment in zip(indices, assigned, strict=True):
        if assignment is None:
            dropped[f"{kind}: cannot be posed"] += 1
        elif len(assignment.reference_ids) > LONGEST:
            dropped[f"{kind}: too long"] += 1
        else:
            yield Pair(assignment.source_ids, assignment.reference_ids, kind, index in held_out)


def _assigned(process: DecisionProcess, problems: Sequence[Problem]) -> list[Assignment | None]:
    """Returns what is posed for each problem, None where nothing can be."""
    try:
        return [*process.assign_all(problems)]
    except (DataError, JudgeError):
        if len(problems) == 1:
            return [None]
        half = len(problems) // 2  # the judge is quick with many: only those around the bad one are asked for again
        return _assigned(process, problems[:half]) + _assigned(process, problems[half:])


def _write_pairs(folder: Path, name: str, number: int, pairs: Sequence[Pair]) -> None:
    texts = TokenTexts.of([ids for pair in pairs for ids in (pair.source, pair.target)])
    columns = {
        "kinds": np.array([pair.kind for pair in pairs]),
        "validation": np.array([pair.validation for pair in pairs]),
    }
    size = arrays.write(folder, name, number, texts, **columns)
    print(f"{name} {number}: {len(pairs):,} pairs, {size / 2**20:.1f} MiB", flush=True)


@app.command(name="code")
def build_code(
    folder: Folder,
    corpus: Annotated[Path, typer.Option(help="File that codegym_agents.pretraining.corpus wrote.")],
    part_size: Annotated[int, typer.Option(help="Texts of a file.")] = 8_000,
) -> None:
    """Writes real code, each text with its language and whether it is for validation."""
    tokenizer = load_tokenizer("codegym")
    with lzma.open(corpus, "rt", encoding="utf-8") as lines:
        for number, part in enumerate(_batched(map(json.loads, lines), part_size)):
            ids = tokenizer.encode_batch([record["text"] for record in part])
            size = arrays.write(
                folder,
                "code",
                number,
                TokenTexts.of([text[:LONGEST_CODE] for text in ids]),
                languages=np.array([LANGUAGES.index(record["language"]) for record in part], np.uint8),
                validation=np.array([record["split"] == "validation" for record in part]),
            )
            print(f"code {number}: {len(part):,} texts, {size / 2**20:.1f} MiB", flush=True)
    (folder / "code.json").write_bytes(corpus.with_suffix(".card.json").read_bytes())


def _batched(items: Iterable[Item], size: int) -> Iterator[tuple[Item, ...]]:
    left = iter(items)
    while batch := tuple(islice(left, size)):
        yield batch


def _note(folder: Path, step: str, facts: dict[str, Any]) -> None:
    (folder / f"{step}.json").write_text(json.dumps(facts, indent=1) + "\n")
    print(step, facts, flush=True)


if __name__ == "__main__":
    app()
