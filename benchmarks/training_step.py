"""How fast a batch of programs is learned from, against PPOCoder's loop.

    python benchmarks/training_step.py [--size base] [--programs 256] [--minibatch 32] [--rounds 3] [--json FILE]

The published loop (arXiv 2301.13816, its repository) passes one program at a time through the model, padded to the
longest of the batch, takes the softmax over the vocabulary at every place, and makes one step of the optimizer for each
program, in float32. Ours makes a step for each minibatch, on its real tokens, in bfloat16 with float32 weights on a
GPU. Both take the same programs, with the same advantages; the loss of both on weights that have not moved is compared.

Model FLOP utilisation: 2 FLOPs for each weight and token plus those of attention, three times that with the backward
pass, over the GPU's peak in bfloat16.
"""

from __future__ import annotations

import argparse
import copy
import json
import statistics
import time
from pathlib import Path
from typing import Any

import torch
from codegym_agents import PPO, Agent, Seq2SeqPolicy
from codegym_agents.common.algorithm import Loss, Tokens
from codegym_agents.common.rollout import Rollout, collect
from codegym_agents.decoding import make_engine
from decoding import SIZES, make_policy
from rich.console import Console
from rich.table import Table

from codegym.envs import CodeVectorEnv, make_vec
from codegym.testing import FakeJudge

PEAK = {"H100": 989e12, "H200": 989e12, "A100": 312e12}
"""Dense bfloat16 FLOP/s, by what is part of a GPU's name (the vendors' data sheets)."""


def main() -> None:
    on_gpu = torch.cuda.is_available()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=["nano", *SIZES], default="base" if on_gpu else "nano")
    parser.add_argument("--programs", type=int, default=256 if on_gpu else 16)
    parser.add_argument("--source", type=int, default=320 if on_gpu else 128)
    parser.add_argument("--tokens", type=int, default=256 if on_gpu else 64)
    parser.add_argument("--minibatch", type=int, default=32 if on_gpu else 8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, default=Path("runs/benchmarks/training_step.json"))
    options = parser.parse_args()
    device = torch.device("cuda" if on_gpu else "cpu")
    policy = make_policy(options.size, only_known=True).to(device)
    env = make_env(policy, options)
    settings = {
        "learning_rate": 1e-8,  # the weights hardly move, so that every round does the same
        "value_learning_rate": 1e-8,
        "epochs": 1,
        "minibatch_size": options.minibatch,
        "precision": "bfloat16" if on_gpu else "float32",
        "seed": 0,
    }
    agent = PPO(policy, env, **settings)
    rollout = make_rollout(agent, options)
    loop = PerProgram(copy.deepcopy(policy), agent, rollout)
    first = {"ours": exact_loss(agent, rollout), "PPOCoder's loop": loop.first_loss()}
    times: dict[str, list[float]] = {"ours": [], "PPOCoder's loop": []}
    agent.update(rollout)
    loop.epoch(limit=4)
    for _ in range(options.rounds):
        times["ours"].append(seconds(lambda: agent.update(rollout), device))
        times["PPOCoder's loop"].append(seconds(loop.epoch, device))
    report(options, policy, flops(policy, rollout), first, times)


def make_env(policy: Seq2SeqPolicy, options: argparse.Namespace) -> CodeVectorEnv:
    return make_vec(
        "CodeTranslation-Java-Python-v0",
        tokenizer=policy.tokenizer,
        judge=FakeJudge(),
        reward="default/line",
        source_tokens=options.source,
        target_tokens=options.tokens,
    )


def make_rollout(agent: Agent, options: argparse.Namespace) -> Rollout:
    """Returns programs of the policy, which never ends one by itself, about procedural problems."""
    problems = [agent.env.process.problems[index] for index in range(options.programs)]
    return collect(
        agent.policy,
        agent.reference,
        agent.env,
        problems,
        engine=make_engine(agent.policy, options.tokens, rows=min(256, options.programs)),
        seeds=range(options.programs),
        batch_size=options.minibatch,
    )


def exact_loss(agent: Agent, rollout: Rollout) -> float:
    """Returns the loss over all programs in float32."""
    losses = []
    targets = agent.targets(rollout.batches)
    with torch.no_grad():
        for batch, target in zip(rollout.batches, targets, strict=True):
            all_log_probs, values = agent.policy(batch.sources, batch.tokens, batch.mask, batch.states)
            losses.append(loss_of(agent, batch, target, batch.mask, all_log_probs, values).total)
    return float(torch.cat(losses).mean())


