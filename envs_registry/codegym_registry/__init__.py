"""Which environments exist, as data."""

from codegym_registry.table import MULTIAGENT_TABLE, TABLE, Row, env_ids, multiagent_env_ids

__all__ = ["MULTIAGENT_TABLE", "TABLE", "Row", "env_ids", "multiagent_env_ids"]
