"""The mask from the grammar never masks what a program goes on with, and never masks everything."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegym import languages, problems
from codegym.envs.episode import Assignment, Episode, TokenTable
from codegym.envs.grammar import GrammarGuide
from codegym.problems import procedural
from codegym.rewards import RewardMix
from codegym.structure.prefix import ProgramPrefix, grammar_of
from codegym.tokens import load
from codegym.types import Problem

LANGUAGES = tuple(language.name for language in languages.all_languages())
TOKENIZER = load("codegym")
TABLE = TokenTable.of(TOKENIZER)
MIX = RewardMix({"compilation": 1.0})

# Real programs that compile; the sets of whole programs, without those that hold one language in the file of another.
REAL = {
    "c": ("humaneval_c", "introclass", "transcoder_gfg", "mceval"),
    "cpp": ("xlcost", "humaneval_x", "transcoder_gfg", "mbxp", "mceval"),
    "csharp": ("mbxp", "xlcost", "mceval"),
    "java": ("xlcost", "humaneval_x", "transcoder_gfg", "mbxp", "quixbugs", "mceval"),
    "php": ("mbxp", "xlcost", "mceval"),
    "python": ("mbpp", "humaneval", "transcoder_gfg", "mbxp", "quixbugs", "mceval"),
}


@cache
def guide() -> GrammarGuide:
    return GrammarGuide(TABLE)


def assignment_of(problem: Problem, prefix: bytes = b"", suffix: bytes = b"") -> Assignment:
    return Assignment(problem, problem.language, (), prefix, problem.reference.encode(), (), suffix)


def written(language: str, text: bytes) -> np.ndarray:
    problem = Problem("test://program", language, text.decode("utf-8", "replace"))
    return guide().mask_of(assignment_of(problem), text)


def masked(problem: Problem) -> list[int]:
    """Returns the places of the tokens of a program that are masked where they stand, the end token's included."""
    tokens = [*TOKENIZER.encode(problem.reference), TOKENIZER.end_id]
    episode = Episode(assignment_of(problem), TABLE, MIX, len(tokens))
    wrong = []
    for place, token in enumerate(tokens):
        if not guide().mask(episode)[token]:
            wrong.append(place)
        episode.push(token)
    return wrong


def procedural_programs(language: str, count: int) -> Iterator[Problem]:
    programs = procedural(languages=(language,), seed=7)
    return (programs[index] for index in range(count))


@pytest.mark.parametrize("language", LANGUAGES)
def test_grammar_mask__allows_every_token_of_procedural_programs(language: str) -> None:
    (problem,) = procedural_programs(language, 1)
    assert masked(problem) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_grammar_mask__allows_the_end_of_what_fills_a_hole_and_not_before(language: str) -> None:
    (problem,) = procedural_programs(language, 1)
    tokens = TOKENIZER.encode(problem.reference)
    third = len(tokens) // 3
    prefix, answer, suffix = (TABLE.text(part) for part in (tokens[:third], tokens[third:-third], tokens[-third:]))
    assignment = assignment_of(problem, prefix, suffix)
    assert guide().mask_of(assignment, answer)[TABLE.end_id]
    whole = problem.reference.encode()
    assert not guide().mask_of(assignment_of(problem), whole[: whole.rindex(b"(") + 1])[TABLE.end_id]


@pytest.mark.parametrize("language", LANGUAGES)
@given(data=st.data())
@settings(max_examples=4)
def test_grammar_mask__is_never_empty_whatever_was_written(language: str, data: st.DataObject) -> None:
    text = data.draw(st.binary(max_size=30) | st.text(max_size=30).map(lambda each: each.encode("utf-8", "replace")))
    before = {"php": b"<?php\n"}.get(language, b"")
    assert written(language, before + text).any()


@pytest.mark.parametrize("language", LANGUAGES)
@given(data=st.data())
@settings(max_examples=3)
def test_grammar_mask__allows_all_that_the_text_alone_can_go_on_with(language: str, data: st.DataObject) -> None:
    (problem,) = procedural_programs(language, 1)
    text = problem.reference.encode()
    prefix = text[: data.draw(st.integers(0, len(text)))]
    mask, read = written(language, prefix), ProgramPrefix(grammar_of(language)).then(prefix)
    for token in data.draw(st.lists(st.integers(0, TABLE.vocabulary_size - 1), min_size=40, max_size=40)):
        piece = TABLE.token_bytes(token)
        if piece and piece.isascii() and piece.decode().isprintable() and read.then(piece).viable:
            assert mask[token], piece


@pytest.mark.parametrize("language", LANGUAGES)
@given(data=st.data())
@settings(max_examples=5)
def test_program_prefix__does_not_depend_on_the_pieces(language: str, data: st.DataObject) -> None:
    (problem,) = procedural_programs(language, 1)
    text = problem.reference.encode()
    cut = data.draw(st.integers(0, len(text)))
    whole = ProgramPrefix(grammar_of(language)).then(text)
    parts = ProgramPrefix(grammar_of(language)).then(text[:cut]).then(text[cut:])
    assert whole.complete
    assert parts.complete


def real_programs(name: str, language: str, limit: int | None) -> list[Problem]:
    found: dict[str, Problem] = {}
    for split in ("train", "validation", "test"):
        try:
            programs = problems.load(name, language=language, split=split)
        except Exception:  # not every set has every split
            continue
        size = programs.size or 0
        for index in range(size if limit is None else min(limit, size)):
            found.setdefault(programs[index].reference, programs[index])
    return list(found.values())


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_grammar_mask__allows_every_token_of_thousands_of_programs(
    language: str, data_folder: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODEGYM_DATA", str(data_folder))
    real = [problem for name in REAL[language] for problem in real_programs(name, language, None)]
    missing = max(0, 2_000 - len(real))
    programs = [*real[:4_000], *procedural_programs(language, missing)]
    grammar = grammar_of(language)
    wrong = []
    for problem in programs:
        prefix = ProgramPrefix(grammar).then(problem.reference.encode())
        if not (prefix.complete or prefix.continued):
            wrong.append(problem.id)
    print(language, len(real), "real", missing, "procedural, masked in", len(wrong))
    assert wrong == []
    # Token by token on a sample: the rest was read byte by byte, and a token that bytes can go on with is not masked.
    assert [problem.id for problem in programs[:: len(programs) // 40] if masked(problem)] == []