def loss_of(agent: Agent, batch: Any, target: Any, mask: Any, all_log_probs: Any, values: Any) -> Loss:
    tokens = Tokens(
        all_log_probs.gather(-1, batch.tokens[mask].unsqueeze(-1)).squeeze(-1),
        batch.log_probs[mask],
        target.advantages[mask],
        values,
        batch.values[mask],
        target.values[mask],
    )
    return agent.algorithm.loss(tokens, agent.config)


class PerProgram:
    """One program at a time, as the published loop does it."""

    def __init__(self, policy: Seq2SeqPolicy, agent: Agent, rollout: Rollout) -> None:
        self.policy, self.agent = policy, agent
        targets = agent.targets(rollout.batches)
        self.programs = [
            (batch, target, row)
            for batch, target in zip(rollout.batches, targets, strict=True)
            for row in range(len(batch.mask))
        ]
        self.optimizer = torch.optim.Adam(policy.parameters(), lr=1e-8)

    def loss(self, batch: Any, target: Any, row: int) -> torch.Tensor:
        """Returns the loss of one program."""
        own = slice(row, row + 1)
        sources = type(batch.sources)(batch.sources.tokens[own], batch.sources.mask[own])
        said = self.policy.evaluate(sources, batch.tokens[own])
        mask = batch.mask[own]
        part = batch.rows(row, row + 1)
        width = part.mask.shape[1]
        own_target = type(target)(*(one[own, :width] for one in target))
        real = mask[:, :width]
        loss = loss_of(self.agent, part, own_target, real, said.all_log_probs[:, :width][real], said.values[mask])
        return loss.total.mean()

    def first_loss(self) -> float:
        """Returns the mean loss of the programs, before any step."""
        with torch.no_grad():
            return statistics.fmean(float(self.loss(*program)) for program in self.programs)

    def epoch(self, limit: int | None = None) -> None:
        """Makes a step for each program, or for the first ones."""
        for program in self.programs[:limit]:
            self.optimizer.zero_grad()
            self.loss(*program).backward()
            self.optimizer.step()


def flops(policy: Seq2SeqPolicy, rollout: Rollout) -> float:
    """Returns the FLOPs of forward and backward pass over all programs, padding not counted."""
    config = policy.model.config
    encoder = sum(weight.numel() for name, weight in policy.model.encoder.named_parameters() if "embed" not in name)
    decoder = sum(weight.numel() for name, weight in policy.model.decoder.named_parameters() if "embed" not in name)
    head = config.vocab_size * config.d_model
    inner = config.num_heads * config.d_kv
    # The decoder's cross-attention projects keys and values of the source, not of the target.
    cross = config.num_decoder_layers * 2 * config.d_model * inner
    total = 0.0
    for batch in rollout.batches:
        sources, targets = batch.sources.mask.sum(dim=1).double(), batch.mask.sum(dim=1).double()
        weights = 2 * (encoder + cross) * sources + 2 * (decoder - cross + head) * targets
        attention = config.num_layers * 4 * sources**2 * inner
        attention += config.num_decoder_layers * (4 * targets**2 + 4 * targets * sources) * inner
        total += 3.0 * float((weights + attention).sum())
    return total


def seconds(work: Any, device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize()
    started = time.perf_counter()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started


def report(
    options: argparse.Namespace,
    policy: Seq2SeqPolicy,
    work: float,
    first: dict[str, float],
    times: dict[str, list[float]],
) -> None:
    on_gpu = policy.device.type == "cuda"
    name = torch.cuda.get_device_name() if on_gpu else f"{torch.get_num_threads()} CPU threads"
    peak = next((rate for part, rate in PEAK.items() if part in name), None)
    table = Table(
        title=f"{name}, {options.size}: one epoch over {options.programs} programs of {options.tokens} tokens from up "
        f"to {options.source}"
    )
    for column in ("way", "seconds", "programs/s", "ratio", "model FLOP utilisation", "first loss"):
        table.add_column(column, justify="left" if column == "way" else "right")
    ours = statistics.median(times["ours"])
    rows = []
    for way, found in times.items():
        median = statistics.median(found)
        used = None if peak is None else work / median / peak
        rows.append({"way": way, "seconds": found, "ratio": median / ours, "mfu": used, "first_loss": first[way]})
        share = "" if used is None else f"{used:.1%}"
        cells = (f"{median:.2f}", f"{options.programs / median:.1f}", f"{median / ours:.1f}", share)
        table.add_row(way, *cells, f"{first[way]:.6f}")
    Console().print(table)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    content = {"device": name, "options": {k: str(v) for k, v in vars(options).items()}, "flops": work, "rows": rows}
    options.json.write_text(json.dumps(content, indent=1) + "\n")
    Console().print(f"[dim]Written to {options.json}[/dim]")


if __name__ == "__main__":
    main()
