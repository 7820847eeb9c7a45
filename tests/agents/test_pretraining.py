"""The recipe of the nano checkpoint, on a data set of a few problems."""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from codegym_agents import Seq2SeqPolicy
from codegym_agents.pretraining import arrays, dataset, examples
from codegym_agents.pretraining.arrays import TokenTexts
from codegym_agents.pretraining.dataset import LANGUAGES, build_code, build_procedural, procedural_problem
from codegym_agents.pretraining.examples import Examples, batches, shares, validation_sets
from codegym_agents.pretraining.train import (
    CurvePoint,
    Devices,
    Schedule,
    evaluate,
    main,
    mini_config,
    nano_config,
    small_config,
    table,
    train,
)
from transformers import T5Config, T5ForConditionalGeneration

from codegym.envs import Completion, DecisionProcess, Repair, Synthesis, Task, Translation
from codegym.errors import DataError, UnknownNameError
from codegym.problems.base import Card, InMemoryProblems
from codegym.testing import FakeJudge, tiny_problems
from codegym.tokens import load
from codegym.types import Problem

TOKENIZER = load("codegym")
PROBLEMS = 5
CODE = (
    "def total(values):\n    result = 0\n    for value in values:\n        result += value * 3\n    return result\n" * 2
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pretraining")
    build_procedural(folder, problems=PROBLEMS, draws=1, workers=1, part_size=3)
    process = DecisionProcess(Repair(), tiny_problems("python"), judge=FakeJudge(), source_tokens=1024)
    repairs = [process.assign(process.problems[index]) for index in range(2)]
    for name, kind in (("repairs", "repair python"), ("pairs", "mbpp python")):
        texts = TokenTexts.of([ids for one in repairs for ids in (one.source_ids, one.reference_ids)])
        arrays.write(folder, name, 0, texts, kinds=np.array([kind] * 2), validation=np.array([True, False]))
    corpus = folder / "corpus.jsonl.xz"
    with lzma.open(corpus, "wt", encoding="utf-8") as file:
        for language in LANGUAGES:
            for split in ("train", "validation"):
                record = {"text": CODE, "language": language, "split": split, "origin": "test"}
                file.write(json.dumps(record) + "\n")
    corpus.with_suffix(".card.json").write_text("{}\n")
    build_code(folder, corpus, part_size=7)
    return folder


@pytest.fixture
def shelves(folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Examples]:
    monkeypatch.setattr(examples, "VALIDATION", range(2))
    return {part: Examples(folder, TOKENIZER, validation=part == "validation") for part in ("train", "validation")}


def test_token_texts__come_back_from_their_files(tmp_path: Path) -> None:
    for number, texts in enumerate(([[1, 2, 3], []], [[4095]])):
        arrays.write(tmp_path, "some", number, TokenTexts.of(texts), place=np.arange(len(texts)))
    texts, columns = arrays.read(tmp_path, "some")
    assert [texts[place].tolist() for place in range(len(texts))] == [[1, 2, 3], [], [4095]]
    assert columns["place"].tolist() == [0, 1, 0]
    with pytest.raises(DataError, match="no other-"):
        arrays.read(tmp_path, "other")


def _posed(task: Task, problem: Problem, source_tokens: int) -> tuple[list[int], list[int]]:
    problems = InMemoryProblems(Card("p", "", "", "", ""), "train", (problem,))
    assignment = DecisionProcess(task, problems, source_tokens=source_tokens, judge=FakeJudge()).assign(problem)
    before, behind = TOKENIZER.frame
    return [*before, *assignment.source_ids, *behind], [*assignment.reference_ids, TOKENIZER.end_id]


def test_supervised_examples__are_what_the_environments_show_and_want(shelves: dict[str, Examples]) -> None:
    compared = 0
    for index in range(PROBLEMS):
        shown = procedural_problem(index)
        programs = dict(zip(LANGUAGES, dataset.programs_of(shown), strict=True))
        for place, language in enumerate(LANGUAGES):
            problem = Problem("p://1", language, programs[language], statement=shown.statement, sources=programs)
            source = (place + 1) % len(LANGUAGES)
            made = (
                (shelves["train"].translation(index, source, place), Translation(LANGUAGES[source]), 1024),
                (shelves["train"].synthesis(index, place), Synthesis(), 1024),
                (shelves["train"].completion(index, place), Completion(), 512),
            )
            for example, task, source_tokens in made:
                if example is not None:
                    assert (example.source.tolist(), example.target.tolist()) == _posed(task, problem, source_tokens)
                    assert example.language == language
                    compared += 1
    assert compared > 2 * PROBLEMS * len(LANGUAGES)


def test_problems__are_learned_from_or_held_out(shelves: dict[str, Examples]) -> None:
    random = np.random.default_rng(0)
    targets = {
        part: {tuple(shelf.draw("synthesis", random).target.tolist()) for _ in range(40)}
        for part, shelf in shelves.items()
    }
    assert targets["train"].isdisjoint(targets["validation"])


def test_hidden_spans__make_the_text_again(shelves: dict[str, Examples]) -> None:
    random, words = np.random.default_rng(1), np.array(TOKENIZER.encode(CODE))
    _, behind = TOKENIZER.frame
    for task in ("spans", "infill"):
        for _ in range(20):
            example = shelves["train"].draw(task, random)
            source, target = example.source.tolist(), example.target.tolist()
            assert source[-len(behind) :] == [*behind]
            del source[-len(behind) :]
            if task == "infill":
                target = [TOKENIZER.mask_id, *target]
            assert target.pop() == TOKENIZER.end_id
            marks = [token for token in source if not TOKENIZER.legal[token]]
            assert [token for token in target if not TOKENIZER.legal[token]] == marks == sorted(set(marks))
            pieces = {mark: [] for mark in marks}
            for token in target:
                if token in pieces:
                    mark = token
                else:
                    pieces[mark].append(token)
            text = [one for token in source for one in pieces.get(token, [token])]
            assert text == words[len(words) - len(text) :].tolist() and all(pieces.values())


def test_mixture__goes_from_real_code_to_the_tasks(shelves: dict[str, Examples]) -> None:
    first, last = shares(0.0), shares(1.0)
    assert sum(first.values()) == pytest.approx(1.0) and sum(last.values()) == pytest.approx(1.0)
    real = ("spans", "infill", "continuation")
    assert sum(first[task] for task in real) > 0.4 and sum(last[task] for task in real) < 0.1
    drawn = shelves["train"].mixed(400, 1.0, np.random.default_rng(0))
    assert sum(one.task == "tail" for one in drawn) == pytest.approx(400 * last["tail"], abs=30)


def test_batches__hold_every_example_once_within_the_budget(shelves: dict[str, Examples]) -> None:
    drawn = shelves["train"].mixed(100, 0.5, np.random.default_rng(0))
    rows = 0
    for batch in batches(drawn, 4096, TOKENIZER.pad_id, np.random.default_rng(0)):
        rows += len(batch.sources)
        assert batch.sources.size + batch.targets.size <= 4096 or len(batch.sources) == 1
        for tokens, lengths in ((batch.sources, batch.source_lengths), (batch.targets, batch.target_lengths)):
            assert all((row[length:] == TOKENIZER.pad_id).all() for row, length in zip(tokens, lengths, strict=True))
    assert rows == 100


def test_training__lowers_the_loss_and_leaves_a_checkpoint(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examples, "VALIDATION", range(2))
    monkeypatch.setattr("codegym_agents.pretraining.train._POOL", 64)
    monkeypatch.setattr("codegym_agents.pretraining.train._SYNCHRONISED", 1)
    torch.manual_seed(0)
    config = T5Config(
        vocab_size=TOKENIZER.vocabulary_size, d_model=32, d_kv=16, d_ff=32, num_layers=1, num_heads=2, dropout_rate=0.0,
        pad_token_id=0, eos_token_id=1, decoder_start_token_id=0,
    )  # fmt: skip
    model = T5ForConditionalGeneration(config)
    held_out = {"tail python": validation_sets(Examples(folder, TOKENIZER, validation=True), 1)["tail python"]}
    before = evaluate(model, held_out, 2048)
    devices = Devices(0, 1, torch.device("cpu"))
    (*_, last) = train(model, TOKENIZER, folder, Schedule(3.0, 3e-2, 2048, 0), devices, held_out=1)
    assert last.seconds >= 3.0 and last.step > 1 and set(last.losses) >= {"tail", "translation", "repair", "mbpp"}
    after = evaluate(model, held_out, 2048)
    assert after["tail python"] < before["tail python"]
    assert table(after).splitlines()[-1] == f"| tail | {after['tail python']:.3f} |"
    policy = Seq2SeqPolicy(model, TOKENIZER)
    policy.save_pretrained(tmp_path, torch.bfloat16)
    again = Seq2SeqPolicy.from_pretrained(tmp_path)
    assert torch.allclose(again.model.shared.weight, model.shared.weight, rtol=1e-2)


def test_training__goes_on_from_what_an_interrupted_one_left(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examples, "VALIDATION", range(2))
    monkeypatch.setattr("codegym_agents.pretraining.train._POOL", 64)
    monkeypatch.setattr("codegym_agents.pretraining.train._SYNCHRONISED", 1)

    def interrupted(*arguments: Any, **options: Any) -> Iterator[CurvePoint]:
        yield next(train(*arguments, **options))
        raise RuntimeError("the device is gone")

    scale: dict[str, Any] = {"batch_tokens": 2048, "workers": 0, "held_out": 4}
    with monkeypatch.context() as patch, pytest.raises(RuntimeError, match="gone"):
        patch.setattr("codegym_agents.pretraining.train.train", interrupted)
        main(folder, tmp_path / "first", minutes=1.0, every=0.0, **scale)
    left = json.loads((tmp_path / "first" / "training.json").read_text())
    assert len(left["curve"]) == 1 and left["losses"]["translation"] > 0
    main(folder, tmp_path / "second", minutes=0.01, begin_from=tmp_path / "first", **scale)
    assert json.loads((tmp_path / "second" / "training.json").read_text())["before"] == left


def test_nano__fits_into_the_package(tmp_path: Path) -> None:
    config = nano_config(TOKENIZER.vocabulary_size)
    Seq2SeqPolicy(T5ForConditionalGeneration(config), TOKENIZER).save_pretrained(tmp_path, torch.bfloat16)
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 16_000_000


def test_sizes__are_what_they_say() -> None:
    parameters = [
        sum(weight.numel() for weight in T5ForConditionalGeneration(config(4096)).parameters())
        for config in (nano_config, mini_config, small_config)
    ]
    assert [round(number / 1e6, 1) for number in parameters] == [6.8, 21.6, 46.2]


def test_sizes__that_are_none_are_named(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'small'"):
        main(tmp_path, tmp_path / "out", size="smal")
