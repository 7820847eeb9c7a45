"""The reward: named terms, one file each, and the weights that mix them."""

from codegym.rewards.base import Need, RewardTerm, Transition
from codegym.rewards.mix import PRESETS, RewardMix, all_terms, find_term

__all__ = ["PRESETS", "Need", "RewardMix", "RewardTerm", "Transition", "all_terms", "find_term"]
