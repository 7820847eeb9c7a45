"""The unit tests' verdict, with part of the reward for part of the tests."""

from __future__ import annotations

from codegym.rewards.unit_tests import UnitTests

TERM = UnitTests("adaptive_unit_tests", adaptive=True)
