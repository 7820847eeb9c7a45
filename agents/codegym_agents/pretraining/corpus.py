"""Collects the nano policy's corpus: `python -m codegym_agents.pretraining.corpus PACKAGES --out corpus.jsonl.xz`.

The corpus holds real Python functions of the permissively licensed packages that are installed in a folder (as
`pip install --target PACKAGES ...` leaves them; `packages.txt` lists those of the shipped checkpoint), small files of
Java source trees, and procedural programs. A text that repeats another one under other names, layout or comments is
there once.

Nothing is in it that reinforcement learning is measured on, or learns from:

- no function of the standard library or of the packages that are held out, whatever its split;
- no function of the test split of any package: the split follows from the normalised text alone;
- no near-copy of a test function: no text that shares a run of `OVERLAP` tokens with a function of the standard
  library's or a held-out package's test split.
"""

from __future__ import annotations

import json
import lzma
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from codegym.problems.source import SourceFunction, extract_functions, read_tree
from codegym.seeding import stable_hash
from codegym.tokens import Tokenizer, load

PERMISSIVE = re.compile(
    r"\b(MIT|BSD|Apache|ISC|Unlicense|Zlib|0BSD|PSF|Python Software Foundation|HPND|Public Domain|CC0)\b", re.I
)
COPYLEFT = re.compile(r"GPL|General Public|Mozilla|MPL|EPL|Eclipse|CDDL|CC-BY|Proprietary", re.I)

OVERLAP = 48
"""A text with a run of so many tokens in common with another one is a near-copy of it."""

_BASE = 0x9E3779B97F4A7C15
_TESTS = frozenset({"test", "tests"})


@dataclass(frozen=True, slots=True)
class Record:
    """One text of the corpus.

    Attributes:
        text: The program.
        language: Its language, by name.
        split: `"train"`, or `"validation"` for the loss of texts that are not learned from.
        origin: The package, the source tree, or `"procedural"`.
    """

    text: str
    language: str
    split: str
    origin: str


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
        # Scripts are recorded as ../../bin/...: only folders of modules are the package's own.
        modules = sorted(name for name in top if name.isidentifier() and name not in {"bin", *_TESTS})
        folders = tuple(folder / name for name in modules if (folder / name).is_dir())
        if folders and PERMISSIVE.search(licence) and not COPYLEFT.search(licence):
            name = distribution.metadata["Name"]
            found.append(Distribution(name, distribution.version, licence, folders))
    return sorted(found, key=lambda one: one.name.lower())


def _licence(fields: metadata.PackageMetadata) -> str:
    for expression in fields.get_all("License-Expression") or ():
        return str(expression)
    classifiers = [line for line in fields.get_all("Classifier") or () if line.startswith("License ::")]
    if classifiers:
        return "; ".join(line.rpartition(" :: ")[2] for line in classifiers)
    text = "".join(fields.get_all("License") or ()).strip()
    return text.splitlines()[0][:60] if text else ""


def _extract(job: tuple[Path, str]) -> list[SourceFunction]:
    folder, language = job
    # A Java file is one text, so it may be longer than a Python function.
    longest = 40_000 if language == "java" else 4_000
    return list(extract_functions(folder, language, max_bytes=longest, skip=_TESTS))


def _procedural(job: tuple[str, int, int]) -> list[str]:
    language, start, stop = job
    from codegym.problems.procedural import procedural

    programs = procedural(languages=(language,), split="train", seed=1)
    return [programs[index].reference for index in range(start, stop)]


def records(
    packages: list[Path], java: list[Path], procedural: int, held_out: list[str], workers: int
) -> Iterator[Record]:
    """Yields every text that may be learned from, without duplicates.

    Args:
        packages: Folders of installed packages.
        java: Java source trees.
        procedural: Procedural programs in each language.
        held_out: Names of packages that are kept for reinforcement learning, in lower case.
        workers: Processes.
    """
    tokenizer = load("codegym")
    distributions = [one for folder in packages for one in permissive_distributions(folder)]
    kept = [one for one in distributions if one.name.lower() in held_out]
    reserved = list(read_tree(None, "python").functions)
    with ProcessPoolExecutor(workers) as pool:
        reserved += _flat(pool.map(_extract, [(folder, "python") for one in kept for folder in one.folders]))
        seen = {function.key for function in reserved}
        measured = NearCopies(tokenizer, [function.text for function in reserved if function.split == "test"])
        jobs = [(one.name, folder, "python") for one in distributions if one not in kept for folder in one.folders]
        jobs += [(folder.name, folder, "java") for folder in java]
        extracted = pool.map(_extract, [(folder, language) for _, folder, language in jobs])
        for (origin, _, language), functions in zip(jobs, extracted, strict=True):
            fresh = [one for one in functions if one.split != "test" and one.key not in seen]
            seen.update(one.key for one in fresh)
            copies = measured.among([one.text for one in fresh])
            for function, copied in zip(fresh, copies, strict=True):
                if not copied:
                    yield Record(function.text, language, function.split, origin)
        step = 500
        ranges = [
            (name, at, min(at + step, procedural)) for name in ("java", "python") for at in range(0, procedural, step)
        ]
        for (language, _, _), texts in zip(ranges, pool.map(_procedural, ranges), strict=True):
            for text in texts:
                yield Record(text, language, "train", "procedural")


