"""What several processes make of one policy's learning: time, memory of each, and the same loss.

    python benchmarks/processes.py [--size large] [--processes 2] [--programs 64] [--rounds 3] [--json FILE]

One process, several that each have a copy of all weights (DDP), and several that share them out (FSDP) write and learn
from the same programs, a device each. Times are medians over rounds of the slowest process; memory is the most that a
process of them held on its GPU in an update, or of all its memory where there is none.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
from codegym_agents import PPO
from codegym_agents.common.processes import Processes, local_device
from decoding import SIZES, make_policy
from rich.console import Console
from rich.table import Table

from codegym.envs import make_vec
from codegym.testing import FakeJudge

WAYS = {"one": (1, False), "DDP": (None, False), "FSDP": (None, True)}
"""Name to the number of processes, None: those of the options; and whether they share out the weights."""


def main() -> None:
    on_gpu = torch.cuda.is_available()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=["nano", *SIZES], default="large" if on_gpu else "nano")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--programs", type=int, default=64 if on_gpu else 8)
    parser.add_argument("--source", type=int, default=320)
    parser.add_argument("--tokens", type=int, default=256)
    parser.add_argument("--minibatch", type=int, default=32 if on_gpu else 4)
    parser.add_argument("--microbatch", type=int, default=8 if on_gpu else 4, help="programs that pass through at once")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, default=Path("runs/benchmarks/processes.json"))
    parser.add_argument("--way", choices=list(WAYS), help=argparse.SUPPRESS)  # a process that one of the ways started
    options = parser.parse_args()
    if options.way:
        measure(options)
        return
    if on_gpu and torch.cuda.device_count() < options.processes:
        parser.error(f"{options.processes} processes need a GPU each; here are {torch.cuda.device_count()}.")
    report(options, {way: launch(options, way) for way in WAYS})


def launch(options: argparse.Namespace, way: str) -> dict[str, Any]:
    """Starts the processes of a way and returns what they measured."""
    count = WAYS[way][0] or options.processes
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "measured.json"
        kept = {name: value for name, value in vars(options).items() if name not in ("way", "json")}
        arguments = [f"--{name}={value}" for name, value in kept.items()]
        launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc_per_node={count}"]
        subprocess.run([*launcher, __file__, *arguments, f"--way={way}", f"--json={file}"], check=True)
        found: dict[str, Any] = json.loads(file.read_text())
        return found


def measure(options: argparse.Namespace) -> None:
    """Learns as one of a way's processes; the first one writes what all of them measured."""
    device = torch.device(local_device("cuda") if torch.cuda.is_available() else "cpu")
    policy = make_policy(options.size, only_known=True).to(device)
    env = make_vec(
        "CodeTranslation-Java-Python-v0",
        tokenizer=policy.tokenizer,
        judge=FakeJudge(),
        reward="1*compilation/program",  # what scores cost is not the question
        source_tokens=options.source,
        target_tokens=options.tokens,
    )
    agent = PPO(
        policy,
        env,
        learning_rate=1e-8,  # the weights hardly move, so that every round does the same
        value_learning_rate=1e-8,
        episodes_per_iteration=options.programs,
        minibatch_size=options.minibatch,
        microbatch_size=options.microbatch,
        writing_batch_size=options.programs,
        precision="bfloat16" if device.type == "cuda" else "float32",
        sharded=WAYS[options.way][1],
    )
    processes = Processes(device)
    losses = [agent.iterate()["loss/total"]]
    rows = []
    for _ in range(options.rounds):
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
        losses.append(agent.iterate()["loss/total"])
        rows.append([agent.seconds.writing, agent.seconds.updating, peak_memory(device)])
    everybody = processes.gather(torch.tensor([rows], dtype=torch.float64, device=device))
    writing, updating, memory = everybody.amax(dim=0).T.tolist()
    if processes.rank == 0:
        found = {"losses": losses, "writing": writing, "updating": updating, "bytes": max(memory)}
        options.json.write_text(json.dumps({"processes": processes.count, **found}))
    if processes.count > 1:
        torch.distributed.destroy_process_group()


def peak_memory(device: torch.device) -> float:
    """Returns the most bytes that this process held."""
    if device.type == "cuda":
        return float(torch.cuda.max_memory_allocated(device))
    return 1024.0 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def report(options: argparse.Namespace, found: dict[str, dict[str, Any]]) -> None:
    on_gpu = torch.cuda.is_available()
    name = torch.cuda.get_device_name() if on_gpu else "CPU"
    table = Table(title=f"{name}, {options.size}: {options.programs} programs of {options.tokens} tokens an iteration")
    for column in ("way", "processes", "writing s", "update s", "ratio", "memory GB", "first loss"):
        table.add_column(column, justify="left" if column == "way" else "right")
    alone = statistics.median(found["one"]["updating"])
    for way, row in found.items():
        updating = statistics.median(row["updating"])
        table.add_row(
            way,
            str(row["processes"]),
            f"{statistics.median(row['writing']):.2f}",
            f"{updating:.2f}",
            f"{alone / updating:.2f}",
            f"{row['bytes'] / 1e9:.1f}",
            f"{row['losses'][0]:.6f}",
        )
    Console().print(table)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    described = {name: str(value) for name, value in vars(options).items() if name != "way"}
    options.json.write_text(json.dumps({"device": name, "options": described, "ways": found}, indent=1) + "\n")
    Console().print(f"[dim]Written to {options.json}[/dim]")


if __name__ == "__main__":
    main()
