"""Small stand-ins with the interfaces of the real things: a judge, a tokenizer, problems."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Self, final

import tokenizers
from tokenizers import decoders, models, pre_tokenizers

from codegym import languages
from codegym.errors import UnknownNameError
from codegym.languages import Language
from codegym.problems.base import Card, InMemoryProblems, Split
from codegym.tokens import Tokenizer
from codegym.types import CompileResult, Diagnostic, Grade, GradeStatus, Limits, Problem, UnitTest


def brackets_balance(source: bytes) -> GradeStatus:
    """Returns `compiled` for a text whose brackets are closed in order, else `compile_error`."""
    closing = {ord(")"): ord("("), ord("]"): ord("["), ord("}"): ord("{")}
    stack: list[int] = []
    for byte in source:
        if byte in closing.values():
            stack.append(byte)
        elif byte in closing and (not stack or stack.pop() != closing[byte]):
            return "compile_error"
    return "compile_error" if stack else "compiled"


@final
class FakeJudge:
    """A judge without compilers, in this process.

    Args:
        verdict: The status of a program, by its bytes. `judge_error` plays a judge that fails.

    Attributes:
        requests: The size of each batch that was asked for.
    """

    def __init__(self, verdict: Callable[[bytes], GradeStatus] = brackets_balance) -> None:
        self._verdict = verdict
        self.requests: list[int] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Does nothing: there is nothing to close."""

    def compile(self, language: str | Language, source: str | bytes) -> CompileResult:
        """Returns whether the program compiles."""
        grade = self.grade(language, source)
        return CompileResult(grade.compiled, "ok" if grade.compiled else "error", grade.diagnostics)

    def map_compile(self, language: str | Language, sources: Sequence[str | bytes]) -> list[CompileResult]:
        """Returns whether each program compiles."""
        return [self.compile(language, source) for source in sources]

    def grade(self, language: str | Language, source: str | bytes, tests: Sequence[UnitTest] = ()) -> Grade:
        """Returns the verdict on one program; with unit tests a program that compiles passes them all."""
        languages.get(language)
        status = self._verdict(source.encode() if isinstance(source, str) else source)
        if status == "compile_error":
            return Grade(status, False, 0, len(tests), (Diagnostic(1, 0, "error", "It does not compile."),))
        if status == "judge_error":
            return Grade(status, False, 0, len(tests))
        passed = len(tests) if status in ("compiled", "passed") else 0
        return Grade("passed" if status == "compiled" and tests else status, True, passed, len(tests))

    def map_grade(
        self,
        language: str | Language,
        sources: Sequence[str | bytes],
        tests: Sequence[Sequence[UnitTest]] | None = None,
        limits: Limits | None = None,
    ) -> list[Grade]:
        """Returns the verdict on each program."""
        self.requests.append(len(sources))
        return [
            self.grade(language, source, program_tests)
            for source, program_tests in zip(sources, tests or [()] * len(sources), strict=True)
        ]


def byte_tokenizer() -> Tokenizer:
    """Returns a tokenizer whose tokens are the 256 bytes, a padding token (256) and an end token (257)."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    # Printable bytes stand for themselves there; the others have characters from U+0100 on, in order.
    vocabulary = {character: ord(character) for character in alphabet if ord(character) < 256}
    hidden = (byte for byte in range(256) if byte not in vocabulary.values())
    vocabulary |= dict(zip(alphabet[len(vocabulary) :], list(hidden), strict=True))
    backend = tokenizers.Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens(["<pad>", "</s>"])
    return Tokenizer(backend, name="bytes")


_PYTHON = (
    """\
def total(values):
    result = 0
    for value in values:
        result += value
    return result
""",
    """\
def largest(values):
    best = values[0]
    for value in values[1:]:
        if value > best:
            best = value
    return best
""",
    """\
def greet(name, polite=True):
    text = "Grüß dich, " + name
    if polite:
        text += "!"
    return text
""",
)

_JAVA = (
    """\
