"""The data that travels between the parts of the suite: frozen, plain, picklable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["error", "warning"]

CompileStatus = Literal["ok", "error", "time_limit", "memory_limit", "source_limit"]
"""`error`: the compiler rejected the program. The limits are verdicts too: a program that the compiler cannot
answer for within them does not compile."""

GradeStatus = Literal["compiled", "passed", "failed", "runtime_error", "compile_error", "judge_error"]
"""`compiled` ends a task without unit tests; `judge_error` means that nothing is known about the program."""


@dataclass(frozen=True, slots=True)
class TestCase:
    """One unit test of a program that reads standard input and writes standard output."""

    stdin: str
    stdout: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to write, with the program that an expert wrote.

    Attributes:
        id: URI that names the problem for ever: `procedural://sum-of-divisors?...`, `xlcost://java/1010`.
        language: Name of the language that the answer is written in: `"java"`.
        reference: The whole reference program; it compiles.
        tests: Unit tests, empty where the data has none.
        attributes: Whatever else the source knows (family, file, line, difficulty ...), plain values only.
    """

    id: str
    language: str
    reference: str
    tests: tuple[TestCase, ...] = ()
    attributes: Mapping[str, str | int | float | bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "attributes", dict(self.attributes))


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One message of a compiler. `line` and `column` count from 1; 0 means that the compiler did not say."""

    line: int
    column: int
    severity: Severity
    message: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class CompileResult:
    """A compiler's verdict on one program."""

    ok: bool
    status: CompileStatus
    diagnostics: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True)
class Grade:
    """The judge's verdict on one finished program.

    `passed` and `total` count unit tests; both are 0 for a task that is judged by compilation alone.
    """

    status: GradeStatus
    compiled: bool
    passed: int = 0
    total: int = 0
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether the judge answered at all."""
        return self.status != "judge_error"


RewardTerms = Mapping[str, float]
"""Name of each reward term to what it contributed to one step's reward, weight included."""
