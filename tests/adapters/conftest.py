"""What the tests of adapters share: a judge without compilers, and a task over three problems."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from codegym.adapters import TextTask
from codegym.testing import FakeJudge, tiny_problems
from codegym.testing.fakes import brackets_balance
from codegym.types import GradeStatus


def failing_at(mark: bytes) -> Callable[[bytes], GradeStatus]:
    """Returns the verdict of a judge that cannot answer for programs that hold a mark."""
    return lambda program: "judge_error" if mark in program else brackets_balance(program)


@pytest.fixture
def make_task() -> Callable[..., TextTask]:
    def make(env: str = "CodeCompletion-Python-v0", **options: object) -> TextTask:
        return TextTask(env, **{"problems": tiny_problems(), "judge": FakeJudge(), **options})

    return make
