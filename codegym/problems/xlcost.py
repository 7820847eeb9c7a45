"""XLCoST's parallel programs (Zhu et al. 2022, arXiv 2206.08474), made readable again and compiled.

The data is tokenised, and the tokeniser lost things: about one reference in eight does not compile. Those are
counted and left out. The split is ours, by a hash of the normalised program, whatever file a program is in.
"""

from __future__ import annotations

import gzip
import logging
import os
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from codegym import languages as known_languages
from codegym.errors import ConfigurationError, DataError
from codegym.languages.base import Language
from codegym.problems.base import Card, InMemoryProblems, Split, check_split, split_of
from codegym.problems.cache import Row, cached_rows, fingerprint_of
from codegym.problems.detokenise import detokenise
from codegym.problems.source import grammar_version, normalise
from codegym.types import Problem

logger = logging.getLogger(__name__)

VERSION: Final = "1"
"""Changes whenever the same data may give other problems."""

FOLDER: Final = "xlcost-java-cpp"
"""Name of the data set's folder below `$CODEGYM_DATA`."""


@dataclass(frozen=True, slots=True)
class XLCoSTReport:
    """What was found in the data of one language, and what was left out.

    Attributes:
        programs: Programs in the files.
        taken: Programs that became problems.
        duplicates: Programs that differ from an earlier one in names and layout only.
        not_compiling: Programs that the compiler rejects.
    """

    programs: int
    taken: int
    duplicates: int
    not_compiling: int

    def __str__(self) -> str:
        return (
            f"{self.taken:,} of {self.programs:,} programs; left out: {self.not_compiling:,} that do not "
            f"compile, {self.duplicates:,} duplicates"
        )


def xlcost(
    path: str | Path | None = None,
    languages: Sequence[str] = ("java",),
    split: str = "train",
    *,
    sources: Sequence[str] = (),
    cache: bool = True,
) -> InMemoryProblems:
    """Returns one split of XLCoST's programs that compile, by language, in the order of the files.

    Args:
        path: The folder with the `*-tok.<language>.txt.gz` and `*-map.jsonl.gz` files. None is the folder
            `xlcost-java-cpp` in the folder that the environment variable `CODEGYM_DATA` names.
        languages: Languages of the programs, by name.
        split: `"train"`, `"validation"` or `"test"`: about 85, 5 and 10 % of the programs.
        sources: Languages in which each program must be there as well (`Problem.sources`), to be translated from.
        cache: Whether to keep the programs that compile in the user's cache folder.

    Raises:
        DataError: The folder or a file is missing, empty or broken.
        UnknownNameError: There is no such language or split.
        ConfigurationError: No language is given.
        ToolchainMissingError: A compiler is missing.
    """
    wanted = check_split(split)
    spoken = [known_languages.get(language) for language in languages]
    if not spoken:
        raise ConfigurationError("languages is empty; XLCoST needs at least one, such as 'java'.")
    folder = _folder(path)
    problems: list[Problem] = []
    reports: list[str] = []
    parallel = {
        language.name: {program.problem: program.text for program in _compiling_programs(folder, language, cache)[1]}
        for language in map(known_languages.get, sources)
    }
    for language in spoken:
        report, programs = _compiling_programs(folder, language, cache)
        reports.append(f"{language.title}: {report}")
        logger.info("%s: %s", folder, reports[-1])
        problems += [
            _problem(program, language, {name: texts[program.problem] for name, texts in parallel.items()})
            for program in programs
            if program.split == wanted and all(program.problem in texts for texts in parallel.values())
        ]
    if not problems:
        alike = f" and is there in {', '.join(parallel)} as well" if parallel else ""
        raise DataError(f"No program in {folder} falls into the {wanted} split{alike} ({'; '.join(reports)}).")
    card = Card(
        name="xlcost",
        description=f"Solutions of GeeksforGeeks problems. {'; '.join(reports)}.",
        licence="Apache-2.0 (XLCoST), MIT (PPOCoder's copy)",
        version=VERSION,
        origin="https://github.com/reddy-lab-code-research/XLCoST",
    )
    return InMemoryProblems(card, wanted, tuple(problems))


@dataclass(frozen=True, slots=True)
class _Program:
    problem: str
    text: str
    split: Split
    file: str
    line: int


