"""Writing on a cluster: the programs of this process, whoever writes them."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ray_nodes import by_value

from codegym.cluster import Cluster
from codegym.errors import ClusterError, ConfigurationError

pytestmark = pytest.mark.needs_torch

sys.path.append(str(Path(__file__).parents[1] / "agents"))

SOURCES = [[70 + place, 71, 72][: 1 + place % 3] for place in range(24)]
SEEDS = list(range(100, 124))


def same(written: Sequence[Any], expected: Sequence[Any]) -> None:
    assert [one.tokens for one in written] == [one.tokens for one in expected]
    for name in ("log_probs", "values"):
        for one, other in zip(written, expected, strict=True):
            np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=0, atol=1e-4)


def test_engine__on_a_cluster_writes_what_this_process_writes(cluster: Cluster) -> None:
    import torch
    from codegym_agents.decoding import ClusterEngine, DecodingEngine
    from policies import make_policy

    policy = make_policy(1, values=True)
    here, there = DecodingEngine(policy, 16, rows=8), ClusterEngine(cluster, policy, 16, rows=8)
    same(there.write(SOURCES, SEEDS), here.write(SOURCES, SEEDS))
    same(there.write(SOURCES), here.write(SOURCES))
    assert there.write([], []) == []
    with torch.no_grad():
        policy.model.lm_head.weight.mul_(3.0)
    policy.temperature = 0.5
    same(there.write(SOURCES, SEEDS), here.write(SOURCES, SEEDS))
    with pytest.raises(ConfigurationError, match="24 sources, but 3 seeds"):
        there.write(SOURCES, SEEDS[:3])


def test_engine__copies_models_of_transformers(cluster: Cluster) -> None:
    from codegym_agents.decoding import ClusterEngine, make_engine
    from test_auto import make

    policy = make("gpt2")  # whose embedding is its output too
    here, there = make_engine(policy, 8, rows=24), ClusterEngine(cluster, policy, 8, rows=12)
    same(there.write(SOURCES, SEEDS), here.write(SOURCES, SEEDS))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*will be removed in v6:FutureWarning")  # peft's own use of transformers
@pytest.mark.parametrize("kind", ["llama", "bart", "lora"])
def test_engine__copies_policies_of_every_kind(cluster: Cluster, kind: str) -> None:
    import torch
    from codegym_agents.decoding import ClusterEngine, make_engine
    from codegym_agents.models import AutoPolicy
    from test_auto import make

    policy = make("llama" if kind == "lora" else kind)
    if kind == "lora":
        peft: Any = pytest.importorskip("peft")
        settings = peft.LoraConfig(task_type="CAUSAL_LM", target_modules="all-linear", init_lora_weights=False)
        policy = AutoPolicy(peft.get_peft_model(policy.model, settings), policy.tokenizer).eval()
        policy.checkpoint_gradients()
    here, there = make_engine(policy, 8, rows=24), ClusterEngine(cluster, policy, 8, rows=12)
    same(there.write(SOURCES, SEEDS), here.write(SOURCES, SEEDS))
    learns = [weight for weight in policy.parameters() if weight.requires_grad]
    with torch.no_grad():
        learns[0].mul_(2.0)
    same(there.write(SOURCES, SEEDS), here.write(SOURCES, SEEDS))


@pytest.mark.parametrize(
    "options", [{"train_encoder": False, "overlap": True}, pytest.param({}, marks=pytest.mark.slow)]
)
def test_agent__whose_programs_others_write_is_the_same_agent(cluster: Cluster, options: dict[str, Any]) -> None:
    from codegym_agents import PPO
    from policies import make_env, make_policy

    histories = []
    for writers in (None, cluster):
        policy = make_policy(values=True)
        sizes = {"episodes_per_iteration": 12, "minibatch_size": 6, "writing_batch_size": 4, "learning_rate": 1e-3}
        agent = PPO(policy, make_env(policy), **sizes, **options)
        if writers is not None:
            agent.write_on(writers)
        history: list[dict[str, float]] = []
        agent.learn(36, lambda _, metrics, history=history: history.append(metrics))
        histories.append(history)
    here, there = histories
    assert len(here) == len(there) == 3
    for one, other in zip(here, there, strict=True):
        assert one == pytest.approx(other, rel=1e-3, abs=1e-4)


@pytest.mark.slow
def test_engine__a_writer_killed_in_the_middle_changes_nothing(cluster: Cluster) -> None:
    from codegym_agents.decoding import ClusterEngine
    from policies import make_policy

    policy = make_policy(1, values=True)
    engine = ClusterEngine(cluster, policy, 256, rows=2)
    sources, seeds = SOURCES * 10, range(240)
    expected = engine.write(sources, seeds)
    ((victim, *_), *_) = cluster.submit(by_value(processes), [0]).result()
    written: list[Any] = []
    writing = threading.Thread(target=lambda: written.extend(engine.write(sources, seeds)))
    writing.start()
    time.sleep(1.0)
    assert writing.is_alive()
    os.kill(victim, signal.SIGKILL)
    writing.join()
    assert written == expected


def processes(items: Sequence[int]) -> list[list[int]]:
    """Returns the process that each item came to."""
    return [[os.getpid()] for _ in items]


@pytest.mark.slow
def test_engine__a_node_that_is_killed_changes_nothing(nodes: Any, cluster: Cluster) -> None:
    from codegym_agents.decoding import ClusterEngine
    from policies import make_policy
    from ray_nodes import STORE

    policy = make_policy(1, values=True)
    stays, goes = (nodes.add_node(num_cpus=1, object_store_memory=STORE) for _ in range(2))
    with Cluster(workers=2) as pair:
        pair.wait()
        engine = ClusterEngine(pair, policy, 256, rows=2)
        sources, seeds = SOURCES * 10, range(240)
        expected = engine.write(sources, seeds)
        written: list[Any] = []
        writing = threading.Thread(target=lambda: written.extend(engine.write(sources, seeds)))
        writing.start()
        time.sleep(1.0)
        assert writing.is_alive()
        nodes.remove_node(goes, allow_graceful=False)
        writing.join()
        assert written == expected
    nodes.remove_node(stays)


def test_train__what_does_not_write_has_no_use_for_writers(cluster: Cluster, tmp_path: Path) -> None:
    from codegym_agents.experiment import Experiment, train

    sft = Experiment("CodeCompletion-Python-v0", algorithm="sft", model="nano-completion", evaluate=0, device="cpu")
    with pytest.raises(ConfigurationError, match="no use for writers"):
        train(sft, tmp_path / "run", progress=False, writers=cluster)


def test_wait__says_how_many_workers_have_not_started(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster.wait()
    monkeypatch.setattr("codegym.cluster.START_LIMIT", 0.1)
    with Cluster(workers=1) as waiting, pytest.raises(ClusterError, match="1 of 1 workers have not started"):
        waiting.wait()
