"""Tokenizers: the embedded one, and any that Hugging Face's `tokenizers` can read."""

from codegym.tokens.tokenizer import EMBEDDED, Tokenizer, load

__all__ = ["EMBEDDED", "Tokenizer", "load"]
