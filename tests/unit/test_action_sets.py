"""Which tokens an agent may choose among: masks, the top k of a policy, a compact set."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from codegym.envs import CodeVectorEnv, Observation, TokenEnv
from codegym.envs.episode import TokenTable
from codegym.envs.masks import TextMask
from codegym.errors import ConfigurationError, InvalidActionError
from codegym.problems import procedural
from codegym.testing import FakeJudge, byte_tokenizer, tiny_problems
from codegym.tokens import load
from codegym.wrappers import CompactActions, TopKActions, frequent_tokens, top_k
from codegym.wrappers import vector as vector_wrappers

PYTHON = "CodeCompletion-Python-v0"
BYTES = TokenTable.of(byte_tokenizer())
EMBEDDED = TokenTable.of(load("codegym"))


class Favourite:
    """A policy that likes a token the better the closer its id is to the number of tokens written, plus 65."""

    def log_probs(self, observation: Observation) -> NDArray[np.float64]:
        goal = 65 + int(observation["target_mask"].sum())
        logits = -np.abs(np.arange(258) - goal).astype(float)
        return logits - np.logaddexp.reduce(logits)


def make(**changes: Any) -> gym.Env[Any, Any]:
    options = {"problems": tiny_problems("python"), "tokenizer": byte_tokenizer(), "judge": FakeJudge(), **changes}
    return gym.make(PYTHON, **options)


def make_vec(num_envs: int = 3) -> CodeVectorEnv:
    options = {"problems": tiny_problems("python"), "tokenizer": byte_tokenizer(), "judge": FakeJudge()}
    env = gym.make_vec(PYTHON, num_envs, "vector_entry_point", target_tokens=5, **options)
    assert isinstance(env, CodeVectorEnv)
    return env


# Masks


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t\r\f"), max_size=30))
def test_mask__never_forbids_what_a_program_is_made_of(text: str) -> None:
    for table, tokenizer in ((BYTES, byte_tokenizer()), (EMBEDDED, load("codegym"))):
        mask = TextMask(table)
        written = b""
        for token in tokenizer.encode(text):
            assert mask.after(written)[token], (text, written, token)
            written += table.token_bytes(token)
        assert mask.after(written)[table.end_id]


@pytest.mark.parametrize("language", ["c", "cpp", "csharp", "java", "php", "python"])
def test_mask__allows_every_reference(language: str) -> None:
    mask, tokenizer = TextMask(EMBEDDED), load("codegym")
    problems = [tiny_problems(language)[2], *(procedural((language,), seed=1)[index] for index in range(20))]
    for problem in problems:
        written = b""
        for token in tokenizer.encode(problem.reference):
            assert mask.after(written)[token]
            written += EMBEDDED.token_bytes(token)


def test_mask__forbids_control_characters_special_tokens_and_broken_characters() -> None:
    mask = TextMask(BYTES)
    at_first = mask.after(b"x")
    assert not at_first[[0, 7, 27, 127, 0x80, 0xBF, 0xC0, 0xFF, byte_tokenizer().pad_id]].any()
    assert at_first[[9, 10, 13, 32, 65, 0xC3, byte_tokenizer().end_id]].all()
    inside = mask.after("é".encode()[:1])
    assert inside.sum() == 64 and not inside[byte_tokenizer().end_id] and not inside[65]
    assert (mask.after("😀".encode()[:3]) == inside).all()
    assert (mask.after(b"\xff") == at_first).all()  # a text that is no UTF-8 already goes on from there
    assert not at_first.flags.writeable


def test_action_masks__follow_the_text_of_each_environment() -> None:
    env = make_vec()
    assert env.action_masks().shape == (3, 258)
    env.reset(seed=0)
    env.step(np.array([65, 0xC3, 65]))
    assert env.action_masks()[:, 0xA9].tolist() == [False, True, False]
    assert env.action_masks()[:, 65].tolist() == [True, False, True]


def test_action_masks__look_at_the_prompt_before_the_first_token() -> None:
    env = make(masked_tokens=1).unwrapped
    assert isinstance(env, TokenEnv)
    from codegym.types import Problem

    env.reset(options={"problem": Problem("p://1", "python", "s = 'é")})
    assert env.action_masks()[0xA9] and not env.action_masks()[65]


# The top k of a policy


@given(st.lists(st.floats(-20, 0), min_size=1, max_size=30), st.integers(1, 40), st.data())
def test_top_k__is_the_policy_given_its_best_tokens(values: list[float], k: int, data: st.DataObject) -> None:
    log_probs = np.array(values) - np.logaddexp.reduce(values)
    legal = np.array(data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values))))
    if not legal.any():
        with pytest.raises(ConfigurationError, match="no legal token"):
            top_k(log_probs, legal, k)
        return
    tokens, renormalised = top_k(log_probs, legal, k)
    possible = tokens[np.isfinite(renormalised)]
    assert len(possible) == min(k, legal.sum()) and legal[possible].all()
    assert np.exp(renormalised).sum() == pytest.approx(1.0)
    others = np.setdiff1d(np.flatnonzero(legal), possible)
    assert not len(others) or log_probs[others].max() <= log_probs[possible].min()
    # Ratios between tokens are the policy's own.
    np.testing.assert_allclose(
        renormalised[: len(possible)] - renormalised[0], log_probs[possible] - log_probs[possible[0]], atol=1e-9
    )


def test_top_k__equal_tokens_come_in_order() -> None:
    assert top_k(np.zeros(6), np.array([True, False, True, True, True, True]), 3)[0].tolist() == [0, 2, 3]


def test_top_k_actions__write_what_the_policy_likes() -> None:
    env = TopKActions(make(target_tokens=3), Favourite(), k=3)
    assert env.action_space == gym.spaces.Discrete(3)
    with pytest.raises(ResetNeeded):
        env.step(0)
    observation, _ = env.reset(seed=0)
    assert observation["actions"].tolist() == [65, 64, 66] and observation in env.observation_space
    assert np.exp(observation["action_log_probs"]).sum() == pytest.approx(1.0)
    observation, *_ = env.step(2)
    assert observation["target"][0] == 66 and observation["actions"].tolist() == [66, 65, 67]
    assert env.action_masks().tolist() == [True, True, True]
    with pytest.raises(InvalidActionError):
        env.step(3)


@pytest.mark.filterwarnings("ignore:.*different from the unwrapped version")
@pytest.mark.filterwarnings("ignore:.*minimum value is -infinity")
def test_top_k_actions__pass_gymnasiums_check() -> None:
    check_env(TopKActions(make(target_tokens=4), Favourite()), skip_render_check=True)


def test_top_k_actions__refuse_what_makes_no_sense() -> None:
    for k in (0, 259):
        with pytest.raises(ConfigurationError, match="k is"):
            TopKActions(make(), Favourite(), k=k)
        with pytest.raises(ConfigurationError, match="k is"):
            vector_wrappers.TopKActions(make_vec(), Favourite(), k=k)
    with pytest.raises(ConfigurationError, match="CartPole"):
        TopKActions(gym.make("CartPole-v1"), Favourite())


def test_top_k_actions__many_environments_do_what_each_would() -> None:
    ours = vector_wrappers.TopKActions(make_vec(2), Favourite(), k=4)
    singles = [TopKActions(make(target_tokens=5), Favourite(), k=4) for _ in range(2)]
    observations, _ = ours.reset(seed=3)
    alone = [env.reset(seed=3 + place)[0] for place, env in enumerate(singles)]
    random = np.random.default_rng(0)
    for _ in range(12):
        for name, part in observations.items():
            np.testing.assert_array_equal(part, np.stack([each[name] for each in alone]))
        assert ours.observation_space.contains(observations)
        actions = random.integers(0, 4, 2)
        observations, rewards, ended, _, infos = ours.step(actions)
        steps = [env.step(action) for env, action in zip(singles, actions, strict=True)]
        assert rewards.tolist() == [step[1] for step in steps] and ended.tolist() == [step[2] for step in steps]
        alone = [env.reset()[0] if step[2] else step[0] for env, step in zip(singles, steps, strict=True)]
        if ended[0]:
            np.testing.assert_array_equal(infos["final_obs"][0]["actions"], steps[0][0]["actions"])
    assert ours.action_masks().shape == (2, 4)


# A compact set


def test_frequent_tokens__can_write_every_reference() -> None:
    env = gym.make("CodeCompletion-Java-v0", judge=FakeJudge()).unwrapped
    assert isinstance(env, TokenEnv)
    tokens = frequent_tokens(env.process, 300, problems=50)
    assert len(tokens) == 300 and (np.diff(tokens) > 0).all() and env.process.vocabulary.end_id in tokens
    pieces = {env.process.vocabulary.token_bytes(int(token)) for token in tokens}
    for index in range(60):
        for byte in env.process.problems[index].reference.encode():
            assert bytes([byte]) in pieces
    assert any(len(piece) > 3 for piece in pieces)
    assert (tokens == frequent_tokens(env.process, 300, problems=50)).all()
    with pytest.raises(ConfigurationError, match="alone"):
        frequent_tokens(env.process, 20)


@pytest.mark.filterwarnings("ignore:.*different from the unwrapped version")
def test_compact_actions__stand_for_their_tokens() -> None:
    end = byte_tokenizer().end_id
    env = CompactActions(make(), [end, 65, 0xC3, 0xA9])
    assert env.action_space == gym.spaces.Discrete(4)
    env.reset(seed=0)
    observation, *_ = env.step(1)
    assert observation["target"][0] == 65
    assert env.action_masks().tolist() == [True, True, True, False]
    env.step(2)
    assert env.action_masks().tolist() == [False, False, False, True]
    env.step(3)
    with pytest.raises(InvalidActionError):
        env.step(4)
    assert env.step(0)[2]
    check_env(CompactActions(make(target_tokens=4), [end, 65, 66]), skip_render_check=True)


def test_compact_actions__many_environments() -> None:
    end = byte_tokenizer().end_id
    env = vector_wrappers.CompactActions(make_vec(), [65, 66, end])
    assert env.single_action_space == gym.spaces.Discrete(3)
    env.reset(seed=0)
    observations, *_ = env.step(np.array([0, 1, 0]))
    assert observations["target"][:, 0].tolist() == [65, 66, 65]
    assert env.step(np.array([2, 2, 0]))[2].tolist() == [True, True, False]
    assert env.action_masks().shape == (3, 3)
    for actions in ([0], [0, 0, 3], [0.0, 0.0, 0.0]):
        with pytest.raises(InvalidActionError):
            env.step(np.array(actions))


@pytest.mark.parametrize("tokens", [[], [65], [65, 65, 257], [257, 300], [-1, 257], [[257]], [0.5, 257]])
def test_compact_actions__refuse_what_is_no_set_of_tokens(tokens: Any) -> None:
    with pytest.raises(ConfigurationError, match="tokens must"):
        CompactActions(make(), tokens)


def test_compact_actions__use_frequent_tokens_by_default() -> None:
    env = CompactActions(gym.make(PYTHON, judge=FakeJudge()))
    assert env.action_space == gym.spaces.Discrete(512)
