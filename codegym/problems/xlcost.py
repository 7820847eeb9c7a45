"""XLCoST's parallel programs (Zhu et al. 2022, arXiv 2206.08474), made readable again and compiled.

The data is tokenised, and the tokeniser lost things: about one reference in eight does not compile. Those are
counted and left out. The split is ours, by a hash of the normalised program, whatever file a program is in.

Three layouts are read, in a folder and its subfolders, plain or gzipped: the original's, in which a folder holds two
languages (`pair_data_tok_full/Java-C++/train-Java-C++-tok.java`, with the ids in `train-Java-map.jsonl`); PPOCoder's,
with `.txt` behind the files' names; and one JSON object a line with the programs of all languages
(`all_languages_aligned.jsonl`). In the original's folder `pair_data_tok_1` are snippets instead of programs: they are
taken as they are, for none compiles.
"""

from __future__ import annotations

import logging
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from codegym import languages as known_languages
from codegym.errors import ConfigurationError, DataError
from codegym.languages.base import Language
from codegym.problems.base import Card, InMemoryProblems, Split, check_split, split_of
from codegym.problems.cache import Row, cached_rows, fingerprint_of
from codegym.problems.detokenise import detokenise
from codegym.problems.records import read_json_lines, text_lines
from codegym.problems.source import grammar_version, normalise
from codegym.types import Problem

logger = logging.getLogger(__name__)

VERSION: Final = "1"
"""Changes whenever the same data may give other problems."""

FOLDER: Final = "xlcost-java-cpp"
"""Name of the data set's folder below `$CODEGYM_DATA`."""

CARD: Final = Card(
    name="xlcost",
    description="Solutions of GeeksforGeeks problems.",
    licence="Apache-2.0 (XLCoST), MIT (PPOCoder's copy)",
    version=VERSION,
    origin="https://github.com/reddy-lab-code-research/XLCoST",
    splits="by a hash of the program without its names and layout: about 85 % train, 5 % validation, 10 % test",
    fields="a tokenised program a line, with the problem's id (reference, sources)",
)

SIX_LANGUAGES: Final = "xlcost-7lang"
"""The same where other languages than Java and C++ are asked for: a small part of it, in all languages."""