def _flat(lists: Iterator[list[SourceFunction]]) -> list[SourceFunction]:
    return [function for functions in lists for function in functions]


class NearCopies:
    """Finds the texts that share a run of `OVERLAP` tokens with one of some others.

    Args:
        tokenizer: What a token is.
        texts: The others.
    """

    def __init__(self, tokenizer: Tokenizer, texts: list[str]) -> None:
        self._tokenizer = tokenizer
        runs = [_run_hashes(ids) for ids in tokenizer.encode_batch(texts)]
        self._known = np.unique(np.concatenate([np.zeros(1, np.uint64), *runs]))

    def among(self, texts: list[str]) -> list[bool]:
        """Returns whether each text is a near-copy."""
        return [self._is_copy(_run_hashes(ids)) for ids in self._tokenizer.encode_batch(texts)]

    def _is_copy(self, runs: NDArray[np.uint64]) -> bool:
        places = np.searchsorted(self._known, runs).clip(max=len(self._known) - 1)
        return bool((self._known[places] == runs).any())


def _run_hashes(ids: list[int]) -> NDArray[np.uint64]:
    """Returns a polynomial hash, modulo 2**64, of every run of `OVERLAP` tokens: (len(ids) - OVERLAP + 1,)."""
    if len(ids) < OVERLAP:
        return np.zeros(0, np.uint64)
    # Unsigned arithmetic wraps around, and an odd base has an inverse: a run is a difference of two prefixes.
    powers, inverses = (np.cumprod(np.full(len(ids), base, np.uint64)) for base in (_BASE, pow(_BASE, -1, 2**64)))
    prefixes = np.cumsum((np.array(ids, np.uint64) + np.uint64(1)) * powers)
    starts = np.concatenate([np.zeros(1, np.uint64), prefixes[:-OVERLAP]])
    hashes: NDArray[np.uint64] = (prefixes[OVERLAP - 1 :] - starts) * inverses[: len(ids) - OVERLAP + 1]
    return hashes


def thinned(texts: list[Record], characters: dict[str, int]) -> list[Record]:
    """Returns the real texts of each language up to a number of characters, chosen by a hash of the text.

    Args:
        texts: The corpus.
        characters: Most characters of each language; procedural programs are not counted, and all stay.
    """
    real = sorted((one for one in texts if one.origin != "procedural"), key=lambda one: stable_hash(one.text))
    left, chosen = dict(characters), set()
    for one in real:
        if left[one.language] > 0:
            left[one.language] -= len(one.text)
            chosen.add(id(one))
    return [one for one in texts if one.origin == "procedural" or id(one) in chosen]


def main(
    packages: Annotated[list[Path], typer.Argument(help="Folders of installed Python packages.")],
    out: Annotated[Path, typer.Option(help="The corpus file, compressed JSON lines.")],
    java: Annotated[list[Path] | None, typer.Option(help="Folders of permissively licensed Java sources.")] = None,
    procedural: Annotated[int, typer.Option(help="Procedural programs in each language.")] = 30_000,
    hold_out: Annotated[list[str] | None, typer.Option(help="Packages kept for reinforcement learning.")] = None,
    python_characters: Annotated[int, typer.Option(help="Most characters of real Python.")] = 240_000_000,
    java_characters: Annotated[int, typer.Option(help="Most characters of real Java.")] = 40_000_000,
    workers: Annotated[int, typer.Option(help="Processes.")] = 2,
) -> None:
    """Collects the corpus, and writes beside it what is in it under which licence."""
    held_out = [name.lower() for name in hold_out or ["torch", "jax"]]
    found = list(records(packages, java or [], procedural, held_out, workers))
    texts = thinned(found, {"python": python_characters, "java": java_characters})
    with lzma.open(out, "wt", preset=6, encoding="utf-8") as file:
        file.writelines(json.dumps(asdict(one)) + "\n" for one in texts)
    counts = Counter((one.language, one.origin) for one in texts)
    characters = sum(len(one.text) for one in texts)
    used = {one.origin for one in texts}
    distributions = [one for folder in packages for one in permissive_distributions(folder)]
    card = {
        "found_characters": sum(len(one.text) for one in found),
        "characters": characters,
        "programs": {f"{origin} ({language})": count for (language, origin), count in sorted(counts.items())},
        "licences": {one.name: f"{one.version}: {one.licence}" for one in distributions if one.name in used},
        "held_out": held_out,
    }
    out.with_suffix(".card.json").write_text(json.dumps(card, indent=1) + "\n")
    print(f"Wrote {out}: {len(texts):,} programs, {characters / 1e6:.1f} million characters")


if __name__ == "__main__":
    typer.run(main)
