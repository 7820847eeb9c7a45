"""Supervised fine-tuning: the loss falls, the same seed gives the same weights, and training can be interrupted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from codegym_agents import SFT, Seq2SeqPolicy
from codegym_agents.common.hyperparameters import configure
from codegym_agents.decoding import write
from codegym_agents.sft import SFTConfig, cross_entropy
from policies import make_env, make_policy

from codegym.errors import ConfigurationError, DataError, UnknownNameError

DROPOUT = {"dropout_rate": 0.2}


def weights(policy: Seq2SeqPolicy) -> list[Any]:
    return [weight.detach().clone() for weight in policy.parameters()]


def same(first: list[Any], second: list[Any]) -> bool:
    return all(torch.equal(one, other) for one, other in zip(first, second, strict=True))


def trained(steps: int, **sizes: Any) -> tuple[SFT, list[dict[str, float]]]:
    policy, rows = make_policy(**sizes), []
    trainer = SFT(policy, make_env(policy), learning_rate=1e-3, batch_size=4, seed=3)
    trainer.learn(4 * steps, lambda _, metrics: rows.append(metrics))
    return trainer, rows


def test_cross_entropy__is_the_mean_over_real_tokens() -> None:
    policy = make_policy()
    sources = policy.pad([[65, 66], [67]])
    target, mask = policy.pad_targets([[70, 71, 257], [72]])
    log_probs = policy.evaluate(sources, target).log_probs
    expected = -(log_probs[0].sum() + log_probs[1, 0]) / 4
    assert cross_entropy(policy, sources, target, mask).item() == pytest.approx(expected.item(), rel=1e-5)


def test_cross_entropy__of_equally_likely_tokens_is_the_log_of_their_number() -> None:
    policy = make_policy(vocabulary=300)
    with torch.no_grad():
        policy.model.shared.weight.zero_()
    target, mask = policy.pad_targets([[70, 71, 257], [72]])
    loss = cross_entropy(policy, policy.pad([[65], [66]]), target, mask)
    assert loss.exp().item() == pytest.approx(257, rel=1e-4)


def test_sft__learns_a_set_by_heart(memorised: Seq2SeqPolicy) -> None:
    process = make_env(memorised, masked_tokens=8).process
    problems = [process.assign(process.problems[index]) for index in range(3)]
    read = [process.layout.clip(one.source_ids) for one in problems]
    sources = memorised.pad(read)
    target, mask = memorised.pad_targets([[*one.reference_ids, memorised.tokenizer.end_id] for one in problems])
    assert cross_entropy(memorised, sources, target, mask).item() < 0.1
    written = write(memorised, read, 16)
    assert [memorised.tokenizer.decode(one.tokens) for one in written] == [
        memorised.tokenizer.decode(one.reference_ids) for one in problems
    ]
    assert not memorised.training


def test_sft__loss_falls() -> None:
    _, rows = trained(20)
    assert [row["episodes"] for row in rows] == list(range(4, 84, 4))
    assert [row["iteration"] for row in rows] == list(range(1, 21))
    assert rows[-1]["loss"] < 0.9 * rows[0]["loss"]


@pytest.mark.parametrize("sizes", [{}, DROPOUT])
def test_sft__is_the_same_for_the_same_seed(sizes: dict[str, Any]) -> None:
    torch.manual_seed(0)
    first, rows = trained(4, **sizes)
    torch.manual_seed(1)
    state = torch.random.get_rng_state()
    second, again = trained(4, **sizes)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert rows == again
    assert same(weights(first.policy), weights(second.policy))


def test_sft__uses_dropout_where_the_model_has_it() -> None:
    _, without = trained(1)
    trainer, rows = trained(2, **DROPOUT)
    assert rows[0]["loss"] != pytest.approx(without[0]["loss"], rel=1e-3)
    assert not trainer.policy.training


@pytest.mark.parametrize("sizes", [{}, DROPOUT])
def test_sft__goes_on_from_a_checkpoint_exactly(sizes: dict[str, Any], tmp_path: Path) -> None:
    whole, rows = trained(6, **sizes)
    half, first = trained(3, **sizes)
    half.save(tmp_path / "checkpoint")
    resumed = SFT.load(tmp_path / "checkpoint", make_env(half.policy))
    rest: list[dict[str, float]] = []
    resumed.learn(24, lambda _, metrics: rest.append(metrics))
    assert first + rest == rows
    assert same(weights(whole.policy), weights(resumed.policy))
    assert resumed.config == half.config


def test_sft__refuses_a_checkpoint_of_another_algorithm(tmp_path: Path) -> None:
    from codegym_agents import PPO

    policy = make_policy()
    PPO(policy, make_env(policy)).save(tmp_path / "ppo")
    with pytest.raises(DataError, match="'ppo', not of 'sft'"):
        SFT.load(tmp_path / "ppo", make_env(policy))


def test_hyperparameter__that_is_unknown_names_the_nearest() -> None:
    policy = make_policy()
    with pytest.raises(UnknownNameError, match="Did you mean 'batch_size'"):
        SFT(policy, make_env(policy), batchsize=3)


@pytest.mark.parametrize(
    ("name", "value"),
    [("learning_rate", 0.0), ("learning_rate", "x"), ("batch_size", 0), ("max_grad_norm", -1.0), ("seed", -1)],
)
def test_hyperparameter__that_makes_no_sense_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=name):
        configure(SFTConfig, {name: value})
