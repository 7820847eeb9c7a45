"""Two processes train as one does: the same programs, the same gradients, the same metrics."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

SCRIPT = """
import sys
import torch
from codegym_agents.algorithms import find_algorithm
from codegym_agents.common.processes import Processes, local_device
from policies import make_env, make_policy, make_repair_env
from safetensors.torch import save_file

torch.set_num_threads(1)
name, device, out = sys.argv[1:]
name, *options = name.split("-")
make_env = make_repair_env if "turns" in options else make_env
policy = make_policy().to(local_device(device))
# Seven programs in minibatches of three: the last one has a single program, and one process has none of it.
settings = {"episodes_per_iteration": 7, "minibatch_size": 3, "epochs": 1, "max_grad_norm": 1e9, "warmup_steps": 0}
if name in ("grpo", "rloo"):
    settings["samples_per_problem"] = 7
if "sharded" in options:
    settings |= {"sharded": True, "microbatch_size": 1, "query_learning_rate_factor": 0.5, "train_encoder": False}
algorithm = find_algorithm(name)
agent = algorithm(policy, make_env(policy), learning_rate=1e-3, entropy_coefficient=0.01, **settings)
rows = [agent.iterate()]
if "sharded" in options:
    agent.save(out + ".before")
    if agent._processes.count > 1:
        torch.distributed.barrier()
    agent = algorithm.load(out + ".before", make_env(policy), device=policy.device)
    policy = agent.policy
rows.append(agent.iterate())
weights = {key: weight.detach().cpu() for key, weight in policy.named_parameters()}
metrics = {f"metric {key}": torch.tensor([row[key] for row in rows], dtype=torch.float64) for key in rows[0]}
save_file(weights | metrics, f"{out}.{Processes(policy.device).rank}")
agent.save(out + ".checkpoint")
if agent._processes.count > 1:
    torch.distributed.destroy_process_group()
"""

LAUNCH = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]


GPUS = pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two GPUs")
DEVICES = pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=GPUS)])


def run(folder: Path, name: str, device: str, processes: int) -> list[dict[str, torch.Tensor]]:
    script = folder / "train.py"
    script.write_text(SCRIPT)
    out = folder / f"{name}-{processes}"
    command = [sys.executable] if processes == 1 else LAUNCH
    paths = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    finished = subprocess.run(
        [*command, str(script), name, device, str(out)],
        env=os.environ | {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert finished.returncode == 0, finished.stderr[-3000:]
    return [load_file(f"{out}.{rank}") for rank in range(processes)]


@DEVICES
@pytest.mark.parametrize(
    "name",
    ["ppo-turns", "ppo-sharded", *(pytest.param(name, marks=pytest.mark.slow) for name in ("ppo", "grpo", "rloo"))],
)
def test_two_processes__make_the_steps_of_one(name: str, device: str, tmp_path: Path) -> None:
    (alone,) = run(tmp_path, name, device, 1)
    first, second = run(tmp_path, name, device, 2)
    assert alone.keys() == first.keys() == second.keys()
    for key, expected in alone.items():
        assert torch.equal(first[key], second[key]), key
        torch.testing.assert_close(
            first[key], expected, rtol=1e-3, atol=2e-5, msg=lambda text, key=key: f"{key}: {text}"
        )
    # Any number of processes may go on from either checkpoint.
    ours, theirs = (load_file(tmp_path / f"{name}-{number}.checkpoint/training.safetensors") for number in (1, 2))
    assert ours.keys() == theirs.keys()
    for key, expected in ours.items():
        torch.testing.assert_close(theirs[key], expected, rtol=1e-2, atol=2e-5)


@DEVICES
@pytest.mark.parametrize("sharded", [False, True], ids=["DDP", "FSDP"])
def test_run__by_two_processes_is_written_by_one_of_them(sharded: bool, device: str, tmp_path: Path) -> None:
    from policies import make_policy

    make_policy().save_pretrained(tmp_path / "model")
    (tmp_path / "code").mkdir()
    for number in range(40):
        lines = [f"    total = total + values[{number}] * {step}" for step in range(7 + number % 4)]
        text = "\n".join([f"def weigh_{number}(values, total):", *lines, "    return total", ""])
        (tmp_path / "code" / f"module_{number}.py").write_text(text)
    options = ["--problems", str(tmp_path / "code"), "--model", str(tmp_path / "model"), "--source-tokens", "32"]
    options += ["--episodes", "12", "--evaluate", "3", "--device", device, "--no-progress"]
    options += ["--set", "episodes_per_iteration=6", "--set", "minibatch_size=3", "--set", "overlap=true"]
    options += ["--set", "sharded=true", "--checkpoint-every", "1"] if sharded else []
    finished = subprocess.run(
        [*LAUNCH, "-m", "codegym_agents.ppo", "CodeCompletion-Python-v0", *options, "--out", str(tmp_path / "run")],
        env=os.environ | {"OMP_NUM_THREADS": "1", "XDG_CACHE_HOME": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert finished.returncode == 0, finished.stderr[-3000:]
    assert len((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()) == 2
    assert (tmp_path / "run" / "summary.json").is_file()
    assert [folder.name for folder in (tmp_path / "run" / "checkpoints").iterdir()] == ["000002"]
