"""What all algorithms share: each learns, repeats itself, resumes, and makes the same steps however it is arranged."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from codegym_agents import PPO, Agent, Algorithm, Seq2SeqPolicy
from codegym_agents.algorithms import ALGORITHMS, find_algorithm
from codegym_agents.common.algorithm import Loss
from codegym_agents.common.kl_control import estimate_kl
from policies import ascii_game, make_env, make_policy
from safetensors.torch import load_file

from codegym.errors import ConfigurationError, UnknownNameError
from codegym.testing import FakeJudge

POLICY_GRADIENT = sorted(set(ALGORITHMS) - {"sft"})
QUICK = {"episodes_per_iteration": 12, "minibatch_size": 6, "learning_rate": 1e-3}


def make_agent(name: str = "ppo", **settings: Any) -> Agent:
    policy = make_policy()
    agent: Agent = find_algorithm(name)(policy, make_env(policy), **{**QUICK, **settings})
    return agent


def weights(agent: Agent) -> list[Any]:
    return [weight.detach().clone() for weight in agent.policy.parameters()]


def same(first: list[Any], second: list[Any]) -> bool:
    return all(torch.equal(one, other) for one, other in zip(first, second, strict=True))


def gradients(**settings: Any) -> dict[str, Any]:
    """The gradients of the first step, whose minibatch is all that was written."""
    agent = make_agent(**{"minibatch_size": 12, "epochs": 1, "max_grad_norm": 1e9, **settings})
    agent.iterate()
    named = agent.policy.named_parameters()
    return {name: weight.grad.clone() for name, weight in named if weight.grad is not None}


# --- every algorithm ---------------------------------------------------------------------------------------


def test_algorithms__are_found_by_their_folders() -> None:
    assert set(ALGORITHMS) == {"a2c", "grpo", "ppo", "reinforce", "rejection", "rloo", "sft"}
    with pytest.raises(UnknownNameError, match="Did you mean 'grpo'"):
        find_algorithm("gpro")
    with pytest.raises(ConfigurationError, match="cannot be imported"):
        find_algorithm("no.such.module:PPO")
    with pytest.raises(ConfigurationError, match=r"no codegym_agents\.Algorithm"):
        find_algorithm("math:pi")
    assert find_algorithm("codegym_agents.ppo:PPO") is PPO


@pytest.mark.parametrize("name", POLICY_GRADIENT)
def test_algorithm__learns(name: str) -> None:
    policy = make_policy()
    rows: list[dict[str, float]] = []
    agent = find_algorithm(name)(
        policy,
        ascii_game(policy),
        episodes_per_iteration=64,
        minibatch_size=32,
        epochs=4 if name in ("ppo", "grpo", "rejection") else 1,
        learning_rate=1e-2,
        warmup_steps=1,
        kl_coefficient=0.0,
        kl_loss_coefficient=0.0,
    )
    agent.learn(14 * 64, lambda _, metrics: rows.append(metrics))
    first, last = (sum(row["compilation_rate"] for row in part) / 2 for part in (rows[:2], rows[-2:]))
    assert first < 0.3
    assert last > first + 0.3


@pytest.mark.parametrize("overlap", [False, True])
@pytest.mark.parametrize("name", POLICY_GRADIENT)
def test_algorithm__goes_on_exactly_from_a_checkpoint(name: str, overlap: bool, tmp_path: Path) -> None:
    whole, half = make_agent(name, overlap=overlap), make_agent(name, overlap=overlap)
    expected = [whole.iterate() for _ in range(4)]
    found = [half.iterate() for _ in range(2)]
    half.save(tmp_path / "checkpoint")
    resumed: Agent = find_algorithm(name).load(tmp_path / "checkpoint", make_env(half.policy), device="cpu")
    found += [resumed.iterate() for _ in range(2)]
    assert found == expected
    assert same(weights(whole), weights(resumed))


@pytest.mark.parametrize("name", POLICY_GRADIENT)
def test_algorithm__learns_nothing_without_a_verdict(name: str) -> None:
    policy = make_policy(values=True)
    agent = find_algorithm(name)(policy, make_env(policy, judge=FakeJudge(lambda _: "judge_error")), **QUICK)
    before = weights(agent)
    assert agent.iterate()["invalid_episodes"] == 12
    assert same(before, weights(agent))


def test_algorithm__of_ones_own_is_two_functions() -> None:
    from codegym_agents.common.algorithm import Targets
    from codegym_agents.common.hyperparameters import TrainingConfig

    def advantages(episodes: Any, config: TrainingConfig) -> Targets:
        return Targets(episodes.mask.float(), torch.zeros_like(episodes.rewards))

    def loss(tokens: Any, config: TrainingConfig) -> Loss:
        return Loss(-tokens.advantages * tokens.log_probs, {"mine": tokens.log_probs})

    own = Algorithm("imitation", TrainingConfig, advantages, loss, uses_values=False)
    policy = make_policy()
    metrics = own(policy, make_env(policy), **QUICK).iterate()
    assert metrics["loss/total"] == pytest.approx(-metrics["loss/mine"])


# --- the same steps, arranged otherwise --------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ppo", "grpo"])
@pytest.mark.parametrize("change", [{"microbatch_size": 1}, {"microbatch_size": 5}, {"gradient_checkpointing": True}])
def test_gradients__are_the_same_however_they_are_computed(name: str, change: dict[str, Any]) -> None:
    expected, found = gradients(name=name), gradients(name=name, **change)
    assert expected.keys() == found.keys()
    for key, gradient in expected.items():
        torch.testing.assert_close(found[key], gradient, rtol=1e-4, atol=1e-6, msg=key)
    assert any(gradient.abs().max() > 1e-3 for gradient in expected.values())


def test_gradient_checkpointing__leaves_no_dropout() -> None:
    policy = make_policy(dropout_rate=0.3)
    agent = PPO(policy, make_env(policy), gradient_checkpointing=True, **{**QUICK, "minibatch_size": 12, "epochs": 1})
    assert agent.iterate()["loss/approximate_kl"] == pytest.approx(0.0, abs=1e-6)


def test_overlap__learns_from_programs_that_are_one_update_old() -> None:
    agent, plain = make_agent(overlap=True), make_agent()
    first, others = agent.iterate(), plain.iterate()
    assert first == others  # the first batch is written by the first policy in both
    assert agent.iterate()["loss/approximate_kl"] > plain.iterate()["loss/approximate_kl"]
    assert agent.seconds.writing > 0
    assert 0 <= agent.seconds.waited_share <= 1


def test_memory__that_is_short_halves_the_microbatch(monkeypatch: pytest.MonkeyPatch) -> None:
    agent, plain = make_agent(minibatch_size=12, epochs=1), make_agent(minibatch_size=12, epochs=1)
    forward = agent.policy.forward

    def short(sources: Any, tokens: Any, *rest: Any) -> Any:
        if len(tokens) > 4:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return forward(sources, tokens, *rest)

    monkeypatch.setattr(agent.policy, "forward", short)
    with pytest.warns(UserWarning, match="accumulated"):
        found = agent.iterate()
    expected = plain.iterate()
    assert found["gradient_norm"] == pytest.approx(expected["gradient_norm"], rel=1e-4)
    assert agent._microbatch_size == 3


def test_memory__that_is_short_halves_what_the_reference_reads_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    agent, plain = make_agent(minibatch_size=12, epochs=1), make_agent(minibatch_size=12, epochs=1)
    hidden, most = agent.reference.hidden, []

    def short(sources: Any, tokens: Any, *rest: Any) -> Any:
        if len(tokens) > 6:
            raise torch.OutOfMemoryError("CUDA out of memory")
        most.append(len(tokens))
        return hidden(sources, tokens, *rest)

    monkeypatch.setattr(agent.reference, "hidden", short)
    with pytest.warns(UserWarning, match="from here on 6 pass"):
        found = agent.iterate()
    assert max(most) == 6
    assert found == pytest.approx(plain.iterate(), rel=1e-4, abs=1e-6)


# --- what holds the policy ---------------------------------------------------------------------------------


def test_value_warmup__moves_nothing_but_the_value_head() -> None:
    agent = make_agent(value_warmup_iterations=2)
    before = weights(agent)
    for _ in range(2):
        agent.iterate()
    changed = [
        name
        for (name, weight), old in zip(agent.policy.named_parameters(), before, strict=True)
        if not torch.equal(weight, old)
    ]
    assert changed == ["value_head.weight", "value_head.bias"]
    agent.iterate()
    assert not same(before[:4], weights(agent)[:4])
    with pytest.raises(ConfigurationError, match="value_warmup_iterations"):
        make_agent("grpo", value_warmup_iterations=1)


def test_query_learning_rate_factor__shortens_the_steps_of_queries_alone() -> None:
    """Adam's first step is as long as the learning rate, whatever the gradient."""
    settings = {"learning_rate": 1e-4, "warmup_steps": 1, "minibatch_size": 12, "epochs": 1}
    agent = make_agent(query_learning_rate_factor=0.125, **settings)
    before = {name: weight.detach().clone() for name, weight in agent.policy.model.named_parameters()}
    agent.iterate()
    after = {name: weight.detach() for name, weight in agent.policy.model.named_parameters()}
    longest = {name: float((after[name] - before[name]).abs().max()) for name in before}
    queries = [step for name, step in longest.items() if name.endswith("Attention.q.weight")]
    others = [step for name, step in longest.items() if name.endswith("Attention.v.weight")]
    assert len(queries) == len(others) > 0
    assert queries == pytest.approx([0.125e-4] * len(queries), rel=0.02)
    assert others == pytest.approx([1e-4] * len(others), rel=0.02)


