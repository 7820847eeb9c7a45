"""Stable-Baselines3 and sb3-contrib learn in every environment, with small networks and with the transformer."""

from __future__ import annotations

import importlib
import re
import sys
from functools import partial
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch

pytest.importorskip("sb3_contrib", reason="sb3-contrib is not installed: pip install 'codegym[sb3]'")

from codegym_agents import Seq2SeqPolicy
from codegym_agents.common.evaluation import evaluate
from codegym_agents.models import AutoPolicy
from codegym_agents.sb3 import (
    CodeVecEnv,
    PackedMaskRolloutBuffer,
    Seq2SeqActorCriticPolicy,
    TokenFeatures,
    make_vec_env,
)
from policies import make_policy
from sb3_contrib import MaskablePPO, RecurrentPPO
from sb3_contrib.common.maskable.buffers import MaskableDictRolloutBuffer
from sb3_contrib.common.maskable.callbacks import MaskableEvalCallback
from sb3_contrib.common.maskable.evaluation import evaluate_policy as evaluate_masked
from sb3_contrib.common.maskable.utils import get_action_masks, is_masking_supported
from stable_baselines3 import A2C, PPO
from stable_baselines3.common.callbacks import CheckpointCallback, EvalCallback
from stable_baselines3.common.env_checker import check_env
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize
from transformers import LlamaConfig, LlamaForCausalLM

import codegym
from codegym.envs import CodeVectorEnv
from codegym.errors import ConfigurationError, MissingDependencyError
from codegym.testing import FakeJudge, byte_tokenizer, tiny_problems
from codegym.wrappers import frequent_tokens, vector

QUICK_IDS = (
    "CodeCompletion-Java-v0",
    "CodeTranslation-Cpp-Python-v0",
    "ProgramSynthesis-PHP-v0",
    "CodeRepair-CSharp-v0",
)
ALL_IDS = [pytest.param(name, marks=() if name in QUICK_IDS else pytest.mark.slow) for name in codegym.env_ids()]
COMPLETION, REPAIR = QUICK_IDS[0], QUICK_IDS[3]
NETWORK = {"features_extractor_class": TokenFeatures, "features_extractor_kwargs": {"features_dim": 16}}
SHORT: dict[str, Any] = {"n_steps": 8, "seed": 0, "device": "cpu"}
SHORT_PPO = {**SHORT, "batch_size": 8, "n_epochs": 1}


def fakes(env_id: str, **changes: Any) -> dict[str, Any]:
    language = gym.spec(env_id).kwargs["language"]
    return {
        "problems": tiny_problems(language),
        "tokenizer": byte_tokenizer(),
        "judge": FakeJudge(),
        "source_tokens": 128,
        "target_tokens": 6,
        **changes,
    }


def make(env_id: str = COMPLETION, num_envs: int = 2, **changes: Any) -> CodeVecEnv:
    return make_vec_env(env_id, num_envs, **fakes(env_id, **changes))


def make_compact(num_envs: int = 2) -> CodeVecEnv:
    return make_vec_env(COMPLETION, num_envs, wrapper=vector.CompactActions, **fakes(COMPLETION))


def parameters(model: Any) -> dict[str, Any]:
    return {name: value.clone() for name, value in model.policy.state_dict().items()}


