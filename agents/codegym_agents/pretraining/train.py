"""Pretrains a policy: `python -m codegym_agents.pretraining.train DATA --out nano`; several GPUs: `torchrun`.

One model learns all tasks in all languages at once, from scratch; the loss is the cross-entropy of the target tokens.
Training begins with real code, and ends with the tasks of the environments: see `codegym_agents.pretraining.examples`.
"""

from __future__ import annotations

import json
import math
import multiprocessing
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from ctypes import c_double
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import torch.distributed as dist
import typer
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset
from transformers import T5Config, T5ForConditionalGeneration

from codegym.errors import UnknownNameError
from codegym.tokens import Tokenizer, load
from codegym_agents.models import Seq2SeqPolicy
from codegym_agents.pretraining.examples import Batch, Example, Examples, FixedBatches, batches, validation_sets
from codegym_agents.pretraining.step import Gradient, token_losses

_POOL = 256
"""Examples that are drawn at once, from the mixture that is due."""

_SYNCHRONISED = 10
"""Steps between two looks at the clock."""


@dataclass(frozen=True)
class Schedule:
    """How long and how fast the policy learns.

    Attributes:
        seconds: Time for all of it.
        learning_rate: Peak, relative to each weight's size; warmed up linearly over 4 % of the time, and decayed to
            zero along a cosine.
        batch_tokens: Tokens a step and device, prompts, programs and padding together.
        seed: Of weights and batches.
    """

    seconds: float
    learning_rate: float
    batch_tokens: int
    seed: int

    def rate(self, progress: float) -> float:
        """Returns the relative learning rate after a share of the time."""
        return self.learning_rate * min(1.0, 0.05 + progress / 0.04, 0.5 * (1 + math.cos(math.pi * min(progress, 1.0))))


@dataclass(frozen=True)
class CurvePoint:
    """One point of the training curve.

    Attributes:
        seconds: Since training began.
        step: Gradient steps so far.
        tokens: Tokens that were read and written so far, padding not counted, on all devices together.
        train_loss: Of the last batch, in nats a token.
        losses: Of held-out examples of each task, in nats a token.
    """

    seconds: float
    step: int
    tokens: int
    train_loss: float
    losses: dict[str, float]


@dataclass(frozen=True)
class Devices:
    """The devices that train together; this process has one of them."""

    rank: int
    count: int
    device: torch.device

    @classmethod
    def joined(cls) -> Devices:
        """Returns the devices that `torchrun` has started processes for, or the only one."""
        rank, count = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
        on_gpu = torch.cuda.is_available()
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0))) if on_gpu else torch.device("cpu")
        if on_gpu:
            torch.cuda.set_device(device)
        if count > 1:
            dist.init_process_group("nccl" if on_gpu else "gloo")
        return cls(rank, count, device)

    def average(self, values: Tensor) -> None:
        """Replaces values by their mean over all devices."""
        if self.count > 1:
            dist.all_reduce(values)
            values /= self.count

    def agree(self, value: float) -> float:
        """Returns the first device's value."""
        if self.count == 1:
            return value
        told = torch.tensor([value], dtype=torch.float64, device=self.device)
        dist.broadcast(told, 0)
        return told.item()


def nano_config(vocabulary_size: int) -> T5Config:
    """Returns a small architecture: 6.8 M parameters, deep encoder, shallow decoder.

    Writing a token costs a pass through the decoder, reading the source costs one pass through the encoder: on a
    CPU, layers are cheaper where they run once.
    """
    return _config(vocabulary_size, d_model=256, d_kv=32, d_ff=768, num_layers=6, num_decoder_layers=2)


def mini_config(vocabulary_size: int) -> T5Config:
    """Returns an architecture between the two: 22 M parameters."""
    return _config(vocabulary_size, d_model=384, d_kv=48, d_ff=1536, num_layers=6, num_decoder_layers=4)


def small_config(vocabulary_size: int) -> T5Config:
    """Returns an architecture of the size of CodeT5-small, with a small vocabulary: 46 M parameters."""
    return _config(vocabulary_size, d_model=512, d_kv=64, d_ff=2048, num_layers=6, num_decoder_layers=6)


def _config(vocabulary_size: int, **sizes: Any) -> T5Config:
    return T5Config(  # type: ignore[call-arg]  # the start token is an attribute that transformers does not declare
        vocab_size=vocabulary_size,
        num_heads=8,
        dropout_rate=0.0,
        feed_forward_proj="relu",
        pad_token_id=0,
        eos_token_id=1,
        decoder_start_token_id=0,
        **sizes,
    )


_SIZES: dict[str, Callable[[int], T5Config]] = {
    "nano": nano_config,
    "mini": mini_config,
    "small": small_config,
}


