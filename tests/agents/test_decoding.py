"""Writing token by token: equal to evaluating whole programs, and to transformers' own decoding."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from codegym_agents import Seq2SeqPolicy
from codegym_agents.decoding import DecodingEngine, Sampling, Written, write
from codegym_agents.decoding.choose import choose, choose_on_host
from codegym_agents.decoding.engine import Batching
from codegym_agents.decoding.static import StaticDecoder
from hypothesis import given, settings
from hypothesis import strategies as st
from policies import make_policy

from codegym.errors import ConfigurationError
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
BATCHINGS: tuple[Batching, ...] = ("shrinking", "continuous")
SAMPLINGS = (Sampling(), Sampling(top_k=3), Sampling(top_p=0.6), Sampling(top_k=20, top_p=0.8))
architectures = pytest.mark.parametrize("sizes", ARCHITECTURES.values(), ids=ARCHITECTURES)


def seeds_of(seed: int, sources: list[list[int]]) -> list[int]:
    return np.random.default_rng(seed).integers(2**63, size=len(sources)).tolist()


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
    seeds = None if seed is None else seeds_of(seed, sources)
    # Longer than the 128 tokens from which on all distances share T5's last bucket.
    written = write(policy, sources, 150, seeds)
    assert_is_evaluation(policy, sources, written)


@settings(max_examples=25)
@given(lengths=st.lists(st.integers(0, 40), min_size=1, max_size=12), seed=st.integers(0, 1000))
def test_write__equals_evaluate_while_rows_finish(lengths: list[int], seed: int) -> None:
    policy = eager_to_end(make_policy(seed=7, values=True), 6.0)
    sources = random_sources(lengths, seed)
    written = write(policy, sources, 24, seeds_of(seed, sources))
    assert len(written) == len(sources)
    assert_is_evaluation(policy, sources, written)
    end = policy.tokenizer.end_id
    for one in written:
        assert len(one.tokens) == len(one.log_probs) == len(one.values)
        assert end not in one.tokens[:-1]
        assert one.tokens[-1] == end or len(one.tokens) == 24


def test_write__has_programs_of_many_lengths_in_the_test_above() -> None:
    policy = eager_to_end(make_policy(seed=7), 6.0)
    sources = random_sources([9] * 64)
    written = write(policy, sources, 24, seeds_of(0, sources))
    assert len({len(one.tokens) for one in written}) > 5


@architectures
def test_write__greedily_equals_transformers(sizes: dict[str, Any]) -> None:
    policy = eager_to_end(make_policy(vocabulary=270, **sizes), 3.0)
    end = policy.tokenizer.end_id
    sources = random_sources([3, 40, 11, 25, 8, 1, 60, 33])
    read = policy.pad(sources)
    theirs = policy.model.generate(
        input_ids=read.tokens,
        attention_mask=read.mask,
        do_sample=False,
        max_new_tokens=40,
        suppress_tokens=policy.forbidden.nonzero().flatten().tolist(),
    )[:, 1:].tolist()
    cut = [row[: row.index(end) + 1] if end in row else row for row in theirs]
    assert [one.tokens for one in write(policy, sources, 40)] == cut


def test_write__greedily_takes_the_most_probable_token() -> None:
    policy = make_policy()
    sources = random_sources([5, 12])
    written = write(policy, sources, 10)
    tokens, mask = policy.pad_targets([one.tokens for one in written])
    judged = policy.evaluate(policy.pad(sources), tokens)
    assert torch.equal(judged.all_log_probs.argmax(-1)[mask], tokens[mask])


def test_write__with_the_same_seed_is_the_same() -> None:
    policy = make_policy(values=True)
    sources = random_sources([5, 12, 3])
    first = write(policy, sources, 20, [1, 2, 3])
    assert write(policy, sources, 20, [1, 2, 3]) == first
    other = write(policy, sources, 20, [1, 4, 3])
    assert [one.tokens == another.tokens for one, another in zip(first, other, strict=True)] == [True, False, True]


def test_write__leaves_the_global_random_state_alone() -> None:
    policy = make_policy()
    before = torch.random.get_rng_state()
    write(policy, [[65]], 5, [0])
    assert torch.equal(torch.random.get_rng_state(), before)


def test_write__does_not_change_a_program_when_others_finish() -> None:
    policy = eager_to_end(make_policy(seed=7, values=True), 3.0)
    sources = random_sources([20, 3, 35, 9, 14, 28, 50, 2])
    together = write(policy, sources, 30)
    assert len({len(one.tokens) for one in together}) > 1
    for source, one in zip(sources, together, strict=True):
        (alone,) = write(policy, [source], 30)
        assert alone.tokens == one.tokens
        np.testing.assert_allclose(alone.log_probs, one.log_probs, atol=1e-4)
        np.testing.assert_allclose(alone.values, one.values, atol=1e-4)


def test_write__samples_from_the_policy() -> None:
    policy = make_policy(seed=2)
    with torch.no_grad():
        policy.model.shared.weight[:] *= 3.0  # some tokens are likely
    written = write(policy, [[65, 66]] * 4000, 1, range(4000))
    counts = np.bincount([one.tokens[0] for one in written], minlength=258) / len(written)
    expected = policy.evaluate(policy.pad([[65, 66]]), torch.tensor([[65]])).all_log_probs[0, 0].exp().detach().numpy()
    assert expected.max() > 0.05
    np.testing.assert_allclose(counts, expected, atol=0.03)


@pytest.mark.parametrize("seed", [None, 0])
def test_write__never_writes_an_illegal_token(seed: int | None) -> None:
    policy = make_policy(tokenizer=load_tokenizer("codegym"), vocabulary=4200)
    with torch.no_grad():
        policy.model.shared.weight[policy.forbidden] *= 50.0  # what the transformer would like to write most
    written = write(policy, [[5, 6]] * 16, 20, None if seed is None else range(16))
    for one in written:
        assert all(policy.tokenizer.legal[token] for token in one.tokens)
        assert np.isfinite(one.log_probs).all()


@pytest.mark.parametrize("budget", [1, 2, 17])
def test_write__respects_the_budget(budget: int) -> None:
    policy = make_policy()
    written = write(policy, random_sources([3, 6]), budget, [0, 1])
    assert all(1 <= len(one.tokens) <= budget for one in written)
    assert max(len(one.tokens) for one in written) == budget


def test_write__stops_as_soon_as_all_have_finished() -> None:
    policy = make_policy()
    policy.forbidden[: policy.tokenizer.end_id] = True  # only the end is left
    (one, other) = write(policy, [[65], [66]], 400)
    assert one.tokens == other.tokens == [policy.tokenizer.end_id]
    assert one.log_probs == [0.0]


@pytest.mark.parametrize("batching", BATCHINGS)
def test_engine__takes_states_that_are_known(batching: Batching) -> None:
    policy = make_policy()
    sources = random_sources([12, 5])
    with torch.no_grad():
        states = policy.encode(policy.pad(sources))
    engine = DecodingEngine(policy, 9, batching=batching)
    for ours, theirs in zip(engine.write(sources, states=states), engine.write(sources), strict=True):
        assert ours.tokens == theirs.tokens
        np.testing.assert_allclose(ours.log_probs, theirs.log_probs, atol=1e-5)


@settings(max_examples=15)
@given(
    lengths=st.lists(st.integers(0, 40), min_size=1, max_size=20),
    rows=st.integers(1, 9),
    sampling=st.sampled_from(SAMPLINGS),
    greedy=st.booleans(),
)
def test_engine__writes_the_same_however_it_fills_its_rows(
    lengths: list[int], rows: int, sampling: Sampling, greedy: bool
) -> None:
    policy = eager_to_end(make_policy(seed=7, values=True), 6.0)
    sources = random_sources(lengths)
    seeds = None if greedy else seeds_of(3, sources)
    together = DecodingEngine(policy, 24, rows=64, sampling=sampling).write(sources, seeds)
    for batching in BATCHINGS:
        parts = DecodingEngine(policy, 24, rows=rows, sampling=sampling, batching=batching).write(sources, seeds)
        assert [one.tokens for one in parts] == [one.tokens for one in together]
        for ours, theirs in zip(parts, together, strict=True):
            np.testing.assert_allclose(ours.log_probs, theirs.log_probs, atol=1e-4)
            np.testing.assert_allclose(ours.values, theirs.values, atol=1e-4)


@architectures
def test_engine__refilling_rows_equals_evaluate(sizes: dict[str, Any]) -> None:
    policy = eager_to_end(make_policy(values=True, **sizes), 4.0)
    sources = random_sources([1, 30, 7, 0, 64, 3, 9, 22, 14, 5])
    engine = DecodingEngine(policy, 40, rows=3, batching="continuous")
    assert_is_evaluation(policy, sources, engine.write(sources, seeds_of(1, sources)))


@pytest.mark.parametrize("batching", BATCHINGS)
def test_engine__writes_with_the_weights_as_they_are(batching: Batching) -> None:
    policy = make_policy(values=True)
    sources = random_sources([4, 9])
    engine = DecodingEngine(policy, 12, batching=batching)
    before = engine.write(sources, [0, 1])
    with torch.no_grad():
        for weight in policy.parameters():
            weight.mul_(1.1)
    after = engine.write(sources, [0, 1])
    assert after != before
    assert_is_evaluation(policy, sources, after)
    policy.temperature = 0.5
    assert_is_evaluation(policy, sources, engine.write(sources, [0, 1]))


@pytest.mark.parametrize("batching", BATCHINGS)
@pytest.mark.parametrize("sampling", SAMPLINGS, ids=str)
def test_sampling__log_probs_are_those_of_what_was_sampled_from(sampling: Sampling, batching: Batching) -> None:
    policy = make_policy(seed=2)
    with torch.no_grad():
        policy.model.shared.weight[:] *= 3.0
        logits = policy.evaluate(policy.pad([[65, 66]]), torch.tensor([[65]])).all_log_probs[0, 0]
    kept = torch.ones_like(logits, dtype=torch.bool)
    if sampling.top_k is not None:
        kept &= logits >= logits.topk(sampling.top_k).values[-1]
    if sampling.top_p is not None:
        ordered, order = logits.masked_fill(~kept, -torch.inf).softmax(dim=-1).sort(descending=True)
        nucleus = order[: int((ordered.cumsum(0) < sampling.top_p).sum()) + 1]
        kept &= torch.zeros_like(kept).scatter(0, nucleus, True)
    expected = logits.masked_fill(~kept, -torch.inf).log_softmax(dim=-1)
    engine = DecodingEngine(policy, 1, sampling=sampling, batching=batching)
    written = engine.write([[65, 66]] * 600, range(600))
    for one in written:
        assert kept[one.tokens[0]]
        assert one.log_probs[0] == pytest.approx(float(expected[one.tokens[0]]), abs=1e-4)
    counts = np.bincount([one.tokens[0] for one in written], minlength=len(logits)) / len(written)
    np.testing.assert_allclose(counts, expected.exp(), atol=0.08)


@pytest.mark.parametrize("sampling", SAMPLINGS, ids=str)
@pytest.mark.parametrize("tied", [False, True])
def test_choose_on_host__equals_choose(sampling: Sampling, tied: bool) -> None:
    generator = torch.Generator().manual_seed(0)
    logits = 3.0 * torch.randn((500, 60), generator=generator)
    if tied:
        logits = logits.round()  # many tokens are as probable as the k-th
    uniforms = torch.rand(500, generator=generator)
    tokens, log_probs = choose_on_host(logits, uniforms, sampling)
    expected_tokens, expected_log_probs = choose(logits, uniforms, sampling)
    assert torch.equal(tokens, expected_tokens)
    torch.testing.assert_close(log_probs, expected_log_probs, atol=1e-5, rtol=0.0)


def test_engine__halves_its_rows_where_memory_does_not_suffice(monkeypatch: pytest.MonkeyPatch) -> None:
    policy = eager_to_end(make_policy(seed=7), 6.0)
    sources = random_sources([5, 9, 2, 30, 17, 11, 4, 8])
    expected = DecodingEngine(policy, 24, batching="continuous").write(sources, range(8))
    run = StaticDecoder.run

    def run_out(self: StaticDecoder, steps: int) -> None:
        if self.rows > 2:
            raise torch.OutOfMemoryError("no memory")
        run(self, steps)

    monkeypatch.setattr(StaticDecoder, "run", run_out)
    engine = DecodingEngine(policy, 24, rows=8, batching="continuous")
    with pytest.warns(UserWarning, match="no memory for so many rows"):
        written = engine.write(sources, range(8))
    assert engine.rows == 2
    assert [one.tokens for one in written] == [one.tokens for one in expected]


def test_engine__writes_nothing_for_no_sources() -> None:
    assert DecodingEngine(make_policy(), 5).write([], []) == []


def test_engine__bad_arguments_are_configuration_errors() -> None:
    policy = make_policy()
    for bad in ({"max_tokens": 0}, {"max_tokens": 5, "rows": 0}, {"max_tokens": 5, "max_source_tokens": -1}):
        with pytest.raises(ConfigurationError, match="at least 1"):
            DecodingEngine(policy, **bad)
    with pytest.raises(ConfigurationError, match="2 sources, but 1 seeds"):
        DecodingEngine(policy, 5).write([[1], [2]], [0])
    with pytest.raises(ConfigurationError, match="top_k"):
        Sampling(top_k=0)
    with pytest.raises(ConfigurationError, match="top_p"):
        Sampling(top_p=1.5)
