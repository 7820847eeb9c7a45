"""The wrapper that masks what the grammar rules out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.error import ResetNeeded

from codegym import languages
from codegym.envs import CodeVectorEnv
from codegym.errors import ConfigurationError
from codegym.structure.prefix import ProgramGrammar, ProgramPrefix, grammar_of
from codegym.testing import FakeJudge, byte_tokenizer, tiny_problems
from codegym.wrappers import CompactActions, GrammarMask, TopKActions
from codegym.wrappers import vector as vector_wrappers

PYTHON = "CodeCompletion-Python-v0"


def make(**changes: Any) -> gym.Env[Any, Any]:
    options = {"problems": tiny_problems("python"), "tokenizer": byte_tokenizer(), "judge": FakeJudge(), **changes}
    return gym.make(PYTHON, **options)


def write(env: gym.Env[Any, Any], text: bytes) -> None:
    for byte in text:
        env.step(byte)


def follows(language: str, text: str) -> bool:
    return ProgramPrefix(grammar_of(language)).then(text.encode()).viable


def ends(language: str, text: str) -> bool:
    return ProgramPrefix(grammar_of(language)).then(text.encode()).complete


def test_grammar_mask__allows_a_part_of_what_the_environment_allows() -> None:
    env = GrammarMask(make())
    env.reset(seed=0)
    mask, own = env.action_masks(), env.unwrapped.action_masks()
    assert mask.shape == own.shape
    assert mask.dtype == np.bool_
    assert mask.any()
    assert not (mask & ~own).any()
    assert mask.sum() < own.sum()
    assert not np.shares_memory(mask, env.action_masks())


def test_grammar_mask__masks_nothing_more_where_nothing_can_follow() -> None:
    env = GrammarMask(make())
    env.reset(seed=0)
    write(env, b" ) ) =")
    np.testing.assert_array_equal(env.action_masks(), env.unwrapped.action_masks())


def test_grammar_mask__goes_on_in_a_fork() -> None:
    env = GrammarMask(make())
    env.reset(seed=0)
    twin = env.fork()
    write(twin, b" ) ) =")
    assert not np.array_equal(twin.action_masks(), env.action_masks())
    np.testing.assert_array_equal(env.fork().action_masks(), env.action_masks())


def test_grammar_mask__is_that_of_each_environment() -> None:
    options = {"problems": tiny_problems("python"), "tokenizer": byte_tokenizer(), "judge": FakeJudge()}
    inner = gym.make_vec(PYTHON, 2, "vector_entry_point", **options)
    assert isinstance(inner, CodeVectorEnv)
    env = vector_wrappers.GrammarMask(inner)
    assert env.action_masks().shape == (2, 258)
    env.reset(seed=0)
    masks = env.action_masks()
    single = GrammarMask(make())
    single.reset(options={"problem": inner.episodes[0].assignment.problem})
    np.testing.assert_array_equal(masks[0], single.action_masks())
    assert vector_wrappers.CompactActions(env).action_masks().sum() <= inner.action_masks().sum()


def test_grammar_mask__is_followed_by_the_wrappers_around_it() -> None:
    compact = CompactActions(GrammarMask(make()))
    compact.reset(seed=0)
    own = compact.unwrapped.action_masks()[compact.tokens]
    assert compact.action_masks().any()
    assert compact.action_masks().sum() < own.sum()

    class Uniform:
        def log_probs(self, observation: Any) -> np.ndarray:
            return np.full(258, -np.log(258.0))

    top = TopKActions(GrammarMask(make()), Uniform(), k=5)
    observation, _ = top.reset(seed=0)
    allowed = top.env.get_wrapper_attr("action_masks")()
    assert allowed[observation["actions"]].all()


def test_grammar_mask__says_what_it_cannot_wrap() -> None:
    with pytest.raises(ConfigurationError, match="around the environment"):
        GrammarMask(CompactActions(make()))
    with pytest.raises(ConfigurationError, match="TokenEnv"):
        GrammarMask(gym.make("CartPole-v1"))
    with pytest.raises(ResetNeeded):
        GrammarMask(make()).action_masks()


def test_grammar_mask__needs_a_lexicon() -> None:
    with pytest.raises(ConfigurationError, match="lexicon"):
        ProgramGrammar(replace(languages.get("java"), lexicon_path="", title="Klingon"))


@pytest.mark.parametrize(
    ("language", "good", "bad"),
    [
        ("java", "class A { int f() { return 1; } }", "class A { int f() { return 1; ) "),
        ("java", "class A { List<List<Integer>> x; }", "class A { int = "),
        ("java", "class A { String s = \"a\\n\"; char c = 'x'; }", 'class A { String s = "a\n'),
        ("c", "#include <stdio.h>\nint main(void) { return 0; }", "#include <stdio.h>\nint main(void) { return ] "),
        ("c", "#define BEGIN {\nint main(void) BEGIN return 0; }", "int x = = "),
        ("cpp", 'auto s = R"x(a)"b)x"; int* p = new int * [3];', "int x = return "),
        ("csharp", 'class A { string s = $"{x:F2} {{"; int @class; }', "class A { int int "),
        ("php", '<?php $a = "x {$b["k"]}"; $return = <<<X\na\nX;', "<?php $a = ) "),
        ("python", "if x:\n    y = [1,\n2]\nelse:\n    pass\n", "if x:\ny = 1"),
        ("python", "x = f\"{d['k']:>{w}}\" '''a\n'''\n", "x = 'a\n"),
        ("python", "def f():\n\treturn 1 if x else 2", "x = 1\n  y"),
    ],
)
def test_program_prefix__tells_programs_from_others(language: str, good: str, bad: str) -> None:
    assert ends(language, good)
    assert all(follows(language, good[:length]) for length in range(len(good)))
    assert not follows(language, bad)
