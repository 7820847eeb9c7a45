"""Self-play: a coder and a tester learn from each other, with one policy for both of them, or with one each.

    python examples/self_play.py --out runs/self_play

The coder writes a program, the tester reads it and writes inputs that break it (`CoderTester-Python-v0`). Both start
from the nano checkpoint, after some steps in which it sees reference programs and inputs, and learn by RLOO, or by
PPO: eight games are about the same problem, and each is compared with the other seven.

In self-play a reward says as much about the other side as about the one that earns it. So progress is measured in games
about held-out problems, the same ones each time: of both sides as they are, and of each against the other as it began.
Writes self_play.json, self_play.png and self_play.md. A run whose file is there already is not made again.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import pettingzoo
import torch
import typer
from codegym_agents import Agent, Seq2SeqPolicy
from codegym_agents.algorithms import find_algorithm
from codegym_agents.common.rollout import Drafts
from codegym_agents.decoding import Written, make_engine
from codegym_agents.decoding.encoder import Encoder
from codegym_agents.models.base import PaddedSources
from codegym_agents.models.seq2seq import read_once
from codegym_agents.sft.sft import cross_entropy
from matplotlib.figure import Figure
from scipy import stats
from torch import nn

import codegym.multiagent  # noqa: F401  # registers the ids
from codegym.envs import CodeVectorEnv
from codegym.envs.scoring import Score
from codegym.judge import shared_judge
from codegym.problems.procedural import procedural
from codegym.seeding import stream
from codegym.types import Grade, Limits, Problem, UnitTest

CODER, TESTER = AGENTS = "coder_0", "tester_0"
SETTINGS = {"one policy": 1, "two policies": 2}
FAMILIES = ("divisor-sum", "figurate-numbers", "perfect-numbers")
SIZES = {"source_tokens": 448, "target_tokens": 200}
GROUP = 8
MEASURES = {
    "solved": "programs that pass the problem's own tests",
    "coder": "reward of the coder",
    "valid": "different valid inputs of a game (at most 4)",
    "found": "wrong programs that the tester breaks",
    "tester": "reward of the tester",
}
AGAINST = {"start": "the other side's start", "now": "the other side as it is"}

Encode = Callable[[PaddedSources], torch.Tensor]


class ImpatientJudge:
    """Gives a run two seconds: what takes longer does not end."""

    def map_grade(
        self, language: str, sources: Sequence[bytes], tests: Sequence[Sequence[UnitTest]] | None = None
    ) -> list[Grade]:
        """Returns one verdict for each program."""
        return shared_judge().map_grade(language, sources, tests, limits=Limits(time=2.0))


class Games(NamedTuple):
    """What both sides wrote in games that were played side by side, what each text earned, and how each game ended."""

    drafts: dict[str, Drafts]
    scores: dict[str, list[Score]]
    ends: list[dict[str, Any]]


def play(
    envs: Sequence[Any],
    problems: Sequence[Problem],
    engines: dict[str, Any],
    encode: Encode,
    seed: int,
    programs: list[Written] | None = None,
) -> Games:
    """Plays one game about each problem: every coder writes, or hands in a program that is known, then every tester."""
    for env, problem in zip(envs, problems, strict=True):
        env.reset(seed=seed, options={"problem": problem})
    drafts: dict[str, Drafts] = {}
    rewards = {agent: np.zeros(len(envs)) for agent in AGENTS}
    for agent in AGENTS:
        seen = [env.observe(agent) for env in envs]
        sources = [one["source"][one["source_mask"] == 1].tolist() for one in seen]
        _, states = read_once(engines[agent].policy, sources, encode)
        written = programs if agent == CODER else None
        if written is None:
            seeds = stream(seed, agent).integers(2**63, size=len(envs)).tolist()
            written = engines[agent].write(sources, seeds, states=states)
        for place, (env, text) in enumerate(zip(envs, written, strict=True)):
            for token in text.tokens:
                env.step(token)
                for name in AGENTS:
                    rewards[name][place] += env.rewards[name]
        drafts[agent] = Drafts(
            problems=problems,
            groups=[problems.index(problem) for problem in problems],
            sources=sources,
            states=[state[: len(source)] for state, source in zip(states, sources, strict=True)],
            written=written,
            minibatches=[range(len(envs))],
            present=[True] * len(envs),
        )
    scores = {agent: [score(env, agent, place, rewards) for place, env in enumerate(envs)] for agent in AGENTS}
    ends = [env.infos for env in envs]
    # Nothing can be earned from a right program: those who read one are not compared with those who read a wrong one.
    shared = zip(drafts[TESTER].groups, ends, strict=True)
    drafts[TESTER] = replace(drafts[TESTER], groups=[2 * group + is_solved(end) for group, end in shared])
    return Games(drafts, scores, ends)


def score(env: Any, agent: str, place: int, rewards: dict[str, Any]) -> Score:
    """Returns what a text has earned in its game, all of it at its last token."""
    episode = env.unwrapped.match.page(agent).episode
    earned = np.zeros(len(episode.tokens))
    earned[-1] = rewards[agent][place]
    # A judge that has no verdict on the program has none on its tests.
    grade = env.unwrapped.match.page(CODER).episode.grade
    text = env.infos[agent]["program"]
    return Score({"reward": earned}, text, text, grade)


def valid_inputs(end: dict[str, Any]) -> int:
    """Returns how many of the tester's inputs are valid."""
    return sum(one["valid"] for one in end[TESTER]["inputs"]) if end[CODER]["reward_valid"] else 0


