"""What copies of the policy that write on a Ray cluster give, and what they cost.

    python benchmarks/ray_writers.py [--writers 1 2] [--json FILE] [--page FILE]

The shipped completion model writes the same programs in this process, on one core, and on a cluster of this host
whose writers have one core each. One iteration of training, with `overlap`, is timed with and without writers.
`--page` writes the tables between the two marks of a page; `--from` takes the figures of an earlier run.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
from pathlib import Path
from typing import Any

import torch
from codegym_agents import PPO
from codegym_agents.decoding import ClusterEngine, DecodingEngine
from codegym_agents.models import Seq2SeqPolicy
from judge import machine
from ray_scaling import platform_of, timed
from rich.console import Console

from codegym.cluster import Cluster
from codegym.envs import make_vec
from codegym.testing import FakeJudge

MODEL, ENV = "nano-completion", "CodeCompletion-Python-v0"
BEGIN, END = "<!-- figures: benchmarks/ray_writers.py writes them -->", "<!-- end of figures -->"
PROGRAMS, ROWS, TOKENS = 128, 64, 64
ROUNDS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--writers", type=int, nargs="+", default=[1, 2], help="writers, in turn")
    parser.add_argument("--json", type=Path, default=Path("runs/benchmarks/ray_writers.json"))
    parser.add_argument("--from", type=Path, dest="known", help="figures of an earlier run, instead of measuring")
    parser.add_argument("--page", type=Path, help="page whose tables are written")
    options = parser.parse_args()
    if options.known is not None:
        results = json.loads(options.known.read_text("utf-8"))
    else:
        results = measured(options.writers)
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(results, indent=2) + "\n", "utf-8")
    text = page(results)
    if options.page is None:
        Console().print(text, highlight=False, soft_wrap=True)
    else:
        before, _, rest = options.page.read_text("utf-8").partition(BEGIN)
        options.page.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{rest.partition(END)[2]}", "utf-8")


def measured(writers: list[int]) -> dict[str, Any]:
    import ray

    torch.set_num_threads(1)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    ray.init("local", num_cpus=max(writers), include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    policy = Seq2SeqPolicy.from_pretrained(MODEL)
    process = make_vec(ENV, workers=1, judge=FakeJudge(), source_tokens=256, tokenizer=policy.tokenizer).process
    sources = [one.source_ids for one in process.first(PROGRAMS)]
    results: dict[str, Any] = {
        "machine": machine() | {"cores": os.cpu_count(), "ray": ray.__version__, "load": os.getloadavg()[0]},
        "model": MODEL,
        "weights_bytes": sum(one.nbytes for one in policy.parameters()),
        "rows": [],
    }
    here = DecodingEngine(policy, TOKENS, rows=ROWS)
    expected = here.write(sources, range(PROGRAMS))
    results["tokens"] = sum(len(one.tokens) for one in expected)
    for count in writers:
        with Cluster(workers=count) as cluster:
            cluster.wait()
            there = ClusterEngine(cluster, policy, TOKENS, rows=ROWS)
            written, first, _ = timed(lambda there=there: there.write(sources, range(PROGRAMS)))
            seconds: dict[str, list[float]] = {"local_s": [], "writers_s": [], "driver_s": [], "weights_s": []}
            for _ in range(ROUNDS):
                seconds["local_s"].append(timed(lambda here=here: here.write(sources, range(PROGRAMS)))[1])
                _, wall, driver = timed(lambda there=there: there.write(sources, range(PROGRAMS)))
                seconds["writers_s"].append(wall)
                seconds["driver_s"].append(driver)
                shortest = sources[:1] * count
                unchanged = timed(lambda there=there, few=shortest: there.write(few, range(len(few))))[1]
                with torch.no_grad():
                    for weight in policy.parameters():
                        weight.mul_(1.0 + 2**-20)
                changed = timed(lambda there=there, few=shortest: there.write(few, range(len(few))))[1]
                seconds["weights_s"].append(max(0.0, changed - unchanged))
            row: dict[str, Any] = {name: statistics.median(values) for name, values in seconds.items()}
            agree = sum(one.tokens == other.tokens for one, other in zip(written, expected, strict=True))
            row |= {"writers": count, "first_s": first, "agree": agree, "iteration_s": iteration(cluster)}
        results["rows"].append(row)
        Console(stderr=True).print(row)
        policy = Seq2SeqPolicy.from_pretrained(MODEL)
        here = DecodingEngine(policy, TOKENS, rows=ROWS)
    results["iteration_s"] = iteration(None)
    ray.shutdown()
    return results


def iteration(writers: Cluster | None) -> float:
    """Returns the seconds of an iteration of PPO whose judge takes no time, once it runs."""
    policy = Seq2SeqPolicy.from_pretrained(MODEL)
    env = make_vec(
        ENV, workers=1, judge=FakeJudge(), reward="1.0*compilation", source_tokens=256, tokenizer=policy.tokenizer
    )
    agent = PPO(policy, env, episodes_per_iteration=128, writing_batch_size=ROWS, overlap=True)
    if writers is not None:
        agent.write_on(writers)
    agent.iterate()
    return statistics.median(timed(agent.iterate)[1] for _ in range(ROUNDS))


def page(results: dict[str, Any]) -> str:
    where, size = results["machine"], results["weights_bytes"] / 1e6
    lines = [
        f"Measured on a host with {where['cores']} cores and a load of {where['load']:.1f} ({platform_of(where)}, Ray "
        f"{where['ray']}): {PROGRAMS} programs of up to {TOKENS} tokens by `{results['model']}` ({size:.0f} MB of "
        f"weights), {ROWS} at once, in this process on one core or by writers on one core each; medians of {ROUNDS} "
        "rounds, which took turns.",
        "",
        "| Writers | Tokens/s | This process at that time | Writers / this process | Driver, ms a program | "
        "All weights anew, s | First programs, s | Same programs |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    tokens = results["tokens"]
    lines += [
        f"| {row['writers']} | {tokens / row['writers_s']:,.0f} | {tokens / row['local_s']:,.0f} | "
        f"{row['local_s'] / row['writers_s']:.2f} | {1000 * row['driver_s'] / PROGRAMS:.2f} | {row['weights_s']:.2f} | "
        f"{row['first_s']:.1f} | {row['agree']} of {PROGRAMS} |"
        for row in results["rows"]
    ]
    lines += ["", "| Who writes, with `overlap` | An iteration of PPO, 128 programs, s |", "|---|---:|"]
    lines += [f"| the learner | {results['iteration_s']:.1f} |"]
    lines += [
        f"| {row['writers']} writer{'s' if row['writers'] > 1 else ''} | {row['iteration_s']:.1f} |"
        for row in results["rows"]
    ]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
