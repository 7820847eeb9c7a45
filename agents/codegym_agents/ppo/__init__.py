"""Proximal policy optimization."""

from codegym_agents.ppo.ppo import PPO, PPOConfig, PPOLoss, ppo_loss

__all__ = ["PPO", "PPOConfig", "PPOLoss", "ppo_loss"]
