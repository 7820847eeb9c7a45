"""How many steps an environment makes in a second, against a plain way to do the same.

    python benchmarks/env_step.py [--steps 400] [--envs 32] [--json FILE]

Translation from Java to Python, a random policy, N environments, budgets of 400 tokens, one core. The plain way is that
of text environments such as RL4LMs' (arXiv 2210.01241), written anew: each environment keeps its state as an
observation that is copied at each step, with the whole history in it, decoded and encoded as padded arrays each time;
the observations of all environments are stacked. Both play the same actions on the same problems, in turns:

- without any reward: no structure terms, and a judge that answers at once, on both sides;
- with the dense reward: our syntax and data-flow match after every token (F1 mode), against CodeBLEU's two matches of
  the whole text after every token (`codegym.structure.codebleu`, which gives the scores of the PyPI package). Random
  tokens are no program, and most of the time goes into the parser's search for one; so a writer is measured as well
  that writes what the expert wrote, with one token in twenty replaced by a random one.

Figures are medians over rounds of steps per second of processor time of this process.
"""

from __future__ import annotations

import argparse
import copy
import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

import codegym  # noqa: F401  # registers the environments
from codegym.envs import make_vec
from codegym.problems.base import InMemoryProblems
from codegym.problems.procedural import CARD, procedural
from codegym.rewards import RewardMix
from codegym.structure.codebleu import LegacyReference
from codegym.tokens import Tokenizer
from codegym.types import Grade, Problem

ENV = "CodeTranslation-Java-Python-v0"
SOURCE_TOKENS = 512
NO_REWARD = RewardMix({"compilation": 1.0})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--envs", type=int, default=32, help="environments in step")
    parser.add_argument("--steps", type=int, default=400, help="tokens of an episode, and steps of a round")
    parser.add_argument("--rounds", type=int, default=5, help="rounds without reward")
    parser.add_argument("--dense-rounds", type=int, default=1, help="rounds with the dense reward")
    parser.add_argument("--dense-envs", type=int, default=4, help="environments with the dense reward")
    parser.add_argument("--json", type=Path, default=Path("runs/benchmarks/env_step.json"))
    options = parser.parse_args()

    console = Console()
    results: dict[str, Any] = {}
    table = Table(title=f"Steps/s on one core, T = {options.steps}")
    for column in ("reward", "environments", "ours", "the plain way", "ratio"):
        table.add_column(column, justify="left" if column == "reward" else "right")
    few = (options.dense_envs, options.dense_rounds)
    for name, (envs, rounds), dense, expert in (
        ("none", (options.envs, options.rounds), False, False),
        ("dense, random tokens", few, True, False),
        ("dense, an expert's tokens", few, True, True),
    ):
        row = measure(envs, options.steps, rounds, dense=dense, expert=expert)
        results[name] = {**row, "environments": envs}
        table.add_row(name, str(envs), f"{row['ours']:,.0f}", f"{row['plain']:,.0f}", f"{row['ratio']:.1f}x")
    console.print(table)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(results, indent=2) + "\n", "utf-8")
    console.print(f"Figures: {options.json}")


class InstantJudge:
    """A judge that costs nothing."""

    def map_grade(self, language: str, sources: Sequence[bytes], tests: Any = None) -> list[Grade]:
        """Returns a verdict on each program."""
        return [Grade("compiled", True) for _ in sources]


def measure(envs: int, steps: int, rounds: int, *, dense: bool, expert: bool) -> dict[str, float]:
    """Returns the medians of steps per second, and of the ratios of the rounds."""
    endless = procedural(("python",), sources=("java",))
    problems = InMemoryProblems(CARD, "train", tuple(endless[index] for index in range(envs)))
    env = make_vec(
        ENV,
        envs,
        problems=problems,
        judge=InstantJudge(),
        reward="default" if dense else NO_REWARD,
        source_tokens=SOURCE_TOKENS,
        target_tokens=steps,
    )
    vocabulary = env.process.vocabulary
    writing = np.flatnonzero(vocabulary.legal & (np.arange(vocabulary.vocabulary_size) != vocabulary.end_id))
    random = np.random.default_rng(0)
    ours, plain = [], []
    for _ in track(range(rounds), description="measuring", transient=True):
        actions = random.choice(writing, (steps - 1, envs))
        env.reset(seed=0)
        shown = [episode.assignment.problem for episode in env.episodes]
        if expert:
            references = [episode.assignment.reference_ids for episode in env.episodes]
            length = min(steps - 1, *map(len, references))
            written = np.array([reference[:length] for reference in references]).T
            actions = np.where(random.random(written.shape) < 0.05, actions[:length], written)
        rival = PlainVectorEnv(shown, env.process.tokenizer, steps, dense=dense)
        ours.append(rate(env.step, actions))
        rival.reset()
        plain.append(rate(rival.step, actions))
    return {
        "ours": statistics.median(ours),
        "plain": statistics.median(plain),
        "ratio": statistics.median(one / other for one, other in zip(ours, plain, strict=True)),
    }


