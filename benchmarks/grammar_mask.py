"""What the mask from the grammar costs, how much it masks, and what it does to a model that was trained without it.

    python benchmarks/grammar_mask.py [--programs 30] [--written 60] [--json FILE]

Speed: procedural programs in each language are written token by token, as the expert did, and the mask is asked for
before each token. The plain way to know whether a token can be the next one is to parse the text with it, and to look
for an error before its end; tree-sitter parses again only what has changed. It is timed on some of the steps, all
tokens of the vocabulary each. Figures are medians over steps of the processor time of this process.

Effect: the shipped `nano` model completes programs, sampled with the same seeds with the mask and without; which share
of them compiles, with 95 % intervals (Wilson).
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import statistics
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from codegym import languages
from codegym.envs import Completion, DecisionProcess
from codegym.envs.episode import Episode, TokenTable
from codegym.envs.grammar import GrammarGuide

LANGUAGES = ("c", "cpp", "csharp", "java", "php", "python")
BATCH = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=int, default=30, help="programs of each language that are timed")
    parser.add_argument("--parsed", type=int, default=3, help="steps of each language that are timed the plain way")
    parser.add_argument("--written", type=int, default=60, help="programs of each language that nano writes; 0: none")
    parser.add_argument("--json", type=Path, default=Path("runs/benchmarks/grammar_mask.json"))
    options = parser.parse_args()

    found: dict[str, Any] = {"tokenizer": "codegym", "speed": {}, "effect": {}}
    speed = Table(
        "language", "steps", "us a step (median)", "mean", "remembered", "by parsing", "masked", title="Speed"
    )
    for language in LANGUAGES:
        row = found["speed"][language] = measured(language, options.programs, options.parsed)
        speed.add_row(
            language,
            f"{row['steps']:,}",
            f"{row['median_us']:,.0f}",
            f"{row['mean_us']:,.0f}",
            f"{row['remembered_us']:,.0f}",
            f"{row['parsing_us']:,.0f}",
            f"{row['masked']:.1%}",
        )
    Console().print(speed)
    if options.written:
        effect = Table("language", "programs", "compile without", "with the mask", title="nano, completion, sampled")
        for language in LANGUAGES:
            counts = found["effect"][language] = written(language, options.written)
            effect.add_row(
                language, str(counts["programs"]), *(interval(counts[how], counts["programs"]) for how in WAYS)
            )
        total = {how: sum(row[how] for row in found["effect"].values()) for how in WAYS}
        count = sum(row["programs"] for row in found["effect"].values())
        effect.add_row("all", str(count), *(interval(total[how], count) for how in WAYS))
        Console().print(effect)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(found, indent=2) + "\n", "utf-8")


WAYS = ("without", "with")


def measured(language: str, programs: int, parsed: int) -> dict[str, float]:
    """Returns what masks of the expert's programs cost."""
    process = DecisionProcess.open(Completion(), language, reward="1*compilation")
    guide = GrammarGuide(process.vocabulary)
    times, again, shares = [], [], []
    plain: list[float] = []
    for assignment in process.first(programs):
        tokens = process.tokenizer.encode(assignment.problem.reference)
        whole = Episode(dataclasses.replace(assignment, prefix=b""), process.vocabulary, process.mix, len(tokens) + 1)
        guide.mask(whole)
        for step, token in enumerate(tokens):
            start = time.process_time_ns()
            mask = guide.mask(whole)
            times.append((time.process_time_ns() - start) / 1_000)
            start = time.process_time_ns()
            guide.mask(whole)
            again.append((time.process_time_ns() - start) / 1_000)
            shares.append(1 - float(mask.mean()))
            if len(plain) < parsed and step == (len(plain) + 1) * len(tokens) // (parsed + 1):
                plain.append(by_parsing(language, whole.program, process.vocabulary))
            whole.push(token)
    return {
        "steps": len(times),
        "median_us": statistics.median(times),
        "mean_us": statistics.fmean(times),
        "remembered_us": statistics.median(again),
        "parsing_us": statistics.median(plain),
        "masked": statistics.fmean(shares),
    }


def by_parsing(language: str, text: bytes, vocabulary: TokenTable) -> float:
    """Returns the microseconds that it takes to parse a text with each token of the vocabulary behind it."""
    parser = languages.get(language).parser()
    before = parser.parse(text)
    row, column = text.count(b"\n"), len(text) - text.rfind(b"\n") - 1
    start = time.process_time_ns()
    for piece in vocabulary.pieces:
        if piece:
            longer = text + piece
            tree = before.copy()
            tree.edit(len(text), len(text), len(longer), (row, column), (row, column), (row, column + len(piece)))
            _ = parser.parse(longer, tree).root_node.has_error
    return (time.process_time_ns() - start) / 1_000


def written(language: str, count: int) -> dict[str, int]:
    """Returns how many of the same model's completions compile with and without the mask."""
    import torch
    from codegym_agents import Seq2SeqPolicy
    from codegym_agents.decoding.masked import write_masked

    torch.manual_seed(0)
    process = DecisionProcess.open(Completion(), language, split="test", reward="1*compilation")
    policy = Seq2SeqPolicy.from_pretrained("nano")
    policy.eval()
    assignments = process.first(count)
    found = {"programs": len(assignments)}
    for how, guide in zip(WAYS, (None, GrammarGuide(process.vocabulary)), strict=True):
        answers: list[list[int]] = []
        for start in range(0, len(assignments), BATCH):
            these = assignments[start : start + BATCH]
            seeds = range(start, start + len(these))
            answers += write_masked(policy, these, list(seeds), process.layout.target_tokens, guide)
        programs = [
            (assignment, assignment.program(process.vocabulary.text(answer)))
            for assignment, answer in zip(assignments, answers, strict=True)
        ]
        found[how] = sum(grade.compiled for grade in process.grade(programs))
    return found


def interval(successes: int, count: int) -> str:
    """Returns a share with its 95 % interval (Wilson 1927)."""
    z, share = 1.959964, successes / count
    centre = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return f"{share:.1%} [{centre - half:.1%}, {centre + half:.1%}]"


if __name__ == "__main__":
    main()