def assert_same(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        torch.testing.assert_close(value, theirs[name], rtol=0, atol=0)


def assert_learned(before: dict[str, Any], model: Any) -> None:
    after = parameters(model)
    assert all(torch.isfinite(value).all() for value in after.values())
    assert any(not torch.equal(value, before[name]) for name, value in after.items())


# --- the vector environment -------------------------------------------------------------------------------


@pytest.mark.parametrize("env_id", ALL_IDS)
def test_vec_env__equals_a_dummy_vec_env(env_id: str) -> None:
    ours = make(env_id)
    theirs = DummyVecEnv([lambda: Monitor(gym.make(env_id, **fakes(env_id)))] * 2)
    for env in (ours, theirs):
        env.seed(5)
    compare(ours.reset(), theirs.reset())
    assert ours.reset_infos == theirs.reset_infos
    random, ended = np.random.default_rng(0), 0
    for _ in range(50):
        np.testing.assert_array_equal(get_action_masks(ours), get_action_masks(theirs))
        actions = random.integers(258, size=2)
        observations, rewards, dones, infos = ours.step(actions)
        expected = theirs.step(actions)
        compare(observations, expected[0])
        np.testing.assert_array_equal(rewards, expected[1])
        assert rewards.dtype == np.float32
        np.testing.assert_array_equal(dones, expected[2])
        for done, info, other in zip(dones, infos, expected[3], strict=True):
            if done:
                compare(info.pop("terminal_observation"), other.pop("terminal_observation"))
                assert info.pop("is_success") is (info["grade"]["status"] in ("passed", "compiled"))
                del other["episode"]["t"]
                ended += 1
            assert repr(info) == repr({name: other[name] for name in info})  # types are equal as well
            assert info.keys() == other.keys()
        assert ours.reset_infos == theirs.reset_infos
    assert ended


def compare(ours: Any, theirs: Any) -> None:
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        assert value.dtype == theirs[name].dtype
        np.testing.assert_array_equal(value, theirs[name])


def test_vec_env__shows_a_judge_that_fails_as_truncation() -> None:
    env = make(judge=FakeJudge(lambda source: "judge_error"), target_tokens=1)
    env.reset()
    _, _, dones, infos = env.step(np.array([65, 66]))
    assert dones.all()
    for info in infos:
        assert info["TimeLimit.truncated"] is True
        assert info["reward_valid"] is False
        assert "is_success" not in info
        assert info["terminal_observation"]["target"].tolist() in ([65], [66])


def test_vec_env__learns_on_with_a_judge_that_fails() -> None:
    env = make(judge=FakeJudge(lambda source: "judge_error"))
    PPO("MultiInputPolicy", env, policy_kwargs=NETWORK, **SHORT_PPO).learn(16)


def test_vec_env__repeats_itself_with_a_seed() -> None:
    def play(seed: int) -> list[Any]:
        env = make(num_envs=3)
        env.seed(seed)
        observations = [env.reset()["source"].tolist()]
        return observations + [env.step(np.full(3, 257))[0]["source"].tolist() for _ in range(8)]

    assert play(1) == play(1) != play(2)


def test_vec_env__resets_with_options() -> None:
    env = make()
    env.set_options({"index": 2})
    env.reset()
    assert [info["problem_id"] for info in env.reset_infos] == ["tiny://java/2"] * 2
    env.set_options([{"index": 0}, {"index": 1}])
    with pytest.raises(ConfigurationError, match="one dictionary"):
        env.reset()


def test_vec_env__answers_for_all_environments_or_some() -> None:
    env = make(num_envs=3, render_mode="ansi")
    env.reset()
    assert is_masking_supported(env)
    assert env.get_attr("num_envs", [0, 2]) == [3, 3]
    assert [mask.shape for mask in env.env_method("action_masks", indices=1)] == [(258,)]
    assert all(isinstance(text, str) and text for text in env.env_method("render"))
    assert not env.has_attr("nothing")
    with pytest.raises(AttributeError, match="nothing"):
        env.get_attr("nothing")
    with pytest.raises(AttributeError, match="action_masks"):
        env.env_method("nothing")
    env.set_attr("workers", 1)
    assert env.get_attr("workers") == [1, 1, 1]
    with pytest.raises(ConfigurationError, match="workers"):
        env.set_attr("workers", 2, indices=[0])
    env.close()


def test_vec_env__draws_its_episodes() -> None:
    pytest.importorskip("matplotlib")
    env = make(num_envs=2, render_mode="rgb_array")
    env.reset()
    picture = env.render()
    assert picture is not None
    assert picture.ndim == 3


def test_vec_env__takes_code_environments_alone() -> None:
    with pytest.raises(ConfigurationError, match="CodeVectorEnv"):
        CodeVecEnv(gym.make_vec("CartPole-v1", 1))


@pytest.mark.parametrize("env_id", ALL_IDS)
def test_single_environment__passes_the_check(env_id: str) -> None:
    check_env(gym.make(env_id, **fakes(env_id)))


def test_vec_env__may_have_its_rewards_normalised() -> None:
    env = VecNormalize(make(), norm_obs=False)
    PPO("MultiInputPolicy", env, policy_kwargs=NETWORK, **SHORT_PPO).learn(16)


def test_single_environment__is_learned_in() -> None:
    env = DummyVecEnv([lambda: gym.make(COMPLETION, **fakes(COMPLETION))] * 2)
    MaskablePPO("MultiInputPolicy", env, policy_kwargs=NETWORK, **SHORT_PPO).learn(16)


# --- learning with small networks -------------------------------------------------------------------------


@pytest.mark.parametrize("env_id", ALL_IDS)
def test_small_networks__learn_in_every_environment(env_id: str) -> None:
    for algorithm, policy, settings in (
        (PPO, "MultiInputPolicy", SHORT_PPO),
        (A2C, "MultiInputPolicy", SHORT),
        (MaskablePPO, "MultiInputPolicy", SHORT_PPO),
        (RecurrentPPO, "MultiInputLstmPolicy", SHORT_PPO),
    ):
        network = {**NETWORK, "lstm_hidden_size": 8} if algorithm is RecurrentPPO else NETWORK
        model: Any = algorithm(policy, make(env_id), policy_kwargs=network, **settings)  # type: ignore[operator]
        before = parameters(model)
        model.learn(32)
        assert_learned(before, model)
        assert {"r", "l"} <= model.ep_info_buffer[0].keys()


def test_statistics__are_logged(tmp_path: Path) -> None:
    from stable_baselines3.common.logger import configure

    model = PPO("MultiInputPolicy", make(), policy_kwargs=NETWORK, **SHORT_PPO)
    model.set_logger(configure(str(tmp_path), ["csv"]))
    model.learn(32)
    model.logger.close()
    names = (tmp_path / "progress.csv").read_text().split("\n")[0].split(",")
    assert {"rollout/ep_rew_mean", "rollout/ep_len_mean", "rollout/success_rate"} <= set(names)


def test_features__do_not_depend_on_padding() -> None:
    narrow, wide = make(source_tokens=256), make(source_tokens=300, target_tokens=32)
    torch.manual_seed(0)
    features = TokenFeatures(narrow.observation_space)
    seen = []
    for env in (narrow, wide):
        env.set_options({"index": 0})
        env.reset()
        observation, *_ = env.step(np.array([65, 66]))
        seen.append(features({name: torch.as_tensor(value).float() for name, value in observation.items()}))
    torch.testing.assert_close(seen[0], seen[1])
    assert seen[0].shape == (2, 128)
    assert not torch.equal(seen[0][0], seen[0][1])


def test_features__want_a_code_environment() -> None:
    with pytest.raises(ConfigurationError, match="code environment"):
        TokenFeatures(gym.spaces.Box(0, 1, (3,)))


def test_top_k_actions__are_learned_with() -> None:
    policy = make_policy()
    env = make_vec_env(COMPLETION, 2, wrapper=lambda inner: vector.TopKActions(inner, policy, 3), **fakes(COMPLETION))
    for algorithm in (PPO, MaskablePPO):
        algorithm("MultiInputPolicy", env, policy_kwargs=NETWORK, **SHORT_PPO).learn(16)  # type: ignore[operator]


# --- the transformer --------------------------------------------------------------------------------------


@pytest.mark.parametrize("env_id", [COMPLETION, REPAIR])
def test_transformer__says_what_its_policy_says(env_id: str) -> None:
    ours = make_policy(values=True)
    env = make(env_id, num_envs=3)
    model = PPO(Seq2SeqActorCriticPolicy, env, policy_kwargs={"network": ours}, **SHORT_PPO)
    env.seed(1)
    observation = env.reset()
    actions = np.random.default_rng(1).integers(33, 126, size=(20, 3))
    for step in range(20):  # three turns of a repair are 18 steps
        tensors = {name: torch.as_tensor(value) for name, value in observation.items()}
        said = model.policy.evaluate_actions(tensors, torch.as_tensor(actions[step]))
        with torch.no_grad():  # what has been read for one step is known in the next
            torch.testing.assert_close(model.policy.predict_values(tensors), said[0], rtol=0, atol=1e-4)
        for place in range(3):
            source = observation["source"][place][observation["source_mask"][place] == 1].tolist()
            target = observation["target"][place][observation["target_mask"][place] == 1].tolist()
            expected = ours.evaluate(ours.pad([source]), torch.tensor([[*target, actions[step, place]]]))
            torch.testing.assert_close(said[1][place], expected.log_probs[0, -1], rtol=0, atol=1e-4)
            torch.testing.assert_close(said[0][place, 0], expected.values[0, -1], rtol=0, atol=1e-4)
            every = expected.all_log_probs[0, -1]
            entropy = -(every.exp() * every.masked_fill(every.isneginf(), 0.0)).sum()
            torch.testing.assert_close(said[2][place], entropy, rtol=0, atol=1e-4)
        observation, *_ = env.step(actions[step])


def test_transformer__reads_anew_with_other_weights() -> None:
    env = make()
    model = PPO(Seq2SeqActorCriticPolicy, env, policy_kwargs={"network": make_policy(values=True)}, **SHORT_PPO)
    tensors = {name: torch.as_tensor(value) for name, value in env.reset().items()}
    other = make_policy(seed=1, values=True)
    with torch.no_grad():
        before = model.policy.predict_values(tensors)
        model.policy.network.load_state_dict(other.state_dict())
        after = model.policy.predict_values(tensors)
    fresh = PPO(Seq2SeqActorCriticPolicy, env, policy_kwargs={"network": other}, **SHORT_PPO)
    torch.testing.assert_close(after, fresh.policy.predict_values(tensors), rtol=1e-5, atol=1e-6)
    assert not torch.allclose(before, after)


def test_transformer__leaves_observations_as_they_are() -> None:
    env = make()
    model = PPO(Seq2SeqActorCriticPolicy, env, policy_kwargs={"network": make_policy()}, **SHORT_PPO)
    empty = {name: torch.zeros(1, space.shape[0], dtype=torch.int64) for name, space in env.observation_space.items()}
    assert torch.isfinite(model.policy.predict_values(empty)).all()
    assert not any(value.any() for value in empty.values())


@pytest.mark.parametrize("algorithm", [PPO, A2C, MaskablePPO])
@pytest.mark.parametrize("env_id", ALL_IDS)
def test_transformer__learns_and_comes_back(env_id: str, algorithm: Any, tmp_path: Path) -> None:
    settings = SHORT if algorithm is A2C else SHORT_PPO

    def learn() -> Any:
        model = algorithm(
            Seq2SeqActorCriticPolicy, make(env_id), policy_kwargs={"network": make_policy()}, ent_coef=0.01, **settings
        )
        before = parameters(model)
        model.learn(32)
        assert_learned(before, model)
        return model

    model, again = learn(), learn()
    assert_same(parameters(model), parameters(again))

    model.save(tmp_path / "model.zip")
    loaded = algorithm.load(tmp_path / "model.zip", env=make(env_id))
    assert_same(parameters(loaded), parameters(model))
    env = make(env_id)
    env.seed(3)
    observation = env.reset()
    actions, _ = model.predict(observation, deterministic=True)
    np.testing.assert_array_equal(loaded.predict(observation, deterministic=True)[0], actions)
    loaded.learn(16)


def test_transformer__copies_what_it_is_given() -> None:
    policy = make_policy()
    before = {name: value.clone() for name, value in policy.state_dict().items()}
    PPO(Seq2SeqActorCriticPolicy, make(), policy_kwargs={"network": policy}, **SHORT_PPO).learn(16)
    assert_same(policy.state_dict(), before)


def test_transformer__learns_with_a_frozen_encoder() -> None:
    policy = make_policy()
    policy.set_trainable(train_encoder=False)
    model = PPO(Seq2SeqActorCriticPolicy, make(), policy_kwargs={"network": policy}, **SHORT_PPO)
    before = parameters(model)
    model.learn(16)
    changed = [name for name, value in parameters(model).items() if not torch.equal(value, before[name])]
    assert any("decoder" in name for name in changed)
    assert not any("encoder.block" in name or "shared" in name for name in changed)


def test_transformer__may_be_a_decoder_alone() -> None:
    tokenizer = byte_tokenizer()
    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    ends = {"pad_token_id": tokenizer.pad_id, "eos_token_id": tokenizer.end_id, "bos_token_id": tokenizer.end_id}
    ours = AutoPolicy(LlamaForCausalLM(LlamaConfig(vocab_size=264, **ends, **sizes)), tokenizer).eval()
    env = make(num_envs=2)
    model = PPO(Seq2SeqActorCriticPolicy, env, policy_kwargs={"network": ours}, **SHORT_PPO)
    env.reset()
    observation, *_ = env.step(np.array([65, 66]))
    tensors = {name: torch.as_tensor(value) for name, value in observation.items()}
    said = model.policy.get_distribution(tensors).distribution.logits
    for place in range(2):
        expected = ours.log_probs({name: value[place] for name, value in observation.items()})  # type: ignore[arg-type]
        legal = tokenizer.legal
        np.testing.assert_allclose(said[place].detach().numpy()[legal], expected[:258][legal], atol=1e-4)
    model.learn(16)


def test_transformer__is_saved_alone(tmp_path: Path) -> None:
    env = make()
    model = PPO(Seq2SeqActorCriticPolicy, env, policy_kwargs={"network": make_policy()}, **SHORT_PPO).learn(16)
    model.policy.save(str(tmp_path / "policy.pt"))
    loaded = Seq2SeqActorCriticPolicy.load(str(tmp_path / "policy.pt"), device="cpu")
    observation = env.reset()
    single = {name: value[0] for name, value in observation.items()}
    for each in (observation, single):
        np.testing.assert_array_equal(
            loaded.predict(each, deterministic=True)[0], model.predict(each, deterministic=True)[0]
        )
    assert loaded.predict(single)[0].shape == ()


def test_transformer__is_measured_as_every_policy(tmp_path: Path) -> None:
    before = make_policy()
    env = make(num_envs=2)
    model = PPO(Seq2SeqActorCriticPolicy, env, policy_kwargs={"network": before}, learning_rate=1e-2, **SHORT_PPO)
    model.learn(32)
    inner = env.env.unwrapped
    assert isinstance(inner, CodeVectorEnv)
    inner.workers = 1
    after = model.policy.network
    assert isinstance(after, Seq2SeqPolicy)
    episodes = evaluate(after, before, inner, 3)
    assert len(episodes) == 3
    assert all(episode.kl > 0 for episode in episodes)
    after.save_pretrained(tmp_path)
    assert_same(Seq2SeqPolicy.from_pretrained(tmp_path).state_dict(), after.state_dict())


def test_transformer__loads_by_name(tmp_path: Path) -> None:
    make_policy().save_pretrained(tmp_path / "checkpoint")
    arguments = {"network": str(tmp_path / "checkpoint")}
    model = PPO(Seq2SeqActorCriticPolicy, make(), policy_kwargs=arguments, **SHORT_PPO).learn(16)
    model.save(tmp_path / "model.zip")
    loaded = PPO.load(tmp_path / "model.zip")
    assert_same(parameters(loaded), parameters(model))


def test_transformer__is_an_actor_critic_of_both_packages() -> None:
    from sb3_contrib.common.maskable.policies import MaskableActorCriticPolicy

    assert issubclass(Seq2SeqActorCriticPolicy, ActorCriticPolicy)
    assert issubclass(Seq2SeqActorCriticPolicy, MaskableActorCriticPolicy)


def test_transformer__has_no_dropout_while_it_learns() -> None:
    network = make_policy(dropout_rate=0.5)
    model = PPO(Seq2SeqActorCriticPolicy, make(), policy_kwargs={"network": network}, **SHORT_PPO).learn(16)
    model.policy.set_training_mode(True)
    observation = {name: torch.as_tensor(value) for name, value in make().reset().items()}
    torch.testing.assert_close(model.policy.predict_values(observation), model.policy.predict_values(observation))


def test_transformer__refuses_other_tokens_and_actions() -> None:
    wrong = {"network": make_policy(tokenizer=codegym.tokens.load("codegym"))}
    with pytest.raises(ConfigurationError, match=r"tokenizer=policy\.tokenizer"):
        PPO(Seq2SeqActorCriticPolicy, make(), policy_kwargs=wrong, **SHORT_PPO)
    with pytest.raises(ConfigurationError, match="CompactActions"):
        PPO(Seq2SeqActorCriticPolicy, make_compact(), policy_kwargs={"network": make_policy()}, **SHORT_PPO)


# --- action sets and masks --------------------------------------------------------------------------------


def test_compact_actions__are_tokens_to_the_transformer() -> None:
    env = make_compact()
    (tokens, *_) = env.get_attr("tokens")
    ours = make_policy(values=True)
    model = MaskablePPO(Seq2SeqActorCriticPolicy, env, policy_kwargs={"network": ours, "tokens": tokens}, **SHORT_PPO)
    observation = env.reset()
    tensors = {name: torch.as_tensor(value) for name, value in observation.items()}
    masks = env.env_method("action_masks")
    distribution = model.policy.get_distribution(tensors, np.stack(masks))
    for place in range(2):
        source = observation["source"][place][observation["source_mask"][place] == 1].tolist()
        every = ours.evaluate(ours.pad([source]), torch.tensor([[0]])).all_log_probs[0, 0, tokens]
        every = torch.log_softmax(every.masked_fill(~torch.as_tensor(masks[place]), -torch.inf), dim=-1)
        torch.testing.assert_close(distribution.distribution.probs[place], every.exp(), rtol=0, atol=1e-5)
    model.learn(32)
    actions, _ = model.predict(env.reset(), action_masks=get_action_masks(env))
    assert (actions < len(tokens)).all()


def test_top_k_actions__are_tokens_to_the_transformer() -> None:
    policy = make_policy(values=True)
    env = make_vec_env(COMPLETION, 2, wrapper=lambda inner: vector.TopKActions(inner, policy, 5), **fakes(COMPLETION))
    model = MaskablePPO(Seq2SeqActorCriticPolicy, env, policy_kwargs={"network": policy}, **SHORT_PPO)
    observation = env.reset()
    tensors = {name: torch.as_tensor(value) for name, value in observation.items()}
    # Before it learns, the policy is the reference among its five most likely tokens.
    torch.testing.assert_close(
        model.policy.get_distribution(tensors).distribution.logits, tensors["action_log_probs"], rtol=0, atol=1e-4
    )
    model.learn(16)


def test_masks__are_kept() -> None:
    env = make_compact()
    model = MaskablePPO("MultiInputPolicy", env, policy_kwargs=NETWORK, **SHORT_PPO)
    allowed = np.zeros((2, env.action_space.n), np.bool_)
    allowed[:, 7] = True
    observation = env.reset()
    for _ in range(10):
        assert model.predict(observation, action_masks=allowed)[0].tolist() == [7, 7]


@pytest.mark.parametrize("policy", ["MultiInputPolicy", Seq2SeqActorCriticPolicy])
def test_packed_masks__are_the_same_masks(policy: Any) -> None:
    arguments = NETWORK if isinstance(policy, str) else {"network": make_policy()}

    def learn(buffer: Any) -> Any:
        return MaskablePPO(policy, make(), policy_kwargs=arguments, rollout_buffer_class=buffer, **SHORT_PPO).learn(32)

    plain, packed = learn(MaskableDictRolloutBuffer), learn(PackedMaskRolloutBuffer)
    assert_same(parameters(packed), parameters(plain))
    assert plain.rollout_buffer.action_masks.nbytes > 31 * packed.rollout_buffer.action_masks.nbytes


def test_packed_masks__say_what_does_not_fit() -> None:
    with pytest.raises(ConfigurationError, match=r"needs [0-9,.]+ GB.*CompactActions"):
        MaskablePPO(
            "MultiInputPolicy",
            make(),
            n_steps=10**9,
            batch_size=8,
            policy_kwargs=NETWORK,
            rollout_buffer_class=PackedMaskRolloutBuffer,
            device="cpu",
        )


# --- evaluation and callbacks -----------------------------------------------------------------------------


def test_evaluation__needs_no_monitor() -> None:
    model = PPO("MultiInputPolicy", make(), policy_kwargs=NETWORK, **SHORT_PPO)
    rewards, lengths = evaluate_policy(model, make(), n_eval_episodes=4, return_episode_rewards=True)
    assert len(rewards) == len(lengths) == 4
    assert max(lengths) <= 6
    masked = MaskablePPO("MultiInputPolicy", make(), policy_kwargs=NETWORK, **SHORT_PPO)
    assert len(evaluate_masked(masked, make(), n_eval_episodes=4, return_episode_rewards=True)[0]) == 4


def test_callbacks__evaluate_and_save(tmp_path: Path) -> None:
    callbacks = [
        EvalCallback(make(), n_eval_episodes=2, eval_freq=8, best_model_save_path=str(tmp_path), verbose=0),
        CheckpointCallback(save_freq=8, save_path=str(tmp_path), name_prefix="step"),
    ]
    PPO("MultiInputPolicy", make(), policy_kwargs=NETWORK, **SHORT_PPO).learn(32, callback=callbacks)
    best = PPO.load(tmp_path / "best_model.zip")
    PPO.load(tmp_path / "step_16_steps.zip")
    assert best.predict(make().reset())[0].shape == (2,)
    masked = MaskablePPO("MultiInputPolicy", make(), policy_kwargs=NETWORK, **SHORT_PPO)
    masked.learn(16, callback=MaskableEvalCallback(make(), n_eval_episodes=2, eval_freq=8, verbose=0))


@pytest.mark.parametrize("algorithm", [PPO, RecurrentPPO])
def test_small_networks__come_back_and_repeat_themselves(algorithm: Any, tmp_path: Path) -> None:
    recurrent = algorithm is RecurrentPPO
    policy = "MultiInputLstmPolicy" if recurrent else "MultiInputPolicy"
    network = {**NETWORK, "lstm_hidden_size": 8} if recurrent else NETWORK
    model, again = (algorithm(policy, make(), policy_kwargs=network, **SHORT_PPO).learn(32) for _ in range(2))
    assert_same(parameters(model), parameters(again))
    model.save(tmp_path / "model.zip")
    loaded = algorithm.load(tmp_path / "model.zip")
    env = make()
    env.seed(2)
    observation = env.reset()
    np.testing.assert_array_equal(
        loaded.predict(observation, deterministic=True)[0], model.predict(observation, deterministic=True)[0]
    )


# --- packaging --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", ["stable_baselines3", "sb3_contrib"])
def test_import__says_what_to_install(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in sorted(sys.modules):
        if name.startswith((f"{module}.", "codegym_agents.sb3")):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingDependencyError, match=rf"needs {module.replace('_', '-')}\..*'codegym\[sb3\]'"):
        importlib.import_module("codegym_agents.sb3")


# --- documentation ----------------------------------------------------------------------------------------


SMALL = {
    "total_timesteps": 16,
    "n_steps": 32,
    "batch_size": 64,
    "target_tokens": 4,
    "eval_freq": 32,
    "n_eval_episodes": 2,
    "count": 2,
}


def test_documentation__runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "docs" / "sb3.md"
    few = partial(frequent_tokens, problems=5)
    monkeypatch.setattr("codegym.wrappers.vector.compact_actions.frequent_tokens", few)
    monkeypatch.setattr("codegym.judge.shared_judge", FakeJudge)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
        small = re.sub(r'-v0", \d+', '-v0", 2', block)
        for name, value in SMALL.items():
            small = re.sub(rf"\b{name}=[\d_]+", f"{name}={value}", small)
        exec(small, names)
    assert (tmp_path / "runs" / "sb3" / "model.safetensors").is_file()
