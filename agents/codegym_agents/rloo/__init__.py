"""REINFORCE with a leave-one-out baseline."""

from codegym_agents.rloo.rloo import RLOO, RLOOConfig

__all__ = ["RLOO", "RLOOConfig"]
