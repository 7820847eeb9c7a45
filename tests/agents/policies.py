"""What the tests of agents share: tiny random policies, and an environment that needs no compiler."""

from __future__ import annotations

from typing import Any
from zlib import crc32

import gymnasium as gym
import torch
from codegym_agents import Seq2SeqPolicy
from transformers import T5Config, T5ForConditionalGeneration

import codegym  # noqa: F401  # registers the ids
from codegym.envs import CodeVectorEnv
from codegym.rewards import RewardMix
from codegym.testing import FakeJudge, byte_tokenizer, tiny_problems
from codegym.types import GradeStatus


def make_policy(
    seed: int = 0, *, tokenizer: Any = None, values: bool = False, vocabulary: int | None = None, **sizes: Any
) -> Seq2SeqPolicy:
    """A T5 with random weights, those of the value head only with `values`, over the byte tokenizer by default."""
    tokenizer = byte_tokenizer() if tokenizer is None else tokenizer
    config = T5Config(
        **{
            "vocab_size": tokenizer.vocabulary_size if vocabulary is None else vocabulary,
            "d_model": 32,
            "d_kv": 8,
            "d_ff": 64,
            "num_layers": 1,
            "num_heads": 4,
            "dropout_rate": 0.0,
            "pad_token_id": tokenizer.pad_id,
            "eos_token_id": tokenizer.end_id,
            "decoder_start_token_id": tokenizer.pad_id,
            **sizes,
        }
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        policy = Seq2SeqPolicy(T5ForConditionalGeneration(config), tokenizer)
        if values:
            torch.nn.init.normal_(policy.value_head.weight)
    return policy.eval()


def make_env(policy: Seq2SeqPolicy, **options: Any) -> CodeVectorEnv:
    """Completion of three short Python functions, judged by whether brackets balance."""
    defaults = {
        "problems": tiny_problems("python"),
        "tokenizer": policy.tokenizer,
        "judge": FakeJudge(),
        "source_tokens": 48,
        "target_tokens": 16,
        "workers": 1,
    }
    env = gym.make_vec("CodeCompletion-Python-v0", 1, "vector_entry_point", **{**defaults, **options})
    assert isinstance(env, CodeVectorEnv)
    return env


def ends_in_ascii(source: bytes) -> GradeStatus:
    """A verdict that is easily learned: what is written must be ASCII. By chance, one program in 13 is."""
    return "compiled" if max(source[-4:]) < 128 else "compile_error"


def ascii_game(policy: Seq2SeqPolicy) -> CodeVectorEnv:
    """Four tokens, paid for being ASCII."""
    reward = RewardMix({"compilation": 1.0})
    return make_env(policy, judge=FakeJudge(ends_in_ascii), reward=reward, target_tokens=4)


def one_in_three(source: bytes) -> GradeStatus:
    """A verdict that one program in three passes, whatever it is, and that a program with a bug does not."""
    return "compiled" if crc32(source) % 3 == 0 and b"return" not in source else "compile_error"


def make_repair_env(policy: Seq2SeqPolicy, **options: Any) -> CodeVectorEnv:
    """Repair of three short Python functions in up to three turns, in each of which a program in three is right."""
    defaults = {
        "problems": tiny_problems("python"),
        "tokenizer": policy.tokenizer,
        "judge": FakeJudge(one_in_three),
        "reward": "default",
        "source_tokens": 64,
        "target_tokens": 6,
        "workers": 1,
    }
    env = gym.make_vec("CodeRepair-Python-v0", 1, "vector_entry_point", **{**defaults, **options})
    assert isinstance(env, CodeVectorEnv)
    return env
