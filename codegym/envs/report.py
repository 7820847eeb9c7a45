"""What is wrong with a program, in words: the prompt of a turn that repairs it."""

from __future__ import annotations

from codegym.types import Grade, Problem, TestCase

_DIAGNOSTICS = 5
_OUTCOMES = {
    "wrong_answer": "gives a wrong answer",
    "runtime_error": "ends in an error",
    "time_limit": "takes too much time",
    "memory_limit": "takes too much memory",
    "output_limit": "prints too much",
    "compile_error": "does not compile",
}


def report(problem: Problem, program: bytes, grade: Grade) -> str:
    """Returns the problem's statement, the judge's verdict on a program, and the program, in this order.

    A prompt that is too long loses its beginning, so that the program comes last. Of the tests, the first that fails
    is told, with its input and the output that it expects.
    """
    parts = [problem.statement.strip(), _verdict(problem, grade), program.decode("utf-8", "replace")]
    return "\n\n".join(part for part in parts if part)


def _verdict(problem: Problem, grade: Grade) -> str:
    if not grade.compiled:
        shown = [
            f"{diagnostic.line}:{diagnostic.column}: {diagnostic.message}"
            for diagnostic in grade.diagnostics[:_DIAGNOSTICS]
        ]
        return "\n".join(["This program does not compile:", *shown])
    failed = next((number for number, outcome in enumerate(grade.outcomes) if outcome != "passed"), None)
    if failed is None:
        return "This program is right."
    lines = [
        f"This program passes {grade.passed} of {grade.total} tests. "
        f"In test {failed + 1} it {_OUTCOMES[grade.outcomes[failed]]}."
    ]
    test = problem.tests[failed]
    if isinstance(test, TestCase):
        lines += ["Input:", test.stdin.rstrip("\n"), "Expected output:", test.stdout.rstrip("\n")]
    return "\n".join(lines)
