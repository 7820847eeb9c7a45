"""The checkpoints that are shipped."""

from __future__ import annotations

import inspect
from pathlib import Path

import codegym_agents
import gymnasium as gym
import pytest
import torch
from codegym_agents import Seq2SeqPolicy
from codegym_agents.decoding import write
from codegym_agents.models.base import SHIPPED, PaddedSources
from codegym_agents.models.seq2seq import nano

from codegym.envs import CodeVectorEnv, code_completion, make_vec
from codegym.testing import FakeJudge
from codegym.tokens import load as load_tokenizer

FOLDER = Path(inspect.getfile(codegym_agents)).parent / "models"


@pytest.fixture(scope="module", params=SHIPPED)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def policy(name: str) -> Seq2SeqPolicy:
    return Seq2SeqPolicy.from_pretrained(name)


def test_nano__is_small(name: str) -> None:
    files = [file for file in (FOLDER / name).rglob("*") if file.is_file()]
    assert not {".bin", ".pt", ".pkl", ".py"} & {file.suffix for file in files}
    assert 0 < sum(file.stat().st_size for file in files) <= 16_000_000


def test_nano__has_its_tokenizer_and_configuration(policy: Seq2SeqPolicy) -> None:
    embedded = load_tokenizer("codegym")
    assert policy.vocabulary_size == policy.tokenizer.vocabulary_size == embedded.vocabulary_size
    sample = "def add(a, b):\n    return a + b\n"
    assert policy.tokenizer.encode(sample) == embedded.encode(sample)
    config = policy.model.config
    assert config.decoder_start_token_id == config.pad_token_id == policy.tokenizer.pad_id
    assert config.eos_token_id == policy.tokenizer.end_id
    assert config.dropout_rate == 0.0
    assert all(weight.isfinite().all() for weight in policy.parameters())


def test_nano__completes_a_function_of_the_standard_library(name: str, policy: Seq2SeqPolicy) -> None:
    import textwrap

    ids = policy.tokenizer.encode(inspect.getsource(textwrap.indent))
    source = ids[:-25][-512:]
    (written,) = write(policy, [source], 64)
    (again,) = write(Seq2SeqPolicy.from_pretrained(name), [source], 64)
    assert written == again
    # A model that has learned nothing finds each token as likely as any other: log(1 / 4096) = -8.3.
    target = torch.tensor([[*ids[-25:], policy.tokenizer.end_id]])
    assert policy.evaluate(policy.pad([source]), target).log_probs.mean().item() > -4.0


def test_nano__is_an_environments_reference() -> None:
    env = code_completion(
        "python", problems="stdlib", judge=FakeJudge(), reference="codegym_agents.models:nano", target_tokens=4
    )
    env.reset(seed=0)
    _, _, _, _, info = env.step(int(nano().tokenizer.end_id))
    assert info["reward_terms"]["kl"] < 0


@pytest.mark.parametrize(
    ("env_id", "bound"),
    [
        ("CodeTranslation-Java-Python-v0", -0.3),
        ("CodeTranslation-C-Java-v0", -0.3),
        ("ProgramSynthesis-PHP-v0", -0.4),
        ("CodeRepair-Python-v0", -0.2),
        ("CodeCompletion-Cpp-v0", -1.0),
    ],
)
def test_nano__knows_every_task(env_id: str, bound: float) -> None:
    policy = nano()
    env = gym.make_vec(env_id, 1, "vector_entry_point", tokenizer=policy.tokenizer, judge=FakeJudge(), split="test")
    assert isinstance(env, CodeVectorEnv)
    posed = env.process.first(8)
    target, real = policy.pad_targets([[*one.reference_ids, policy.tokenizer.end_id] for one in posed])
    with torch.no_grad():
        log_probs = policy.evaluate(policy.pad([one.source_ids for one in posed]), target).log_probs
    assert log_probs[real].mean().item() > bound


@torch.no_grad()
def test_frame__tells_nano_where_a_prompt_ends() -> None:
    policy = nano()
    env = make_vec("CodeCompletion-Java-v0", tokenizer=policy.tokenizer, judge=FakeJudge(), split="test")
    posed = env.process.first(12)
    target, mask = policy.pad_targets([one.reference_ids for one in posed])
    framed = policy.pad([one.source_ids for one in posed])
    cut = PaddedSources(framed.tokens, framed.mask.clone())
    cut.mask[torch.arange(len(posed)), framed.mask.sum(dim=1) - 1] = 0  # without the end token
    likely, unlikely = (policy.evaluate(one, target).log_probs[mask].mean().item() for one in (framed, cut))
    assert likely > -0.5
    assert unlikely < 2 * likely
    assert Seq2SeqPolicy.from_pretrained("nano-completion").tokenizer.frame == ((), ())  # trained without
