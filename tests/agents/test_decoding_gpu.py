"""The decoding engine on a GPU: equal to evaluating whole programs there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from codegym_agents.decoding import DecodingEngine, Sampling, Written
from policies import make_policy

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")

SIZES: dict[str, dict[str, Any]] = {
    "relu": {"num_layers": 3, "d_model": 192, "d_kv": 32, "d_ff": 256},
    "gated-gelu": {"num_layers": 2, "d_kv": 16, "feed_forward_proj": "gated-gelu", "tie_word_embeddings": False},
}
SAMPLINGS = {"all": Sampling(), "top-k": Sampling(top_k=5), "top-p": Sampling(top_p=0.7)}


def random_sources(count: int) -> list[list[int]]:
    random = np.random.default_rng(0)
    return [random.integers(256, size=random.integers(0, 90)).tolist() for _ in range(count)]


def write(sizes: dict[str, Any], dtype: torch.dtype, seeds: bool, sampling: Sampling) -> tuple[Any, list[Written]]:
    policy = make_policy(seed=7, values=True, **sizes).to("cuda")
    with torch.no_grad():
        policy.model.shared.weight[policy.tokenizer.end_id] *= 4.0
    engine = DecodingEngine(policy, 70, rows=16, dtype=dtype, sampling=sampling)
    sources = random_sources(50)
    written = engine.write(sources, range(50) if seeds else None)
    # The weights change, and so does what is written: nothing of the first call is left in the graph.
    with torch.no_grad():
        policy.model.decoder.block[0].layer[2].DenseReluDense.wo.weight.mul_(3.0)
    again = engine.write(sources, range(50) if seeds else None)
    assert written != again
    return policy, again


@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("seeds", [False, True], ids=["greedy", "sampled"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["float32", "bfloat16"])
def test_engine__equals_evaluate(sizes: dict[str, Any], seeds: bool, dtype: torch.dtype) -> None:
    policy, written = write(sizes, dtype, seeds, Sampling())
    assert not seeds or len({len(one.tokens) for one in written}) > 3
    tokens, mask = policy.pad_targets([one.tokens for one in written])
    with torch.no_grad():
        judged = policy.evaluate(policy.pad(random_sources(50)), tokens)
    for ours, theirs in (("log_probs", judged.log_probs), ("values", judged.values)):
        found = np.concatenate([getattr(one, ours) for one in written])
        gap = np.abs(found - theirs[mask].cpu().numpy())
        # bfloat16 has 8 bits: a logit of 30 is off by a tenth, and the log-probability of an unlikely token with it.
        assert gap.max() < (1e-3 if dtype == torch.float32 else 0.1 * (2.0 + np.abs(found).max()))
        assert gap.mean() < (1e-4 if dtype == torch.float32 else 0.02 * (1.0 + np.abs(found).mean()))


@pytest.mark.parametrize("sampling", SAMPLINGS.values(), ids=SAMPLINGS)
@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
def test_engine__writes_what_a_cpu_writes(sizes: dict[str, Any], sampling: Sampling) -> None:
    policy, written = write(sizes, torch.float32, True, sampling)
    expected = DecodingEngine(policy.cpu(), 70, sampling=sampling).write(random_sources(50), range(50))
    same = [one.tokens == other.tokens for one, other in zip(written, expected, strict=True)]
    assert sum(same) >= 48  # a random number may lie on the edge between two tokens
    for one, other, equal in zip(written, expected, same, strict=True):
        if equal:
            np.testing.assert_allclose(one.log_probs, other.log_probs, atol=1e-3)


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two GPUs")
def test_engine__writes_on_a_gpu_that_is_not_the_current_one() -> None:
    written = []
    for device in ("cuda:0", "cuda:1"):
        policy = make_policy(seed=7, values=True, **SIZES["relu"]).to(device)
        engine = DecodingEngine(policy, 70, rows=16, dtype=torch.float32)
        written.append(engine.write(random_sources(50), range(50)))
    assert torch.cuda.current_device() == 0
    first, second = ([one.tokens for one in programs] for programs in written)
    assert first == second
