"""The same wrappers, around many environments at once."""

from codegym.wrappers.vector.compact_actions import CompactActions
from codegym.wrappers.vector.grammar_mask import GrammarMask
from codegym.wrappers.vector.top_k_actions import TopKActions

__all__ = ["CompactActions", "GrammarMask", "TopKActions"]
