"""The vocabulary of CodeT5, read by codegym, against the ids that Hugging Face's own class gives."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from codegym.envs import TokenEnv
from codegym.testing import FakeJudge
from codegym.tokens import Tokenizer, load

# Hugging Face's class takes these texts for special tokens; codegym takes every text for text.
SPECIAL = ("<pad>", "<s>", "</s>", "<unk>", "<mask>")
EXTRA = [f"<extra_id_{index}>" for index in reversed(range(100))]


@pytest.fixture(scope="module")
def folder(data_folder: Path) -> Path:
    found = data_folder / "codet5-tokenizer"
    if not found.is_dir():
        pytest.skip(f"needs CodeT5's vocabulary in {found} (set CODEGYM_DATA)")
    return found


@pytest.fixture(scope="module")
def original(folder: Path) -> Tokenizer:
    return load(folder)


@pytest.fixture(scope="module")
def released_folder(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder as the model was released: 100 sentinels more, from 32000 on, of which the last is number 0."""
    released = tmp_path_factory.mktemp("codet5")
    shutil.copy(folder / "codet5-vocab.json", released / "vocab.json")
    shutil.copy(folder / "codet5-merges.txt", released / "merges.txt")
    special = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "mask_token": "<mask>"}
    special |= {"additional_special_tokens": [{"content": token, "lstrip": True} for token in EXTRA]}
    (released / "special_tokens_map.json").write_text(json.dumps(special))
    (released / "added_tokens.json").write_text(json.dumps({token: 32000 + at for at, token in enumerate(EXTRA)}))
    (released / "tokenizer_config.json").write_text('{"tokenizer_class": "RobertaTokenizer", "eos_token": "</s>"}')
    return released


@pytest.fixture(scope="module")
def released(released_folder: Path) -> Tokenizer:
    return load(released_folder)


