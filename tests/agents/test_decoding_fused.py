"""The engine's Triton kernels, run by Triton's interpreter: equal to the same operations in plain PyTorch."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("triton", reason="needs Triton")

SCRIPT = """
import itertools
import numpy as np, torch
from codegym_agents.decoding import DecodingEngine, Sampling, fused, plain
from policies import make_policy

random = np.random.default_rng(0)
sources = [random.integers(256, size=n).tolist() for n in (1, 30, 7, 0, 64, 3, 9)]
operations = {"plain": plain.OPERATIONS, "fused": fused.OPERATIONS}
# Heads of 12 numbers: a width that is no power of two, as kernels want theirs to be.
samplings = Sampling(), Sampling(top_k=5), Sampling(top_p=0.6), Sampling(top_k=40)
for width, samplings in (16, samplings), (12, samplings[:1]):
    policy = make_policy(seed=7, values=True, num_layers=2, d_kv=width, d_model=48)
    with torch.no_grad():
        policy.model.shared.weight[policy.tokenizer.end_id] *= 4
    for sampling, seeds in itertools.product(samplings, (None, range(7))):
        written = {}
        for name, plain.OPERATIONS in operations.items():
            engine = DecodingEngine(policy, 16, rows=5, batching="continuous", sampling=sampling)
            written[name] = engine.write(sources, seeds)
        for one, other in zip(*written.values()):
            assert one.tokens == other.tokens
            np.testing.assert_allclose(one.log_probs, other.log_probs, atol=1e-4)
            np.testing.assert_allclose(one.values, other.values, atol=1e-4)
print("equal")
"""


def test_kernels__equal_plain_operations() -> None:
    # The interpreter is chosen when Triton is imported, so for a whole process.
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    environment = {**os.environ, "TRITON_INTERPRET": "1", "PYTHONPATH": path}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, timeout=600)
    assert done.stdout == "equal\n", done.stderr
