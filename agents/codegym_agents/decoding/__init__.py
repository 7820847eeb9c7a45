"""The rollout engine: writes whole episodes with a policy."""

from codegym_agents.decoding.writer import Written, write

__all__ = ["Written", "write"]
