"""How much of a policy gradient is signal: what can be learned from so many programs, and by which algorithm.

    python benchmarks/gradient_noise.py [ENV] [--problems 256] [--parts 4] [--json FILE]

The policy as it begins writes programs about several parts of problems, and each algorithm's gradient is computed of
each part, for the same programs. A gradient g of n programs is the true one plus noise; the mean cosine c between two
parts is the share of the true gradient in |g|^2, and with n (1 - c) / c programs there is as much signal as noise
(the simple noise scale of McCandlish et al. 2018, arXiv 1812.06162, section 2.2). Below that, twice the programs are
twice the progress; the smaller it is, the fewer programs an algorithm needs.

The queries and keys of attention are shown apart: T5 keeps queries small, so that their gradients are the largest, and
mostly noise.
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from codegym_agents import Seq2SeqPolicy
from codegym_agents.algorithms import find_algorithm
from codegym_agents.common.algorithm import Episodes
from codegym_agents.common.rollout import Drafts, RolloutBatch, assemble, score, write
from codegym_agents.decoding import make_engine
from rich.console import Console
from rich.progress import track
from rich.table import Table

from codegym.envs import CodeVectorEnv, make_vec
from codegym.envs.scoring import Score
from codegym.seeding import stream

WAYS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "PPO": ("ppo", {"gae_lambda": 1.0}),
    "PPO, to the first error": ("ppo", {"gae_lambda": 1.0, "end_at_error": True}),
    "RLOO": ("rloo", {}),
    "RLOO, to the first error": ("rloo", {"end_at_error": True}),
    "GRPO": ("grpo", {}),
    "rejection sampling": ("rejection", {}),
}
"""Names to algorithms and their settings; PPO with the values of a head that knows nothing yet."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("env", nargs="?", default="CodeCompletion-Java-v0")
    parser.add_argument("--model", default="nano")
    parser.add_argument("--problems", type=int, default=256)
    parser.add_argument("--samples", type=int, default=4, help="programs about each problem")
    parser.add_argument("--parts", type=int, default=4)
    parser.add_argument("--reward", default="default", help="as environments take it, such as default/program")
    parser.add_argument("--temperature", type=float, default=0.7)
    parser.add_argument("--turns", type=int, help="of an environment that has several")
    parser.add_argument("--algorithms", nargs="+", choices=list(WAYS), default=list(WAYS))
    parser.add_argument("--json", type=Path, default=Path("runs/benchmarks/gradient_noise.json"))
    options = parser.parse_args()
    policy = Seq2SeqPolicy.from_pretrained(options.model).eval()
    policy.temperature = options.temperature
    policy.set_trainable(train_encoder=False)
    turns = {} if options.turns is None else {"turns": options.turns}
    env = make_vec(options.env, tokenizer=policy.tokenizer, reward=options.reward, **turns)
    apart: dict[str, tuple[str, ...]] = {"all": (), "no q, k": ("Attention.q.weight", "Attention.k.weight")}
    gradients: dict[str, list[dict[str, torch.Tensor]]] = {way: [] for way in options.algorithms}
    compiled: list[bool] = []
    for part in track(range(options.parts), "Writing and reading"):
        drafts, scores = episodes(policy, env, options, part)
        compiled += [one.grade.compiled for one in scores]
        batches = {ends: assemble(policy, policy, drafts, scores, end_at_error=ends).batches for ends in (False, True)}
        for way in options.algorithms:
            name, settings = WAYS[way]
            algorithm = find_algorithm(name)
            config = algorithm.hyperparameters(**settings, samples_per_problem=options.samples)
            gradients[way].append(gradient(policy, batches[config.end_at_error], algorithm, config))
    programs = options.problems * options.samples // options.parts
    rows = {
        way: {label: cosine(parts, without) for label, without in apart.items()} for way, parts in gradients.items()
    }
    table = Table("algorithm", *(f"cosine, {label}" for label in apart), *(f"programs, {label}" for label in apart))
    for way, found in rows.items():
        needed = [f"{programs * (1 - c) / c:,.0f}" if c > 0 else "-" for c in found.values()]
        table.add_row(way, *(f"{c:+.3f}" for c in found.values()), *needed)
    console = Console()
    console.print(
        f"{options.env}, {options.parts} parts of {programs} programs, {sum(compiled) / len(compiled):.3f} compile"
    )
    console.print(table)
    result = {
        "env": options.env,
        "reward": options.reward,
        "model": options.model,
        "programs": programs,
        "parts": options.parts,
        "cosine": rows,
    }
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(result, indent=1) + "\n")


