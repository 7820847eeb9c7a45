from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import gymnasium as gym
import pytest
from codegym_registry import TABLE
from gymnasium.envs.registration import EnvSpec

import codegym
from codegym import languages
from codegym.errors import ConfigurationError
from codegym.testing import FakeJudge, byte_tokenizer, tiny_problems

GOLDEN = Path(__file__).parents[1] / "golden" / "env_ids.txt"


def test_registry__ids_are_the_golden_list() -> None:
    assert "\n".join(codegym.env_ids()) + "\n" == GOLDEN.read_text("utf-8")
    assert all(env_id in gym.registry for env_id in codegym.env_ids())


def test_registry__rows_name_languages_that_exist() -> None:
    for row in TABLE:
        for language in (*row.languages, *row.source_languages):
            assert languages.get(language).id_name == language


@pytest.mark.parametrize("env_id", codegym.env_ids())
def test_spec__survives_json(env_id: str) -> None:
    spec = EnvSpec.from_json(gym.spec(env_id).to_json())
    assert spec == gym.spec(env_id)
    language = spec.kwargs["language"]
    env = gym.make(spec, problems=tiny_problems(language), tokenizer=byte_tokenizer(), judge=FakeJudge())
    assert env.reset(seed=0)[0] in env.observation_space


@pytest.mark.parametrize("env_id", codegym.env_ids())
def test_spec__leaves_the_budget_to_the_environment(env_id: str) -> None:
    assert gym.spec(env_id).max_episode_steps is None
    assert gym.spec(env_id).nondeterministic is False


def test_registry__names_the_nearest_id() -> None:
    with pytest.raises(gym.error.NameNotFound, match="CodeCompletion-Java"):
        gym.make("CodeCompletion-Jva-v0")


def test_registry__registers_again_without_complaint() -> None:
    # As after importlib.reload, or a second import under another name.
    codegym._register(TABLE[0], TABLE[0].members()[0])


def test_registry__refuses_an_id_that_is_taken() -> None:
    with pytest.raises(ConfigurationError, match="registered already"):
        codegym._register(replace(TABLE[0], entry_point="elsewhere:make"), TABLE[0].members()[0])


def test_package__exports_are_sorted_and_exist() -> None:
    assert list(codegym.__all__) == sorted(codegym.__all__)
    for name in codegym.__all__:
        assert getattr(codegym, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Jugde'"):
        _ = codegym.Jugde  # type: ignore[attr-defined]  # misspelt on purpose


def test_package__import_is_light() -> None:
    """Half a second is what gymnasium and numpy take; what would make it more is imported when it is needed."""
    heavy_packages = (
        "diskcache",
        "loky",
        "matplotlib",
        "pyseccomp",
        "rapidfuzz",
        "rich",
        "tokenizers",
        "torch",
        "transformers",
        "tree_sitter",
    )
    program = f"import codegym, sys; print([name for name in {heavy_packages} if name in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"
