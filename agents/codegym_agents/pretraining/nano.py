"""Pretrains the nano policy: `python -m codegym_agents.pretraining.nano --corpus corpus.jsonl.xz --out nano`.

Two phases with one loss, the cross-entropy of the target tokens:

1. continuation: a program is cut at a random place; the encoder reads what stands before, the decoder writes what
   comes after, up to 128 tokens;
2. completion: the task itself. The cut is 25 tokens before the end (the paper's protocol) or, for variety, 4 to 48.

Only functions of the corpus' training split are learned from. Besides, every training text that shares a run of 48
tokens with a text of the test split is left out, so that near-copies of test functions are not learned either.
"""

from __future__ import annotations

import json
import lzma
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from numpy.typing import NDArray
from torch import Tensor
from transformers import T5ForConditionalGeneration

from codegym.tokens import Tokenizer, load
from codegym_agents.models import Seq2SeqPolicy, nano_config
from codegym_agents.models.seq2seq import PaddedSources
from codegym_agents.sft import cross_entropy

SOURCE_TOKENS = 256
OVERLAP = 48


@dataclass(frozen=True)
class Phase:
    """One phase of training.

    Attributes:
        name: `"continuation"` or `"completion"`.
        seconds: How long it lasts.
        learning_rate: Peak, relative to each weight's size; warmed up linearly over 2 % of the time, then decayed
            to zero along a cosine.
        target_tokens: Longest target.
        batch_size: Programs a step.
    """

    name: str
    seconds: float
    learning_rate: float
    target_tokens: int
    batch_size: int


@dataclass(frozen=True)
class Corpus:
    """Programs as one long array of tokens, each followed by the end token.

    Attributes:
        tokens: (total,) int32 on the training device.
        starts: (programs,) int64 position of each program's first token.
        lengths: (programs,) int64 number of tokens, the end token included.
    """

    tokens: Tensor
    starts: Tensor
    lengths: Tensor


def read_corpus(path: Path, tokenizer: Tokenizer, device: torch.device) -> tuple[Corpus, Corpus, dict[str, int]]:
    """Reads the corpus file that `codegym_agents.pretraining.corpus` writes.

    Returns:
        The training programs, the validation programs, and how many texts of each kind there were.
    """
    texts: dict[str, list[str]] = {"train": [], "validation": [], "test": []}
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            texts[record["split"]].append(record["text"])
    tokens = {split: _encode(tokenizer, part) for split, part in texts.items()}
    forbidden = _overlaps(tokens["train"], tokens["test"])
    train = [program for program, bad in zip(tokens["train"], forbidden, strict=True) if not bad]
    counts = {split: len(part) for split, part in texts.items()} | {"train_near_copies": int(forbidden.sum())}
    return _pack(train, device), _pack(tokens["validation"], device), counts


def _encode(tokenizer: Tokenizer, texts: list[str]) -> list[NDArray[np.int32]]:
    chunk, encoded = 20_000, []
    for start in range(0, len(texts), chunk):
        for ids in tokenizer.encode_batch(texts[start : start + chunk]):
            encoded.append(np.array([*ids, tokenizer.end_id], dtype=np.int32))
    return encoded


def _overlaps(programs: list[NDArray[np.int32]], others: list[NDArray[np.int32]]) -> NDArray[np.bool_]:
    """Returns which programs share a run of `OVERLAP` tokens with any of the others."""
    known = np.unique(np.concatenate([np.zeros(1, np.uint64), *(_run_hashes(other) for other in others)]))

    def overlaps(program: NDArray[np.int32]) -> bool:
        hashes = _run_hashes(program)
        place = np.searchsorted(known, hashes).clip(max=len(known) - 1)
        return bool((known[place] == hashes).any())

    return np.array([overlaps(program) for program in programs], dtype=bool)


