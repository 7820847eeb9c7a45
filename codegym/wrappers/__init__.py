"""Wrappers around environments; `codegym.wrappers.vector` has those of vector environments, under the same names."""

from codegym.wrappers import vector
from codegym.wrappers.behaviour_log_prob import BehaviourLogProb, Policy
from codegym.wrappers.compact_actions import CompactActions, frequent_tokens
from codegym.wrappers.grammar_mask import GrammarMask
from codegym.wrappers.top_k_actions import FullPolicy, TopKActions, top_k

__all__ = [
    "BehaviourLogProb",
    "CompactActions",
    "FullPolicy",
    "GrammarMask",
    "Policy",
    "TopKActions",
    "frequent_tokens",
    "top_k",
    "vector",
]
