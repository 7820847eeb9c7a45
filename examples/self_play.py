"""Self-play: a coder and a tester learn from each other, with one policy for both of them, or with one each.

    python examples/self_play.py --out runs/self_play

The coder writes a program, the tester reads it and writes inputs that break it (`CoderTester-Python-v0`). Both start
from the nano checkpoint, after some steps in which it sees what inputs look like, and learn by RLOO: four games are
about the same problem, and each is compared with the other three. Writes self_play.json and self_play.png.
"""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import pettingzoo
import torch
import typer
from codegym_agents import RLOO, Seq2SeqPolicy
from codegym_agents.common.algorithm import Episodes, Tokens
from codegym_agents.decoding import make_engine
from codegym_agents.decoding.encoder import Encoder
from codegym_agents.models.base import PaddedSources
from codegym_agents.models.seq2seq import read_once
from matplotlib.figure import Figure
from torch import nn

import codegym.multiagent  # noqa: F401  # registers the ids
from codegym.problems.procedural import procedural
from codegym.seeding import stream

CODER, TESTER = AGENTS = "coder_0", "tester_0"
FAMILIES = ("binary-gap", "bit-count", "digit-recursion", "grid-paths", "integer-root")
GROUP = 4
SETTINGS = {"one policy": 1, "two policies": 2}
CURVES = {
    "solved": "programs that pass the problem's own tests",
    "coder": "reward of the coder",
    "valid": "different valid inputs of a game (at most 4)",
    "found": "wrong programs that the tester breaks",
    "tester": "reward of the tester",
}

Encode = Callable[[PaddedSources], torch.Tensor]


class Part(NamedTuple):
    """What one agent wrote in one game."""

    source: list[int]
    state: torch.Tensor
    tokens: list[int]
    log_probs: list[float]
    reward: float
    group: int
    valid: bool


def play(
    envs: list[Any], engines: dict[str, Any], encode: Encode, seed: int
) -> tuple[dict[str, list[Part]], dict[str, float]]:
    """Plays all games side by side: every coder writes, then every tester."""
    options: dict[str, Any] = {}
    for place, env in enumerate(envs):
        env.reset(seed=seed + place, options=options if place % GROUP else None)
        options = {"problem": env.unwrapped.match.page(CODER).episode.assignment.problem}
    sources, states, written = {}, {}, {}
    rewards = {agent: np.zeros(len(envs)) for agent in AGENTS}
    for number, agent in enumerate(AGENTS):
        seen = [env.observe(agent) for env in envs]
        sources[agent] = [one["source"][one["source_mask"] == 1].tolist() for one in seen]
        seeds = [2 * (seed + place) + number for place in range(len(envs))]
        _, states[agent] = read_once(engines[agent].policy, sources[agent], encode)
        written[agent] = engines[agent].write(sources[agent], seeds, states=states[agent])
        for place, (env, program) in enumerate(zip(envs, written[agent], strict=True)):
            for token in program.tokens:
                env.step(token)
                for name in AGENTS:
                    rewards[name][place] += env.rewards[name]
    ends = [env.infos for env in envs]
    valid_games = [end[CODER]["reward_valid"] for end in ends]
    parts = {
        agent: [
            Part(
                source,
                state[: len(source)],
                one.tokens,
                one.log_probs,
                reward,
                place // GROUP,
                end[agent]["reward_valid"],
            )
            for place, (source, state, one, reward, end) in enumerate(
                zip(sources[agent], states[agent], written[agent], rewards[agent], ends, strict=True)
            )
        ]
        for agent in AGENTS
    }
    return parts, measure([end for end, valid in zip(ends, valid_games, strict=True) if valid], parts)


def measure(ends: list[dict[str, Any]], parts: dict[str, list[Part]]) -> dict[str, float]:
    """Returns the means of what `CURVES` names."""
    valid = [sum(one["valid"] for one in end[TESTER]["inputs"]) for end in ends]
    outcomes = [end[CODER]["grade"]["outcomes"] for end in ends]
    solved = [all(outcome == "passed" for outcome in all_[own:]) for all_, own in zip(outcomes, valid, strict=True)]
    broken = [any(one["breaks"] for one in end[TESTER]["inputs"]) for end in ends]
    wrong = [found for found, right in zip(broken, solved, strict=True) if not right]
    return {
        "solved": float(np.mean(solved)),
        "coder": float(np.mean([part.reward for part in parts[CODER]])),
        "valid": float(np.mean(valid)),
        "found": float(np.mean(wrong)) if wrong else 0.0,
        "tester": float(np.mean([part.reward for part in parts[TESTER]])),
    }