def _run_hashes(tokens: NDArray[np.int32]) -> NDArray[np.uint64]:
    # A polynomial hash of every window, modulo 2**64: unsigned arithmetic wraps around on purpose.
    if len(tokens) < OVERLAP:
        return np.zeros(0, np.uint64)
    powers = np.cumprod(np.full(OVERLAP, 0x9E3779B97F4A7C15, dtype=np.uint64))
    windows = np.lib.stride_tricks.sliding_window_view(tokens.astype(np.uint64) + np.uint64(1), OVERLAP)
    hashes: NDArray[np.uint64] = (windows * powers).sum(axis=1, dtype=np.uint64)
    return hashes


def _pack(programs: list[NDArray[np.int32]], device: torch.device) -> Corpus:
    programs = [program for program in programs if len(program) >= 32]
    lengths = torch.tensor([len(program) for program in programs])
    tokens = torch.from_numpy(np.concatenate(programs))
    starts = torch.cumsum(lengths, 0) - lengths
    return Corpus(tokens.to(device), starts.to(device), lengths.to(device))


def sample_batch(
    corpus: Corpus, phase: Phase, generator: torch.Generator, pad_id: int
) -> tuple[PaddedSources, Tensor, Tensor]:
    """Draws programs and cuts them.

    Returns:
        Sources, targets (batch, target) int64, and the mask of the targets' real tokens (batch, target) bool.
    """
    device = corpus.tokens.device
    shape = (phase.batch_size,)
    program = torch.randint(len(corpus.starts), shape, generator=generator, device=device)
    length = corpus.lengths[program]
    if phase.name == "completion":
        varied = torch.randint(4, 49, shape, generator=generator, device=device)
        plain = torch.rand(shape, generator=generator, device=device) < 0.7
        masked = torch.where(plain, torch.full_like(varied, 25), varied)
        cut = length - 1 - torch.minimum(masked, (length - 1) // 2)
    else:
        share = torch.rand(shape, generator=generator, device=device)
        cut = 8 + (share * (length - 16)).long()
    begin = (cut - SOURCE_TOKENS).clamp(min=0)
    source, source_mask = _gather(corpus, program, begin, cut, SOURCE_TOKENS, pad_id)
    end = torch.minimum(length, cut + phase.target_tokens)
    target, target_mask = _gather(corpus, program, cut, end, phase.target_tokens, pad_id)
    return PaddedSources(source, source_mask.long()), target, target_mask


def _gather(
    corpus: Corpus, program: Tensor, begin: Tensor, end: Tensor, width: int, pad_id: int
) -> tuple[Tensor, Tensor]:
    offset = torch.arange(width, device=program.device)
    position = begin[:, None] + offset
    mask = position < end[:, None]
    flat = (corpus.starts[program][:, None] + position).clamp(max=len(corpus.tokens) - 1)
    return corpus.tokens[flat].long().masked_fill(~mask, pad_id), mask


def train(
    policy: Seq2SeqPolicy, corpus: Corpus, validation: Corpus, phase: Phase, seed: int
) -> Iterator[dict[str, float | str]]:
    """Trains for one phase; yields a row of the training curve every 10 seconds or so."""
    device = policy.device
    generator = torch.Generator(device).manual_seed(seed)
    # T5 initialises its matrices at very different scales, so steps are relative to the root mean square of each
    # (as in Adafactor: Shazeer and Stern 2018, arXiv 1804.04235, section 8).
    groups = [
        {"params": [weight], "scale": max(weight.detach().square().mean().sqrt().item(), 1e-2)}
        for weight in policy.model.parameters()
    ]
    optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.98), weight_decay=0.0, fused=device.type == "cuda")
    loss_of = torch.compile(cross_entropy) if device.type == "cuda" else cross_entropy
    pad_id = policy.tokenizer.pad_id
    started, reported, step, seen, running = time.monotonic(), 0.0, 0, 0, 0.0
    policy.train()
    while (elapsed := time.monotonic() - started) < phase.seconds:
        progress = elapsed / phase.seconds
        rate = phase.learning_rate * min(1.0, progress / 0.02, 0.5 * (1 + math.cos(math.pi * progress)))
        for group in optimizer.param_groups:
            group["lr"] = rate * group["scale"]
        sources, target, mask = sample_batch(corpus, phase, generator, pad_id)
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            loss = loss_of(policy, sources, target, mask)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(policy.model.parameters(), 1.0)
        optimizer.step()
        step, seen = step + 1, seen + phase.batch_size
        if step % 20 == 0:
            running = loss.item()
            if time.monotonic() - started - reported >= 10.0:
                reported = time.monotonic() - started
                held_out = evaluate(policy, validation, phase, pad_id)
                row = {"phase": phase.name, "seconds": round(reported, 1), "step": step, "programs": seen}
                yield row | {"train_loss": round(running, 4), "validation_loss": round(held_out, 4)}
    policy.eval()
    yield {
        "phase": phase.name,
        "seconds": round(time.monotonic() - started, 1),
        "step": step,
        "programs": seen,
        "train_loss": round(running, 4),
        "validation_loss": round(evaluate(policy, validation, phase, pad_id), 4),
    }