def rate(step: Callable[[NDArray[np.int64]], object], actions: NDArray[np.int64]) -> float:
    """Returns how many steps of single environments are made in a second of processor time."""
    started = time.process_time()
    for row in actions:
        step(row)
    return float(actions.size / (time.process_time() - started))


@dataclass
class TextObservation:
    """A state with its whole history: the prompt, what was written, both as text and as padded arrays."""

    prompt_text: str
    prompt_encoded: NDArray[np.int64]
    prompt_mask: NDArray[np.int64]
    context_text: str
    context_encoded: NDArray[np.int64]
    context_mask: NDArray[np.int64]
    actions: list[int] = field(default_factory=list)
    meta: dict[str, Any] = field(default_factory=dict)

    def after(self, action: int, tokenizer: Tokenizer, budget: int) -> TextObservation:
        """Returns the next state, without touching this one."""
        actions = [*copy.deepcopy(self.actions), action]
        encoded, mask = padded(actions, budget, tokenizer.pad_id)
        return TextObservation(
            prompt_text=self.prompt_text,
            prompt_encoded=self.prompt_encoded.copy(),
            prompt_mask=self.prompt_mask.copy(),
            context_text=tokenizer.decode(actions),
            context_encoded=encoded,
            context_mask=mask,
            actions=actions,
            meta=copy.deepcopy(self.meta),
        )

    def arrays(self) -> dict[str, NDArray[np.int64]]:
        """Returns what a policy sees."""
        return {
            "source": self.prompt_encoded,
            "source_mask": self.prompt_mask,
            "target": self.context_encoded,
            "target_mask": self.context_mask,
        }


def padded(tokens: Sequence[int], length: int, pad: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    array, mask = np.full(length, pad, np.int64), np.zeros(length, np.int64)
    tail = list(tokens)[-length:]
    array[: len(tail)] = tail
    mask[: len(tail)] = 1
    return array, mask


class PlainVectorEnv:
    """Environments that rebuild all that they know at each step."""

    def __init__(self, problems: Sequence[Problem], tokenizer: Tokenizer, budget: int, *, dense: bool) -> None:
        self._problems, self._tokenizer, self._budget = problems, tokenizer, budget
        self._references = [LegacyReference(problem.reference, "python") for problem in problems] if dense else []
        self._scores = [0.0] * len(problems)
        self._states: list[TextObservation] = []

    def reset(self) -> dict[str, NDArray[np.int64]]:
        """Starts the episodes."""
        self._states = []
        for problem in self._problems:
            text = problem.sources["java"]
            encoded, mask = padded(self._tokenizer.encode(text), SOURCE_TOKENS, self._tokenizer.pad_id)
            empty, nothing = padded([], self._budget, self._tokenizer.pad_id)
            meta = {"id": problem.id, **problem.attributes}
            self._states.append(TextObservation(text, encoded, mask, "", empty, nothing, [], meta))
        return self._stacked()

    def step(self, actions: NDArray[np.int64]) -> tuple[Any, ...]:
        """Writes one token in each environment."""
        rewards, infos = np.zeros(len(actions)), []
        for place, action in enumerate(actions.tolist()):
            state = self._states[place].after(action, self._tokenizer, self._budget)
            if self._references:
                reference = self._references[place]
                score = reference.syntax_match(state.context_text) + reference.dataflow_match(state.context_text)
                rewards[place], self._scores[place] = score - self._scores[place], score
            self._states[place] = state
            infos.append({"output": state.context_text, "actions": list(state.actions)})
        return self._stacked(), rewards, np.zeros(len(actions), bool), infos

    def _stacked(self) -> dict[str, NDArray[np.int64]]:
        rows = [state.arrays() for state in self._states]
        return {name: np.stack([row[name] for row in rows]) for name in rows[0]}


if __name__ == "__main__":
    main()
