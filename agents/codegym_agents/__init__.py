"""Agents that learn in codegym's environments."""

from codegym_agents.models import Seq2SeqPolicy
from codegym_agents.ppo import PPO
from codegym_agents.sft import SFT

__all__ = ["PPO", "SFT", "Seq2SeqPolicy"]
