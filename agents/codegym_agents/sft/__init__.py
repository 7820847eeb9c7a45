"""Supervised fine-tuning."""

from codegym_agents.sft.sft import SFT, SFTConfig, cross_entropy

__all__ = ["SFT", "SFTConfig", "cross_entropy"]
