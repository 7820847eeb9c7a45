"""Episodes of several turns: a wrong program is shown to the policy again, and all turns are learned from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from zlib import crc32

import gymnasium as gym
import numpy as np
import pytest
import torch
from codegym_agents import GRPO, PPO, Agent
from codegym_agents.common.evaluation import divergence, evaluate, turns_of, write_episodes
from codegym_agents.common.rollout import Drafts, Rollout, assemble, score, write
from codegym_agents.decoding import DecodingEngine
from policies import make_policy, make_repair_env, one_in_three

from codegym.envs import CodeVectorEnv
from codegym.envs.vector import Score
from codegym.testing import FakeJudge, tiny_problems
from codegym.types import Grade

EPISODES = 12


def drafts_of(
    env: CodeVectorEnv, keep_states: bool = False, written: Any = None, batch_size: int = 5, seed: int = 1
) -> Drafts:
    policy = make_policy(seed, values=True)
    posed = env.process.assign_all([env.process.problems[index] for index in range(3)])
    assignments = [posed[index % 3] for index in range(EPISODES)]
    return write(
        policy,
        assignments,
        engine=DecodingEngine(policy, env.process.layout.target_tokens, rows=EPISODES),
        seeds=range(EPISODES),
        batch_size=batch_size,
        keep_states=keep_states,
        process=env.process,
        written=written,
    )


def rollout(keep_states: bool = False, **options: Any) -> tuple[Drafts, list[Score], Rollout]:
    policy, reference = make_policy(1, values=True), make_policy(1 if keep_states else 2)
    env = make_repair_env(policy, **options)
    drafts = drafts_of(env, keep_states)
    scores = score(env, drafts)
    return drafts, scores, assemble(policy, reference, drafts, scores, keep_hidden=True)


def tokens_of(drafts: Drafts) -> list[list[int]]:
    return [[int(token) for row in rows for token in drafts.written[row].tokens] for rows in drafts.episodes]


def by_row(collected: Rollout, name: str) -> list[Any]:
    return [row for batch in collected.batches for row in getattr(batch, name)]


def test_write__goes_on_until_a_program_is_right_or_no_turn_is_left() -> None:
    drafts, scores, _ = rollout()
    lengths = [len(rows) for rows in drafts.episodes]
    assert set(lengths) == {1, 2, 3}
    for rows, one in zip(drafts.episodes, scores, strict=True):
        assert one.grade.compiled or len(rows) == 3
    assert sorted(row for rows in drafts.episodes for row in rows) == list(range(len(drafts.written)))
    assert [row for minibatch in drafts.minibatches for row in minibatch] == list(range(len(drafts.written)))


def test_write__of_one_turn_is_the_beginning_of_several() -> None:
    policy = make_policy()
    several, one = (drafts_of(make_repair_env(policy, turns=turns)) for turns in (3, 1))
    assert one.episodes == [[place] for place in range(EPISODES)]
    assert [list(text.tokens) for text in one.written] == [list(text.tokens) for text in several.written[:EPISODES]]


def test_write__shows_what_the_environment_shows_and_pays_what_it_pays() -> None:
    drafts, scores, collected = rollout()
    policy = make_policy()
    env = gym.make(
        "CodeRepair-Python-v0",
        problems=tiny_problems("python"),
        tokenizer=policy.tokenizer,
        judge=FakeJudge(one_in_three),
        source_tokens=64,
        target_tokens=6,
    )
    paid = by_row(collected, "task_rewards")
    for rows, one in zip(drafts.episodes, scores, strict=True):
        seen, _ = env.reset(options={"problem": drafts.problems[rows[0]]})
        earned: list[float] = []
        over = False
        for row in rows:
            assert not over
            assert seen["source"][seen["source_mask"] == 1].tolist() == list(drafts.sources[row])
            for token in drafts.written[row].tokens:
                seen, reward, over, _, _ = env.step(int(token))
                earned.append(float(reward))
        assert over
        np.testing.assert_allclose(one.rewards, earned, atol=1e-9)
        # A turn is worth what it pays and what follows from it.
        start = 0
        for row in rows:
            assert float(paid[row].sum()) == pytest.approx(sum(earned[start:]), abs=1e-5)
            start += len(drafts.written[row].tokens)


@pytest.mark.parametrize("keep_states", [True, False])
def test_assemble__log_probs_of_all_turns_are_those_of_policy_and_reference(keep_states: bool) -> None:
    policy, reference = make_policy(1, values=True), make_policy(1 if keep_states else 2)
    drafts, _, collected = rollout(keep_states)
    assert sum(len(batch.mask) for batch in collected.batches) == len(drafts.written)
    for batch in collected.batches:
        assert (batch.states is not None) == keep_states
        with torch.no_grad():
            ours, theirs = (one.evaluate(batch.sources, batch.tokens) for one in (policy, reference))
        real = batch.mask
        torch.testing.assert_close(batch.log_probs[real], ours.log_probs[real], rtol=0, atol=1e-4)
        torch.testing.assert_close(batch.values[real], ours.values[real], rtol=0, atol=1e-4)
        torch.testing.assert_close(batch.reference_log_probs[real], theirs.log_probs[real], rtol=0, atol=1e-4)


def test_assemble__compares_turns_with_the_same_turns_about_the_same_problem() -> None:
    drafts, _, collected = rollout()
    groups = [int(group) for group in by_row(collected, "groups")]
    places = {row: (turn, episode % 3) for episode, rows in _by_assignment(drafts) for turn, row in enumerate(rows)}
    for one in places:
        for other in places:
            assert (groups[one] == groups[other]) == (places[one] == places[other])


def _by_assignment(drafts: Drafts) -> list[tuple[int, Any]]:
    """Episodes with the number of their problem."""
    names = [problem.id for problem in tiny_problems("python")]
    return [(names.index(drafts.problems[rows[0]].id), rows) for rows in drafts.episodes]


def test_assemble__only_the_last_program_can_be_right() -> None:
    drafts, scores, collected = rollout()
    right = [bool(one) for one in by_row(collected, "right")]
    assert any(right)
    for rows, one in zip(drafts.episodes, scores, strict=True):
        assert [right[row] for row in rows] == [False] * (len(rows) - 1) + [one.grade.compiled]


def test_assemble__ends_the_last_turn_at_the_first_error() -> None:
    drafts, scores, _ = rollout()
    before = [sum(len(drafts.written[row].tokens) for row in rows[:-1]) for rows in drafts.episodes]
    scores = [replace(one, error_token=start + 1) for one, start in zip(scores, before, strict=True)]
    policy = make_policy(1, values=True)
    whole, ended = (assemble(policy, policy, drafts, scores, end_at_error=ends) for ends in (False, True))
    lengths = [int(mask.sum()) for mask in by_row(ended, "mask")]
    paid, expected = by_row(ended, "task_rewards"), by_row(whole, "task_rewards")
    for *earlier, last in drafts.episodes:
        assert [lengths[row] for row in earlier] == [len(drafts.written[row].tokens) for row in earlier]
        assert lengths[last] == 2
        for row in (*earlier, last):
            assert float(paid[row][: lengths[row]].sum()) == pytest.approx(float(expected[row].sum()), abs=1e-5)


def test_assemble__learns_nothing_from_an_episode_without_a_verdict() -> None:
    def unsure(source: bytes) -> Any:
        return "judge_error" if crc32(source) % 5 == 0 and b"return" not in source else one_in_three(source)

    drafts, scores, collected = rollout(judge=FakeJudge(unsure))
    lengths = [int(mask.sum()) for mask in by_row(collected, "mask")]
    valid = [one.valid for one in scores]
    assert 0 < sum(valid) < EPISODES
    for rows, one in zip(drafts.episodes, scores, strict=True):
        assert [lengths[row] for row in rows] == [len(drafts.written[row].tokens) if one.valid else 0 for row in rows]
    assert collected.metrics()["invalid_episodes"] == EPISODES - sum(valid)


def test_metrics__are_of_episodes_not_of_turns() -> None:
    drafts, scores, collected = rollout()
    metrics = collected.metrics()
    assert metrics["length"] == pytest.approx(np.mean([len(tokens) for tokens in tokens_of(drafts)]))
    assert metrics["compilation_rate"] == pytest.approx(np.mean([one.grade.compiled for one in scores]))
    kl = [float(row.sum()) for row in by_row(collected, "kl")]
    assert metrics["kl"] == pytest.approx(np.mean([sum(kl[row] for row in rows) for rows in drafts.episodes]), abs=1e-4)


def test_write__takes_programs_that_are_there_already() -> None:
    env = make_repair_env(make_policy())
    first = drafts_of(env)
    again = drafts_of(env, written=first.written, seed=2)  # another policy, which is not asked
    assert again.turns == first.turns
    assert again.sources == first.sources
    assert again.groups == first.groups


def test_agent__goes_on_exactly_from_a_checkpoint_with_turns_waiting(tmp_path: Path) -> None:
    settings = {"episodes_per_iteration": 6, "minibatch_size": 3, "overlap": True}

    def make() -> Agent:
        policy = make_policy()
        return PPO(policy, make_repair_env(policy), **settings)

    whole, half = make(), make()
    for _ in range(3):
        expected = whole.iterate()
    half.iterate()
    half.save(tmp_path)
    again = PPO.load(tmp_path, make_repair_env(half.policy))
    for _ in range(2):
        found = again.iterate()
    assert found == expected
    for ours, theirs in zip(again.policy.parameters(), whole.policy.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_grpo__learns_from_turns_behind_the_first() -> None:
    moved = []
    for turns in (1, 3):
        policy = make_policy()
        agent = GRPO(
            policy, make_repair_env(policy, turns=turns), episodes_per_iteration=12, samples_per_problem=4, epochs=1
        )
        agent.iterate()
        moved.append(torch.cat([weight.detach().flatten() for weight in policy.parameters()]))
    assert not torch.equal(*moved)


class Slow(FakeJudge):
    """All that has no bug takes too much time."""

    def grade(self, language: Any, source: Any, tests: Any = ()) -> Grade:
        if b"return" in source:
            return super().grade(language, source, tests)
        return Grade("runtime_error", True, 0, 1, (), ("time_limit",))


def test_write__builds_nothing_on_a_verdict_that_may_be_another_one_next_time() -> None:
    drafts = drafts_of(make_repair_env(make_policy(), judge=Slow(one_in_three)))
    assert [len(rows) for rows in drafts.episodes] == [1] * EPISODES


@pytest.mark.parametrize("seeds", [None, list(range(EPISODES))])
def test_write_episodes__can_be_told_apart_again(seeds: list[int] | None) -> None:
    policy = make_policy(1)
    env = make_repair_env(policy)
    posed = env.process.assign_all([env.process.problems[index] for index in range(3)])
    assignments = [posed[index % 3] for index in range(EPISODES)]
    engine = DecodingEngine(policy, env.process.layout.target_tokens, rows=EPISODES)
    episodes = write_episodes(engine, env.process, assignments, seeds)
    answers = [[int(token) for turn in episode for token in turn.tokens] for episode in episodes]
    again = turns_of(env.process, assignments, answers)
    plain = [[(tuple(turn.source_ids), tuple(turn.tokens)) for turn in episode] for episode in episodes]
    assert [[(tuple(turn.source_ids), tuple(turn.tokens)) for turn in episode] for episode in again] == plain
    assert max(map(len, episodes)) > 1
    distances = divergence(policy, make_policy(2), episodes, batch_size=4)
    for episode, nats in zip(episodes, distances, strict=True):
        alone = [value for turn in episode for value in divergence(policy, make_policy(2), [[turn]], 1)[0]]
        assert nats == pytest.approx(alone, abs=1e-3)
        assert len(nats) == sum(len(turn.tokens) for turn in episode)


def test_evaluate__counts_a_problem_as_solved_in_any_turn() -> None:
    policy = make_policy(1)
    solved = []
    for turns in (1, 3):
        env = make_repair_env(policy, turns=turns)
        found = [evaluate(policy, policy, env, 3, seed=seed) for seed in range(8)]
        solved.append(np.mean([one.solved for episodes in found for one in episodes]))
    assert solved[1] > solved[0]
