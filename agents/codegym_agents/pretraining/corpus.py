"""Collects real code: `python -m codegym_agents.pretraining.corpus PACKAGES --sources SOURCES --out corpus.jsonl.xz`.

Python: functions of the permissively licensed packages that are installed in a folder, as
`pip install --target PACKAGES ...` leaves them; `packages.txt` lists those of the shipped checkpoint. The other
languages: small files of source trees, each in a folder of its own; `sources.txt` lists them with their licences. A
text that repeats another one under other names, layout or comments is there once.

Nothing is in it that reinforcement learning is measured on, or learns from:

- no function of the standard library or of the packages that are held out, whatever its split;
- no function of the test split of any package: the split follows from the normalised text alone;
- no near-copy of a test function: no text that shares a run of `OVERLAP` tokens with a function of the standard
  library's or a held-out package's test split.
"""

from __future__ import annotations

import json
import lzma
import os
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from importlib import metadata, resources
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from codegym.problems.source import MAX_FILE_BYTES, SourceFunction, extract_functions, read_tree
from codegym.seeding import stable_hash
from codegym.tokens import Tokenizer, load

PERMISSIVE = re.compile(
    r"\b(MIT|BSD|Apache|ISC|Unlicense|Zlib|0BSD|PSF|Python Software Foundation|HPND|Public Domain|CC0)\b", re.I
)
COPYLEFT = re.compile(r"GPL|General Public|Mozilla|MPL|EPL|Eclipse|CDDL|CC-BY|Proprietary", re.I)

OVERLAP = 48
"""A text with a run of so many tokens in common with another one is a near-copy of it."""

_BASE = 0x9E3779B97F4A7C15
_TESTS = frozenset({"test", "tests", "Test", "Tests", "testing"})
_SUFFIXES = {
    "c": (".c",),
    "cpp": (".cc", ".cpp", ".cxx", ".hpp"),
    "csharp": (".cs",),
    "java": (".java",),
    "php": (".php",),
    "python": (".py",),
}
_LONGEST = 40_000
"""Bytes of the longest file that is one text."""


