"""Writing token by token: equal to evaluating whole programs, and to transformers' own decoding."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from codegym_agents import Seq2SeqPolicy
from codegym_agents.decoding import Written, write
from hypothesis import given, settings
from hypothesis import strategies as st
from policies import make_policy

from codegym.tokens import load as load_tokenizer

ARCHITECTURES: dict[str, dict[str, Any]] = {
    "relu": {"num_layers": 2},
    "gated-gelu": {"num_layers": 2, "feed_forward_proj": "gated-gelu", "tie_word_embeddings": False},
    "shallow decoder, few buckets": {
        "num_layers": 2,
        "num_decoder_layers": 1,
        "relative_attention_num_buckets": 8,
        "relative_attention_max_distance": 20,
        "d_kv": 16,
    },
}
architectures = pytest.mark.parametrize("sizes", ARCHITECTURES.values(), ids=ARCHITECTURES)


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def random_sources(lengths: list[int], seed: int = 0) -> list[list[int]]:
    random = np.random.default_rng(seed)
    return [random.integers(256, size=length).tolist() for length in lengths]


def eager_to_end(policy: Seq2SeqPolicy, factor: float) -> Seq2SeqPolicy:
    """Makes a policy's programs end earlier, at many different lengths."""
    with torch.no_grad():
        policy.model.shared.weight[policy.tokenizer.end_id] *= factor
    return policy


def assert_is_evaluation(policy: Seq2SeqPolicy, sources: list[list[int]], written: list[Written]) -> None:
    tokens, mask = policy.pad_targets([one.tokens for one in written])
    with torch.no_grad():
        judged = policy.evaluate(policy.pad(sources), tokens)
    for row, one in enumerate(written):
        np.testing.assert_allclose(one.log_probs, judged.log_probs[row][mask[row]], atol=1e-4)
        np.testing.assert_allclose(one.values, judged.values[row][mask[row]], atol=1e-4)


@architectures
@pytest.mark.parametrize("seed", [None, 5])
def test_write__equals_evaluate(sizes: dict[str, Any], seed: int | None) -> None:
    policy = make_policy(values=True, **sizes)
    sources = random_sources([1, 30, 7, 0, 64, 3])
    generator = None if seed is None else seeded(seed)
    # Longer than the 128 tokens from which on all distances share T5's last bucket.
    written = write(policy, policy.pad(sources), 150, generator=generator)
    assert_is_evaluation(policy, sources, written)


@settings(max_examples=25)
@given(lengths=st.lists(st.integers(0, 40), min_size=1, max_size=12), seed=st.integers(0, 1000))
def test_write__equals_evaluate_while_rows_finish(lengths: list[int], seed: int) -> None:
    policy = eager_to_end(make_policy(seed=7, values=True), 6.0)
    sources = random_sources(lengths, seed)
    written = write(policy, policy.pad(sources), 24, generator=seeded(seed))
    assert len(written) == len(sources)
    assert_is_evaluation(policy, sources, written)
    end = policy.tokenizer.end_id
    for one in written:
        assert len(one.tokens) == len(one.log_probs) == len(one.values)
        assert end not in one.tokens[:-1]
        assert one.tokens[-1] == end or len(one.tokens) == 24


def test_write__has_programs_of_many_lengths_in_the_test_above() -> None:
    policy = eager_to_end(make_policy(seed=7), 6.0)
    written = write(policy, policy.pad(random_sources([9] * 64)), 24, generator=seeded(0))
    assert len({len(one.tokens) for one in written}) > 5


@architectures
def test_write__greedily_equals_transformers(sizes: dict[str, Any]) -> None:
    policy = eager_to_end(make_policy(vocabulary=270, **sizes), 3.0)
    end = policy.tokenizer.end_id
    sources = policy.pad(random_sources([3, 40, 11, 25, 8, 1, 60, 33]))
    theirs = policy.model.generate(
        input_ids=sources.tokens,
        attention_mask=sources.mask,
        do_sample=False,
        max_new_tokens=40,
        suppress_tokens=policy.forbidden.nonzero().flatten().tolist(),
    )[:, 1:].tolist()
    cut = [row[: row.index(end) + 1] if end in row else row for row in theirs]
    assert [one.tokens for one in write(policy, sources, 40)] == cut


