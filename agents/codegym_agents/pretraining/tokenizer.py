"""Trains the embedded tokenizer: `python -m codegym_agents.pretraining.tokenizer --corpus FILE --out FILE`."""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import tokenizers
import typer
from tokenizers import decoders, models, pre_tokenizers, processors, trainers

VOCABULARY_SIZE = 4096
SPECIAL = ("<pad>", "</s>", "<sep>", *(f"<extra_id_{index}>" for index in range(13)))
"""Padding, end of sequence, a separator of several texts in one prompt, and marks of masked spans."""


def train(texts: Iterator[str]) -> tokenizers.Tokenizer:
    """Returns a byte-level BPE (Sennrich et al. 2016, arXiv 1508.07909) of `VOCABULARY_SIZE` tokens."""
    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY_SIZE,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    end = ("</s>", tokenizer.token_to_id("</s>"))
    tokenizer.post_processor = processors.TemplateProcessing("$A </s>", "$A </s> $B </s>", [end])
    return tokenizer


def balanced(corpus: Path, characters: int) -> Iterator[str]:
    """Yields training texts of the corpus, in the same shares whatever the corpus holds.

    Real Java and the procedural programs of each language count half as much as real Python, of which there is
    far more: the vocabulary serves both languages.
    """
    left: dict[str, int] = {}
    with lzma.open(corpus, "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            group = record["language"] if record["origin"] != "procedural" else f"procedural {record['language']}"
            budget = left.setdefault(group, characters // (1 if group == "python" else 2))
            if record["split"] == "train" and budget > 0:
                left[group] -= len(record["text"])
                yield record["text"]


def main(
    corpus: Annotated[Path, typer.Option(help="File made by codegym_agents.pretraining.corpus.")],
    out: Annotated[Path, typer.Option(help="The tokenizer.json to write.")],
    characters: Annotated[int, typer.Option(help="Characters of Python to learn from.")] = 40_000_000,
) -> None:
    """Trains the tokenizer."""
    train(balanced(corpus, characters)).save(str(out))
    print(f"Wrote {out}")


if __name__ == "__main__":
    typer.run(main)
