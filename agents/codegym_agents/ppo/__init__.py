"""Proximal policy optimization."""

from codegym_agents.ppo.ppo import PPO, PPOConfig

__all__ = ["PPO", "PPOConfig"]
