"""Whole episodes, scored on a cluster: the numbers of this host."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from codegym.cluster import Cluster
from codegym.envs.vector import CodeVectorEnv
from codegym.judge import Judge


def made(**options: Any) -> CodeVectorEnv:
    env = gym.make_vec("CodeCompletion-Python-v0", num_envs=1, vectorization_mode="vector_entry_point", **options)
    assert isinstance(env, CodeVectorEnv)
    return env


def test_score_episodes__on_a_cluster_has_the_numbers_of_this_host(cluster: Cluster) -> None:
    here = made(workers=1)
    there = made(workers=cluster, judge=Judge(backend="ray", cluster=cluster))
    problems = [here.process.problems[index] for index in range(8)]
    random = np.random.default_rng(0)
    size = here.process.vocabulary.vocabulary_size
    answers = [list(one.reference_ids) for one in here.process.assign_all(problems)]
    answers[1::2] = [random.integers(size, size=48).tolist() for _ in answers[1::2]]
    answers = [answer[:48] for answer in answers]
    for one, other in zip(here.score_episodes(problems, answers), there.score_episodes(problems, answers), strict=True):
        assert (one.program, one.answer, one.grade, one.error_token) == (
            other.program,
            other.answer,
            other.grade,
            other.error_token,
        )
        assert {name: term.tolist() for name, term in one.terms.items()} == {
            name: term.tolist() for name, term in other.terms.items()
        }


@pytest.mark.slow
@pytest.mark.needs_torch
def test_train__on_a_cluster_is_the_same_run(cluster: Cluster, tmp_path: Any) -> None:
    from codegym_agents.experiment import Experiment, train

    experiment = Experiment(
        "CodeCompletion-Python-v0",
        model="nano-completion",
        episodes=16,
        evaluate=4,
        device="cpu",
        source_tokens=64,
        hyperparameters={"episodes_per_iteration": 8, "minibatch_size": 8, "overlap": True},
    )
    here = train(experiment, tmp_path / "here", progress=False)
    there = train(experiment, tmp_path / "there", progress=False, cluster=cluster)
    assert here == there
    assert (tmp_path / "here" / "metrics.jsonl").read_text() == (tmp_path / "there" / "metrics.jsonl").read_text()