def test_write__greedily_takes_the_most_probable_token() -> None:
    policy = make_policy()
    sources = random_sources([5, 12])
    written = write(policy, policy.pad(sources), 10)
    tokens, mask = policy.pad_targets([one.tokens for one in written])
    judged = policy.evaluate(policy.pad(sources), tokens)
    assert torch.equal(judged.all_log_probs.argmax(-1)[mask], tokens[mask])


def test_write__with_the_same_seed_is_the_same() -> None:
    policy = make_policy(values=True)
    sources = policy.pad(random_sources([5, 12, 3]))
    first = write(policy, sources, 20, generator=seeded(1))
    assert write(policy, sources, 20, generator=seeded(1)) == first
    assert write(policy, sources, 20, generator=seeded(2)) != first
    # A stream goes on: the second batch of a generator is another one.
    generator = seeded(1)
    assert write(policy, sources, 20, generator=generator) == first
    assert write(policy, sources, 20, generator=generator) != first


def test_write__leaves_the_global_random_state_alone() -> None:
    policy = make_policy()
    before = torch.random.get_rng_state()
    write(policy, policy.pad([[65]]), 5, generator=seeded(0))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_write__does_not_change_a_program_when_others_finish() -> None:
    policy = eager_to_end(make_policy(seed=7, values=True), 3.0)
    sources = random_sources([20, 3, 35, 9, 14, 28, 50, 2])
    together = write(policy, policy.pad(sources), 30)
    assert len({len(one.tokens) for one in together}) > 1
    for source, one in zip(sources, together, strict=True):
        (alone,) = write(policy, policy.pad([source]), 30)
        assert alone.tokens == one.tokens
        np.testing.assert_allclose(alone.log_probs, one.log_probs, atol=1e-4)
        np.testing.assert_allclose(alone.values, one.values, atol=1e-4)


def test_write__samples_from_the_policy() -> None:
    policy = make_policy(seed=2)
    with torch.no_grad():
        policy.model.shared.weight[:] *= 3.0  # some tokens are likely
    sources = policy.pad([[65, 66]] * 4000)
    written = write(policy, sources, 1, generator=seeded(0))
    counts = np.bincount([one.tokens[0] for one in written], minlength=258) / len(written)
    expected = policy.evaluate(policy.pad([[65, 66]]), torch.tensor([[65]])).all_log_probs[0, 0].exp().detach().numpy()
    assert expected.max() > 0.05
    np.testing.assert_allclose(counts, expected, atol=0.03)


@pytest.mark.parametrize("seed", [None, 0])
def test_write__never_writes_an_illegal_token(seed: int | None) -> None:
    policy = make_policy(tokenizer=load_tokenizer("codegym"), vocabulary=4200)
    with torch.no_grad():
        policy.model.shared.weight[policy.forbidden] *= 50.0  # what the transformer would like to write most
    generator = None if seed is None else seeded(seed)
    written = write(policy, policy.pad([[5, 6]] * 16), 20, generator=generator)
    for one in written:
        assert all(policy.tokenizer.legal[token] for token in one.tokens)
        assert np.isfinite(one.log_probs).all()


@pytest.mark.parametrize("budget", [1, 2, 17])
def test_write__respects_the_budget(budget: int) -> None:
    policy = make_policy()
    written = write(policy, policy.pad(random_sources([3, 6])), budget, generator=seeded(0))
    assert all(1 <= len(one.tokens) <= budget for one in written)
    assert max(len(one.tokens) for one in written) == budget


def test_write__stops_as_soon_as_all_have_finished() -> None:
    policy = make_policy()
    policy.forbidden[: policy.tokenizer.end_id] = True  # only the end is left
    (one, other) = write(policy, policy.pad([[65], [66]]), 400)
    assert one.tokens == other.tokens == [policy.tokenizer.end_id]
    assert one.log_probs == [0.0]


def test_write__takes_states_that_are_known() -> None:
    policy = make_policy()
    sources = policy.pad(random_sources([5, 12]))
    with torch.no_grad():
        states = policy.encode(sources)
    assert write(policy, sources, 9, states=states) == write(policy, sources, 9)
