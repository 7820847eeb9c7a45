"""Which environments exist, as data."""

from codegym_registry.table import TABLE, Row, env_ids

__all__ = ["TABLE", "Row", "env_ids"]