def episodes(
    policy: Seq2SeqPolicy, env: CodeVectorEnv, options: argparse.Namespace, part: int
) -> tuple[Drafts, list[Score]]:
    """Writes the programs of a part, and has them scored."""
    each = options.problems // options.parts
    drawn = env.process.draw_assignments([stream(0, part, place, "problems") for place in range(each)])
    assignments = [one for one in drawn for _ in range(options.samples)]
    seeds = stream(0, part, "seeds").integers(2**63, size=len(assignments)).tolist()
    engine = make_engine(policy, env.process.layout.target_tokens, rows=64)
    drafts = write(
        policy, assignments, engine=engine, seeds=seeds, batch_size=32, keep_states=True, process=env.process
    )
    return drafts, score(env, drafts)


def gradient(
    policy: Seq2SeqPolicy, batches: Sequence[RolloutBatch], algorithm: Any, config: Any
) -> dict[str, torch.Tensor]:
    """Returns the policy gradient of a part, by weight."""
    weights = {name: one for name, one in policy.model.named_parameters() if one.requires_grad}
    sums = {name: torch.zeros_like(one) for name, one in weights.items()}
    for batch, advantages in zip(batches, advantages_of(algorithm, config, batches), strict=True):
        all_log_probs, _ = policy(batch.sources, batch.tokens, batch.mask, batch.states)
        log_probs = all_log_probs.gather(-1, batch.tokens[batch.mask].unsqueeze(-1)).squeeze(-1)
        found_here = torch.autograd.grad((advantages[batch.mask] * log_probs).sum(), list(weights.values()))
        for name, one in zip(weights, found_here, strict=True):
            sums[name] += one
    return sums


def advantages_of(algorithm: Any, config: Any, batches: Sequence[RolloutBatch]) -> list[torch.Tensor]:
    """Returns the advantages of all programs together, by batch."""
    time = max(batch.mask.shape[1] for batch in batches)

    def whole(name: str) -> torch.Tensor:
        return torch.cat([lengthened(getattr(batch, name), time) for batch in batches])

    rewards = whole("task_rewards")
    together = Episodes(
        rewards,
        torch.zeros_like(rewards),
        whole("mask"),
        torch.cat([batch.groups for batch in batches]),
        torch.cat([batch.right for batch in batches]),
    )
    targets = algorithm.advantages(together, config).advantages
    sizes = [len(batch.mask) for batch in batches]
    return [one[:, : batch.mask.shape[1]] for one, batch in zip(targets.split(sizes), batches, strict=True)]


def lengthened(tensor: torch.Tensor, time: int) -> torch.Tensor:
    """Returns (batch, time) with padding at the end of each row."""
    return torch.nn.functional.pad(tensor, (0, time - tensor.shape[1]))


def cosine(parts: Sequence[Mapping[str, torch.Tensor]], without: tuple[str, ...]) -> float:
    """Returns the mean cosine between two parts' gradients, some weights left out."""
    flat = [
        torch.cat([one.flatten() for name, one in part.items() if not (without and name.endswith(without))])
        for part in parts
    ]
    pairs = list(itertools.combinations(flat, 2))
    return sum(float(torch.nn.functional.cosine_similarity(one, other, dim=0)) for one, other in pairs) / len(pairs)


if __name__ == "__main__":
    main()
