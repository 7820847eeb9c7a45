"""The rollout engine: writes whole programs with a policy."""

from codegym_agents.decoding.choose import Sampling
from codegym_agents.decoding.compact import Written
from codegym_agents.decoding.engine import DecodingEngine, write

__all__ = ["DecodingEngine", "Sampling", "Written", "write"]
