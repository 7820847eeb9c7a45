"""Agents that learn in codegym's environments."""

from codegym_agents.a2c import A2C
from codegym_agents.common.agent import Agent
from codegym_agents.common.algorithm import Algorithm
from codegym_agents.grpo import GRPO
from codegym_agents.models import Seq2SeqPolicy
from codegym_agents.ppo import PPO
from codegym_agents.reinforce import REINFORCE
from codegym_agents.rejection import REJECTION
from codegym_agents.rloo import RLOO
from codegym_agents.sft import SFT

__all__ = ["A2C", "GRPO", "PPO", "REINFORCE", "REJECTION", "RLOO", "SFT", "Agent", "Algorithm", "Seq2SeqPolicy"]
