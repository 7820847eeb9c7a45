"""Measuring agents: statistics with intervals."""
