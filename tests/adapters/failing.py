"""A judge that cannot answer."""

from __future__ import annotations

from collections.abc import Callable

from codegym.testing import brackets_balance
from codegym.types import GradeStatus


def failing_at(mark: bytes) -> Callable[[bytes], GradeStatus]:
    """Returns the verdict of a judge that cannot answer for programs that hold a mark."""
    return lambda program: "judge_error" if mark in program else brackets_balance(program)