def is_solved(end: dict[str, Any]) -> bool:
    """Whether the program passes the problem's own tests, which are run behind the tester's."""
    own = end[CODER]["grade"]["outcomes"][valid_inputs(end) :]
    return bool(own) and all(outcome == "passed" for outcome in own)


def measure(games: Games) -> dict[str, float]:
    """Returns the means of what `MEASURES` names, over the games that the judge had a verdict on."""
    ends = [end for end in games.ends if end[CODER]["reward_valid"]]
    inputs = [end[TESTER]["inputs"] for end in ends]
    valid = [valid_inputs(end) for end in ends]
    solved = [is_solved(end) for end in ends]
    broken = [any(one["breaks"] for one in some) for some in inputs]
    wrong = [found for found, right in zip(broken, solved, strict=True) if not right]
    earned = {agent: [one.rewards.sum() for one in games.scores[agent] if one.valid] for agent in AGENTS}
    return {
        "solved": float(np.mean(solved)),
        "coder": float(np.mean(earned[CODER])),
        "valid": float(np.mean(valid)),
        "found": float(np.mean(wrong)) if wrong else 0.0,
        "tester": float(np.mean(earned[TESTER])),
    }


def warm_up(policy: Seq2SeqPolicy, encode: Encode, game: Any, steps: int, learning_rate: float, texts: int) -> None:
    """Shows a policy what both agents write: reference programs, and the inputs of their tests, five to one."""
    optimizer = torch.optim.AdamW(policy.parameters(), lr=learning_rate)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.05, steps)
    for number in range(steps):
        drawn = [one.assignment for one in game.process.start([stream(0, number, "references")] * texts)]
        coding, under_test = drawn[: -texts // 6], drawn[-texts // 6 :]
        testing = game.testing.assign_all([replace(one.problem, broken=one.problem.reference) for one in under_test])
        shown = [*coding, *testing]
        target, mask = policy.pad_targets([[*one.reference_ids, policy.tokenizer.end_id] for one in shown])
        read, states = read_once(policy, [one.source_ids for one in shown], encode)
        optimizer.zero_grad()
        cross_entropy(policy, read, target, mask, states).backward()
        nn.utils.clip_grad_norm_(policy.parameters(), 1.0)
        optimizer.step()
        schedule.step()


def together(first: Drafts, second: Drafts) -> Drafts:
    """Returns the texts of both agents as those of one policy, which are compared with those of the same agent."""
    count = len(first.problems)
    return Drafts(
        problems=[*first.problems, *second.problems],
        groups=[*first.groups, *(count + group for group in second.groups)],
        sources=[*first.sources, *second.sources],
        states=[*(first.states or ()), *(second.states or ())],
        written=[*first.written, *second.written],
        minibatches=[range(2 * count)],
        present=[*first.present, *second.present],
    )


class Arena:
    """Where all runs play, and what none of them changes.

    Args:
        games: Between two updates.
        held_out: Games that progress is measured in.
        folder: Where the start is kept.
        steps: Supervised steps before the start.
        sizes: Budgets of tokens.
    """

    def __init__(self, games: int, held_out: int, folder: Path, steps: int, sizes: dict[str, int]) -> None:
        problems = {
            split: procedural(("python",), families=FAMILIES, difficulty=(0.0, 0.1), split=split)
            for split in ("train", "test")
        }
        options = {"problems": problems["train"], "reward": "1*adaptive_unit_tests", "judge": ImpatientJudge(), **sizes}
        self.games, self.target_tokens = games, sizes["target_tokens"]
        self.envs = [pettingzoo.make("aec", "CoderTester-Python-v0", **options) for _ in range(max(games, held_out))]
        self.game = self.envs[0].unwrapped.game
        known = folder / "start"
        self.start = Seq2SeqPolicy.from_pretrained(known if known.is_dir() else "nano")
        self.start.set_trainable(train_encoder=False)
        encoder = Encoder(self.start, torch.float32)  # of all policies: it does not learn
        encoder.load_weights()
        self.encode: Encode = encoder.encode
        if not known.is_dir():
            warm_up(self.start, self.encode, self.game, steps, learning_rate=2e-4, texts=12)
            self.start.save_pretrained(known)
        self.begun = dict.fromkeys(AGENTS, make_engine(self.start, self.target_tokens, rows=64))
        self.problems = [problems["test"][index] for index in range(held_out)]
        self.first = self._held_out(self.begun)

    def progress(self, engines: dict[str, Any]) -> dict[str, dict[str, float]]:
        """Measures both sides in held-out games, against each other and against the other one's start."""
        now = self._held_out(engines)
        coder = self._held_out({**engines, TESTER: self.begun[TESTER]}, now.drafts[CODER].written)
        tester = self._held_out(engines, self.first.drafts[CODER].written)
        theirs = measure(tester)
        return {
            "now": measure(now),
            "start": measure(coder) | {name: theirs[name] for name in ("valid", "found", "tester")},
        }

    def draw(self, seed: int, update: int) -> list[Problem]:
        """Returns the problems of an update, each as often as its games are compared."""
        random = stream(seed, update, "problems")
        drawn = [one.assignment.problem for one in self.game.process.start([random] * (self.games // GROUP))]
        return [problem for problem in drawn for _ in range(GROUP)]

    def _held_out(self, engines: dict[str, Any], programs: list[Written] | None = None) -> Games:
        return play(self.envs[: len(self.problems)], self.problems, engines, self.encode, 0, programs)


def run(
    arena: Arena, algorithm: str, policies: int, seed: int, updates: int, every: int, learning_rate: float
) -> dict[str, Any]:
    """Makes one run, and returns its curves."""
    own = {"epochs": 1, "gae_lambda": 1.0} if algorithm == "ppo" else {}
    agents = [
        find_algorithm(algorithm)(
            copy.deepcopy(arena.start),
            CodeVectorEnv(arena.game.process, workers=1),
            samples_per_problem=GROUP,
            episodes_per_iteration=arena.games,
            learning_rate=learning_rate,
            warmup_steps=5,
            **own,
            kl_coefficient=0.02,
            aggregation="episode",
            train_encoder=False,
            seed=seed,
        )
        for _ in range(policies)
    ]
    writers = dict(zip(AGENTS, agents * 2, strict=False))
    engines = {name: make_engine(one.policy, arena.target_tokens, rows=64) for name, one in writers.items()}
    held_out = {0: dict.fromkeys(AGAINST, measure(arena.first))}
    for update in range(updates):
        place = 1 + seed * updates + update
        played = play(arena.envs[: arena.games], arena.draw(seed, update), engines, arena.encode, place)
        learn(agents, played)
        learned_from = (update + 1) * arena.games
        print(f"{learned_from} games: {measure(played)}", flush=True)
        if (update + 1) % every == 0 or update + 1 == updates:
            held_out[learned_from] = arena.progress(engines)
            print(f"{learned_from} games, held out: {held_out[learned_from]}", flush=True)
    return {"held_out": held_out}


def learn(agents: Sequence[Agent], played: Games) -> None:
    """Makes an update from what both sides wrote."""
    drafts, scores = played.drafts, played.scores
    if len(agents) == 1:
        agents[0].learn_from(together(drafts[CODER], drafts[TESTER]), scores[CODER] + scores[TESTER])
    else:
        for agent, name in zip(agents, AGENTS, strict=True):
            agent.learn_from(drafts[name], scores[name])


def summary(curves: dict[str, list[dict[str, Any]]], against: str, name: str, setting: str) -> tuple[Any, Any, Any]:
    """Returns games learned from, the mean over runs, and half of its 95 % interval (Student's t), 0 of two runs."""
    runs = curves[setting]
    games = sorted(map(int, runs[0]["held_out"]))
    values = np.array([[one["held_out"][str(count)][against][name] for count in games] for one in runs])
    half = np.zeros(len(games))
    if len(runs) > 2:
        half = stats.t.ppf(0.975, len(runs) - 1) * values.std(axis=0, ddof=1) / len(runs) ** 0.5
    return np.array(games), values.mean(axis=0), half


def table(curves: dict[str, list[dict[str, Any]]]) -> str:
    """Returns both sides' progress as a table of Markdown: at first, and in the end."""
    lines = ["| | against | " + " | ".join(MEASURES.values()) + " |", "|---|---|" + "---|" * len(MEASURES)]
    for setting in curves:
        for against, title in AGAINST.items():
            cells = []
            for name in MEASURES:
                _, mean, half = summary(curves, against, name, setting)
                cells.append(f"{mean[0]:.2f} → {mean[-1]:.2f}" + (f" ± {half[-1]:.2f}" if half[-1] else ""))
            lines.append(f"| {setting} | {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def draw(curves: dict[str, list[dict[str, Any]]], file: Path) -> None:
    """Draws both sides' progress in both settings, with 95 % intervals over the runs."""
    figure = Figure(figsize=(4 * len(MEASURES), 3.6), layout="constrained")
    for axes, (name, title) in zip(figure.subplots(1, len(MEASURES)), MEASURES.items(), strict=True):
        for setting, colour in zip(curves, ("#1f4e79", "#b0413e"), strict=False):
            for against, line in zip(AGAINST, ("-", ":"), strict=True):
                games, mean, half = summary(curves, against, name, setting)
                axes.plot(games, mean, line, color=colour, linewidth=2, label=f"{setting}, against {AGAINST[against]}")
                if against == "start":
                    axes.fill_between(games, mean - half, mean + half, color=colour, alpha=0.12, linewidth=0)
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("games learned from")
        axes.grid(alpha=0.2)
    figure.legend(*figure.get_axes()[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False)
    figure.savefig(file, dpi=110)


def main(
    out: Annotated[Path, typer.Option(help="Folder of the results.")] = Path("runs/self_play"),
    algorithm: Annotated[str, typer.Option(help="rloo, ppo, or another one of codegym train.")] = "rloo",
    seeds: Annotated[int, typer.Option(help="Runs of each setting.")] = 3,
    updates: Annotated[int, typer.Option(help="Of each run.")] = 12,
    games: Annotated[int, typer.Option(help="Between two updates, eight about each problem.")] = 32,
    held_out: Annotated[int, typer.Option(help="Games that progress is measured in.")] = 64,
    every: Annotated[int, typer.Option(help="Updates between two measurements.")] = 6,
    supervised: Annotated[int, typer.Option(help="Supervised steps before the start.")] = 160,
    learning_rate: Annotated[float, typer.Option(help="Of AdamW.")] = 3e-5,
    tiny: Annotated[bool, typer.Option(help="Only see whether it runs.")] = False,
) -> None:
    """Makes the runs that are not there yet, and says what came out."""
    sizes = SIZES
    if tiny:
        seeds, updates, games, held_out, supervised = 1, 1, 8, 2, 1
        sizes = {"source_tokens": 64, "target_tokens": 8}
    out.mkdir(parents=True, exist_ok=True)
    arena: Arena | None = None
    curves: dict[str, list[dict[str, Any]]] = {setting: [] for setting in SETTINGS}
    for seed in range(seeds):
        for setting, policies in SETTINGS.items():
            file = out / f"{setting.replace(' ', '_')}-{seed}.json"
            if not file.exists():
                arena = arena or Arena(games, held_out, out, supervised, sizes)
                print(f"{setting}, seed {seed}", flush=True)
                file.write_text(json.dumps(run(arena, algorithm, policies, seed, updates, every, learning_rate)) + "\n")
            curves[setting].append(json.loads(file.read_text()))
    (out / "self_play.json").write_text(json.dumps(curves, indent=1) + "\n")
    (out / "self_play.md").write_text(table(curves))
    draw(curves, out / "self_play.png")
    print(table(curves))


if __name__ == "__main__":
    typer.run(main)
