"""Advantage actor-critic."""

from codegym_agents.a2c.a2c import A2C, A2CConfig

__all__ = ["A2C", "A2CConfig"]
