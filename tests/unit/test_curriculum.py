"""Problems whose difficulty moves while somebody learns from them."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import pytest

from codegym.errors import ConfigurationError
from codegym.problems import procedural
from codegym.problems.curriculum import Curriculum
from codegym.problems.procedural import problem_from_id
from codegym.testing import FakeJudge


def test_curriculum__starts_easy_and_draws_from_the_window() -> None:
    curriculum = Curriculum(procedural(("python",)), width=0.1)
    assert curriculum.difficulty == (0.0, 0.1) and curriculum.solved is None and curriculum.size is None
    assert all(0.0 <= float(curriculum[index].attributes["difficulty"]) <= 0.1 for index in range(20))
    curriculum.set_difficulty(0.8, 0.9)
    assert all(0.8 <= float(curriculum[index].attributes["difficulty"]) <= 0.9 for index in range(20))
    assert problem_from_id(curriculum[3].id) == curriculum[3]


def test_curriculum__goes_up_and_down_with_what_is_solved() -> None:
    curriculum = Curriculum(procedural(("python",)), width=0.2, step=0.3, memory=10)
    results = [True] * 40 + [False] * 40
    seen = [curriculum.difficulty for solved in results if curriculum.record(solved)]
    assert seen == [(0.3, 0.5), (0.6, 0.8), (0.8, 1.0), (0.5, 0.7), (0.2, 0.4), (0.0, 0.2)]


def test_curriculum__stays_where_the_agent_solves_some() -> None:
    curriculum = Curriculum(procedural(("python",)), memory=4)
    assert not any(curriculum.record(number % 2 == 0) for number in range(50))
    assert curriculum.solved == 0.5


def test_curriculum__changes_what_an_environment_poses() -> None:
    curriculum = Curriculum(procedural(("python",)))
    env = gym.make("CodeCompletion-Python-v0", problems=curriculum, judge=FakeJudge())
    easy = env.reset(seed=4)[1]["problem_id"]
    curriculum.set_difficulty(0.9, 1.0)
    hard = env.reset(seed=4)[1]["problem_id"]
    assert easy != hard and "difficulty=0.9" in hard


@pytest.mark.parametrize(
    "arguments",
    [{"width": 0.0}, {"step": -1.0}, {"raise_above": 0.1}, {"lower_below": -0.1}, {"memory": 0}, {"width": 2.0}],
)
def test_curriculum__refuses_numbers_that_make_no_sense(arguments: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(arguments))):
        Curriculum(procedural(("python",)), **arguments)


def test_curriculum__stays_within_the_range_of_its_problems() -> None:
    curriculum = Curriculum(procedural(("python",), difficulty=(0.2, 0.5)))
    with pytest.raises(ConfigurationError, match="outside"):
        curriculum.set_difficulty(0.4, 0.6)
