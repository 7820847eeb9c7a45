"""Rejection sampling, or expert iteration."""

from codegym_agents.rejection.rejection import REJECTION, RejectionConfig

__all__ = ["REJECTION", "RejectionConfig"]