def learn(policy: Seq2SeqPolicy, optimizer: torch.optim.Optimizer, parts: list[Part], minibatch: int) -> None:
    """Makes one pass over what was written, the encoder as it is."""
    config = RLOO.hyperparameters(samples_per_problem=GROUP)
    tokens, mask = policy.pad_targets([part.tokens for part in parts])
    mask &= torch.tensor([part.valid for part in parts])[:, None]
    old, rewards = torch.zeros(tokens.shape), torch.zeros(tokens.shape)
    for row, part in enumerate(parts):
        old[row, : len(part.tokens)] = torch.tensor(part.log_probs)
        rewards[row, len(part.tokens) - 1] = part.reward
    groups = torch.tensor([part.group for part in parts])
    nothing = torch.zeros_like(rewards)
    targets = RLOO.advantages(Episodes(rewards, nothing, mask, groups, rewards.sum(dim=1) > 0), config)
    # Episodes that are as good as the others about their problem teach nothing.
    rows = torch.nonzero((targets.advantages != 0).any(dim=1)).flatten()
    rows = rows[torch.argsort(torch.tensor([len(parts[row].source) for row in rows.tolist()]), stable=True)]
    for some in rows.split(minibatch) if len(rows) else ():
        time_ = int(mask[some].sum(dim=1).amax())
        here, target = mask[some, :time_], tokens[some, :time_]
        read = policy.pad([parts[row].source for row in some.tolist()])
        states = nn.utils.rnn.pad_sequence([parts[row].state for row in some.tolist()], batch_first=True)
        all_log_probs, values = policy(read, target, here, states)
        taken = Tokens(
            log_probs=all_log_probs.gather(-1, target[here].unsqueeze(-1)).squeeze(-1),
            old_log_probs=old[some, :time_][here],
            advantages=targets.advantages[some, :time_][here],
            values=values,
            old_values=values.detach(),
            value_targets=values.detach(),
        )
        step(policy, optimizer, RLOO.loss(taken, config).total.mean())


def step(policy: Seq2SeqPolicy, optimizer: torch.optim.Optimizer, loss: torch.Tensor) -> None:
    """Makes one gradient step."""
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(policy.parameters(), 1.0)
    optimizer.step()


class Team:
    """One policy for both agents, or one each, with what it learns by."""

    def __init__(self, start: Seq2SeqPolicy, count: int, games: int, target_tokens: int, learning_rate: float) -> None:
        self.policies = [copy.deepcopy(start) for _ in range(count)]
        self.optimizers = [torch.optim.AdamW(policy.parameters(), lr=learning_rate) for policy in self.policies]
        writers = dict(zip(AGENTS, self.policies * 2, strict=False))
        self.engines = {agent: make_engine(writer, target_tokens, rows=games) for agent, writer in writers.items()}

    def learn(self, parts: dict[str, list[Part]], minibatch: int) -> None:
        """Learns from both agents' texts; those of one are not compared with those of the other."""
        apart = [part._replace(group=part.group + len(parts[CODER])) for part in parts[TESTER]]
        shares = [[*parts[CODER], *apart]] if len(self.policies) == 1 else [parts[CODER], apart]
        for policy, optimizer, share in zip(self.policies, self.optimizers, shares, strict=True):
            learn(policy, optimizer, share, minibatch)


def show_references(
    policy: Seq2SeqPolicy, encode: Encode, game: Any, steps: int, learning_rate: float, seed: int
) -> None:
    """Shows the policy what both agents write: reference programs, and the inputs of their tests."""
    optimizer = torch.optim.AdamW(policy.parameters(), lr=learning_rate)
    for number in range(steps):
        coding = [one.assignment for one in game.process.start([stream(seed, number, "references")] * 12)]
        under_test = [replace(one.problem, broken=one.problem.reference) for one in coding]
        assignments = [*coding, *game.testing.assign_all(under_test)]
        target, mask = policy.pad_targets([[*one.reference_ids, policy.tokenizer.end_id] for one in assignments])
        read, states = read_once(policy, [one.source_ids for one in assignments], encode)
        log_probs, _ = policy(read, target, mask, states)
        step(policy, optimizer, -log_probs.gather(-1, target[mask].unsqueeze(-1)).mean())