@torch.no_grad()
def evaluate(policy: Seq2SeqPolicy, corpus: Corpus, phase: Phase, pad_id: int) -> float:
    """Returns the loss on the same four batches of held-out programs, whenever it is called."""
    device = policy.device
    generator = torch.Generator(device).manual_seed(0)
    losses = []
    for _ in range(4):
        sources, target, mask = sample_batch(corpus, phase, generator, pad_id)
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            losses.append(cross_entropy(policy, sources, target, mask).item())
    return sum(losses) / len(losses)


def main(
    corpus: Annotated[Path, typer.Option(help="File made by codegym_agents.pretraining.corpus.")],
    out: Annotated[Path, typer.Option(help="Folder for the checkpoint.")],
    tokenizer: Annotated[str, typer.Option(help="Tokenizer name or path.")] = "codegym",
    minutes: Annotated[float, typer.Option(help="Time for both phases together.")] = 7.0,
    batch_size: Annotated[int, typer.Option(help="Programs a step.")] = 768,
    learning_rate: Annotated[float, typer.Option(help="Peak relative learning rate of the first phase.")] = 1e-2,
    seed: Annotated[int, typer.Option(help="Seed of weights and batches.")] = 0,
) -> None:
    """Pretrains the nano policy and writes it with its training curve."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.set_float32_matmul_precision("high")
    torch.manual_seed(seed)
    words = load(tokenizer)
    programs, held_out, counts = read_corpus(corpus, words, device)
    print(f"{counts}, {programs.lengths.sum().item():,} training tokens", flush=True)
    rows = -(-words.vocabulary_size // 64) * 64
    policy = Seq2SeqPolicy(T5ForConditionalGeneration(nano_config(rows)), words).to(device)
    print(f"{sum(weight.numel() for weight in policy.model.parameters()):,} parameters", flush=True)
    curve: list[dict[str, float | str]] = []
    for phase in (
        Phase("continuation", 60 * minutes * 0.7, learning_rate, 128, batch_size),
        Phase("completion", 60 * minutes * 0.3, learning_rate / 2, 64, batch_size),
    ):
        for row in train(policy, programs, held_out, phase, seed):
            curve.append(row)
            print(row, flush=True)
            policy.save_pretrained(out, torch.float16)  # an accelerator may fail; what was learned stays
    recipe = {
        "counts": counts,
        "training_tokens": int(programs.lengths.sum()),
        "minutes": minutes,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "seed": seed,
        "device": torch.cuda.get_device_name() if device.type == "cuda" else "cpu",
        "curve": curve,
    }
    (out / "training.json").write_text(json.dumps(recipe, indent=1) + "\n")
    print(f"Wrote {out}", flush=True)


if __name__ == "__main__":
    typer.run(main)