class _Stream(IterableDataset[Batch]):
    """Endless batches; each process of a `DataLoader`, on each device, draws its own."""

    def __init__(self, examples: Examples, schedule: Schedule, pad_id: int, rank: int, progress: Any) -> None:
        self._examples = examples
        self._schedule = schedule
        self._pad_id = pad_id
        self._rank = rank
        self._progress = progress

    def __iter__(self) -> Iterator[Batch]:
        worker = torch.utils.data.get_worker_info()
        random = np.random.default_rng([self._schedule.seed, self._rank, worker.id if worker else 0])
        batches = FixedBatches(self._schedule.batch_tokens, self._pad_id)
        while True:
            for example in self._examples.mixed(_POOL, self._progress.value, random):
                if (batch := batches.add(example)) is not None:
                    yield batch


def train(
    model: T5ForConditionalGeneration,
    tokenizer: Tokenizer,
    folder: Path,
    schedule: Schedule,
    devices: Devices,
    *,
    workers: int = 0,
    every: float = 20.0,
    held_out: int = 16,
) -> Iterator[CurvePoint]:
    """Trains a model in place; yields a point of the training curve every now and then, and a last one.

    Args:
        model: What learns.
        tokenizer: Its vocabulary.
        folder: The data set.
        schedule: For how long, and how fast.
        devices: What trains together; each has an equal model.
        workers: Processes that prepare batches for this device; 0: this one.
        every: Seconds between two points of the curve.
        held_out: Held-out examples of each task and language that these points are measured on.
    """
    device = devices.device
    measured = validation_sets(Examples(folder, tokenizer, validation=True), held_out)
    progress_seen: Any = multiprocessing.Value(c_double, 0.0, lock=False)
    stream = _Stream(Examples(folder, tokenizer), schedule, tokenizer.pad_id, devices.rank, progress_seen)
    drawn = iter(DataLoader(stream, batch_size=None, num_workers=workers, prefetch_factor=8 if workers else None))
    weights = list(model.parameters())
    on_gpu = device.type == "cuda"
    optimizer = torch.optim.AdamW(_groups(weights), betas=(0.9, 0.98), weight_decay=0.0, fused=on_gpu)
    gradient = Gradient(model)
    batch = next(drawn)
    started = time.monotonic()
    step, tokens, reported, progress = 0, 0, 0.0, 0.0
    while progress < 1.0:
        for group in optimizer.param_groups:
            group["lr"] = schedule.rate(progress) * group["scale"]
        loss = gradient(batch)
        devices.average(gradient.flat)
        gradient.flat *= (1.0 / gradient.flat.norm()).clamp(max=1.0)
        optimizer.step()
        step += 1
        tokens += devices.count * int(batch.source_lengths.sum() + batch.target_lengths.sum())
        batch = next(drawn)
        if step % _SYNCHRONISED == 0:
            if on_gpu:
                torch.cuda.synchronize()  # the clock must not run ahead of the device
            elapsed = devices.agree(time.monotonic() - started)
            progress = elapsed / schedule.seconds
            progress_seen.value = progress
            if elapsed - reported >= every or progress >= 1.0:
                reported = elapsed
                losses = _by_task(evaluate(model, measured, schedule.batch_tokens))
                yield CurvePoint(round(elapsed, 1), step, tokens, round(loss.item(), 4), losses)


def _groups(weights: Sequence[nn.Parameter]) -> list[dict[str, Any]]:
    """Returns the optimizer's groups: weights of one size.

    T5 initialises its matrices at very different scales, so steps are relative to the root mean square of each (as in
    Adafactor: Shazeer and Stern 2018, arXiv 1804.04235, section 8), rounded to a power of the square root of two.
    """
    groups: dict[float, list[nn.Parameter]] = defaultdict(list)
    for weight in weights:
        size = max(weight.detach().square().mean().sqrt().item(), 1e-2)
        groups[2 ** (round(2 * math.log2(size)) / 2)].append(weight)
    return [{"params": members, "scale": scale} for scale, members in sorted(groups.items())]


@torch.no_grad()
def evaluate(model: T5ForConditionalGeneration, sets: dict[str, list[Example]], batch_tokens: int) -> dict[str, float]:
    """Returns the mean loss over the target tokens of each set of examples, in nats a token."""
    losses = {}
    device = model.device
    for name, examples in sorted(sets.items()):
        total = count = 0.0
        for batch in batches(examples, batch_tokens, 0, np.random.default_rng(0)):
            sources, source_lengths, targets, target_lengths = (torch.as_tensor(one).to(device) for one in batch)
            real = torch.arange(sources.shape[1], device=device) < source_lengths[:, None]
            written = torch.arange(targets.shape[1], device=device) < target_lengths[:, None]
            with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
                found = token_losses(model, sources.long(), real, targets.long())
            total += float((found * written).sum())
            count += float(written.sum())
        losses[name] = round(total / count, 4)
    return losses