@dataclass(frozen=True, slots=True)
class Record:
    """One text of the corpus.

    Attributes:
        text: The program.
        language: Its language, by name.
        split: `"train"`, or `"validation"` for the loss of texts that are not learned from.
        origin: The package or the source tree.
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


@dataclass(frozen=True)
class SourceTree:
    """One source tree of `sources.txt`.

    Attributes:
        folder: Where it is, below the folder of all of them.
        version: Of the package.
        licence: Its licence.
        languages: Names of the languages that are taken from it.
    """

    folder: str
    version: str
    licence: str
    languages: tuple[str, ...]


def source_trees() -> list[SourceTree]:
    """Returns the rows of `sources.txt`."""
    lines = resources.files(__package__).joinpath("sources.txt").read_text("utf-8").splitlines()
    rows = [line.split() for line in lines if line and not line.startswith("#")]
    return [SourceTree(folder, version, licence, tuple(names.split(","))) for folder, version, licence, names in rows]


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


@dataclass(frozen=True)
class _Code:
    """Files of one origin in one language."""

    origin: str
    language: str
    files: tuple[Path, ...]


def _extract(code: _Code) -> list[SourceFunction]:
    longest = 4_000 if code.language == "python" else _LONGEST
    return [function for file in code.files for function in extract_functions(file, code.language, max_bytes=longest)]


def _files(folder: Path, language: str) -> list[Path]:
    """Returns the files of a language below a folder, sorted, without those of tests and without symbolic links."""
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _TESTS and not name.startswith("."))
        found += [Path(place, name) for name in sorted(names) if name.endswith(_SUFFIXES[language])]
    return [file for file in found if not file.is_symlink() and file.is_file()]


def _some(codes: list[_Code], characters: int) -> list[_Code]:
    """Returns files of about a number of bytes altogether, chosen by a hash of their paths."""
    sizes = {}
    for place, code in enumerate(codes):
        longest = MAX_FILE_BYTES if code.language == "python" else _LONGEST
        for number, file in enumerate(code.files):
            if (size := file.stat().st_size) <= longest:
                sizes[place, number] = size
    order = sorted(sizes, key=lambda key: stable_hash(f"{codes[key[0]].origin}/{codes[key[0]].files[key[1]].name}"))
    taken: dict[int, list[Path]] = {}
    for place, number in order:
        if characters <= 0:
            break
        characters -= sizes[place, number]
        taken.setdefault(place, []).append(codes[place].files[number])
    return [replace(codes[place], files=tuple(sorted(files))) for place, files in sorted(taken.items())]


def records(packages: list[Path], sources: Path, characters: dict[str, int], held_out: list[str]) -> Iterator[Record]:
    """Yields every text that may be learned from, without duplicates.

    Args:
        packages: Folders of installed packages.
        sources: Folder of the source trees.
        characters: For each language the bytes of files that are read; not all of them are taken.
        held_out: Names of packages that are kept for reinforcement learning, in lower case.
    """
    tokenizer = load("codegym")
    python: list[_Code] = []
    kept: list[_Code] = []
    for one in (one for folder in packages for one in permissive_distributions(folder)):
        files = tuple(file for folder in one.folders for file in _files(folder, "python"))
        (kept if one.name.lower() in held_out else python).append(_Code(one.name, "python", files))
    codes = _some(python, characters["python"])
    for language in _SUFFIXES:
        trees = [tree for tree in source_trees() if language in tree.languages]
        found = [_Code(tree.folder, language, tuple(_files(sources / tree.folder, language))) for tree in trees]
        codes += _some(found, characters.get(language, 0))
    with ProcessPoolExecutor() as pool:
        reserved = [*read_tree(None, "python").functions, *_flat(pool.map(_extract, kept))]
        seen = {function.key for function in reserved}
        measured = NearCopies(tokenizer, [function.text for function in reserved if function.split == "test"])
        for code, functions in zip(codes, pool.map(_extract, codes), strict=True):
            fresh = {one.key: one for one in functions if one.split != "test" and one.key not in seen}
            seen.update(fresh)
            copies = measured.among([one.text for one in fresh.values()])
            for function, copied in zip(fresh.values(), copies, strict=True):
                if not copied:
                    yield Record(function.text, code.language, function.split, code.origin)


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
    """Returns the texts of each language up to a number of characters, chosen and ordered by a hash of the text."""
    left, chosen = dict(characters), []
    for one in sorted(texts, key=lambda one: stable_hash(one.text)):
        if left[one.language] > 0:
            left[one.language] -= len(one.text)
            chosen.append(one)
    return sorted(chosen, key=lambda one: (one.language, one.origin))


def main(
    packages: Annotated[list[Path], typer.Argument(help="Folders of installed Python packages.")],
    sources: Annotated[Path, typer.Option(help="Folder of the source trees that sources.txt lists.")],
    out: Annotated[Path, typer.Option(help="The corpus file, compressed JSON lines.")],
    hold_out: Annotated[list[str] | None, typer.Option(help="Packages kept for reinforcement learning.")] = None,
    python_characters: Annotated[int, typer.Option(help="Most characters of Python.")] = 70_000_000,
    characters: Annotated[int, typer.Option(help="Most characters of each other language.")] = 10_000_000,
) -> None:
    """Collects the corpus, and writes beside it what is in it under which licence."""
    held_out = [name.lower() for name in hold_out or ["torch", "jax"]]
    most = {language: python_characters if language == "python" else characters for language in _SUFFIXES}
    # About a third of the text of Python files is functions that pass, and of the other files half.
    read = {language: count * (4 if language == "python" else 3) for language, count in most.items()}
    texts = thinned(list(records(packages, sources, read, held_out)), most)
    with lzma.open(out, "wt", preset=1, encoding="utf-8") as file:
        file.writelines(json.dumps(asdict(one)) + "\n" for one in texts)
    counts = Counter((one.language, one.origin) for one in texts)
    sizes: Counter[str] = Counter()
    for one in texts:
        sizes[one.language] += len(one.text)
    used = {one.origin for one in texts}
    distributions = [one for folder in packages for one in permissive_distributions(folder)]
    licences = {one.name: f"{one.version}: {one.licence}" for one in distributions if one.name in used}
    licences |= {one.folder: f"{one.version}: {one.licence}" for one in source_trees() if one.folder in used}
    card = {
        "characters": dict(sizes),
        "texts": {f"{origin} ({language})": count for (language, origin), count in sorted(counts.items())},
        "licences": licences,
        "held_out": held_out,
    }
    out.with_suffix(".card.json").write_text(json.dumps(card, indent=1) + "\n")
    print(f"Wrote {out}: {len(texts):,} texts, {dict(sizes)}")


if __name__ == "__main__":
    typer.run(main)