def draw(curves: dict[str, list[dict[str, float]]], games: int, file: Path) -> None:
    """Draws both sides' progress in both settings."""
    figure = Figure(figsize=(4 * len(CURVES), 3.4), layout="constrained")
    for axes, (name, title) in zip(figure.subplots(1, len(CURVES)), CURVES.items(), strict=True):
        for (setting, rows), colour in zip(curves.items(), ("#1f4e79", "#b0413e"), strict=False):
            values = np.array([row[name] for row in rows])
            window = max(1, len(values) // 6)
            smooth = np.convolve(values, np.ones(window) / window, mode="valid")
            played = games * (np.arange(len(values)) + 1)
            axes.plot(played, values, color=colour, alpha=0.25, linewidth=1)
            axes.plot(played[window - 1 :], smooth, color=colour, linewidth=2, label=setting)
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("games")
        axes.grid(alpha=0.2)
    figure.get_axes()[0].legend(frameon=False)
    figure.savefig(file, dpi=110)


def main(
    out: Annotated[Path, typer.Option(help="Folder of the results.")] = Path("runs/self_play"),
    iterations: Annotated[int, typer.Option(help="Updates of each setting, at most.")] = 100,
    minutes: Annotated[float, typer.Option(help="Of processor time; both settings take turns until then.")] = 10,
    games: Annotated[int, typer.Option(help="Games between two updates, four about each problem.")] = 32,
    warm_up: Annotated[int, typer.Option(help="Supervised steps before, at twice the rate.")] = 40,
    learning_rate: Annotated[float, typer.Option(help="Of AdamW.")] = 1e-4,
    minibatch: Annotated[int, typer.Option(help="Texts of a gradient.")] = 32,
    seed: Annotated[int, typer.Option(help="Of everything.")] = 0,
    tiny: Annotated[bool, typer.Option(help="Only see whether it runs.")] = False,
) -> None:
    """Trains in both settings, and prints one line for each iteration."""
    if tiny:
        iterations, games, warm_up = 1, 4, 1
    torch.manual_seed(seed)
    began = time.process_time()
    out.mkdir(parents=True, exist_ok=True)
    problems = procedural(("python",), families=FAMILIES, difficulty=(0.0, 0.15))
    target_tokens = 8 if tiny else 160
    options = {"reward": "1*adaptive_unit_tests", "source_tokens": 448, "target_tokens": target_tokens}
    envs = [pettingzoo.make("aec", "CoderTester-Python-v0", problems=problems, **options) for _ in range(games)]
    start = Seq2SeqPolicy.from_pretrained("nano").eval()
    start.set_trainable(False)
    encoder = Encoder(start, torch.float32)  # of all policies: it does not learn
    encoder.load_weights()
    show_references(start, encoder.encode, envs[0].unwrapped.game, warm_up, 2 * learning_rate, seed)
    teams = {setting: Team(start, count, games, target_tokens, learning_rate) for setting, count in SETTINGS.items()}
    curves: dict[str, list[dict[str, float]]] = {setting: [] for setting in SETTINGS}
    for iteration in range(iterations):
        for setting, team in teams.items():
            parts, measured = play(envs, team.engines, encoder.encode, seed=(1 + iteration) * games)
            team.learn(parts, minibatch)
            curves[setting].append(measured)
            shown = ", ".join(f"{name} {value:.2f}" for name, value in measured.items())
            print(f"{setting}, {(iteration + 1) * games} games: {shown}", flush=True)
        seconds = round(time.process_time() - began)
        result = {"games": games, "processor_seconds": seconds, "curves": curves}
        (out / "self_play.json").write_text(json.dumps(result, indent=1) + "\n")
        draw(curves, games, out / "self_play.png")
        if seconds > 60 * minutes:
            break


if __name__ == "__main__":
    typer.run(main)
