"""Batches of episodes: what was written, what it earned, and what may be learned from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from codegym_agents import PPO
from codegym_agents.common import rollout as rollouts
from codegym_agents.common.environment import make_env as environment_of
from codegym_agents.common.rollout import Rollout, assemble, collect, write
from codegym_agents.decoding import DecodingEngine
from policies import make_env, make_policy

from codegym.envs.vector import CodeVectorEnv, Score
from codegym.errors import ConfigurationError
from codegym.testing import FakeJudge, tiny_problems
from codegym.tokens import load as load_tokenizer
from codegym.types import GradeStatus

PYTHON = "CodeCompletion-Python-v0"


def undecided(source: bytes) -> GradeStatus:
    return "judge_error" if source[-1] % 2 else "compiled"


def rollout(keep_states: bool = False, **options: object) -> Rollout:
    policy, reference = make_policy(1, values=True), make_policy(1 if keep_states else 2)
    env = make_env(policy, **options)
    problems = [env.process.problems[index % 3] for index in range(10)]
    return collect(
        policy,
        reference,
        env,
        problems,
        engine=DecodingEngine(policy, env.process.layout.target_tokens, rows=10),
        seeds=range(10),
        batch_size=4,
        keep_states=keep_states,
    )


def test_collect__writes_one_episode_for_each_problem() -> None:
    collected = rollout()
    assert [len(batch.tokens) for batch in collected.batches] == [4, 4, 2]
    assert len(collected.scores) == len(collected.lengths) == 10
    lengths = [int(row.sum()) for batch in collected.batches for row in batch.mask]
    assert lengths == collected.lengths


def test_collect__batches_sources_of_similar_length() -> None:
    collected = rollout(source_tokens=128)
    lengths = [int(row.sum()) for batch in collected.batches for row in batch.sources.mask]
    assert lengths == sorted(lengths)
    assert len(set(lengths)) == 3


def test_collect__pays_what_stepping_pays() -> None:
    collected = rollout()
    rewards = [row for batch in collected.batches for row in batch.task_rewards]
    for row, score, length in zip(rewards, collected.scores, collected.lengths, strict=True):
        np.testing.assert_allclose(row[:length], score.rewards - score.terms["kl"], atol=1e-6)
        assert not row[length:].any()


@pytest.mark.parametrize("keep_states", [True, False])
def test_collect__log_probs_are_those_of_policy_and_reference(
    keep_states: bool,
) -> None:
    policy, reference = make_policy(1, values=True), make_policy(1 if keep_states else 2)
    for batch in rollout(keep_states).batches:
        assert (batch.states is not None) == keep_states
        with torch.no_grad():
            ours = policy.evaluate(batch.sources, batch.tokens)
            theirs = reference.evaluate(batch.sources, batch.tokens)
        real = batch.mask
        torch.testing.assert_close(batch.log_probs[real], ours.log_probs[real], rtol=0, atol=1e-4)
        torch.testing.assert_close(batch.values[real], ours.values[real], rtol=0, atol=1e-4)
        torch.testing.assert_close(batch.reference_log_probs[real], theirs.log_probs[real], rtol=0, atol=1e-4)
        torch.testing.assert_close(batch.kl[real], (ours.log_probs - theirs.log_probs)[real], rtol=0, atol=2e-4)
        assert not batch.kl[~real].any()


def test_collect__masks_episodes_without_a_verdict() -> None:
    collected = rollout(judge=FakeJudge(undecided))
    rows = [row for batch in collected.batches for row in batch.mask]
    valid = [score.valid for score in collected.scores]
    assert 0 < sum(valid) < len(valid)
    for row, score, length in zip(rows, collected.scores, collected.lengths, strict=True):
        assert int(row.sum()) == (length if score.valid else 0)


def test_metrics__are_means_over_valid_episodes() -> None:
    collected = rollout(judge=FakeJudge(undecided))
    metrics = collected.metrics()
    valid = [place for place, score in enumerate(collected.scores) if score.valid]
    scores = [collected.scores[place] for place in valid]
    assert metrics["invalid_episodes"] == len(collected.scores) - len(valid)
    assert metrics["compilation_rate"] == np.mean([score.grade.compiled for score in scores])
    assert metrics["length"] == np.mean([collected.lengths[place] for place in valid])
    returns = [float(score.rewards.sum() - score.terms["kl"].sum()) for score in scores]
    assert metrics["task_return"] == pytest.approx(np.mean(returns))
    parts = sum(value for name, value in metrics.items() if name.startswith("return/"))
    assert metrics["task_return"] == pytest.approx(parts)
    kl = [float(row.sum()) for batch in collected.batches for row in batch.kl]
    assert metrics["kl"] == pytest.approx(np.mean([kl[place] for place in valid]), abs=1e-5)


def test_metrics__of_no_valid_episode_are_0() -> None:
    metrics = rollout(judge=FakeJudge(lambda _: "judge_error")).metrics()
    assert metrics.pop("invalid_episodes") == 10
    assert set(metrics.values()) == {0.0}


# --- the environment ---------------------------------------------------------------------------------------


def test_environment__is_made_from_its_id() -> None:
    policy = make_policy()
    env = environment_of(PYTHON, policy, problems=tiny_problems("python"), judge=FakeJudge(), target_tokens=5)
    assert env.process.tokenizer is policy.tokenizer
    assert env.process.layout.target_tokens == 5


def test_environment__that_is_ready_is_taken_as_it_is() -> None:
    policy = make_policy()
    env = make_env(policy)
    assert environment_of(env, policy) is env
    with pytest.raises(ConfigurationError, match="target_tokens"):
        environment_of(env, policy, target_tokens=5)


def test_environment__with_another_tokenizer_is_refused() -> None:
    policy = make_policy()
    env = make_env(policy, tokenizer=load_tokenizer("codegym"))
    with pytest.raises(ConfigurationError, match="tokenizer"):
        environment_of(env, policy)


def test_environment__of_another_kind_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="not a token-level code environment"):
        environment_of(object(), make_policy())  # type: ignore[arg-type]  # wrong on purpose


def test_assemble__ends_episodes_at_the_first_error_and_keeps_their_return() -> None:
    policy, reference = make_policy(1, values=True), make_policy(2)
    env = make_env(policy, reward="compilation+0.5*syntax")
    assignments = [env.process.assign(env.process.problems[index % 3]) for index in range(6)]
    engine = DecodingEngine(policy, env.process.layout.target_tokens, rows=6)
    drafts = write(policy, assignments, engine=engine, seeds=range(6), batch_size=6, keep_states=False)
    places = [None, 0, 2, None, len(drafts.written[4].tokens) - 1, 1]
    scores = [replace(one, error_token=place) for one, place in zip(rollouts.score(env, drafts), places, strict=True)]
    whole, ended = (
        assemble(policy, reference, drafts, scores, end_at_error=end_at_error).batches[0]
        for end_at_error in (False, True)
    )
    lengths = [len(one.tokens) for one in drafts.written]
    assert whole.mask.sum(dim=1).tolist() == lengths
    learned = [length if place is None else place + 1 for place, length in zip(places, lengths, strict=True)]
    assert ended.mask.sum(dim=1).tolist() == learned
    torch.testing.assert_close(
        (ended.task_rewards * ended.mask).sum(dim=1), (whole.task_rewards * whole.mask).sum(dim=1)
    )
    unchanged = [row for row, place in enumerate(places) if place is None]
    torch.testing.assert_close(ended.task_rewards[unchanged], whole.task_rewards[unchanged])
    # However few the reference reads at once, it says the same.
    (few,) = assemble(policy, reference, drafts, scores, end_at_error=True, keep_hidden=True, at_once=4).batches
    (all_of_them,) = assemble(policy, reference, drafts, scores, end_at_error=True, keep_hidden=True).batches
    torch.testing.assert_close(few.reference_log_probs, ended.reference_log_probs)
    assert few.reference_hidden is not None and all_of_them.reference_hidden is not None
    torch.testing.assert_close(few.reference_hidden[few.mask], all_of_them.reference_hidden[few.mask])


@pytest.mark.parametrize("end_at_error", [False, True])
def test_ppo__looks_at_the_first_error_if_told_to(end_at_error: bool) -> None:
    weights = []
    for place in (None, 0):
        policy = make_policy(values=True)
        env = make_env(policy)

        def graded(*asked: object, env: CodeVectorEnv = env, place: int | None = place) -> list[Score]:
            scores = CodeVectorEnv.score_episodes(env, *asked)  # type: ignore[arg-type]
            return [replace(one, error_token=place) for one in scores]

        env.score_episodes = graded  # type: ignore[method-assign,assignment]
        PPO(policy, env, episodes_per_iteration=8, samples_per_problem=2, end_at_error=end_at_error).iterate()
        weights.append(torch.cat([one.detach().flatten() for one in policy.parameters()]))
    assert torch.equal(*weights) != end_at_error
