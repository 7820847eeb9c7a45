"""How fast a judge on a Ray cluster answers beside a local one, and what follows from it for a large cluster.

    python benchmarks/ray_scaling.py [LANGUAGE ...] [--programs 60] [--workers 1 2 4] [--json FILE] [--page FILE]
    python benchmarks/ray_scaling.py --from FILE --page docs/scaling.md --cores 1000 --price 0.04

Both judges see the same real programs and mutants of them in one run, without any memory of verdicts. The cluster is
one node on this host. Of the driver, which gives out the work and remembers verdicts, what counts is the processor time
that it takes for one verdict: it is what ends growth. `--page` writes the tables between the two marks of a page;
`--from` takes the figures of an earlier run.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from judge import machine, sample
from rich.console import Console

from codegym import Judge, languages
from codegym.cluster import Cluster
from codegym.envs import make_vec
from codegym.testing import FakeJudge

LEARNER_TOKENS = 64_016
"""Tokens a second that one H200 writes with CodeT5-base, 256 programs at a time: the fastest learner to be served."""

BEGIN, END = "<!-- figures: benchmarks/ray_scaling.py writes them -->", "<!-- end of figures -->"
BATCH = 4_000
ROUNDS = 3
VARIANTS = 6
"""Times that each program comes in a round, each time with other white space, so that nobody has seen it."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("languages", nargs="*", default=["python", "c", "java"])
    parser.add_argument("--programs", type=int, default=60, help="programs of each language; half are mutants")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4], help="workers of both judges, in turn")
    parser.add_argument("--json", type=Path, default=Path("runs/benchmarks/ray_scaling.json"))
    parser.add_argument("--from", type=Path, dest="known", help="figures of an earlier run, instead of measuring")
    parser.add_argument("--page", type=Path, help="page whose tables are written")
    parser.add_argument("--cores", type=int, default=1_000, help="cores of the cluster that is planned")
    parser.add_argument("--price", type=float, default=0.04, help="price of a core for an hour, in any currency")
    parser.add_argument("--answer", type=int, default=64, help="tokens of an answer")
    options = parser.parse_args()

    if options.known is not None:
        results = json.loads(options.known.read_text("utf-8"))
    else:
        results = measured(options.languages, options.programs, options.workers)
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(results, indent=2) + "\n", "utf-8")
    text = page(results, options.cores, options.price, options.answer)
    if options.page is None:
        Console().print(text, highlight=False, soft_wrap=True)
    else:
        before, _, rest = options.page.read_text("utf-8").partition(BEGIN)
        options.page.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{rest.partition(END)[2]}", "utf-8")


