"""Decoder-only models and other encoder-decoders: they write what they evaluate, learn, and come back from a file."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tokenizers
import torch
from codegym_agents import PPO
from codegym_agents.decoding import GeneratingEngine, Sampling, make_engine
from codegym_agents.models import AutoPolicy, Seq2SeqPolicy, load_policy
from policies import make_env, make_policy
from tokenizers import processors
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
)

from codegym.errors import ConfigurationError, DataError
from codegym.testing import byte_tokenizer
from codegym.tokens import Tokenizer

QUICK = {"episodes_per_iteration": 8, "minibatch_size": 4, "learning_rate": 1e-3}


def tokens() -> dict[str, int]:
    tokenizer = byte_tokenizer()
    ends = {"pad_token_id": tokenizer.pad_id, "eos_token_id": tokenizer.end_id, "bos_token_id": tokenizer.end_id}
    return {"vocab_size": tokenizer.vocabulary_size + 6, **ends}


def gpt2() -> Any:
    config = GPT2Config(**tokens(), n_positions=96, n_embd=32, n_layer=2, n_head=4, resid_pdrop=0.3, attn_pdrop=0.3)
    return GPT2LMHeadModel(config)


def llama() -> Any:
    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4}
    return LlamaForCausalLM(LlamaConfig(**tokens(), **sizes, num_key_value_heads=2, max_position_embeddings=96))


def bart() -> Any:
    layers = {"encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 4, "decoder_attention_heads": 4}
    feeds = {"encoder_ffn_dim": 48, "decoder_ffn_dim": 48, "d_model": 32, "max_position_embeddings": 96}
    start = {"decoder_start_token_id": byte_tokenizer().end_id, "forced_eos_token_id": None}
    return BartForConditionalGeneration(BartConfig(**tokens(), **layers, **feeds, **start))


MODELS = {"gpt2": gpt2, "llama": llama, "bart": bart}


def make(kind: str, seed: int = 0) -> AutoPolicy:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        policy = AutoPolicy(MODELS[kind](), byte_tokenizer()).eval()
        torch.nn.init.normal_(policy.value_head.weight)
        for weight in policy.model.parameters():
            weight.data *= 3  # more than a guess
    return policy


SOURCES = [[70, 71, 72, 73], [], [90, 91], [100] * 9]


@pytest.mark.parametrize(("kind", "tokens"), [("bart", [2, 70, 71, 1]), ("llama", [2, 70, 71])])
def test_pad__does_not_end_what_a_decoder_goes_on_with(kind: str, tokens: list[int]) -> None:
    vocabulary = tokenizers.Tokenizer.from_str(resources.files("codegym.tokens").joinpath("codegym.json").read_text())
    vocabulary.post_processor = processors.RobertaProcessing(("</s>", 1), ("<sep>", 2))
    model = MODELS[kind]()
    model.resize_token_embeddings(4096, mean_resizing=False)
    policy = AutoPolicy(model, Tokenizer(vocabulary, "framed"))
    assert policy.pad([[70, 71]]).tokens.tolist() == [tokens]


@pytest.mark.parametrize("sampling", [Sampling(), Sampling(top_k=5)])
@pytest.mark.parametrize("kind", MODELS)
def test_engine__writes_what_the_policy_evaluates(kind: str, sampling: Sampling) -> None:
    policy = make(kind)
    policy.temperature = 0.8
    written = GeneratingEngine(policy, 12, rows=3, sampling=sampling).write(SOURCES, [1, 2, 3, 4])
    judged = policy.evaluate(policy.pad(SOURCES), policy.pad_targets([one.tokens for one in written])[0])
    for row, one in enumerate(written):
        length = len(one.tokens)
        assert length == len(one.log_probs) == len(one.values) <= 12
        assert policy.tokenizer.end_id not in one.tokens[:-1]
        assert policy.tokenizer.legal[one.tokens].all()
        np.testing.assert_allclose(one.values, judged.values[row, :length].detach(), atol=1e-4)
        if sampling.top_k is None:
            np.testing.assert_allclose(one.log_probs, judged.log_probs[row, :length].detach(), atol=1e-4)
        else:
            assert (np.array(one.log_probs) >= judged.log_probs[row, :length].detach().numpy() - 1e-4).all()


@pytest.mark.parametrize("kind", MODELS)
def test_engine__samples_by_seed_alone(kind: str) -> None:
    policy = make(kind)
    together = GeneratingEngine(policy, 12).write(SOURCES, [1, 2, 3, 4])
    apart = [
        GeneratingEngine(policy, 12).write([source], [seed])[0]
        for source, seed in zip(SOURCES, [1, 2, 3, 4], strict=True)
    ]
    assert [one.tokens for one in together] == [one.tokens for one in apart]
    assert together[0].tokens != GeneratingEngine(policy, 12).write(SOURCES[:1], [5])[0].tokens
    likeliest = [GeneratingEngine(policy, 12).write(SOURCES)[0].tokens for _ in range(2)]
    assert likeliest[0] == likeliest[1]


@pytest.mark.parametrize("kind", MODELS)
def test_log_probs__of_an_observation_are_those_of_evaluate(kind: str) -> None:
    policy = make(kind)
    env = make_env(policy)
    observation = env.reset(seed=0)[0]
    single = {name: array[0] for name, array in observation.items()}
    log_probs = policy.log_probs(single)  # type: ignore[arg-type]
    assert np.exp(log_probs).sum() == pytest.approx(1.0, abs=1e-5)
    assert not np.exp(log_probs)[policy.forbidden.numpy()].any()


@pytest.mark.parametrize("kind", MODELS)
def test_ppo__trains_it_and_goes_on_from_a_checkpoint(kind: str, tmp_path: Path) -> None:
    def agent() -> Any:
        policy = make(kind)
        return PPO(policy, make_env(policy), kl_loss_coefficient=0.1, **QUICK)

    whole, half = agent(), agent()
    before = [weight.detach().clone() for weight in whole.policy.parameters()]
    expected = [whole.iterate() for _ in range(2)]
    assert expected[0]["loss/approximate_kl"] < 1e-2
    assert expected[0]["kl"] == pytest.approx(0.0, abs=1e-4)
    assert any(not torch.equal(old, new) for old, new in zip(before, whole.policy.parameters(), strict=True))
    half.iterate()
    half.save(tmp_path / "checkpoint")
    resumed = PPO.load(tmp_path / "checkpoint", make_env(half.policy))
    assert isinstance(resumed.policy, AutoPolicy)
    assert resumed.iterate() == expected[1]


@pytest.mark.filterwarnings("ignore:.*will be removed in v6:FutureWarning")  # peft's own use of transformers
def test_lora__trains_adapters_alone(tmp_path: Path) -> None:
    peft = pytest.importorskip("peft", reason="peft is not installed: pip install 'codegym[lora]'")
    make("llama").save_pretrained(tmp_path / "base")
    policy = AutoPolicy.from_pretrained(tmp_path / "base", lora={"r": 4})
    learns = [name for name, weight in policy.named_parameters() if weight.requires_grad]
    assert all("lora" in name or "value_head" in name for name in learns)
    assert len(learns) > 8
    frozen = {name: weight.clone() for name, weight in policy.named_parameters() if not weight.requires_grad}
    agent = PPO(policy, make_env(policy), **QUICK)
    agent.iterate()
    agent.iterate()
    assert all(torch.equal(weight, dict(policy.named_parameters())[name]) for name, weight in frozen.items())
    policy.save_pretrained(tmp_path / "adapted")
    weights = sum(file.stat().st_size for file in (tmp_path / "adapted").glob("adapter*"))
    assert weights < (tmp_path / "base" / "model.safetensors").stat().st_size
    again = load_policy(tmp_path / "adapted")
    assert isinstance(again, AutoPolicy)
    assert isinstance(again.model, peft.PeftModel)
    sources, target = policy.pad(SOURCES), policy.pad_targets([[80, 81]] * 4)[0]
    torch.testing.assert_close(again.evaluate(sources, target).log_probs, policy.evaluate(sources, target).log_probs)


@pytest.mark.parametrize("kind", MODELS)
def test_policy__comes_back_from_a_folder(kind: str, tmp_path: Path) -> None:
    policy = make(kind)
    policy.save_pretrained(tmp_path)
    again = load_policy(tmp_path)
    for ours, theirs in zip(policy.parameters(), again.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    assert isinstance(make_engine(again, 4, rows=2), GeneratingEngine)


def test_load_policy__gives_a_t5_its_own_class(tmp_path: Path) -> None:
    make_policy().save_pretrained(tmp_path)
    assert isinstance(load_policy(tmp_path), Seq2SeqPolicy)


def test_frozen_encoder__is_for_t5() -> None:
    policy = make("gpt2")
    with pytest.raises(ConfigurationError, match="train_encoder=False is for T5"):
        PPO(policy, make_env(policy), train_encoder=False)
    with pytest.raises(ConfigurationError, match="query_learning_rate_factor is for T5"):
        PPO(policy, make_env(policy), query_learning_rate_factor=0.125)


# --- files -------------------------------------------------------------------------------------------------


class Malicious:
    """What a pickle can do when it is read."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return (Path.touch, (Path("executed"),))


