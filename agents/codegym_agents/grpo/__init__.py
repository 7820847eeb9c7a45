"""Group-relative policy optimization."""

from codegym_agents.grpo.grpo import GRPO, GRPOConfig

__all__ = ["GRPO", "GRPOConfig"]
