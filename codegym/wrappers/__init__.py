"""Wrappers around environments."""

from codegym.wrappers.behaviour_log_prob import BehaviourLogProb, Policy

__all__ = ["BehaviourLogProb", "Policy"]
