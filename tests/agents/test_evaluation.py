"""What is measured about a policy, and how two measurements are compared."""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from codegym_agents import Seq2SeqPolicy
from codegym_agents.common.evaluation import METRICS, EvaluatedEpisode, changes, evaluate, summarise
from policies import make_env, make_policy

from codegym.errors import ConfigurationError
from codegym.testing import FakeJudge

EPISODE = EvaluatedEpisode(
    problem="tiny://python/0",
    prompt="x = ",
    completion="(1",
    reference="(1)",
    compilation_rate=False,
    solved=False,
    exact_match=False,
    edit_similarity=0.8,
    length=2,
    syntax=0.5,
    dataflow=0.25,
    kl=1.5,
    episode_return=-0.5,
)


def test_expert__scores_1(memorised: Seq2SeqPolicy) -> None:
    episodes = evaluate(memorised, memorised, make_env(memorised, masked_tokens=8), 3)
    assert [episode.problem for episode in episodes] == [f"tiny://python/{index}" for index in range(3)]
    for episode in episodes:
        assert episode.completion == episode.reference
        assert episode.exact_match is True
        assert episode.compilation_rate is True
        assert episode.edit_similarity == episode.syntax == episode.dataflow == 1.0
        assert episode.length == 9
        assert episode.kl == 0.0
        assert episode.episode_return > 1.0
    figures = summarise(episodes)
    assert figures.keys() == METRICS.keys()
    assert figures["exact_match"].value == figures["edit_similarity"].value == 1.0


def test_beginner__scores_little() -> None:
    policy = make_policy()
    for episode in evaluate(policy, policy, make_env(policy), 3):
        assert not episode.exact_match
        assert episode.edit_similarity < 0.5
        assert episode.syntax < 1.0
        assert episode.prompt
        assert episode.length <= 16


def test_evaluate__measures_the_exact_kl() -> None:
    policy, reference = make_policy(0), make_policy(1)
    env = make_env(policy)
    episodes = evaluate(policy, reference, env, 3)
    for index, episode in enumerate(episodes):
        source = policy.pad([env.process.layout.clip(env.process.assign(env.process.problems[index]).source_ids)])
        tokens = [*policy.tokenizer.encode(episode.completion)]
        assert len(tokens) == episode.length or "�" in episode.completion
        if "�" in episode.completion:
            continue
        target = torch.tensor([tokens])
        ours = policy.evaluate(source, target).all_log_probs[..., ~policy.forbidden]
        theirs = reference.evaluate(source, target).all_log_probs[..., ~policy.forbidden]
        assert episode.kl == pytest.approx((ours.exp() * (ours - theirs)).sum().item(), rel=1e-4)
        assert episode.kl > 0


def test_evaluate__is_the_same_in_batches_of_any_size() -> None:
    policy, reference = make_policy(0), make_policy(1)
    env = make_env(policy)
    together, alone = (evaluate(policy, reference, env, 3, batch_size=size) for size in (64, 1))
    for one, other in zip(together, alone, strict=True):
        assert one.completion == other.completion
        assert one.kl == pytest.approx(other.kl, abs=1e-4)
        assert replace(one, kl=0.0) == replace(other, kl=0.0)


def test_evaluate__samples_with_a_seed() -> None:
    policy = make_policy()
    env = make_env(policy)
    greedy, first, again, second = (evaluate(policy, policy, env, 3, seed=seed) for seed in (None, 1, 1, 2))
    assert first == again != second
    assert first != greedy == evaluate(policy, policy, env, 3)


def test_evaluate__takes_the_first_problems() -> None:
    policy = make_policy()
    env = make_env(policy)
    assert [one.problem for one in evaluate(policy, policy, env, 2)] == ["tiny://python/0", "tiny://python/1"]
    assert len(evaluate(policy, policy, env, 100)) == 3


def test_evaluate__leaves_out_what_was_not_judged() -> None:
    policy = make_policy()
    env = make_env(policy, judge=FakeJudge(lambda source: "judge_error" if b"best" in source else "compiled"))
    assert [one.problem for one in evaluate(policy, policy, env, 3)] == ["tiny://python/0", "tiny://python/2"]
    silent = make_env(policy, judge=FakeJudge(lambda _: "judge_error"))
    with pytest.raises(ConfigurationError, match="judge"):
        evaluate(policy, policy, silent, 3)


def test_summarise__brackets_every_metric() -> None:
    random = np.random.default_rng(0)
    episodes = [
        replace(
            EPISODE,
            problem=str(index),
            compilation_rate=bool(random.random() < 0.7),
            exact_match=bool(random.random() < 0.2),
            kl=float(random.exponential()),
            syntax=float(random.random()),
        )
        for index in range(80)
    ]
    figures = summarise(episodes)
    for name, figure in figures.items():
        assert figure.value == pytest.approx(np.mean([asdict(episode)[name] for episode in episodes]))
        assert figure.low <= figure.value <= figure.high
    for name in ("compilation_rate", "exact_match"):
        assert 0 < figures[name].low < figures[name].value < figures[name].high < 1
    assert figures["kl"].high - figures["kl"].low < 1.0


def test_changes__are_paired_by_problem() -> None:
    before = [replace(EPISODE, problem=name, syntax=syntax) for name, syntax in (("a", 0.1), ("b", 0.5), ("c", 0.9))]
    after = [replace(one, syntax=one.syntax + 0.1, compilation_rate=True) for one in reversed(before)]
    difference = changes(before, after)
    assert difference.keys() == METRICS.keys()
    # Every problem improved by the same: paired, there is nothing uncertain about it but rounding.
    assert difference["syntax"].value == pytest.approx(0.1)
    assert difference["syntax"].high - difference["syntax"].low < 1e-9
    assert difference["compilation_rate"].value == difference["compilation_rate"].low == 1.0
    assert difference["kl"].value == difference["kl"].low == difference["kl"].high == 0.0


def test_changes__leave_out_problems_without_a_partner() -> None:
    before = [replace(EPISODE, problem="a"), replace(EPISODE, problem="b", length=7)]
    after = [replace(EPISODE, problem="c", length=100), replace(EPISODE, problem="b", length=9)]
    assert changes(before, after)["length"].value == 2.0