class Total {
    static int total(int[] values) {
        int result = 0;
        for (int value : values) {
            result += value;
        }
        return result;
    }
}
""",
    """\
class Largest {
    static int largest(int[] values) {
        int best = values[0];
        for (int i = 1; i < values.length; i++) {
            if (values[i] > best) {
                best = values[i];
            }
        }
        return best;
    }
}
""",
    """\
class Greeting {
    static String greet(String name, boolean polite) {
        String text = "Grüß dich, " + name;
        if (polite) {
            text += "!";
        }
        return text;
    }
}
""",
)

_CSHARP = (
    """\
class Totals
{
    static int Total(int[] values)
    {
        int result = 0;
        foreach (int value in values)
        {
            result += value;
        }
        return result;
    }
}
""",
    """\
class Extremes
{
    static int Largest(int[] values)
    {
        int best = values[0];
        for (int i = 1; i < values.Length; i++)
        {
            if (values[i] > best)
            {
                best = values[i];
            }
        }
        return best;
    }
}
""",
    """\
class Greeting
{
    static string Greet(string name, bool polite)
    {
        string text = "Grüß dich, " + name;
        if (polite)
        {
            text += "!";
        }
        return text;
    }
}
""",
)

_PHP = (
    """\
<?php

function total(array $values): int
{
    $result = 0;
    foreach ($values as $value) {
        $result += $value;
    }
    return $result;
}
""",
    """\
<?php

function largest(array $values): int
{
    $best = $values[0];
    for ($i = 1; $i < count($values); $i++) {
        if ($values[$i] > $best) {
            $best = $values[$i];
        }
    }
    return $best;
}
""",
    """\
<?php

function greet(string $name, bool $polite = true): string
{
    $text = "Grüß dich, $name";
    if ($polite) {
        $text .= "!";
    }
    return $text;
}
""",
)

_C = (
    """\
int total(const int *values, int n) {
    int result = 0;
    for (int i = 0; i < n; i++) {
        result += values[i];
    }
    return result;
}
""",
    """\
int largest(const int *values, int n) {
    int best = values[0];
    for (int i = 1; i < n; i++) {
        if (values[i] > best) {
            best = values[i];
        }
    }
    return best;
}
""",
    """\
#include <stdio.h>

void greet(const char *name, int polite) {
    printf("Grüß dich, %s", name);
    if (polite) {
        printf("!");
    }
}
""",
)

_CPP = (
    """\
#include <vector>

int total(const std::vector<int>& values) {
    int result = 0;
    for (int value : values) {
        result += value;
    }
    return result;
}
""",
    """\
#include <vector>

int largest(const std::vector<int>& values) {
    int best = values[0];
    for (int value : values) {
        if (value > best) {
            best = value;
        }
    }
    return best;
}
""",
    """\
#include <string>

std::string greet(const std::string& name, bool polite = true) {
    std::string text = "Grüß dich, " + name;
    if (polite) {
        text += "!";
    }
    return text;
}
""",
)

_TINY = {"c": _C, "cpp": _CPP, "csharp": _CSHARP, "java": _JAVA, "php": _PHP, "python": _PYTHON}


_STATEMENTS = ("add up values.", "find the largest value.", "greet somebody, politely or not.")


def tiny_problems(language: str | Language = "python", split: Split = "train") -> InMemoryProblems:
    """Returns three short problems in a language, one of them with text that is not ASCII.

    Raises:
        UnknownNameError: There are none in that language.
    """
    name = languages.get(language).name
    if name not in _TINY:
        raise UnknownNameError("language with tiny problems", name, _TINY)
    card = Card("tiny", "Three short functions.", "MIT", "1", "written for tests")
    problems = (
        Problem(
            id=f"tiny://{name}/{number}",
            language=name,
            reference=reference,
            sources={other: programs[number] for other, programs in _TINY.items() if other != name},
            statement=f"{languages.get(name).title}: {_STATEMENTS[number]}",
            broken=f"{reference})",
        )
        for number, reference in enumerate(_TINY[name])
    )
    return InMemoryProblems(card, split, tuple(problems))