@pytest.mark.parametrize("load", [load_policy, AutoPolicy.from_pretrained, Seq2SeqPolicy.from_pretrained])
def test_checkpoint__cannot_execute_code(
    load: Callable[[Path], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "model"
    make_policy().save_pretrained(folder)
    (folder / "model.safetensors").unlink()
    torch.save({"shared.weight": Malicious()}, folder / "pytorch_model.bin")
    with pytest.raises(DataError, match=str(folder)):
        load(folder)
    assert not (tmp_path / "executed").exists()


def test_checkpoint__of_pickled_tensors_is_read(tmp_path: Path) -> None:
    policy = make_policy()
    policy.save_pretrained(tmp_path)
    torch.save(policy.model.state_dict(), tmp_path / "pytorch_model.bin")
    (tmp_path / "model.safetensors").unlink()
    again = Seq2SeqPolicy.from_pretrained(tmp_path)
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(policy.parameters(), again.parameters(), strict=True))


@pytest.mark.parametrize("damage", ["weights are cut", "weights are missing", "config is missing"])
def test_checkpoint__that_is_broken_is_a_data_error(damage: str, tmp_path: Path) -> None:
    make("gpt2").save_pretrained(tmp_path)
    weights = tmp_path / "model.safetensors"
    if damage == "weights are cut":
        weights.write_bytes(weights.read_bytes()[:2000])
    else:
        (weights if "weights" in damage else tmp_path / "config.json").unlink()
    with pytest.raises(DataError, match=str(tmp_path)):
        load_policy(tmp_path)
