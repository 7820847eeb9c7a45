"""PPO's loss against Stable-Baselines3's, and over padded programs against the tokens that they hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'codegym[agents]'")

TOLERANCE = 1e-5
CLIP_RANGE, VALUE_COEFFICIENT = 0.2, 0.5


class Guess(gym.Env[Any, Any]):
    """Says how far a guess was from a number that the observation gives away."""

    observation_space = gym.spaces.Box(-1.0, 1.0, (3,), np.float32)
    action_space = gym.spaces.Discrete(5)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.observation = self.np_random.uniform(-1.0, 1.0, 3).astype(np.float32)
        self.left = int(self.np_random.integers(1, 9))
        return self.observation, {}

    def step(self, action: int) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        reward = -abs(float(self.observation.sum()) - float(action) + 2.0)
        self.observation = self.np_random.uniform(-1.0, 1.0, 3).astype(np.float32)
        self.left -= 1
        return self.observation, reward, self.left == 0, False, {}


@dataclass(frozen=True)
class TheirUpdate:
    """One update of Stable-Baselines3's PPO: the batch, and what it made of it."""

    model: Any
    batch: Any
    loss: float
    gradients: list[Any]
    logged: dict[str, float]


def their_update(monkeypatch: pytest.MonkeyPatch, **options: Any) -> TheirUpdate:
    """Fills SB3's rollout buffer, changes its policy a little, and spies on the one step that `train` then makes."""
    sb3 = pytest.importorskip("stable_baselines3", reason="it is not installed: pip install 'codegym[sb3]'")
    steps = 64
    settings = {"clip_range": CLIP_RANGE, "vf_coef": VALUE_COEFFICIENT, "gae_lambda": 0.95, "gamma": 0.99}
    one_batch = {"n_steps": steps, "batch_size": steps, "n_epochs": 1, "max_grad_norm": 1e9}
    model = sb3.PPO("MlpPolicy", Guess(), seed=3, device="cpu", **settings, **one_batch, **options)
    _, callback = model._setup_learn(steps)
    assert model.collect_rollouts(model.env, callback, model.rollout_buffer, steps)
    with torch.no_grad():  # far enough for ratios and values to be clipped
        for weight in model.policy.parameters():
            weight.add_(0.2 * torch.randn_like(weight))

    batches: list[Any] = []
    losses: list[float] = []
    gradients: list[Any] = []
    get, backward = model.rollout_buffer.get, torch.Tensor.backward

    def spy_on_batches(size: int) -> Any:
        for batch in get(size):
            batches.append(batch)
            yield batch

    def spy_on_loss(loss: Any, *arguments: Any, **keywords: Any) -> None:
        losses.append(float(loss.detach()))
        backward(loss, *arguments, **keywords)

    def no_step(*_: Any) -> None:
        gradients.extend(weight.grad.clone() for weight in model.policy.parameters())

    with monkeypatch.context() as patch:
        patch.setattr(model.rollout_buffer, "get", spy_on_batches)
        patch.setattr(torch.Tensor, "backward", spy_on_loss)
        patch.setattr(model.policy.optimizer, "step", no_step)
        model.train()
    assert len(batches) == len(losses) == 1
    return TheirUpdate(model, batches[0], losses[0], gradients, model.logger.name_to_value)


@pytest.mark.parametrize("value_clip_range", [None, 0.1])
@pytest.mark.parametrize("entropy_coefficient", [0.0, 0.05])
@pytest.mark.parametrize("normalise", [True, False])
def test_loss__equals_that_of_stable_baselines3(
    value_clip_range: float | None, entropy_coefficient: float, normalise: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from codegym_agents.common.advantages import whiten
    from codegym_agents.common.algorithm import Tokens
    from codegym_agents.common.kl_control import estimate_kl
    from codegym_agents.ppo.ppo import PPOConfig, loss

    theirs = their_update(
        monkeypatch,
        clip_range_vf=value_clip_range,
        ent_coef=entropy_coefficient,
        normalize_advantage=normalise,
    )
    batch, policy = theirs.batch, theirs.model.policy
    mask = torch.ones(len(batch.advantages), dtype=torch.bool)
    values, log_probs, entropy = policy.evaluate_actions(batch.observations, batch.actions.long().flatten())
    config = PPOConfig(clip_range=CLIP_RANGE, value_clip_range=value_clip_range, value_coefficient=VALUE_COEFFICIENT)
    tokens = Tokens(
        log_probs=log_probs,
        old_log_probs=batch.old_log_prob,
        advantages=whiten(batch.advantages, mask) if normalise else batch.advantages,
        values=values.flatten(),
        old_values=batch.old_values,
        value_targets=batch.returns,
    )
    ours = loss(tokens, config)
    total = (ours.total - entropy_coefficient * entropy).mean()  # an agent adds the entropy to any algorithm's loss
    policy.optimizer.zero_grad()
    total.backward()

    assert total.item() == pytest.approx(theirs.loss, abs=TOLERANCE)
    for part, name in (
        (ours.parts["policy"], "train/policy_gradient_loss"),
        (ours.parts["value"], "train/value_loss"),
        (-entropy, "train/entropy_loss"),
        (ours.parts["clip_fraction"], "train/clip_fraction"),
        (estimate_kl(batch.old_log_prob - log_probs, "k3"), "train/approx_kl"),
    ):
        assert part.mean().item() == pytest.approx(theirs.logged[name], abs=TOLERANCE), name
    assert 0 < ours.parts["clip_fraction"].mean() < 1
    gradients = [weight.grad for weight in policy.parameters()]
    assert len(gradients) == len(theirs.gradients)
    for mine, other in zip(gradients, theirs.gradients, strict=True):
        torch.testing.assert_close(mine, other, rtol=TOLERANCE, atol=TOLERANCE)
    assert sum(float(gradient.abs().sum()) for gradient in gradients) > 0.1


def tokens_of(log_probs: Any, old_log_probs: Any, advantages: Any) -> Any:
    from codegym_agents.common.algorithm import Tokens

    zeros = torch.zeros_like(old_log_probs)
    return Tokens(log_probs, old_log_probs, advantages, zeros, zeros, zeros)


def test_loss__of_an_unchanged_policy_is_minus_the_advantage() -> None:
    from codegym_agents.ppo.ppo import PPOConfig, loss

    log_probs, advantages = torch.randn(4), torch.tensor([1.0, 2.0, 3.0, -4.0])
    found = loss(tokens_of(log_probs, log_probs, advantages), PPOConfig())
    torch.testing.assert_close(found.total, -advantages)
    assert not found.parts["clip_fraction"].any()


@pytest.mark.parametrize(("advantage", "log_ratio"), [(1.0, 0.5), (-1.0, -0.5)])
def test_loss__does_not_push_a_ratio_further_out(advantage: float, log_ratio: float) -> None:
    from codegym_agents.ppo.ppo import PPOConfig, loss

    log_probs = torch.tensor([log_ratio], requires_grad=True)
    found = loss(tokens_of(log_probs, torch.zeros(1), torch.tensor([advantage])), PPOConfig())
    found.total.sum().backward()
    assert log_probs.grad is not None
    assert log_probs.grad.item() == 0
    assert found.parts["clip_fraction"].item() == 1
