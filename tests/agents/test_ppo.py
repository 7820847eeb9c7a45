"""PPO: it learns, repeats itself exactly, ignores what was not judged, and stays near its reference."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest
import torch
from codegym_agents import PPO, Seq2SeqPolicy
from codegym_agents.common.hyperparameters import configure
from codegym_agents.models.base import kl_divergence
from codegym_agents.ppo import PPOConfig
from policies import ascii_game, make_env, make_policy

from codegym.errors import ConfigurationError, UnknownNameError
from codegym.rewards import RewardMix
from codegym.testing import FakeJudge
from codegym.types import GradeStatus

QUICK = {"episodes_per_iteration": 12, "minibatch_size": 4, "learning_rate": 1e-3}


def weights(policy: Seq2SeqPolicy) -> list[Any]:
    return [weight.detach().clone() for weight in policy.parameters()]


def same(first: list[Any], second: list[Any]) -> bool:
    return all(torch.equal(one, other) for one, other in zip(first, second, strict=True))


# --- learning ----------------------------------------------------------------------------------------------


def played(iterations: int, **settings: Any) -> list[dict[str, float]]:
    policy = make_policy()
    rows: list[dict[str, float]] = []
    quick = {"episodes_per_iteration": 64, "minibatch_size": 32, "epochs": 4, "learning_rate": 1e-2}
    agent = PPO(policy, ascii_game(policy), **{**quick, **settings})
    agent.learn(iterations * 64, lambda _, metrics: rows.append(metrics))
    return rows


def test_ppo__learns_and_is_held_back_by_kl() -> None:
    free = played(12, kl_coefficient=0.0)
    assert sum(row["compilation_rate"] for row in free[:2]) / 2 < 0.25
    assert sum(row["compilation_rate"] for row in free[-2:]) / 2 > 0.6
    assert free[-1]["task_return"] > free[0]["task_return"] + 0.8
    assert free[-1]["kl"] > 3.0
    held = played(6, kl_coefficient=5.0)
    assert held[-1]["kl"] < 0.5 * free[5]["kl"]
    assert held[0]["kl"] == pytest.approx(0.0, abs=1e-4)


def test_ppo__adapts_its_kl_coefficient() -> None:
    rows = played(3, kl_coefficient=0.1, kl_target=0.5)
    used = [row["kl_coefficient"] for row in rows]
    assert used[0] == 0.1
    assert used[1] == pytest.approx(0.1 * 0.9)  # the first batch is the reference's own
    assert used[2] == pytest.approx(used[1] * (1 + 0.5 * max(-0.2, min(0.2, rows[1]["kl"] / 0.5 - 1))))


def test_ppo__learns_on_a_frozen_encoder() -> None:
    policy = make_policy()
    before = copy.deepcopy(policy)
    agent = PPO(policy, make_env(policy), train_encoder=False, **QUICK)
    agent.iterate()
    assert same(list(before.model.encoder.parameters()), list(policy.model.encoder.parameters()))
    assert torch.equal(before.model.shared.weight, policy.model.shared.weight)
    assert not torch.equal(before.value_head.weight, policy.value_head.weight)
    changed = zip(before.model.decoder.named_parameters(), policy.model.decoder.parameters(), strict=True)
    assert any(not torch.equal(old, new) for (name, old), new in changed if "embed" not in name)


def test_ppo__on_a_frozen_encoder_makes_the_same_loss() -> None:
    rows = []
    for train_encoder in (True, False):
        policy = make_policy(values=True)
        quick = {"episodes_per_iteration": 8, "minibatch_size": 8, "epochs": 1, "entropy_coefficient": 0.01}
        rows.append(PPO(policy, make_env(policy), train_encoder=train_encoder, **quick).iterate())
    for name in ("loss/total", "loss/policy", "loss/value", "loss/entropy", "task_return"):
        assert rows[0][name] == pytest.approx(rows[1][name], abs=1e-4), name


def test_ppo__starts_from_a_ratio_of_1() -> None:
    policy = make_policy(dropout_rate=0.3)  # dropout would make the policy differ from itself
    policy.train()
    agent = PPO(policy, make_env(policy), episodes_per_iteration=8, minibatch_size=8, epochs=1)
    metrics = agent.iterate()
    assert metrics["loss/approximate_kl"] == pytest.approx(0.0, abs=1e-6)
    assert metrics["loss/clip_fraction"] == 0
    assert metrics["loss/policy"] == pytest.approx(0.0, abs=1e-5)  # minus the mean of whitened advantages


def test_ppo__measures_entropy_over_the_whole_vocabulary() -> None:
    policy = make_policy(vocabulary=300)
    with torch.no_grad():
        policy.model.shared.weight.zero_()  # every legal token is equally likely
    agent = PPO(policy, make_env(policy), episodes_per_iteration=8, minibatch_size=8, epochs=1)
    assert agent.iterate()["loss/entropy"] == pytest.approx(math.log(257), abs=1e-4)


def test_ppo__warms_its_learning_rate_up() -> None:
    policy = make_policy()
    agent = PPO(policy, make_env(policy), warmup_steps=10, **QUICK)
    rates = []
    for _ in range(3):
        agent.iterate()  # 2 epochs of 3 minibatches
        rates.append(agent.optimizer.param_groups[0]["lr"])
    assert rates == pytest.approx([0.6e-3, 1e-3, 1e-3])


def test_ppo__lets_its_learning_rate_fall_to_0() -> None:
    policy = make_policy()
    agent = PPO(policy, make_env(policy), warmup_steps=1, learning_rate_decay_episodes=36, **QUICK)
    rates, moved = [], []
    for _ in range(4):
        before = [weight.detach().clone() for weight in policy.model.parameters()]
        agent.iterate()
        rates.append(agent.optimizer.param_groups[0]["lr"])
        moved.append(any((a != b).any() for a, b in zip(before, policy.model.parameters(), strict=True)))
    assert rates == pytest.approx([1e-3, 2e-3 / 3, 1e-3 / 3, 0.0])
    assert moved == [True, True, True, False]


def test_ppo__temperature_is_part_of_policy_and_reference() -> None:
    policy = make_policy()
    sources, target = policy.pad([[70, 71]]), policy.pad_targets([[72, 73]])[0]
    warm = policy.evaluate(sources, target).all_log_probs
    agent = PPO(policy, make_env(policy), temperature=0.5, **QUICK)
    cold = agent.policy.evaluate(sources, target).all_log_probs
    torch.testing.assert_close(cold, (2 * warm).log_softmax(dim=-1))
    assert agent.iterate()["kl"] == pytest.approx(0.0, abs=1e-5)


def test_samples_per_problem__are_compared_with_each_other() -> None:
    policy = make_policy()
    verdicts = FakeJudge(lambda source: "compiled")  # all alike: there is nothing to learn
    env = make_env(policy, judge=verdicts, reward=RewardMix({"compilation": 1.0}))
    settings = {"samples_per_problem": 4, "kl_coefficient": 0.0, "gae_lambda": 1.0, "value_coefficient": 0.0}
    agent = PPO(policy, env, **(QUICK | settings))
    before = weights(policy)
    metrics = agent.iterate()
    assert metrics["task_return"] == 1.0
    assert same(before, weights(policy))


def test_samples_per_problem__draws_each_problem_so_often() -> None:
    policy = make_policy()
    seen: list[str] = []

    class Spy:
        def map_grade(self, language: str, sources: Any, tests: Any = None, limits: Any = None) -> Any:
            seen.extend(source[:12].decode() for source in sources)
            return FakeJudge().map_grade(language, sources, tests)

    agent = PPO(policy, make_env(policy, judge=Spy()), samples_per_problem=4, **QUICK)
    agent.iterate()
    assert len(seen) == 12
    assert all(seen.count(start) % 4 == 0 for start in seen)


def test_kl_divergence__equals_that_of_torch_and_ignores_what_is_impossible() -> None:
    generator = torch.Generator().manual_seed(0)
    ours, theirs = torch.randn(2, 5, 7, generator=generator).log_softmax(dim=-1)
    categorical = torch.distributions.Categorical
    expected = torch.distributions.kl_divergence(categorical(logits=ours), categorical(logits=theirs))
    torch.testing.assert_close(kl_divergence(ours, theirs), expected)
    wider = [torch.nn.functional.pad(one, (0, 2), value=-torch.inf) for one in (ours, theirs)]
    torch.testing.assert_close(kl_divergence(*wider), expected)


# --- the same again ----------------------------------------------------------------------------------------


def test_ppo__is_the_same_for_the_same_seed() -> None:
    runs = []
    for seed in (1, 1, 2):
        policy = make_policy()
        rows: list[dict[str, float]] = []
        torch.manual_seed(seed + len(runs))  # the global stream does not matter
        PPO(policy, make_env(policy), seed=seed, **QUICK).learn(24, lambda _, metrics, rows=rows: rows.append(metrics))
        runs.append((rows, weights(policy)))
    (first, ours), (second, theirs), (third, others) = runs
    assert first == second != third
    assert same(ours, theirs)
    assert not same(ours, others)


def test_ppo__counts_episodes_in_whole_iterations() -> None:
    policy = make_policy()
    agent = PPO(policy, make_env(policy), **QUICK)
    seen: list[int] = []
    last = agent.learn(13, lambda trained, metrics: seen.append(trained.iteration))
    assert seen == [1, 2]
    assert (last["iteration"], last["episodes"]) == (2, 24)
    assert agent.learn(24) == {}
    assert agent.episodes == 24


# --- what was not judged -----------------------------------------------------------------------------------


def test_ppo__learns_nothing_from_episodes_without_a_verdict() -> None:
    policy = make_policy(values=True)
    env = make_env(policy, judge=FakeJudge(lambda _: "judge_error"))
    agent = PPO(policy, env, kl_target=1.0, **QUICK)
    before = weights(policy)
    metrics = agent.iterate()
    assert metrics["invalid_episodes"] == 12
    assert same(before, weights(policy))
    assert agent.kl_coefficient.value == 0.1


def test_ppo__is_not_moved_by_momentum_without_a_verdict() -> None:
    policy = make_policy()
    works = [True]
    env = make_env(policy, judge=FakeJudge(lambda _: "compiled" if works[0] else "judge_error"))
    agent = PPO(policy, env, **QUICK)
    agent.iterate()
    before, works[0] = weights(policy), False
    agent.iterate()
    assert same(before, weights(policy))


def test_ppo__gradient_is_that_of_the_valid_episodes_alone() -> None:
    # Two runs write the same programs, and the judge fails for the same ones: whatever those earn must not matter.
    def undecided(source: bytes) -> GradeStatus:
        return "judge_error" if source[-1] % 2 else "compiled"

    gradients = []
    for reward in (0.0, 100.0):
        policy = make_policy()
        env = make_env(policy, judge=FakeJudge(undecided), reward=RewardMix({"compilation": 1.0}))
        agent = PPO(policy, env, episodes_per_iteration=8, minibatch_size=8, epochs=1, max_grad_norm=1e9)
        score = env.score_episodes

        def poisoned(*arguments: Any, score: Any = score, reward: float = reward) -> Any:
            scores = score(*arguments)
            for one in scores:
                if not one.valid:
                    one.terms["compilation"][:] = reward
            return scores

        env.score_episodes = poisoned  # type: ignore[method-assign]
        metrics = agent.iterate()
        assert 0 < metrics["invalid_episodes"] < 8
        gradients.append([weight.grad.clone() for weight in policy.parameters() if weight.grad is not None])
    assert same(*gradients)
    assert any(gradient.any() for gradient in gradients[0])


# --- the reference -----------------------------------------------------------------------------------------


def test_reference__is_frozen() -> None:
    policy = make_policy()
    agent = PPO(policy, make_env(policy), **QUICK)
    before = weights(agent.reference)
    agent.iterate()
    assert same(before, weights(agent.reference))
    assert not same(before, weights(policy))


def test_reference__may_be_the_policy_as_it_is_now() -> None:
    policy = make_policy()
    agent = PPO(policy, make_env(policy), reference=policy, **QUICK)
    assert agent.reference is not policy
    agent.learn(24)
    assert agent.iterate()["kl"] != 0


def test_reference__with_another_encoder_needs_a_trained_one() -> None:
    policy, other = make_policy(0), make_policy(1)
    with pytest.raises(ConfigurationError, match="train_encoder"):
        PPO(policy, make_env(policy), reference=other, train_encoder=False)
    agent = PPO(policy, make_env(policy), reference=other, **QUICK)
    assert agent.iterate()["kl"] > 1.0


# --- hyperparameters ---------------------------------------------------------------------------------------


def test_hyperparameter__that_is_unknown_names_the_nearest() -> None:
    policy = make_policy()
    with pytest.raises(UnknownNameError, match="Did you mean 'learning_rate'"):
        PPO(policy, make_env(policy), learning_rat=1e-4)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("learning_rate", 0.0),
        ("learning_rate", -1e-4),
        ("learning_rate", math.nan),
        ("learning_rate", math.inf),
        ("learning_rate", "fast"),
        ("value_learning_rate", 0),
        ("episodes_per_iteration", 0),
        ("episodes_per_iteration", 2.5),
        ("minibatch_size", "8"),
        ("minibatch_size", None),
        ("epochs", 0),
        ("epochs", True),
        ("clip_range", 0.0),
        ("clip_range", 1.0),
        ("value_clip_range", -0.2),
        ("value_coefficient", -1.0),
        ("entropy_coefficient", math.nan),
        ("gamma", 1.5),
        ("gae_lambda", -0.1),
        ("kl_coefficient", -0.1),
        ("kl_target", 0.0),
        ("max_grad_norm", 0.0),
        ("train_encoder", "no"),
        ("train_encoder", 0),
        ("seed", -1),
        ("seed", 0.5),
    ],
)
def test_hyperparameter__that_makes_no_sense_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=name):
        configure(PPOConfig, {name: value})


def test_hyperparameters__have_sensible_extremes() -> None:
    configure(PPOConfig, {"gamma": 0, "gae_lambda": 1, "kl_coefficient": 0, "value_clip_range": None, "epochs": 1})