def test_max_policy_kl__ends_the_epochs() -> None:
    free = make_agent(learning_rate=1e-2, epochs=8, warmup_steps=0).iterate()
    held = make_agent(learning_rate=1e-2, epochs=8, warmup_steps=0, max_policy_kl=0.01).iterate()
    assert free["gradient_steps"] == 16
    assert held["gradient_steps"] < 16


@pytest.mark.parametrize("estimator", ["exact", "k2", "k3"])
def test_kl_loss__holds_the_policy_to_its_reference(estimator: str) -> None:
    moved = []
    for coefficient in (0.0, 100.0):
        agent = make_agent(kl_coefficient=0.0, kl_loss_coefficient=coefficient, kl_loss_estimator=estimator)
        agent.learn(60)
        moved.append(agent.iterate()["kl"])
    free, held = moved
    assert held < free / 2


def test_estimate_kl__estimates_the_divergence() -> None:
    generator = torch.Generator().manual_seed(0)
    ours, theirs = torch.randn(2, 6, generator=generator).log_softmax(dim=-1)
    near = (0.9 * ours + 0.1 * theirs).log_softmax(dim=-1)
    divergence = float((ours.exp() * (ours - near)).sum())
    for estimator, tolerance in (("k1", 1e-6), ("k3", 1e-6), ("k2", 0.1 * divergence)):
        expected = float((ours.exp() * estimate_kl(ours - near, estimator)).sum())
        assert expected == pytest.approx(divergence, abs=tolerance), estimator
    assert bool((estimate_kl(ours - near, "k3") >= 0).all())


