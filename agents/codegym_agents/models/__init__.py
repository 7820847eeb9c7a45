"""Policies: transformers that write programs, with a value head."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from codegym.tokens import Tokenizer
from codegym_agents.models.auto import AutoPolicy
from codegym_agents.models.base import architecture_of, checkpoint_folder
from codegym_agents.models.seq2seq import Seq2SeqPolicy, nano

__all__ = ["AutoPolicy", "Policy", "Seq2SeqPolicy", "load_policy", "nano"]

Policy: TypeAlias = Seq2SeqPolicy | AutoPolicy
"""What agents train."""


def load_policy(name: str | Path = "nano", tokenizer: str | Path | Tokenizer | None = None) -> Policy:
    """Loads a policy of the class that suits its architecture: `Seq2SeqPolicy` for a T5, else `AutoPolicy`.

    Args:
        name: `"nano"`, a folder, or a name on the Hugging Face hub.
        tokenizer: As in `Seq2SeqPolicy.from_pretrained`.

    Raises:
        UnknownNameError: There is no such checkpoint.
        DataError: The checkpoint is broken, or of an architecture that transformers does not know.
    """
    folder = checkpoint_folder(str(name))
    # A folder of adapters has no config.json; AutoPolicy knows what to do, and what to say where there is nothing.
    if architecture_of(folder) == "t5" and not (folder / "adapter_config.json").is_file():
        return Seq2SeqPolicy.from_pretrained(folder, tokenizer)
    return AutoPolicy.from_pretrained(folder, tokenizer)
