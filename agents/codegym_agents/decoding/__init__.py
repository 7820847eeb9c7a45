"""The rollout engine: writes whole programs with a policy."""

from codegym_agents.decoding.choose import Sampling
from codegym_agents.decoding.compact import Written
from codegym_agents.decoding.engine import DecodingEngine, write
from codegym_agents.decoding.generate import GeneratingEngine
from codegym_agents.decoding.make import Engine, make_engine
from codegym_agents.decoding.remote import ClusterEngine

__all__ = [
    "ClusterEngine",
    "DecodingEngine",
    "Engine",
    "GeneratingEngine",
    "Sampling",
    "Written",
    "make_engine",
    "write",
]
