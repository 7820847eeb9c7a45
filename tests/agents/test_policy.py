"""The policy: what it loads, what it refuses, and the probabilities that it gives."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from codegym_agents import Seq2SeqPolicy
from codegym_agents.decoding import write
from codegym_agents.models.base import PaddedSources
from policies import make_env, make_policy
from safetensors.torch import load_file, save_file

from codegym.errors import ConfigurationError, DataError, UnknownNameError
from codegym.tokens import load as load_tokenizer

SOURCES = [[65, 66, 67], [100] * 9, [40]]
PROGRAMS = [[70, 71, 257], [72], [40, 41, 42, 43, 257]]


def probabilities(policy: Seq2SeqPolicy) -> Any:
    return policy.evaluate(policy.pad(SOURCES), policy.pad_targets(PROGRAMS)[0])


def assert_equal(ours: Seq2SeqPolicy, theirs: Seq2SeqPolicy, **tolerance: float) -> None:
    for mine, other in zip(probabilities(ours), probabilities(theirs), strict=True):
        torch.testing.assert_close(mine, other, **tolerance)


# --- checkpoints -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sizes", [{}, {"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False}])
def test_checkpoint__comes_back_with_its_value_head(sizes: dict[str, Any], tmp_path: Path) -> None:
    policy = make_policy(values=True, **sizes)
    policy.save_pretrained(tmp_path / "new" / "folder")
    loaded = Seq2SeqPolicy.from_pretrained(tmp_path / "new" / "folder")
    assert_equal(loaded, policy, rtol=0, atol=0)
    assert loaded.state_dict().keys() == policy.state_dict().keys()
    assert loaded.tokenizer.vocabulary_size == policy.tokenizer.vocabulary_size
    assert not loaded.training
    assert loaded.value_head.weight.any()


def test_checkpoint__keeps_an_output_layer_of_its_own(tmp_path: Path) -> None:
    # T5 1.1's is not the embedding.
    policy = make_policy(feed_forward_proj="gated-gelu", tie_word_embeddings=False)
    policy.model.lm_head.weight = torch.nn.Parameter(torch.randn_like(policy.model.lm_head.weight))
    policy.save_pretrained(tmp_path)
    assert_equal(Seq2SeqPolicy.from_pretrained(tmp_path), policy, rtol=0, atol=0)


def test_checkpoint__may_be_stored_in_half_precision(tmp_path: Path) -> None:
    policy = make_policy(values=True)
    policy.save_pretrained(tmp_path, dtype=torch.bfloat16)
    assert load_file(tmp_path / "model.safetensors")["shared.weight"].dtype == torch.bfloat16
    loaded = Seq2SeqPolicy.from_pretrained(tmp_path)
    assert {weight.dtype for weight in loaded.parameters()} == {torch.float32}
    assert_equal(loaded, policy, rtol=0.1, atol=0.3)


def test_checkpoint__stores_the_shared_embedding_once(tmp_path: Path) -> None:
    make_policy().save_pretrained(tmp_path)
    names = load_file(tmp_path / "model.safetensors").keys()
    assert "shared.weight" in names
    assert not {"lm_head.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight"} & names


def test_checkpoint__is_read_by_transformers(tmp_path: Path) -> None:
    from transformers import T5ForConditionalGeneration

    policy = make_policy()
    policy.save_pretrained(tmp_path)
    model = T5ForConditionalGeneration.from_pretrained(tmp_path)
    for mine, other in zip(policy.model.parameters(), model.parameters(), strict=True):
        assert torch.equal(mine, other)


@pytest.mark.parametrize("sizes", [{}, {"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False}])
def test_folder__written_by_transformers_is_read(sizes: dict[str, Any], tmp_path: Path) -> None:
    policy = make_policy(**sizes)
    policy.model.save_pretrained(tmp_path)
    policy.tokenizer.save(tmp_path / "tokenizer.json")
    loaded = Seq2SeqPolicy.from_pretrained(tmp_path)
    assert_equal(loaded, policy, rtol=0, atol=0)
    assert not loaded.value_head.weight.any()


def test_folder__in_the_format_of_codet5_is_read(data_folder: Path, tmp_path: Path) -> None:
    codet5 = data_folder / "codet5-tokenizer"
    if not codet5.is_dir():
        pytest.skip(f"{codet5} does not exist; set CODEGYM_DATA to the folder with CodeT5's vocabulary")
    shutil.copyfile(codet5 / "codet5-vocab.json", tmp_path / "vocab.json")
    shutil.copyfile(codet5 / "codet5-merges.txt", tmp_path / "merges.txt")
    tokenizer = load_tokenizer(tmp_path)
    # The released model has rows for 100 tokens more than the vocabulary holds.
    make_policy(tokenizer=tokenizer, vocabulary=32_100, d_model=16, d_ff=16).model.save_pretrained(tmp_path)
    policy = Seq2SeqPolicy.from_pretrained(tmp_path)
    assert policy.vocabulary_size == 32_100
    assert policy.forbidden[32_000:].all()
    assert policy.tokenizer.end_id == 2
    assert policy.tokenizer.pad_id == 0
    source = policy.tokenizer.encode("def add(a, b):\n    return ")
    (written,) = write(policy, [source], 12, [0])
    assert 0 < len(written.tokens) <= 12
    assert policy.tokenizer.decode(written.tokens)
    target, _ = policy.pad_targets([written.tokens])
    judged = policy.evaluate(policy.pad([source]), target)
    np.testing.assert_allclose(written.log_probs, judged.log_probs[0].detach(), atol=1e-4)


def test_name__that_is_unknown_names_the_one_that_is_shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    for name in ("nanoo", "Salesforce/no-such-model", "no/such/folder/at/all"):
        with pytest.raises(UnknownNameError, match="nano"):
            Seq2SeqPolicy.from_pretrained(name)


Damage = Callable[[Path], object]


def cut(name: str) -> Damage:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:-100])


def configure(**changes: Any) -> Damage:
    def change(folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(config | changes))

    return change


def drop_weight(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    del weights["decoder.final_layer_norm.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(cut("model.safetensors"), id="weights are cut"),
        pytest.param(cut("config.json"), id="config is cut"),
        pytest.param(cut("tokenizer.json"), id="tokenizer is cut"),
        pytest.param(cut("value_head.safetensors"), id="value head is cut"),
        pytest.param(drop_weight, id="a weight is missing"),
        pytest.param(lambda folder: (folder / "model.safetensors").unlink(), id="weights are missing"),
        pytest.param(lambda folder: (folder / "config.json").unlink(), id="config is missing"),
        pytest.param(lambda folder: (folder / "tokenizer.json").unlink(), id="tokenizer is missing"),
        pytest.param(lambda folder: (folder / "config.json").write_text("[]"), id="config is no object"),
        pytest.param(lambda folder: (folder / "config.json").write_bytes(b"\xff\xfe"), id="config is binary"),
        pytest.param(configure(model_type="bert"), id="another architecture"),
        pytest.param(configure(d_model="wide"), id="d_model is no number"),
        pytest.param(configure(d_model=-4), id="d_model is negative"),
        pytest.param(configure(d_model=64), id="weights of another width"),
        pytest.param(configure(feed_forward_proj="a-b-c"), id="no such activation"),
        pytest.param(
            lambda folder: save_file({"weight": torch.zeros(1, 7)}, folder / "value_head.safetensors"),
            id="value head of another width",
        ),
    ],
)
def test_checkpoint__that_is_broken_is_a_data_error(damage: Damage, tmp_path: Path) -> None:
    make_policy().save_pretrained(tmp_path)
    damage(tmp_path)
    with pytest.raises(DataError, match=str(tmp_path)):
        Seq2SeqPolicy.from_pretrained(tmp_path)


def test_tokenizer__with_more_tokens_than_the_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="258 tokens"):
        make_policy(vocabulary=257)
    make_policy().save_pretrained(tmp_path)
    with pytest.raises(ConfigurationError, match="4096 tokens"):
        Seq2SeqPolicy.from_pretrained(tmp_path, tokenizer="codegym")


# --- probabilities -----------------------------------------------------------------------------------------


def test_policy__gives_illegal_tokens_probability_0() -> None:
    policy = make_policy(vocabulary=300)
    judged = probabilities(policy)
    assert judged.all_log_probs.shape == (3, 5, 300)
    illegal = [policy.tokenizer.pad_id, *range(258, 300)]
    assert (judged.all_log_probs[..., illegal] == -math.inf).all()
    legal = judged.all_log_probs[..., [*range(256), policy.tokenizer.end_id]]
    assert legal.isfinite().all()
    torch.testing.assert_close(legal.exp().sum(-1), torch.ones(3, 5))


def test_policy__is_the_softmax_of_the_transformer_over_legal_tokens() -> None:
    for sizes in ({}, {"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False}):
        policy = make_policy(vocabulary=300, **sizes)
        sources, (target, _) = policy.pad(SOURCES), policy.pad_targets(PROGRAMS)
        logits = policy.model(input_ids=sources.tokens, attention_mask=sources.mask, labels=target).logits
        logits[..., policy.forbidden] = -math.inf
        torch.testing.assert_close(policy.evaluate(sources, target).all_log_probs, logits.log_softmax(-1))


def test_evaluate__does_not_depend_on_the_padding() -> None:
    policy = make_policy(values=True)
    together = probabilities(policy)
    for row, (source, program) in enumerate(zip(SOURCES, PROGRAMS, strict=True)):
        alone = policy.evaluate(policy.pad([source]), policy.pad_targets([program])[0])
        for mine, other in zip(alone, together, strict=True):
            torch.testing.assert_close(mine[0], other[row, : len(program)], rtol=1e-4, atol=1e-4)


def test_evaluate__takes_states_that_are_known() -> None:
    policy = make_policy()
    sources, (target, _) = policy.pad(SOURCES), policy.pad_targets(PROGRAMS)
    known = policy.evaluate(sources, target, policy.encode(sources))
    assert torch.equal(known.log_probs, policy.evaluate(sources, target).log_probs)


def test_evaluate__reads_equal_sources_once() -> None:
    """Whoever writes several programs about a problem pays for one source, and gets the gradients of several."""
    rows = [0, 0, 1, 0, 2, 2]  # wherever they stand
    targets = [[70, 71, 257], [72, 257], [73, 257], [74, 75, 257], [40, 257], [41, 42, 257]]

    def gradients(policy: Seq2SeqPolicy, parts: list[list[int]]) -> tuple[list[Any], int]:
        read = 0

        def count(module: Any, args: Any, kwargs: Any) -> None:
            nonlocal read
            read += len(kwargs["input_ids"])

        handle = policy.model.encoder.register_forward_pre_hook(count, with_kwargs=True)
        for part in parts:
            target, mask = policy.pad_targets([targets[row] for row in part])
            judged = policy.evaluate(policy.pad([SOURCES[rows[row]] for row in part]), target)
            judged.log_probs.masked_fill(~mask, 0.0).sum().backward()
        handle.remove()
        return [weight.grad for weight in policy.model.encoder.parameters()], read

    together, few = gradients(make_policy(), [list(range(6))])
    one_by_one, many = gradients(make_policy(), [[row] for row in range(6)])
    assert (few, many) == (3, 6)
    for ours, theirs in zip(together, one_by_one, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


def test_evaluate__has_finite_gradients_beside_tokens_of_probability_0() -> None:
    policy = make_policy(values=True)
    _, mask = policy.pad_targets(PROGRAMS)
    judged = probabilities(policy)
    (judged.log_probs.masked_fill(~mask, 0.0).sum() + judged.values.masked_fill(~mask, 0.0).sum()).backward()
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in policy.parameters())


def test_value__of_a_new_policy_is_0() -> None:
    assert not probabilities(make_policy()).values.any()


def test_log_prob__equals_evaluate() -> None:
    policy = make_policy()
    layout = make_env(policy).process.layout
    sources = [[65, 66, 67], [], list(range(60, 160))]
    for source, program in zip(sources, PROGRAMS, strict=True):
        judged = policy.evaluate(policy.pad([layout.clip(source)]), policy.pad_targets([program])[0])
        for step, token in enumerate(program):
            observation = layout.observe(source, program[:step])
            log_prob = policy.log_prob(observation, token)
            assert log_prob == pytest.approx(judged.log_probs[0, step].item(), abs=1e-4)
        assert policy.log_prob(layout.observe(source, program), policy.tokenizer.pad_id) == -math.inf


def test_policy__is_a_reference_of_an_environment() -> None:
    policy = make_policy()
    env = make_env(policy, reference=policy)
    problem = env.process.problems[0]
    (terms,) = env.score([problem], [[65, 66]], [[0.0, 0.0]])
    source = env.process.layout.clip(env.process.assign(problem).source_ids)
    judged = policy.evaluate(policy.pad([source]), torch.tensor([[65, 66]])).log_probs[0].detach().numpy()
    np.testing.assert_allclose(terms["kl"], 0.1 * judged, atol=1e-4)


def test_pad__puts_tokens_in_front() -> None:
    policy = make_policy()
    tokens, mask = policy.pad([[1, 2, 3], [], [4]])
    assert tokens.tolist() == [[1, 2, 3], [256, 256, 256], [4, 256, 256]]
    assert mask.tolist() == [[1, 1, 1], [1, 0, 0], [1, 0, 0]]


def test_pad__puts_each_source_into_the_vocabulary_s_frame() -> None:
    policy = make_policy(tokenizer=load_tokenizer(), vocabulary=4096)
    tokens, mask = policy.pad([[70, 71, 72], []])
    assert tokens.tolist() == [[70, 71, 72, 1], [1, 0, 0, 0]]
    assert mask.tolist() == [[1, 1, 1, 1], [1, 0, 0, 0]]
    (written,) = write(policy, [[70, 71, 72]], 6, [0])
    judged = policy.evaluate(PaddedSources(tokens[:1], mask[:1]), policy.pad_targets([written.tokens])[0])
    np.testing.assert_allclose(written.log_probs, judged.log_probs[0].detach().numpy(), atol=1e-4)