@pytest.fixture(scope="module")
def goldens(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "goldens.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert len(rows) > 100
    return rows


@pytest.fixture(params=["original", "released"])
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    found: Tokenizer = request.getfixturevalue(request.param)
    return found


def test_encode__gives_the_golden_ids(tokenizer: Tokenizer, goldens: list[dict[str, Any]]) -> None:
    plain = [row for row in goldens if not any(token in row["text"] for token in SPECIAL)]
    assert len(plain) >= len(goldens) - 5
    assert tokenizer.encode_batch([row["text"] for row in plain]) == [row["ids"] for row in plain]
    for row in plain:
        assert tokenizer.decode(row["ids"]) == row["decoded"], row["source"]


def test_encode__round_trips_every_golden_text(tokenizer: Tokenizer, goldens: list[dict[str, Any]]) -> None:
    for row in goldens:
        ids = tokenizer.encode(row["text"])
        assert tokenizer.decode(ids) == row["text"], row["source"]
        assert b"".join(map(tokenizer.token_bytes, ids)) == row["text"].encode()
        assert tokenizer.legal[ids].all()


@pytest.mark.parametrize("text", [*SPECIAL, *EXTRA[::33], "x = '</s>'  # <extra_id_0> <pad>\r\n\0"])
def test_encode__takes_special_tokens_for_text(tokenizer: Tokenizer, text: str) -> None:
    ids = tokenizer.encode(text)
    assert len(ids) > 1
    assert tokenizer.decode(ids) == text
    assert max(ids) < 32000
    assert min(ids) > 4


def test_vocabulary__is_that_of_the_files(original: Tokenizer, folder: Path) -> None:
    vocabulary = json.loads((folder / "codet5-vocab.json").read_text("utf-8"))
    assert original.vocabulary_size == len(vocabulary) == 32000
    assert (original.pad_id, original.end_id) == (vocabulary["<pad>"], vocabulary["</s>"]) == (0, 2)
    assert np.flatnonzero(~original.legal).tolist() == [0, 1, 3, 4]
    for text, written in (("Ġreturn", b" return"), ("ĉ", b"\t"), ("Ã", b"\xc3")):
        assert original.token_bytes(vocabulary[text]) == written


def test_vocabulary__is_that_of_the_released_model(released: Tokenizer, original: Tokenizer) -> None:
    assert (released.vocabulary_size, released.pad_id, released.end_id) == (32100, 0, 2)
    np.testing.assert_array_equal(released.legal[:32000], original.legal)
    assert not released.legal[32000:].any()
    assert {released.token_bytes(token) for token in range(32000, 32100)} == {b""}
    tokens = range(32000)
    assert [released.token_bytes(token) for token in tokens] == [original.token_bytes(token) for token in tokens]


def test_save__keeps_the_vocabulary(released: Tokenizer, goldens: list[dict[str, Any]], tmp_path: Path) -> None:
    released.save(tmp_path / "tokenizer.json")
    loaded = load(tmp_path)
    texts = [row["text"] for row in goldens]
    assert (loaded.vocabulary_size, loaded.pad_id, loaded.end_id) == (32100, 0, 2)
    assert loaded.encode_batch(texts) == released.encode_batch(texts)
    np.testing.assert_array_equal(loaded.legal, released.legal)


@pytest.mark.slow
def test_load__reads_a_folder_that_transformers_saved(
    released_folder: Path, released: Tokenizer, goldens: list[dict[str, Any]], tmp_path: Path
) -> None:
    transformers = pytest.importorskip("transformers", reason="needs transformers: pip install 'codegym[agents]'")
    bare, saved = tmp_path / "bare", tmp_path / "saved"
    bare.mkdir()
    for file in ("vocab.json", "merges.txt"):
        shutil.copy(released_folder / file, bare)
    theirs = transformers.RobertaTokenizerFast.from_pretrained(bare, additional_special_tokens=EXTRA)
    theirs.save_pretrained(saved)
    ours = load(saved)
    assert (ours.vocabulary_size, ours.pad_id, ours.end_id) == (len(theirs), theirs.pad_token_id, theirs.eos_token_id)
    assert theirs.convert_tokens_to_ids(EXTRA) == list(range(32000, 32100))
    np.testing.assert_array_equal(ours.legal, released.legal)
    for row in goldens:
        ids = ours.encode(row["text"])
        assert ids == released.encode(row["text"])
        if not any(token in row["text"] for token in SPECIAL):
            assert theirs(row["text"], add_special_tokens=False)["input_ids"] == ids


@pytest.fixture(scope="module")
def env(released_folder: Path) -> Iterator[TokenEnv]:
    made = gym.make(
        "CodeCompletion-Python-v0", problems="procedural", tokenizer=str(released_folder), judge=FakeJudge()
    )
    assert isinstance(made.unwrapped, TokenEnv)
    yield made.unwrapped
    made.close()


def test_environment__is_played_in_the_tokens_of_codet5(env: TokenEnv, released: Tokenizer) -> None:
    assert isinstance(env.action_space, gym.spaces.Discrete)
    assert env.action_space.n == 32100
    observation, info = env.reset(seed=3)
    problem, expert = env.episode.assignment.problem, env.episode.assignment.reference_ids
    assert info["problem_id"] == problem.id
    assert problem.id.startswith("procedural://")
    assert released.encode(problem.reference) == [*env.episode.assignment.source_ids, *expert]
    forbidden = np.flatnonzero(released.legal & ~env.action_masks())
    assert not env.action_masks()[~released.legal].any() and len(forbidden) < 200
    assert all(
        not released.token_bytes(token).isascii() or len(released.token_bytes(token)) == 1 for token in forbidden
    )
    for token in [*expert, released.end_id]:
        assert observation in env.observation_space
        observation, reward, terminated, truncated, info = env.step(token)
        assert sum(info["reward_terms"].values()) == pytest.approx(reward, abs=1e-9)
    assert (terminated, truncated, info["program"]) == (True, False, problem.reference)


@pytest.mark.parametrize("token", [0, 1, 3, 4, 32000, 32099])
def test_environment__special_tokens_write_nothing(env: TokenEnv, token: int) -> None:
    env.reset(seed=5)
    before = env.episode.program
    assert not env.action_masks()[token]
    env.step(token)
    assert env.episode.program == before
