from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegym import structure
from codegym.envs import Completion, DecisionProcess, Episode
from codegym.envs.episode import Assignment
from codegym.envs.scoring import score_episodes
from codegym.rewards import PRESETS, RewardMix
from codegym.structure import MatchMode
from codegym.testing import FakeJudge, byte_tokenizer, tiny_problems
from codegym.types import Grade

TOKENIZER = byte_tokenizer()
END = TOKENIZER.end_id
BUDGET = 24

tokens = st.lists(
    st.sampled_from([*b'    return result\n;}(x) = 1"\xc3\xa9', TOKENIZER.pad_id]) | st.integers(0, 256),
    max_size=BUDGET - 1,
)
languages = st.sampled_from(["python", "java"])
grades = st.sampled_from([Grade("compiled", True), Grade("compile_error", False), Grade("judge_error", False)])


def assigned(language: str, index: int) -> Assignment:
    return Completion().assign(tiny_problems(language)[index], TOKENIZER)


def play(assignment: Assignment, mix: RewardMix, written: list[int]) -> Episode:
    episode = Episode(assignment, TOKENIZER, mix, BUDGET)
    for token in written:
        episode.push(token)
    return episode


@settings(max_examples=60)
@given(languages, st.integers(0, 2), tokens, grades, st.sampled_from(["f1", "recall"]))
def test_return__telescopes_to_the_terminal_scores(
    language: str, index: int, written: list[int], grade: Grade, mode: MatchMode
) -> None:
    assignment = assigned(language, index)
    mix = RewardMix({"compilation": 1.0, "syntax": 1.5, "dataflow": 0.5}, match=mode)
    episode = play(assignment, mix, [*written, END])
    episode.settle(grade)
    verdict = 0.0 if not grade.valid else 1.0 if grade.compiled else -1.0
    expected = verdict
    for weight, match in ((1.5, structure.syntax_match), (0.5, structure.dataflow_match)):
        finished = match(assignment.reference, episode.program, language, mode=mode)
        start = match(assignment.reference, assignment.prefix, language, mode=mode)
        expected += weight * (finished - start)
    assert sum(sum(terms.values()) for terms in episode.terms) == pytest.approx(expected, abs=1e-9)


@settings(max_examples=30)
@given(languages, tokens)
def test_program__is_the_prompt_and_what_the_tokens_write(language: str, written: list[int]) -> None:
    assignment = assigned(language, 0)
    episode = play(assignment, PRESETS["default"], written)
    assert episode.program == assignment.prefix + TOKENIZER.decode_bytes(written)
    assert len(episode.tokens) == len(episode.pieces) == len(episode.terms) == len(written)


@settings(max_examples=30)
@given(tokens, tokens, tokens)
def test_fork__equals_an_episode_of_its_own(start: list[int], here: list[int], there: list[int]) -> None:
    assignment, mix = assigned("python", 1), PRESETS["default"]
    episode = Episode(assignment, TOKENIZER, mix, 3 * BUDGET)
    for token in start:
        episode.push(token)
    twin = episode.fork()
    for token in there:
        twin.push(token)
    for token in here:
        episode.push(token)
    for forked, written in ((episode, start + here), (twin, start + there)):
        alone = Episode(assignment, TOKENIZER, mix, 3 * BUDGET)
        for token in written:
            alone.push(token)
        assert (forked.program, forked.terms) == (alone.program, alone.terms)


@settings(max_examples=20)
@given(st.lists(st.tuples(st.integers(0, 2), tokens), min_size=1, max_size=4))
def test_score__equals_the_episodes(batch: list[tuple[int, list[int]]]) -> None:
    judge = FakeJudge()
    problems = tiny_problems("java")
    process = DecisionProcess(
        Completion(), problems, tokenizer=TOKENIZER, judge=judge, source_tokens=64, target_tokens=BUDGET
    )
    scores = score_episodes(
        process, [problems[index] for index, _ in batch], [written for _, written in batch], workers=1
    )
    for (index, written), score in zip(batch, scores, strict=True):
        episode = play(assigned("java", index), process.mix, written)
        episode.settle(judge.grade("java", episode.program))
        assert score.grade == episode.grade
        assert score.program == episode.program.decode("utf-8", "replace")
        for name, values in score.terms.items():
            assert values.tolist() == [terms[name] for terms in episode.terms]
