"""TransCoder's evaluation functions (Roziere et al. 2020, arXiv 2006.03511) in C, C++, Java and Python, with tests."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from codegym.problems.base import Card, InMemoryProblems, check_language, check_sources, check_split, split_of
from codegym.problems.records import BadRecord, Origin, Record, collect
from codegym.types import HarnessTest, Problem

CARD: Final = Card(
    name="transcoder_gfg",
    description=(
        "852 functions of GeeksforGeeks in up to four languages, each with ten inputs on which the answer must do what "
        "the reference does. The function is called f_filled everywhere; in Java it is a static method of the class "
        "Main. XLCoST comes from the same site: the same problem may be in both."
    ),
    licence="CC-BY-SA-2.0",
    version="1",
    origin="https://github.com/facebookresearch/CodeGen",
    splits="by a hash of the name without its number: about 85 % train, 5 % validation, 10 % test",
    fields="name, and the file under the language's name: c, cpp, java, python (reference, test, sources)",
)
ORIGIN: Final = Origin("transcoder-gfg", "transcoder_gfg.jsonl*")

RESULTS: Final[Mapping[str, tuple[str, str]]] = {
    "c": (r"""printf ?\("#Results:", " ", n_success, ", ", (.*)\);""", r"assert(n_success == (int) (\1));"),
    "cpp": (r"""cout << "#Results:".* << (\w+\.size\(\));""", r"assert(n_success == (int) \1);"),
    "java": (
        r"""System.out.println\("#Results:".* \+ (\w+\.size\(\))\);""",
        r"if (n_success != \1) throw new AssertionError();",
    ),
    "python": (r"""print\("#Results:.*""", "assert n_success == len(param)"),
}
"""The line that prints how many calls gave the right result and how many there were, and one that compares the two."""

HOLES: Final[Mapping[str, str]] = {
    "c": r"^.*\bf_filled\b.*\{\}",
    "cpp": "//TOFILL",
    "java": "//TOFILL",
    "python": "#TOFILL",
}
"""Where the function under test belongs."""


def transcoder_gfg(
    path: str | Path | None = None,
    language: str = "python",
    split: str = "train",
    *,
    sources: Sequence[str] = (),
    strict: bool = False,
    verify: bool = True,
) -> InMemoryProblems:
    """Returns one split of TransCoder's functions in one language.

    Args:
        path: The folder or file of the records; None: the usual place.
        language: `"c"`, `"cpp"`, `"java"` or `"python"`.
        split: `"train"`, `"validation"` or `"test"`.
        sources: Languages in which each function must be there as well (`Problem.sources`), to be translated from.
        strict: Whether a bad record is an error.
        verify: Whether each reference must compile and pass its own tests.

    Raises:
        DataError: The data is missing or broken, or the split is empty.
        UnknownNameError: There is no such language or split in it.
    """
    name = check_language(CARD, language, tuple(HOLES))
    spoken = check_sources(CARD, sources, tuple(HOLES))
    wanted = check_split(split, CARD)

    def convert(record: Record) -> Problem | None:
        title = record.text("name")
        if split_of(re.sub(r"_\d+$", "", title)) != wanted or record.values.get(name) is None:
            return None
        if lacking := [other for other in spoken if record.values.get(other) is None]:
            raise BadRecord(f"no function in {lacking[0]} to translate from")
        return Problem(
            id=f"transcoder-gfg://{name}/{title}",
            language=name,
            reference=_program(record, name),
            tests=(_test(record, name),),
            attributes={"entry_point": "f_filled", "name": title},
            sources={other: _function(record, other) for other in spoken},
        )

    return collect(CARD, wanted, ORIGIN.read(path), convert, strict=strict, verify=verify)


class _File(NamedTuple):
    """What stands before the reference function `f_gold`, that function, and what stands behind the hole."""

    head: str
    gold: str
    rest: str


def _file(record: Record, language: str) -> _File:
    text = record.text(language).replace("import javafx.util.Pair;\n", "")  # no part of a JDK, and not used
    text = re.sub(r"\A(?:(?://|#)(?: .*)?\n)+\n*", "", text)  # the licence
    gold = re.search(r"^.*\bf_gold\b.*\(", text, re.MULTILINE)
    hole = re.search(HOLES[language], text, re.MULTILINE)
    if gold is None or hole is None or hole.start() < gold.start() or not re.search(RESULTS[language][0], text):
        raise BadRecord("a file without reference, hole or result")
    return _File(text[: gold.start()], text[gold.start() : hole.start()].rstrip() + "\n", text[hole.end() :])


def _function(record: Record, language: str) -> str:
    return re.sub(r"\bf_gold\b", "f_filled", _file(record, language).gold)


def _program(record: Record, language: str) -> str:
    """Returns a whole program: the function, and what it needs around it."""
    head, function = _file(record, language).head, _function(record, language)
    match language:
        case "java":
            return re.sub(r"(?:public )?class \w+ *\{", "\nclass Main {", head) + function + "}\n"
        case "c":
            for name, definition in reversed(_helpers(head).items()):
                if not re.search(rf"\b{name}\b", head.replace(definition, "") + function):
                    head = head.replace(definition, "")
    return f"{head.rstrip()}\n\n{function}".lstrip()


def _helpers(head: str) -> dict[str, str]:
    """Returns the functions that stand before the reference function in C, one a line, by name."""
    return {match[1]: match[0] for match in re.finditer(r"^\w[\w ]*\b(\w+) ?\(.*\) \{.*\}\n", head, re.MULTILINE)}


def _test(record: Record, language: str) -> HarnessTest:
    """Returns the code that compares the answer with the reference function."""
    head, gold, rest = _file(record, language)
    rest = re.sub(*RESULTS[language], rest)
    match language:
        case "java":
            code = f"\nclass Comparison extends Main {{\n{gold}{rest}"
        case "python":
            code = f"\n{head}{gold}{rest}"
        case "c":
            # The program may have helpers of the same names; and `len` is right for arrays only as a macro.
            helpers = _helpers(head)
            renamed = "".join(f"#define {name} {name}_of_the_test\n" for name in helpers)
            rest = re.sub(r"\blen\((\w+)\)", r"((int) (sizeof (\1) / sizeof (\1)[0]))", rest)
            code = f"\n#include <assert.h>\n{renamed}{''.join(helpers.values())}{gold}{rest}"
        case _:
            code = f"\n#include <assert.h>\n{gold}{rest}"
    return HarnessTest(code, "f_filled")