def measured(names: Sequence[str], count: int, workers: Sequence[int]) -> dict[str, Any]:
    import ray
    from ray import cloudpickle

    cloudpickle.register_pickle_by_value(sys.modules[__name__])  # workers cannot import this script
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    ray.init("local", num_cpus=max(workers), include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    results: dict[str, Any] = {
        "machine": machine() | {"cores": os.cpu_count(), "ray": ray.__version__, "load": os.getloadavg()[0]},
        "rates": [one for name in names for one in rates(name, count, workers)],
        "new_verdict_s": new_verdict(),
        "nothing_s": nothing(),
        "nothing_alone_s": nothing(alone=True),
        "structure_tokens_per_s": structure(),
        "remembered_s": remembered(),
    }
    ray.shutdown()
    return results


def rates(name: str, count: int, workers: Sequence[int]) -> list[dict[str, Any]]:
    """Returns the seconds of both judges, with each number of workers: medians of rounds, which take turns."""
    base = sample(name, count)
    rounds = [
        [program + "\n" * (1 + extra) for extra in range(turn * VARIANTS, (turn + 1) * VARIANTS) for program in base]
        for turn in range(1 + ROUNDS)
    ]
    rows = []
    for number in workers:
        with (
            Cluster(workers=number) as cluster,
            Judge(backend="ray", cluster=cluster, time_limit=60.0) as remote,
            Judge(workers=number, time_limit=60.0) as local,
        ):
            while len({*cluster.submit(processes, range(8 * number)).result()}) < number:
                pass  # until all workers have started
            taken: dict[str, list[float]] = {"local_s": [], "local_driver_s": [], "ray_s": [], "ray_driver_s": []}
            agree = 0
            for programs in rounds:
                verdicts = []
                for kind, judge in (("local", local), ("ray", remote)):
                    answers, wall, driver = timed(
                        lambda judge=judge, programs=programs: judge.map_compile(name, programs)
                    )
                    verdicts.append(answers)
                    taken[f"{kind}_s"].append(wall)
                    taken[f"{kind}_driver_s"].append(driver)
                agree += sum(one == other for one, other in zip(*verdicts, strict=True))
        row: dict[str, Any] = {"language": name, "workers": number, "programs": len(base) * VARIANTS}
        # The first round starts compilers.
        row |= {key: statistics.median(seconds[1:]) for key, seconds in taken.items()}
        row |= {"agree": agree, "compared": len(base) * VARIANTS * len(rounds)}
        rows.append(row)
        Console(stderr=True).print(row)
    return rows


def processes(items: Sequence[int]) -> list[int]:
    """Returns the process that each item came to; slowly, so that all take part."""
    time.sleep(0.05)
    return [os.getpid()] * len(items)


def new_verdict() -> float:
    """Returns the driver's processor time for a verdict that nobody knew, in a large batch."""
    programs = [f"def f(x):\n    return x + {number}\n" * 8 + "(" * (number % 2) for number in range(BATCH)]
    with Cluster(workers=2) as cluster, Judge(backend="ray", cluster=cluster) as judge:
        judge.map_compile("python", programs[:100])
        _, _, driver = timed(lambda: judge.map_compile("python", programs[100:]))
    return driver / (BATCH - 100)


def nothing(alone: bool = False) -> float:
    """Returns the driver's processor time for an item that nothing is done with, in a large batch or alone."""
    items = [bytes(1_000)] * BATCH
    with Cluster(workers=2) as cluster:
        cluster.submit(list, items[:100]).result()
        if alone:
            items = items[:400]
            _, _, driver = timed(lambda: [one.result() for one in [cluster.submit(list, [item]) for item in items]])
        else:
            _, _, driver = timed(lambda: cluster.submit(list, items).result())
    return driver / len(items)


def structure() -> float:
    """Returns the tokens a second whose syntax and data flow one core compares, of the experts' own answers."""
    env = make_vec("CodeCompletion-Python-v0", workers=1, judge=FakeJudge())
    assignments = env.process.first(200)
    problems = [one.problem for one in assignments]
    answers = [list(one.reference_ids)[: env.process.layout.target_tokens] for one in assignments]
    env.score(problems[:20], answers[:20])
    _, _, seconds = timed(lambda: env.score(problems, answers))
    return sum(map(len, answers)) / seconds


def remembered() -> float:
    """Returns the driver's processor time for a verdict that it remembers."""
    programs = [f"x = {number}" for number in range(BATCH)]
    with Judge(workers=2) as judge:
        judge.map_compile("python", programs)
        _, _, seconds = timed(lambda: judge.map_compile("python", programs))
    return seconds / len(programs)


def timed(function: Callable[[], Any]) -> tuple[Any, float, float]:
    """Returns what a function returns, and the seconds and the seconds of this process's processors that it took."""
    started, busy = time.perf_counter(), time.process_time()
    result = function()
    return result, time.perf_counter() - started, time.process_time() - busy


def page(results: dict[str, Any], cores: int, price: float, answer: int) -> str:
    where = results["machine"]
    rows = results["rates"]
    # One local worker has a core for itself, beside the driver's.
    per_core = {row["language"]: row["programs"] / row["local_s"] for row in rows if row["workers"] == 1}
    driver = results["new_verdict_s"]
    episodes = LEARNER_TOKENS / answer
    lines = [
        f"Measured on a host with {where['cores']} cores and a load of {where['load']:.1f} ({platform_of(where)}, Ray "
        f"{where['ray']}); verdicts agree on {sum(row['agree'] for row in rows):,} of "
        f"{sum(row['compared'] for row in rows):,} programs; medians of {ROUNDS} rounds, which took turns.",
        "",
        "| Language | Workers | Verdicts/s: local | Ray | Ray / local | Driver, ms a verdict: local | Ray |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        count = row["programs"]
        lines.append(
            f"| {languages.get(row['language']).title} | {row['workers']} | {count / row['local_s']:,.0f} | "
            f"{count / row['ray_s']:,.0f} | {row['local_s'] / row['ray_s']:.2f} | "
            f"{1000 * row['local_driver_s'] / count:.3f} | {1000 * row['ray_driver_s'] / count:.3f} |"
        )
    lines += [
        "",
        f"### {cores:,} cores",
        "",
        f"A learner that writes {LEARNER_TOKENS:,} tokens a second, in answers of {answer} tokens, asks for "
        f"{episodes:,.0f} verdicts a second. A core for an hour costs {price:g}.",
        "",
        f"| Language | A core, verdicts/s | {cores:,} cores, verdicts/s | Cores for one learner | "
        f"Learners on {cores:,} cores | A million verdicts cost |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, rate in per_core.items():
        lines.append(
            f"| {languages.get(name).title} | {rate:,.0f} | {cores * rate:,.0f} | {episodes / rate:,.1f} | "
            f"{cores * rate / episodes:,.0f} | {price / 3600 / rate * 1e6:.2f} |"
        )
    limits = [
        (
            "one driver, new verdicts",
            1 / driver,
            f"{1000 * driver:.3f} ms of its processor time each, in a large batch",
        ),
        (
            "one driver, items without work",
            1 / results["nothing_s"],
            "giving out and collecting, in parts of 32",
        ),
        ("one driver, items that come alone", 1 / results["nothing_alone_s"], "a part for each"),
        ("one driver, remembered verdicts", 1 / results["remembered_s"], "hashing and looking up"),
        ("one learner", episodes, f"answers of {answer} tokens"),
    ]
    lines += ["", "| What | At most, a second | Because |", "|---|---:|---|"]
    lines += [f"| {what} | {most:,.0f} | {why} |" for what, most, why in limits]
    busy = [f"{languages.get(name).title} {1 / driver / rate:,.0f}" for name, rate in per_core.items()]
    compared = results["structure_tokens_per_s"]
    lines += [
        "",
        f"One driver keeps so many cores busy with new verdicts: {', '.join(busy)}. On more of them it saturates, "
        f"with as many verdicts as {1 / driver / episodes:.0f} such learners ask for. Comparing the structure of one "
        f"learner's answers takes {LEARNER_TOKENS / compared:.1f} cores more, of {compared:,.0f} tokens a second each.",
        "",
    ]
    return "\n".join(lines)


def platform_of(where: dict[str, Any]) -> str:
    return f"{where['platform'].split('-')[0]} {platform.machine()}, Python {where['python']}"


if __name__ == "__main__":
    main()
