"""Which environments exist, as data."""

from codegym_registry.table import TABLE, Row

__all__ = ["TABLE", "Row"]
