"""Advantages against closed forms, a textbook's loop, and Stable-Baselines3's buffer."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from codegym_agents.common.advantages import (
    generalized_advantage_estimation,
    leave_one_out_baseline,
    masked_mean,
    whiten,
)
from hypothesis import given, settings
from hypothesis import strategies as st

shares = st.floats(0.0, 1.0)
numbers = st.floats(-10.0, 10.0, width=32)
episodes = st.lists(st.tuples(numbers, numbers), min_size=1, max_size=8)  # rewards and values
batches = st.lists(episodes, min_size=1, max_size=4)


def padded(batch: list[list[tuple[float, float]]], filler: float = 0.0) -> tuple[Any, Any, Any]:
    """Returns rewards, values and mask, with `filler` where there is padding."""
    shape = (len(batch), max(len(episode) for episode in batch) + 1)
    rewards, values = np.full(shape, filler), np.full(shape, filler)
    mask = np.zeros(shape, dtype=bool)
    for row, episode in enumerate(batch):
        rewards[row, : len(episode)], values[row, : len(episode)] = zip(*episode, strict=True)
        mask[row, : len(episode)] = True
    return torch.from_numpy(rewards), torch.from_numpy(values), torch.from_numpy(mask)


def textbook(rewards: list[float], values: list[float], gamma: float, gae_lambda: float) -> list[float]:
    """Schulman et al. 2016, equation 16, term by term: A_t = sum over l of (gamma lambda)^l delta_{t+l}."""
    following = [*values[1:], 0.0]
    deltas = [reward + gamma * after - now for reward, now, after in zip(rewards, values, following, strict=True)]
    return [
        sum((gamma * gae_lambda) ** (later - step) * deltas[later] for later in range(step, len(deltas)))
        for step in range(len(deltas))
    ]


@settings(max_examples=50)
@given(batches, shares, shares)
def test_gae__equals_the_textbook(batch: list[list[tuple[float, float]]], gamma: float, gae_lambda: float) -> None:
    rewards, values, mask = padded(batch)
    advantages, targets = generalized_advantage_estimation(rewards, values, mask, gamma, gae_lambda)
    for row, episode in enumerate(batch):
        expected = textbook(*(list(column) for column in zip(*episode, strict=True)), gamma, gae_lambda)
        length = len(episode)
        np.testing.assert_allclose(advantages[row, :length], expected, atol=1e-9)
        np.testing.assert_allclose(targets[row, :length], expected + values[row, :length].numpy(), atol=1e-9)


@settings(max_examples=50)
@given(episode=episodes, gamma=shares, gae_lambda=shares)
def test_gae__equals_stable_baselines3(episode: list[tuple[float, float]], gamma: float, gae_lambda: float) -> None:
    buffers = pytest.importorskip(
        "stable_baselines3.common.buffers", reason="it is not installed: pip install 'codegym[sb3]'"
    )
    space = gym.spaces.Discrete(2)
    buffer = buffers.RolloutBuffer(len(episode), space, space, "cpu", gae_lambda, gamma)
    for step, (reward, value) in enumerate(episode):
        nothing = np.zeros(1)
        buffer.add(nothing, nothing, np.array([reward]), np.array([step == 0]), torch.tensor([value]), torch.zeros(1))
    buffer.compute_returns_and_advantage(last_values=torch.tensor([7.0]), dones=np.array([True]))
    rewards, values, mask = padded([episode])
    advantages, targets = generalized_advantage_estimation(rewards, values, mask, gamma, gae_lambda)
    np.testing.assert_allclose(advantages[0, :-1], buffer.advantages[:, 0], atol=1e-4)
    np.testing.assert_allclose(targets[0, :-1], buffer.returns[:, 0], atol=1e-4)


@settings(max_examples=50)
@given(batches)
def test_gae__with_lambda_1_is_the_return_less_the_value(batch: list[list[tuple[float, float]]]) -> None:
    rewards, values, mask = padded(batch)
    advantages, targets = generalized_advantage_estimation(rewards, values, mask, gamma=1.0, gae_lambda=1.0)
    returns = rewards.flip(1).cumsum(1).flip(1)
    np.testing.assert_allclose(targets[mask], returns[mask], atol=1e-9)
    np.testing.assert_allclose(advantages[mask], (returns - values)[mask], atol=1e-9)


def test_gae__with_lambda_0_is_the_temporal_difference() -> None:
    rewards, values = torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[10.0, 20.0, 30.0]])
    mask = torch.ones(1, 3, dtype=torch.bool)
    advantages, targets = generalized_advantage_estimation(rewards, values, mask, gamma=0.5, gae_lambda=0.0)
    assert advantages.tolist() == [[1 + 0.5 * 20 - 10, 2 + 0.5 * 30 - 20, 3 - 30]]
    assert targets.tolist() == [[11.0, 17.0, 3.0]]


def test_gae__discounts_what_comes_later() -> None:
    rewards, mask = torch.tensor([[0.0, 0.0, 8.0]]), torch.ones(1, 3, dtype=torch.bool)
    advantages, _ = generalized_advantage_estimation(rewards, torch.zeros(1, 3), mask, gamma=0.5, gae_lambda=1.0)
    assert advantages.tolist() == [[2.0, 4.0, 8.0]]


def test_gae__of_one_step_is_the_reward_less_the_value() -> None:
    one, mask = torch.tensor([[3.0]]), torch.ones(1, 1, dtype=torch.bool)
    advantages, targets = generalized_advantage_estimation(one, torch.tensor([[5.0]]), mask, 0.9, 0.8)
    assert advantages.item() == -2.0
    assert targets.item() == 3.0


@settings(max_examples=50)
@given(batches, shares, shares, st.sampled_from([1e6, -1e6]))
def test_gae__never_sees_the_padding(
    batch: list[list[tuple[float, float]]], gamma: float, gae_lambda: float, filler: float
) -> None:
    rewards, values, mask = padded(batch)
    clean = generalized_advantage_estimation(rewards, values, mask, gamma, gae_lambda)
    rewards, values, mask = padded(batch, filler)
    for mine, other in zip(
        generalized_advantage_estimation(rewards, values, mask, gamma, gae_lambda), clean, strict=True
    ):
        assert torch.equal(mine, other)
        assert not mine[~mask].any()


@settings(max_examples=50)
@given(batches)
def test_whiten__gives_mean_0_and_standard_deviation_1(batch: list[list[tuple[float, float]]]) -> None:
    values, _, mask = padded(batch, filler=1e6)
    whitened = whiten(values, mask)
    assert not whitened[~mask].any()
    real = values[mask]
    if len(real) > 1 and float(real.std()) > 1e-3:
        assert float(whitened[mask].mean()) == pytest.approx(0.0, abs=1e-4)
        assert float(whitened[mask].std()) == pytest.approx(1.0, abs=1e-4)
        np.testing.assert_allclose(whitened[mask] * real.std() + real.mean(), real, atol=1e-5)


def test_whiten__of_constants_and_of_single_values_is_0() -> None:
    mask = torch.tensor([[True, True, False]])
    assert not whiten(torch.full((1, 3), 4.0), mask).any()
    assert not whiten(torch.tensor([[4.0, 5.0, 6.0]]), torch.tensor([[True, False, False]])).any()
    assert not whiten(torch.tensor([[4.0, 5.0, 6.0]]), torch.zeros(1, 3, dtype=torch.bool)).any()


def test_masked_mean__is_that_of_the_real_tokens() -> None:
    values = torch.tensor([[1.0, 3.0], [8.0, torch.nan]])
    assert masked_mean(values, torch.tensor([[True, True], [True, False]])).item() == 4.0
    assert masked_mean(values, torch.zeros(2, 2, dtype=torch.bool)).item() == 0.0


# --- leave one out -----------------------------------------------------------------------------------------


def test_leave_one_out_baseline__is_the_mean_of_the_others() -> None:
    returns = torch.tensor([1.0, 2.0, 6.0, 5.0, -1.0, 3.0])
    groups = torch.tensor([7, 7, 7, 2, 9, 9])
    expected = [4.0, 3.5, 1.5, 0.0, 3.0, -1.0]
    torch.testing.assert_close(leave_one_out_baseline(returns, groups), torch.tensor(expected))


def test_leave_one_out_baseline__does_not_depend_on_the_order() -> None:
    generator = torch.Generator().manual_seed(0)
    returns, groups = torch.randn(20, generator=generator), torch.randint(4, (20,), generator=generator)
    order = torch.randperm(20, generator=generator)
    shuffled = leave_one_out_baseline(returns[order], groups[order])
    torch.testing.assert_close(shuffled, leave_one_out_baseline(returns, groups)[order])