@pytest.mark.parametrize("estimator", ["k2", "k3"])
def test_estimate_kl__has_a_gradient_that_pulls_together(estimator: str) -> None:
    target = torch.tensor([0.5, -0.2, 0.1]).log_softmax(dim=-1)
    logits = torch.zeros(3, requires_grad=True)
    for _ in range(300):
        log_probs = logits.log_softmax(dim=-1)
        (log_probs.detach().exp() * estimate_kl(log_probs - target, estimator)).sum().backward()
        with torch.no_grad():
            assert logits.grad is not None
            logits -= logits.grad
            logits.grad = None
    torch.testing.assert_close(logits.log_softmax(dim=-1), target, atol=1e-2, rtol=0)


# --- what goes wrong ---------------------------------------------------------------------------------------


def test_loss__that_is_not_finite_leaves_the_batch_and_the_weights(tmp_path: Path) -> None:
    agent = make_agent()
    agent.failure_folder = tmp_path / "failed"
    agent.iterate()
    before = weights(agent)
    broken = Algorithm(
        "ppo", PPO.hyperparameters, PPO.advantages, lambda tokens, config: Loss(tokens.log_probs * math.nan, {})
    )
    agent.algorithm = broken
    with pytest.raises(FloatingPointError, match=r"Iteration 2: loss/total = nan.*failed"):
        agent.iterate()
    assert same(before, weights(agent))
    batch = load_file(tmp_path / "failed" / "minibatch.safetensors")
    assert batch["tokens"].shape == batch["advantages"].shape == batch["mask"].shape
    assert json.loads((tmp_path / "failed" / "minibatch.json").read_text())["iteration"] == 2
    assert same(before, list(Seq2SeqPolicy.from_pretrained(tmp_path / "failed" / "policy").parameters()))


@pytest.mark.parametrize(
    ("name", "hyperparameter", "value"),
    [
        ("ppo", "kl_loss_estimator", "k1"),  # the expectation of its gradient is 0
        ("ppo", "kl_estimator", "exact"),
        ("ppo", "aggregation", "sequence"),
        ("ppo", "microbatch_size", 0),
        ("ppo", "max_policy_kl", 0.0),
        ("ppo", "overlap", 1),
        ("grpo", "samples_per_problem", 1),
        ("grpo", "scale_advantages", None),
        ("rloo", "samples_per_problem", 1),
        ("a2c", "gamma", 2.0),
        ("reinforce", "value_coefficient", -1.0),
        ("rejection", "keep_wrong", "yes"),
    ],
)
def test_hyperparameter__that_makes_no_sense_is_refused(name: str, hyperparameter: str, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=hyperparameter):
        make_agent(name, **{hyperparameter: value})


@pytest.mark.parametrize("name", ALGORITHMS)
def test_hyperparameter__that_is_unknown_names_the_nearest(name: str) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'learning_rate'"):
        policy = make_policy()
        find_algorithm(name)(policy, make_env(policy), learning_rat=1e-4)
