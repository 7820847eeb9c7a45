"""REINFORCE with a baseline."""

from codegym_agents.reinforce.reinforce import REINFORCE, ReinforceConfig

__all__ = ["REINFORCE", "ReinforceConfig"]
