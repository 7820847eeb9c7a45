"""Collects the nano policy's corpus: `python -m codegym_agents.pretraining.corpus PACKAGES --out corpus.jsonl.xz`.

The corpus holds real Python functions of the permissively licensed packages that are installed in a folder (as
`pip install --target PACKAGES ...` leaves them), methods and small files of Java source trees, and procedural
programs. Texts are dropped that repeat another one under other names, layout or comments. What reinforcement
learning is later measured on is kept for measuring: of the standard library and of the held-out packages only the
test split is written, and only so that pretraining can leave near-copies of it out.
"""

from __future__ import annotations

import json
import lzma
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer

from codegym.problems.source import SourceFunction, extract_functions, source_tree

PERMISSIVE = re.compile(
    r"\b(MIT|BSD|Apache|ISC|Unlicense|Zlib|0BSD|PSF|Python Software Foundation|HPND|Public Domain|CC0)\b", re.I
)
COPYLEFT = re.compile(r"GPL|General Public|Mozilla|MPL|EPL|Eclipse|CDDL|CC-BY|Proprietary", re.I)

# A name of the split for texts that are only there to be avoided.
AVOID = "test"


@dataclass(frozen=True)
class Distribution:
    """One installed package with its licence as its metadata states it."""

    name: str
    version: str
    licence: str
    folders: tuple[Path, ...]


def permissive_distributions(folder: Path) -> list[Distribution]:
    """Returns the distributions installed in a folder whose licence is a permissive one, sorted by name."""
    found = []
    for distribution in metadata.distributions(path=[str(folder)]):
        licence = _licence(distribution.metadata)
        top = {Path(file).parts[0] for file in distribution.files or () if str(file).endswith(".py")}
        folders = tuple(folder / name for name in sorted(top) if (folder / name).is_dir() and name != "bin")
        if folders and PERMISSIVE.search(licence) and not COPYLEFT.search(licence):
            name = distribution.metadata["Name"]
            found.append(Distribution(name, distribution.version, licence, folders))
    return sorted(found, key=lambda one: one.name.lower())


def _licence(fields: metadata.PackageMetadata) -> str:
    if expression := fields.get("License-Expression"):
        return str(expression)
    classifiers = [line for line in fields.get_all("Classifier") or () if line.startswith("License ::")]
    if classifiers:
        return "; ".join(line.rpartition(" :: ")[2] for line in classifiers)
    text = str(fields.get("License") or "")
    return text.strip().splitlines()[0][:60] if text.strip() else ""


def _extract(job: tuple[Path, str]) -> list[SourceFunction]:
    folder, language = job
    # A Java file is one text, so it may be longer than a Python function.
    longest = 40_000 if language == "java" else 4_000
    return list(extract_functions(folder, language, max_bytes=longest, skip=frozenset({"tests", "test"})))


def _procedural(job: tuple[str, int, int]) -> list[str]:
    language, start, stop = job
    from codegym.problems.procedural import procedural

    programs = procedural(languages=(language,), split="train", seed=1)
    return [programs[index].reference for index in range(start, stop)]


def records(
    packages: list[Path], java: list[Path], procedural: int, hold_out: list[str], workers: int
) -> Iterator[dict[str, str]]:
    """Yields the corpus: text, language, split and origin of each program, without duplicates."""
    seen: set[int] = set()
    avoided = source_tree(None, "python", split="test")
    for index in range(avoided.size):
        yield _record(avoided[index].reference, "python", AVOID, "standard library")
    with ProcessPoolExecutor(workers) as pool:
        distributions = [one for folder in packages for one in permissive_distributions(folder)]
        jobs = [(folder, one) for one in distributions for folder in one.folders]
        results = pool.map(_extract, [(folder, "python") for folder, _ in jobs])
        for (_, distribution), functions in zip(jobs, results, strict=True):
            held_out = distribution.name.lower() in hold_out
            for function in functions:
                if function.key not in seen and (function.split == AVOID or not held_out):
                    seen.add(function.key)
                    yield _record(function.text, "python", function.split, distribution.name)
        for tree, functions in zip(java, pool.map(_extract, [(tree, "java") for tree in java]), strict=True):
            for function in functions:
                if function.key not in seen:
                    seen.add(function.key)
                    yield _record(function.text, "java", function.split, tree.name)
        step = 1_000
        for language in ("java", "python"):
            ranges = [(language, start, min(start + step, procedural)) for start in range(0, procedural, step)]
            for texts in pool.map(_procedural, ranges):
                for text in texts:
                    yield _record(text, language, "train", "procedural")


def _record(text: str, language: str, split: str, origin: str) -> dict[str, str]:
    return {"text": text, "language": language, "split": split, "origin": origin}


def main(
    packages: Annotated[list[Path], typer.Argument(help="Folders of installed Python packages.")],
    out: Annotated[Path, typer.Option(help="The corpus file, compressed JSON lines.")],
    java: Annotated[list[Path] | None, typer.Option(help="Folders of permissively licensed Java sources.")] = None,
    procedural: Annotated[int, typer.Option(help="Procedural programs in each language.")] = 50_000,
    hold_out: Annotated[list[str] | None, typer.Option(help="Packages kept for reinforcement learning.")] = None,
    workers: Annotated[int, typer.Option(help="Processes.")] = 2,
) -> None:
    """Collects the corpus, and writes beside it what is in it under which licence."""
    held_out = [name.lower() for name in hold_out or ["torch"]]
    counts: Counter[tuple[str, str]] = Counter()
    characters = 0
    with lzma.open(out, "wt", preset=6, encoding="utf-8") as file:
        for record in records(packages, java or [], procedural, held_out, workers):
            file.write(json.dumps(record) + "\n")
            counts[record["origin"], record["split"]] += 1
            characters += len(record["text"])
    distributions = [one for folder in packages for one in permissive_distributions(folder)]
    licences = {one.name: f"{one.version}: {one.licence}" for one in distributions}
    card = {
        "characters": characters,
        "programs": {f"{origin} ({split})": count for (origin, split), count in sorted(counts.items())},
        "licences": licences,
        "held_out": held_out,
    }
    out.with_suffix(".card.json").write_text(json.dumps(card, indent=1) + "\n")
    print(f"Wrote {out}: {sum(counts.values()):,} programs, {characters / 1e6:.1f} million characters")


if __name__ == "__main__":
    typer.run(main)
