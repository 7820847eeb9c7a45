"""Everything that PettingZoo asks of an environment, for each family of games."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from codegym_registry import MULTIAGENT_TABLE, TABLE
from gymnasium.utils.env_checker import data_equivalence

pettingzoo = pytest.importorskip("pettingzoo", reason="pettingzoo is not installed: pip install 'codegym[multiagent]'")

from games import CODER_TESTER, DOUBLE, FAMILIES, PAIR, aec, only, parallel, play  # noqa: E402
from pettingzoo.test import api_test, parallel_api_test, render_test, seed_test  # noqa: E402
from pettingzoo.utils import parallel_to_aec, turn_based_aec_to_parallel  # noqa: E402

import codegym  # noqa: E402
import codegym.multiagent  # noqa: E402
from codegym import languages  # noqa: E402
from codegym.errors import ConfigurationError, InvalidActionError, UnknownNameError  # noqa: E402

ENV_IDS = codegym.multiagent.env_ids()
REAL: dict[str, Any] = {"problems": only(DOUBLE), "judge": None}

# A policy of tokens sees several arrays; the tests recommend one.
arrays = pytest.mark.filterwarnings(
    "ignore:Observation is not a NumPy array", "ignore:Observation space for each agent probably should be"
)


def test_registry__holds_every_language_and_pair_in_both_forms() -> None:
    assert len(ENV_IDS) == 6 + 30 + 6
    for env_id in ENV_IDS:
        assert pettingzoo.spec("aec", env_id).kwargs == pettingzoo.spec("parallel", env_id).kwargs
    assert not {*ENV_IDS} & {*codegym.env_ids()}


def test_registry__rows_name_languages_that_exist() -> None:
    for row in MULTIAGENT_TABLE:
        for language in (*row.languages, *row.source_languages):
            assert languages.get(language).id_name == language


def test_registry__registers_again_and_refuses_an_id_that_is_taken() -> None:
    row = MULTIAGENT_TABLE[0]
    codegym.multiagent._register(row, row.members()[0])
    with pytest.raises(ConfigurationError, match="registered already"):
        codegym.multiagent._register(replace(row, entry_point="elsewhere:env"), row.members()[0])
    assert not {row.name for row in MULTIAGENT_TABLE} & {row.name for row in TABLE}


@pytest.mark.parametrize("env_id", ENV_IDS)
def test_every_id__makes_both_forms_with_the_same_spaces(env_id: str) -> None:
    one, other = aec(env_id), parallel(env_id)
    assert isinstance(one, pettingzoo.AECEnv)
    assert isinstance(other, pettingzoo.ParallelEnv)
    assert one.possible_agents == other.possible_agents
    observations, _ = other.reset(seed=0)
    one.reset(seed=0)
    for agent in one.possible_agents:
        assert one.observation_space(agent) == other.observation_space(agent)
        assert one.observation_space(agent) is one.observation_space(agent)
        assert one.action_space(agent) is one.action_space(agent)
        assert one.action_space(agent) is not one.action_space(one.possible_agents[agent == one.possible_agents[0]])
        assert data_equivalence(one.observe(agent), observations[agent], exact=True)
        assert observations[agent] in one.observation_space(agent)


@arrays
@pytest.mark.parametrize("env_id", FAMILIES)
def test_api_test__passes(env_id: str) -> None:
    api_test(aec(env_id), num_cycles=60)


@arrays
@pytest.mark.parametrize("env_id", FAMILIES)
def test_parallel_api_test__passes(env_id: str) -> None:
    parallel_api_test(parallel(env_id), num_cycles=60)


@pytest.mark.parametrize("env_id", FAMILIES)
def test_seed_test__passes_in_both_forms(env_id: str) -> None:
    seed_test(lambda: aec(env_id), num_cycles=60)
    # PettingZoo's parallel_seed_test looks at one step only: it takes the names of agents for flags.
    seed_test(lambda: parallel_to_aec(parallel(env_id)), num_cycles=60)


@pytest.mark.parametrize("env_id", FAMILIES)
def test_render_test__passes(env_id: str) -> None:
    pytest.importorskip("PIL")
    render_test(lambda render_mode: aec(env_id, render_mode=render_mode))


@arrays
@pytest.mark.parametrize("env_id", FAMILIES)
def test_batteries__pass_with_the_real_judge(env_id: str) -> None:
    real = REAL | ({"oracle": None} if env_id == CODER_TESTER else {})
    api_test(aec(env_id, **real), num_cycles=30)
    parallel_api_test(parallel(env_id, **real), num_cycles=50)


@pytest.mark.parametrize("env_id", FAMILIES)
def test_parallel_form__is_the_turn_based_game_step_by_step(env_id: str) -> None:
    ours, theirs = parallel(env_id), turn_based_aec_to_parallel(aec(env_id))
    random = np.random.default_rng(3)
    assert data_equivalence(ours.reset(seed=3)[0], theirs.reset(seed=3)[0], exact=True)
    while ours.agents:
        actions = {agent: int(random.integers(258)) for agent in ours.agents}
        *mine, infos = ours.step(actions)
        *other, their_infos = theirs.step(actions)
        assert data_equivalence(mine, other)
        assert ours.agents == theirs.agents
        for agent, info in infos.items():
            assert np.array_equal(info["action_mask"], their_infos[agent]["action_mask"])
    assert ours.step({}) == ({}, {}, {}, {}, {})


@pytest.mark.parametrize("env_id", FAMILIES)
def test_masks__leave_those_who_wait_the_padding_token(env_id: str) -> None:
    env = parallel(env_id)
    _, infos = env.reset(seed=0)
    writer = infos[env.agents[0]]["active_agent"]
    assert writer == env.agents[0]
    pad = env.game.process.layout.pad_id
    for agent in env.agents:
        mask = infos[agent]["action_mask"]
        assert mask.dtype == np.int8
        assert mask.sum() > 90 if agent == writer else list(np.flatnonzero(mask)) == [pad]


@pytest.mark.parametrize("env_id", FAMILIES)
def test_illegal_token__costs_its_place_and_writes_nothing(env_id: str) -> None:
    env = aec(env_id, target_tokens=3)
    env.reset(seed=0)
    pad = env.unwrapped.game.process.layout.pad_id
    agent = env.agent_selection
    env.step(pad)
    assert env.agent_selection == agent
    page = env.unwrapped.match.page(agent)
    assert page.episode.tokens == [pad]
    assert page.episode.answer == b""


@pytest.mark.parametrize("action", [-1, 258, 0.5, None, [0]])
def test_action_outside_of_the_space__is_refused_and_changes_nothing(action: Any) -> None:
    env = aec(PAIR)
    env.reset(seed=0)
    with pytest.raises(InvalidActionError):
        env.unwrapped.step(action)
    assert env.agent_selection == "driver_0"
    assert not env.unwrapped.match.page("driver_0").episode.tokens


def test_parallel_step__needs_the_action_of_whose_turn_it_is() -> None:
    env = parallel(PAIR)
    env.reset(seed=0)
    with pytest.raises(ConfigurationError, match="turn of driver_0"):
        env.step({"navigator_0": 65})


def test_reset__takes_a_problem_by_its_index_and_ignores_other_keys() -> None:
    env = aec(CODER_TESTER)
    for index in range(3):
        env.reset(options={"index": index, "other": 1})
        assert env.infos["coder_0"]["problem_id"] == f"tiny://python/{index}"


def test_render_mode__is_checked() -> None:
    with pytest.raises(UnknownNameError, match="rgb_array"):
        aec(PAIR, render_mode="rgb_aray")


def test_ansi__shows_each_page_once_with_its_authors() -> None:
    env = aec(PAIR, render_mode="ansi")
    env.reset(seed=0)
    assert env.render().startswith("driver_0 and navigator_0\n")
    env = aec(CODER_TESTER, render_mode="ansi")
    env.reset(seed=0)
    env.step(env.unwrapped.game.process.vocabulary.end_id)
    assert "coder_0\n" in env.render()
    assert "tester_0\n" in env.render()


@pytest.mark.parametrize("env_id", FAMILIES)
def test_endless_tokens__end_with_the_budget(env_id: str) -> None:
    env = aec(env_id, target_tokens=8)
    env.reset(seed=0)
    for _ in range(16):
        if env.terminations[env.agent_selection]:
            break
        env.step(ord("x"))
    assert all(env.terminations.values())


def test_games__are_equal_in_two_processes() -> None:
    code = f"import games; print([games.digest_of_play(one) for one in {FAMILIES!r}])"
    printed = []
    for hash_seed in ("0", "17"):
        surroundings = {**os.environ, "PYTHONHASHSEED": hash_seed}
        command = [sys.executable, "-c", code]
        here = Path(__file__).parent
        ended = subprocess.run(command, cwd=here, env=surroundings, capture_output=True, text=True, check=True)
        printed.append(ended.stdout)
    assert printed[0] == printed[1]


def test_seeds__give_other_games() -> None:
    assert data_equivalence(play(aec(CODER_TESTER), 1), play(aec(CODER_TESTER), 1), exact=True)
    assert not data_equivalence(play(aec(CODER_TESTER), 1), play(aec(CODER_TESTER), 2))


def test_import__needs_pettingzoo_and_says_so_in_one_line() -> None:
    code = (
        "import sys; sys.modules['pettingzoo'] = None; import codegym\n"
        "try:\n    import codegym.multiagent\nexcept codegym.errors.MissingDependencyError as error:\n    print(error)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout == "codegym.multiagent needs pettingzoo. Install it with: pip install 'codegym[multiagent]'\n"