PROGRAMS: Final = "pair_data_tok_full"
SNIPPETS: Final = "pair_data_tok_1"
"""Names of the original's folders of whole programs, and of parts of them."""


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
        path: The folder with the data, in any of the module's layouts. None is the folder `xlcost-java-cpp`, or, for
            other languages than these two, `xlcost-7lang`, in the folder that the environment variable `CODEGYM_DATA`
            names.
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
    parallel_languages = [known_languages.get(language) for language in sources]
    folder = _folder(path, {language.name for language in (*spoken, *parallel_languages)})
    problems: list[Problem] = []
    reports: list[str] = []
    parallel = {
        language.name: {program.problem: program.text for program in _compiling_programs(folder, language, cache)[1]}
        for language in parallel_languages
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
    card = replace(CARD, description=f"{CARD.description} {'; '.join(reports)}.")
    return InMemoryProblems(card, wanted, tuple(problems))


@dataclass(frozen=True, slots=True)
class _Program:
    problem: str
    text: str
    split: Split
    file: str
    line: int


def _folder(path: str | Path | None, names: set[str]) -> Path:
    if path is None:
        name = FOLDER if names <= {"java", "cpp"} else SIX_LANGUAGES
        data = os.environ.get("CODEGYM_DATA")
        if not data:
            raise DataError(
                f"XLCoST's programs are not part of codegym. Pass path=, the folder that holds them, or set "
                f"CODEGYM_DATA to the folder in which {name!r} is."
            )
        path = Path(data, name)
    folder = Path(path).expanduser().resolve()
    if not folder.is_dir():
        raise DataError(f"There is no folder {str(folder)!r} to read XLCoST's programs from. Check the path.")
    return folder / PROGRAMS if (folder / PROGRAMS).is_dir() else folder


def _problem(program: _Program, language: Language, sources: dict[str, str]) -> Problem:
    return Problem(
        id=f"xlcost://{language.name}/{program.problem}",
        language=language.name,
        reference=program.text,
        attributes={"file": program.file, "line": program.line, "problem": program.problem},
        sources=sources,
    )


def _compiling_programs(folder: Path, language: Language, cache: bool) -> tuple[XLCoSTReport, list[_Program]]:
    name = re.compile(rf".*-tok{re.escape(language.suffix)}(\.txt)?(\.gz)?|.*_aligned\.jsonl(\.gz)?")
    files = sorted(file for file in folder.rglob("*") if name.fullmatch(file.name))
    if not files:
        raise DataError(f"There is no {language.title} data (*-tok{language.suffix}.txt.gz) in {folder}.")

    def build() -> list[Row]:
        report, programs = _compile_all(files, language, snippets=SNIPPETS in folder.parts)
        return [asdict(report), *(asdict(program) for program in programs)]

    identity = {"set": "xlcost", "path": str(folder), "language": language.name}
    report, *rows = cached_rows(identity, _fingerprint(files, language), build, enabled=cache)
    return (
        XLCoSTReport(**report),  # type: ignore[arg-type]  # rows made above
        [_Program(**row) for row in rows],  # type: ignore[arg-type]  # the same
    )


def _fingerprint(files: list[Path], language: Language) -> str:
    """Digest of all that the programs follow from: files, our rules, grammar, compiler."""
    states = [file.stat() for text in files for file in (text, _map_of(text, language)) if file.is_file()]
    listing = [(state.st_size, state.st_mtime_ns) for state in states]
    return fingerprint_of(VERSION, grammar_version(language), language.toolchain.version(), listing)


def _compile_all(files: list[Path], language: Language, snippets: bool) -> tuple[XLCoSTReport, list[_Program]]:
    from codegym.judge import shared_judge

    found = 0
    first: dict[str, _Program] = {}
    for file in files:
        for line, problem, tokenised in _records(file, language, snippets):
            text = detokenise(tokenised, language.name)
            normalised = normalise(text, language.name)
            found += 1
            first.setdefault(normalised, _Program(problem, text, split_of(normalised), file.name, line))
    programs = list(first.values())
    if snippets:
        return XLCoSTReport(found, len(programs), found - len(programs), 0), programs
    verdicts = shared_judge().map_compile(language, [program.text for program in programs])
    compiling = [program for program, verdict in zip(programs, verdicts, strict=True) if verdict.ok]
    return (
        XLCoSTReport(found, len(compiling), found - len(programs), len(programs) - len(compiling)),
        compiling,
    )


def _records(file: Path, language: Language, snippets: bool) -> Iterator[tuple[int, str, str]]:
    """Yields line, problem id and tokenised program of every line that has a program."""
    if "_aligned.jsonl" in file.name:
        for line, record in enumerate(read_json_lines(file), start=1):
            problem, program = record.values.get("problem_id"), record.values.get(language.title)
            if not isinstance(problem, str) or not isinstance(program, str | None):
                raise DataError(f"{file}, line {line}: 'problem_id' and {language.title!r} must be texts.")
            if program and program.strip():
                yield line, problem, program.strip()
        return
    identifiers_file = _map_of(file, language)
    programs, identifiers = _lines(file), [line.strip().strip('"') for line in _lines(identifiers_file)]
    if len(programs) != len(identifiers):
        raise DataError(
            f"{file}, line {min(len(programs), len(identifiers)) + 1}: the file has {len(programs)} lines, "
            f"but {identifiers_file.name} names {len(identifiers)} problems. Line i of both belongs together."
        )
    times: Counter[str] = Counter()
    for line, (identifier, program) in enumerate(zip(identifiers, programs, strict=True), start=1):
        times[identifier] += 1
        if times[identifier] > 1 and not snippets:
            raise DataError(f"{identifiers_file}: problem {identifier!r} is there more than once.")
        yield line, f"{identifier}-{times[identifier]}" if snippets else identifier, program


def _map_of(file: Path, language: Language) -> Path:
    packed = ".gz" if file.suffix == ".gz" else ""
    return file.with_name(f"{file.name.partition('-')[0]}-{language.title}-map.jsonl{packed}")


def _lines(file: Path) -> list[str]:
    """Returns the lines of a text, which may be gzipped, none of which may be empty."""
    lines = list(text_lines(file))
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            raise DataError(f"{file}, line {number}: the line is empty.")
    if not lines:
        raise DataError(f"{file}, line 1: the file is empty.")
    return lines
