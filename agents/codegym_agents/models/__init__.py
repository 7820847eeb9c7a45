"""Policies: encoder-decoder transformers with a value head."""

from codegym_agents.models.seq2seq import Seq2SeqPolicy, nano, nano_config

__all__ = ["Seq2SeqPolicy", "nano", "nano_config"]
