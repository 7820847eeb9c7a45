"""The data that travels between the parts of the suite: frozen, plain, picklable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from codegym.errors import ConfigurationError

Severity = Literal["error", "warning"]

CompileStatus = Literal["ok", "error", "time_limit", "memory_limit", "source_limit"]
"""`error`: the compiler rejected the program. The limits are verdicts too: a program that the compiler cannot
answer for within them does not compile."""

RunStatus = Literal["exited", "signalled", "time_limit", "memory_limit", "output_limit", "not_run", "compile_error"]
"""How one run of a program ended. `not_run`: an earlier run on another input had used up the time."""

TestOutcome = Literal[
    "passed", "wrong_answer", "runtime_error", "time_limit", "memory_limit", "output_limit", "compile_error"
]
"""What one unit test says about a program."""

GradeStatus = Literal["compiled", "passed", "failed", "runtime_error", "compile_error", "judge_error"]
"""`compiled` ends a task without unit tests; `runtime_error` covers exceeded limits of time, memory and output, too;
`judge_error` means that nothing is known about the program."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a program may take in one run.

    Attributes:
        time: Seconds of real time, enough for a machine that has much else to do.
        processor_time: Seconds of processor time, rounded up to whole ones. The default is what HumanEval's harness
            allows (Chen et al. 2021): a program that never ends is known by it, long before `time` is over.
        memory: Bytes of memory; what the language's run time needs for itself comes on top.
        output: Bytes of standard output.

    Raises:
        ConfigurationError: A limit makes no sense.
    """

    time: float = 10.0
    memory: int = 512 << 20
    output: int = 1 << 20
    processor_time: float = 3.0

    def __post_init__(self) -> None:
        if not 0 < self.time <= 3_600:
            raise ConfigurationError(f"The limit of time is {self.time} s; it must be between 0 and 3,600.")
        if not 0 < self.processor_time <= 3_600:
            raise ConfigurationError(
                f"The limit of processor time is {self.processor_time} s; it must be between 0 and 3,600."
            )
        if not 1 << 20 <= self.memory <= 1 << 36:
            raise ConfigurationError(f"The limit of memory is {self.memory:,} bytes; it must be 1 MiB to 64 GiB.")
        if not 0 <= self.output <= 64 << 20:
            raise ConfigurationError(f"The limit of output is {self.output:,} bytes; it must be 0 to 64 MiB.")


@dataclass(frozen=True, slots=True)
class TestCase:
    """One unit test of a program that reads standard input and writes standard output.

    White space at the end of lines and of the output does not count.

    Attributes:
        stdin: What the program reads.
        stdout: What it must print.
        tolerance: How far a printed number may be from the expected one, absolutely or relatively; None: numbers
            are compared as text.
    """

    __test__: ClassVar[bool] = False  # what pytest asks of classes that are named like this

    stdin: str
    stdout: str
    tolerance: float | None = None


@dataclass(frozen=True, slots=True)
class HarnessTest:
    """One unit test that calls a program's functions: code that is appended to the program.

    The test passes if the code comes to its end and the process exits with status 0. It is trusted, and the
    program is not: a program that ends the process early, or redefines what the code compares with, fails.

    Attributes:
        code: The code; in compiled languages it holds `main`.
        entry_point: Name of the function under test; needed only where the language itself has that name, too.
    """

    code: str
    entry_point: str = ""


UnitTest = TestCase | HarnessTest


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to write, with the program that an expert wrote.

    Attributes:
        id: URI that names the problem for ever: `procedural://sum-of-divisors?...`, `xlcost://java/1010`.
        language: Name of the language that the answer is written in: `"java"`.
        reference: The whole reference program; it compiles.
        tests: Unit tests, empty where the data has none.
        attributes: Whatever else the source knows (family, file, line, difficulty ...), plain values only.
        sources: Programs in other languages that do the same, by the language's name: what a translation starts from.
        statement: What the program has to do, in words: what a synthesis starts from.
        prefix: The part of the reference that is given, at its beginning (a signature, for instance); may be empty.
        suffix: The part of the reference that is given, at its end; may be empty.
        broken: A program with a bug, which the reference repairs; empty where the data has none.

    Raises:
        ConfigurationError: The reference does not begin with `prefix` and end with `suffix`.
    """

    id: str
    language: str
    reference: str
    tests: tuple[UnitTest, ...] = ()
    attributes: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    statement: str = ""
    prefix: str = ""
    suffix: str = ""
    broken: str = ""

    def __post_init__(self) -> None:
        given = len(self.prefix) + len(self.suffix)
        whole = self.reference
        if given > len(whole) or not (whole.startswith(self.prefix) and whole.endswith(self.suffix)):
            raise ConfigurationError(f"The reference of problem {self.id!r} does not hold what is given of it.")
        object.__setattr__(self, "attributes", dict(self.attributes))
        object.__setattr__(self, "sources", dict(self.sources))


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
class RunResult:
    """What happened in one run of a program.

    Attributes:
        status: How it ended.
        stdout: What it wrote to standard output, up to the limit.
        stderr: What it wrote to standard error, up to 64 KiB.
        exit_code: Its exit status, 0 unless `status` is `exited`.
        signal: Number of the signal that ended it, 0 unless `status` is `signalled`.
        completed: Whether the program came to its end by itself, where the language can tell: it did not exit early.
    """

    status: RunStatus
    stdout: str = ""
    stderr: str = ""
    exit_code: int = 0
    signal: int = 0
    completed: bool = False

    @property
    def ok(self) -> bool:
        """Whether the program ended with exit status 0."""
        return self.status == "exited" and self.exit_code == 0


@dataclass(frozen=True, slots=True)
class Grade:
    """The judge's verdict on one finished program.

    `passed` and `total` count unit tests; both are 0 for a task that is judged by compilation alone. `outcomes` holds
    what each unit test says, in order.
    """

    status: GradeStatus
    compiled: bool
    passed: int = 0
    total: int = 0
    diagnostics: tuple[Diagnostic, ...] = ()
    outcomes: tuple[TestOutcome, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether the judge answered at all."""
        return self.status != "judge_error"


RewardTerms = Mapping[str, float]
"""Name of each reward term to what it contributed to one step's reward, weight included."""