def _folder(path: str | Path | None) -> Path:
    if path is None:
        data = os.environ.get("CODEGYM_DATA")
        if not data:
            raise DataError(
                f"XLCoST's programs are not part of codegym. Pass path=, the folder that holds them, or set "
                f"CODEGYM_DATA to the folder in which {FOLDER!r} is."
            )
        path = Path(data, FOLDER)
    folder = Path(path).expanduser().resolve()
    if not folder.is_dir():
        raise DataError(f"There is no folder {str(folder)!r} to read XLCoST's programs from. Check the path.")
    return folder


def _problem(program: _Program, language: Language, sources: dict[str, str]) -> Problem:
    return Problem(
        id=f"xlcost://{language.name}/{program.problem}",
        language=language.name,
        reference=program.text,
        attributes={"file": program.file, "line": program.line, "problem": program.problem},
        sources=sources,
    )


def _compiling_programs(folder: Path, language: Language, cache: bool) -> tuple[XLCoSTReport, list[_Program]]:
    pattern = f"*-tok{language.suffix}.txt.gz"
    files = sorted(folder.glob(pattern))
    if not files:
        raise DataError(f"There is no {language.title} data ({pattern}) in {folder}.")

    def build() -> list[Row]:
        report, programs = _compile_all(files, language)
        return [asdict(report), *(asdict(program) for program in programs)]

    identity = {"set": "xlcost", "path": str(folder), "language": language.name}
    report, *rows = cached_rows(identity, _fingerprint(files, language), build, enabled=cache)
    return (
        XLCoSTReport(**report),  # type: ignore[arg-type]  # rows made above
        [_Program(**row) for row in rows],  # type: ignore[arg-type]  # the same
    )


def _fingerprint(files: list[Path], language: Language) -> str:
    """Digest of all that the programs follow from: files, our rules, grammar, compiler."""
    states = [file.stat() for text in files for file in (text, _map_of(text, language)) if file.exists()]
    listing = [(state.st_size, state.st_mtime_ns) for state in states]
    return fingerprint_of(VERSION, grammar_version(language), language.toolchain.version(), listing)


def _compile_all(files: list[Path], language: Language) -> tuple[XLCoSTReport, list[_Program]]:
    from codegym.judge import shared_judge

    found = 0
    first: dict[str, _Program] = {}
    for file in files:
        for line, (problem, tokenised) in enumerate(_records(file, language), start=1):
            text = detokenise(tokenised, language.name)
            normalised = normalise(text, language.name)
            found += 1
            first.setdefault(normalised, _Program(problem, text, split_of(normalised), file.name, line))
    programs = list(first.values())
    verdicts = shared_judge().map_compile(language, [program.text for program in programs])
    compiling = [program for program, verdict in zip(programs, verdicts, strict=True) if verdict.ok]
    return (
        XLCoSTReport(found, len(compiling), found - len(programs), len(programs) - len(compiling)),
        compiling,
    )


def _records(file: Path, language: Language) -> Iterator[tuple[str, str]]:
    """Yields the problem id and the tokenised program of every line."""
    identifiers_file = _map_of(file, language)
    programs, identifiers = _lines(file), _lines(identifiers_file)
    if len(programs) != len(identifiers):
        raise DataError(
            f"{file}, line {min(len(programs), len(identifiers)) + 1}: the file has {len(programs)} lines, "
            f"but {identifiers_file.name} names {len(identifiers)} problems. Line i of both belongs together."
        )
    repeated = [identifier for identifier, times in Counter(identifiers).items() if times > 1]
    if repeated:
        raise DataError(f"{identifiers_file}: problem {repeated[0]!r} is there more than once.")
    yield from zip(identifiers, programs, strict=True)


def _map_of(file: Path, language: Language) -> Path:
    return file.with_name(f"{file.name.partition('-')[0]}-{language.title}-map.jsonl.gz")


def _lines(file: Path) -> list[str]:
    """Returns the lines of a gzipped text, none of which may be empty."""
    lines: list[str] = []
    try:
        with gzip.open(file, "rt", encoding="utf-8", newline="\n") as stream:
            for line in stream:
                lines.append(line.rstrip("\r\n"))
                if not lines[-1].strip():
                    raise DataError(f"{file}, line {len(lines)}: the line is empty.")
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise DataError(f"{file}, line {len(lines) + 1}: the file cannot be read ({error}).") from error
    if not lines:
        raise DataError(f"{file}, line 1: the file is empty.")
    return lines
