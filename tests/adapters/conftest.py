from __future__ import annotations

from collections.abc import Callable

import pytest

from codegym.adapters import TextTask
from codegym.testing import FakeJudge, tiny_problems


@pytest.fixture
def make_task() -> Callable[..., TextTask]:
    """Makes a task over three problems, with a judge without compilers."""

    def make(env: str = "CodeCompletion-Python-v0", **options: object) -> TextTask:
        return TextTask(env, **{"problems": tiny_problems(), "judge": FakeJudge(), **options})

    return make
