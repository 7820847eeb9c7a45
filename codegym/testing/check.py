"""One call that checks an environment against everything that codegym promises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.utils.env_checker import data_equivalence

from codegym import structure
from codegym.envs import Observation, TokenEnv
from codegym.envs.scoring import score_episodes
from codegym.errors import ConfigurationError, InvalidActionError

_TOLERANCE = 1e-9


@dataclass(frozen=True)
class _Step:
    observation: Observation
    reward: float
    terminated: bool
    truncated: bool
    info: dict[str, Any]


def check_token_env(env: gym.Env[Any, Any], seed: int = 0, episodes: int = 3) -> None:
    """Checks the decision process of an environment by playing a few random episodes.

    For tasks and environments of your own. Checked are: the legal tokens; that reward terms sum to the reward
    and keep their names; that structure terms add up to the finished program's match less the prompt's; that
    equal seeds give equal episodes; that a fork is equal and independent; that an illegal token writes
    nothing and an action outside of the space is refused; that scoring whole answers equals stepping.

    Args:
        env: A `TokenEnv`, possibly wrapped.
        seed: Seeds the episodes and the actions.
        episodes: How many episodes are played, each of them twice.

    Raises:
        AssertionError: A promise is broken; the message says which.
        ConfigurationError: `env` is not a `TokenEnv`.
    """
    inner = env.unwrapped
    if not isinstance(inner, TokenEnv):
        raise ConfigurationError(f"check_token_env takes a TokenEnv, not {type(inner).__name__}.")
    for number in range(episodes):
        first = _play(inner, seed + number)
        _check_steps(inner, first)
        _check_telescoping(inner)
        _check_scoring(inner, first)
        _expect(_equal(first, _play(inner, seed + number)), "Equal seeds gave different episodes.")
    _check_masks(inner)
    _check_fork(inner, seed)
    _check_illegal_actions(inner, seed)


def _play(env: TokenEnv, seed: int) -> list[_Step]:
    """Plays one episode with legal tokens, half of them the expert's own, and returns its steps."""
    env.reset(seed=seed)
    random = np.random.default_rng(seed)
    legal = np.flatnonzero(env.process.vocabulary.legal)
    expert = env.episode.assignment.reference_ids
    steps: list[_Step] = []
    while not steps or not (steps[-1].terminated or steps[-1].truncated):
        place = len(env.episode.written)
        follow = place < len(expert) and random.random() < 0.5
        steps.append(_Step(*env.step(int(expert[place] if follow else random.choice(legal)))))
        budget = env.process.layout.target_tokens * env.episode.assignment.turns
        _expect(len(steps) <= budget, "An episode went on beyond its budget.")
    return steps


def _check_steps(env: TokenEnv, steps: list[_Step]) -> None:
    names = set(env.process.mix.weights)
    for number, step in enumerate(steps):
        terms = step.info["reward_terms"]
        _expect(set(terms) == names, f"Step {number} has reward terms {sorted(terms)}, not {sorted(names)}.")
        _expect(
            abs(sum(terms.values()) - step.reward) <= _TOLERANCE,
            f"The reward terms of step {number} sum to {sum(terms.values())}, not to {step.reward}.",
        )
        _expect(
            env.observation_space.contains(step.observation),
            f"The observation of step {number} is outside of the observation space.",
        )
    last = steps[-1]
    for key in ("program", "grade", "reward_valid"):
        _expect(key in last.info, f"The last step's info has no {key!r}.")
    _expect(last.info["reward_valid"] is not last.truncated, "truncated must mean that there is no verdict.")


def _check_telescoping(env: TokenEnv) -> None:
    episode, mix = env.episode, env.process.mix
    assignment = episode.assignment
    for name, match in (("syntax", structure.syntax_match), ("dataflow", structure.dataflow_match)):
        if not mix.weights.get(name):
            continue
        finished, before = (
            match(assignment.reference, text, assignment.language, mode=mix.match)
            for text in (episode.program, assignment.program(b""))
        )
        paid = sum(terms[name] for terms in episode.terms)
        _expect(
            abs(paid - mix.weights[name] * (finished - before)) <= _TOLERANCE,
            f"The {name} terms add up to {paid}; the match went from {before} to {finished}.",
        )


def _check_scoring(env: TokenEnv, steps: list[_Step]) -> None:
    episode = env.episode
    if env.process.reference is not None or any(not step.info.get("reward_valid", True) for step in steps):
        return
    (score,) = score_episodes(env.process, [episode.assignment.problem], [episode.tokens], workers=1)
    _expect(
        np.allclose(score.rewards, [step.reward for step in steps], rtol=0, atol=_TOLERANCE),
        "Scoring a whole answer gave other rewards than stepping through it.",
    )


def _check_masks(env: TokenEnv) -> None:
    masks = env.action_masks()
    size = env.process.vocabulary.vocabulary_size
    _expect(masks.shape == (size,), f"action_masks has shape {masks.shape}, not ({size},).")
    _expect(masks.dtype == np.bool_ and bool(masks.any()), "action_masks must be bool and allow some token.")
    masks[:] = False
    _expect(bool(env.action_masks().any()), "action_masks returned an array that it uses itself.")


def _check_fork(env: TokenEnv, seed: int) -> None:
    env.reset(seed=seed)
    tokens = [*env.episode.assignment.reference_ids, env.process.vocabulary.end_id]
    tokens = tokens[: env.process.layout.target_tokens]
    half = len(tokens) // 2
    for token in tokens[:half]:
        env.step(token)
    twin = env.fork()
    there = [_Step(*twin.step(token)) for token in tokens[half:]]
    _expect(len(env.episode.tokens) == half, "A step of the fork changed the environment that it came from.")
    here = [_Step(*env.step(token)) for token in tokens[half:]]
    _expect(_equal(here, there), "A fork went on differently with the same actions.")
    _expect(
        data_equivalence(env.reset()[0], twin.reset()[0], exact=True),
        "A fork drew another problem than the environment that it came from.",
    )


def _check_illegal_actions(env: TokenEnv, seed: int) -> None:
    env.reset(seed=seed)
    before = env.episode.program
    for token in np.flatnonzero(~env.process.vocabulary.legal)[:1]:
        env.step(int(token))
        _expect(env.episode.program == before, f"Token {token} is not legal and yet wrote something.")
        _expect(len(env.episode.tokens) == 1, f"Token {token} is not legal and did not cost its place.")
    size = env.process.vocabulary.vocabulary_size
    env.reset(seed=seed)
    for action in (-1, size, 0.5, None, [0]):
        try:
            env.step(action)  # type: ignore[arg-type]  # wrong on purpose
        except InvalidActionError:
            continue
        raise AssertionError(f"Action {action!r} was accepted; it is not an integer in [0, {size}).")


def _equal(first: list[_Step], second: list[_Step]) -> bool:
    return data_equivalence([vars(step) for step in first], [vars(step) for step in second], exact=True)


def _expect(condition: bool, message: str) -> None:
    if not condition:
        raise AssertionError(message)