def _by_task(losses: dict[str, float]) -> dict[str, float]:
    """Returns the mean over the languages of each task."""
    tasks: dict[str, list[float]] = defaultdict(list)
    for name, loss in losses.items():
        tasks[name.partition(" ")[0]].append(loss)
    return {task: round(sum(found) / len(found), 4) for task, found in tasks.items()}


def table(losses: dict[str, float]) -> str:
    """Returns the losses by task and language as a Markdown table."""
    tasks, languages = ([*dict.fromkeys(name.split(" ")[place] for name in losses)] for place in (0, 1))
    rows = [
        f"| {task} | "
        + " | ".join(
            f"{losses[key]:.3f}" if (key := f"{task} {language}") in losses else "" for language in sorted(languages)
        )
        + " |"
        for task in tasks
    ]
    head = f"| task | {' | '.join(sorted(languages))} |"
    return "\n".join([head, "|---" * (1 + len(languages)) + "|", *rows])


def draw_curve(curve: Sequence[CurvePoint], file: Path) -> None:
    """Draws the training curve as a PNG."""
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.subplots()
    for task in curve[0].losses:
        axes.plot([point.tokens / 1e6 for point in curve], [point.losses[task] for point in curve], label=task)
    axes.set_xlabel("million tokens")
    axes.set_ylabel("loss on held-out examples (nats a token)")
    axes.set_yscale("log")
    axes.grid(alpha=0.2)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=7, ncols=2)
    figure.savefig(file, dpi=120)


def main(
    data: Annotated[Path, typer.Argument(help="Folder made by codegym_agents.pretraining.dataset.")],
    out: Annotated[Path, typer.Option(help="Folder for the checkpoint.")],
    size: Annotated[str, typer.Option(help=f"Size of the model: {', '.join(_SIZES)}.")] = "nano",
    minutes: Annotated[float, typer.Option(help="Time for training.")] = 7.5,
    batch_tokens: Annotated[int, typer.Option(help="Tokens a step and device.")] = 65_536,
    learning_rate: Annotated[float, typer.Option(help="Peak relative learning rate.")] = 1.2e-2,
    workers: Annotated[int, typer.Option(help="Processes that prepare batches for each device.")] = 6,
    every: Annotated[float, typer.Option(help="Seconds between two points of the curve.")] = 20.0,
    held_out: Annotated[int, typer.Option(help="Held-out examples of each task and language in the last table.")] = 64,
    seed: Annotated[int, typer.Option(help="Seed of weights and batches.")] = 0,
    begin_from: Annotated[Path | None, typer.Option(help="Checkpoint to go on from, by a new schedule.")] = None,
) -> None:
    """Pretrains a policy and writes it in bfloat16, with its training curve and its losses by task and language."""
    if size not in _SIZES:
        raise UnknownNameError("size of a model", size, _SIZES)
    torch.set_float32_matmul_precision("high")
    devices = Devices.joined()
    first = devices.rank == 0
    torch.manual_seed(seed)
    words = load("codegym")
    if begin_from is None:
        policy = Seq2SeqPolicy(T5ForConditionalGeneration(_SIZES[size](words.vocabulary_size)), words)
    else:
        policy = Seq2SeqPolicy.from_pretrained(begin_from, words)
    model = policy.to(devices.device).model
    schedule = Schedule(60 * minutes, learning_rate, batch_tokens, seed)
    record: dict[str, Any] = {
        "size": size,
        "parameters": sum(weight.numel() for weight in model.parameters()),
        "device": torch.cuda.get_device_name() if devices.device.type == "cuda" else "cpu",
        "devices": devices.count,
        "schedule": asdict(schedule),
    }
    if begin_from is not None:
        record["before"] = json.loads((begin_from / "training.json").read_text())
    if first:
        print({name: value for name, value in record.items() if name != "before"}, flush=True)
    card = {step.stem: json.loads(step.read_text("utf-8")) for step in sorted(data.glob("*.json"))}
    curve: list[CurvePoint] = []
    for point in train(
        model,
        words,
        data,
        schedule,
        devices,
        workers=workers,
        every=every,
        held_out=-(-held_out // 4),
    ):
        curve.append(point)
        if first:
            print(point, flush=True)
            # A device may fail; what was learned stays, and `--begin-from` can go on from it.
            policy.save_pretrained(out, torch.bfloat16)
            record |= {"losses": point.losses, "curve": [asdict(point) for point in curve]}
            _write_json(out / "training.json", record)
            _write_json(out / "corpus.json", card)
    if first:
        losses = evaluate(model, validation_sets(Examples(data, words, validation=True), held_out), batch_tokens)
        print(table(losses), flush=True)
        _write_json(out / "training.json", record | {"losses": losses})
        draw_curve(curve, out.with_suffix(".png"))
        print(f"Wrote {out}", flush=True)
    if devices.count > 1:
        dist.destroy_process_group()


def _write_json(file: Path, content: dict[str, Any]) -> None:
    file.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    typer.run(main)
