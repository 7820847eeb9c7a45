from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from codegym.envs import Completion, Episode, edit_similarity, exact_match
from codegym.envs.episode import TokenTable, replay
from codegym.errors import ConfigurationError, DataError, InvalidActionError
from codegym.rewards import RewardMix
from codegym.testing import FakeJudge, byte_tokenizer, tiny_problems
from codegym.types import Grade, Problem

TOKENIZER = byte_tokenizer()
PAD, END = TOKENIZER.pad_id, TOKENIZER.end_id
TASK = Completion(masked_tokens=25)
MIX = RewardMix.load("default")
GOOD = Grade("compiled", compiled=True)


def episode(index: int = 0, target_tokens: int = 64) -> Episode:
    assignment = TASK.assign(tiny_problems("python")[index], TOKENIZER)
    return Episode(assignment, TOKENIZER, MIX, target_tokens)


def test_completion__hides_the_last_tokens() -> None:
    problem = tiny_problems("python")[0]
    assignment = TASK.assign(problem, TOKENIZER)
    text = problem.reference.encode()
    assert (assignment.prefix, assignment.reference) == (text[:-25], text)
    assert TOKENIZER.decode_bytes(assignment.source_ids) == assignment.prefix
    assert TOKENIZER.decode(assignment.reference_ids) == assignment.reference_answer == text[-25:].decode()


def test_completion__hides_at_most_half() -> None:
    problem = Problem("short://1", "python", "x = 1\n")
    assignment = TASK.assign(problem, TOKENIZER)
    assert (assignment.prefix, len(assignment.reference_ids)) == (b"x =", 3)


def test_completion__may_cut_a_character_in_half() -> None:
    assignment = Completion(1).assign(Problem("cut://1", "python", "s = 'é"), TOKENIZER)
    assert assignment.prefix == b"s = '\xc3"
    written = Episode(assignment, TOKENIZER, MIX, 4)
    written.push(assignment.reference_ids[0])
    assert written.program.decode() == "s = 'é"


@pytest.mark.parametrize("reference", ["", "x"])
def test_completion__refuses_a_program_without_an_end(reference: str) -> None:
    with pytest.raises(DataError, match="short://1"):
        TASK.assign(Problem("short://1", "python", reference), TOKENIZER)


def test_episode__the_expert_earns_the_rest_of_the_match() -> None:
    written = episode()
    for token in written.assignment.reference_ids:
        written.push(token)
    written.push(END)
    assert written.over and written.program == written.assignment.reference
    assert written.settle(GOOD)["compilation"] == 1.0
    start = Episode(written.assignment, TOKENIZER, MIX, 64)
    start.push(END)
    assert start.last is not None
    earned = {name: sum(terms[name] for terms in written.terms) for name in ("syntax", "dataflow")}
    assert earned["syntax"] == pytest.approx(1 - start.last.before.syntax, abs=1e-9)
    assert earned["dataflow"] == pytest.approx(1 - start.last.before.dataflow, abs=1e-9)


def test_episode__ends_with_the_end_token_or_the_budget() -> None:
    written = episode(target_tokens=2)
    written.push(END)
    assert written.over and written.answer == b""
    written = episode(target_tokens=2)
    written.push(65)
    assert not written.over
    written.push(65)
    assert written.over
    with pytest.raises(ConfigurationError, match="ended after 2 tokens"):
        written.push(65)


def test_episode__an_illegal_token_costs_its_place_only() -> None:
    written = episode(target_tokens=2)
    assert set(written.push(PAD).values()) == {0.0}
    assert (written.tokens, written.pieces, written.answer) == ([PAD], [b""], b"")
    written.push(PAD)
    assert written.over


def test_episode__writes_only_what_a_narrower_set_of_tokens_allows() -> None:
    legal = TOKENIZER.legal.copy()
    legal[65] = False
    table = TokenTable(TokenTable.of(TOKENIZER).pieces, END, legal)
    written = Episode(episode().assignment, table, MIX, 8)
    written.push(65)
    written.push(66)
    assert written.answer == b"B"


@pytest.mark.parametrize("token", [-1, 258, 2.0, "A", None, np.array([1, 2])])
def test_episode__refuses_what_is_no_token(token: Any) -> None:
    written = episode()
    with pytest.raises(InvalidActionError):
        written.push(token)
    assert written.tokens == []


def test_episode__is_judged_once() -> None:
    written = episode()
    written.push(65)
    written.settle(GOOD)
    assert written.over
    with pytest.raises(ConfigurationError, match="once"):
        written.settle(GOOD)
    with pytest.raises(ConfigurationError, match="ended"):
        written.push(65)


def test_episode__without_a_step_has_nothing_to_pay() -> None:
    written = episode()
    assert written.settle(GOOD) == {} and written.grade is GOOD


def test_episode__terms_that_are_returned_are_fresh() -> None:
    written = episode()
    written.push(65).clear()
    assert written.terms[0]


def test_episode__takes_a_program_that_is_not_text() -> None:
    written = episode()
    for token in (0, 255, 192, 10, 0):
        written.push(token)
    assert written.settle(FakeJudge().grade("python", written.program))


def test_episode__lines_pay_the_same_as_tokens_where_lines_end() -> None:
    problem = Problem("lines://1", "python", "def f(a):\n    b = a + 1\n    c = b\n    return c\n")
    assignment = Completion(30).assign(problem, TOKENIZER)
    by_token = Episode(assignment, TOKENIZER, MIX, 64)
    by_line = Episode(assignment, TOKENIZER, replace(MIX, granularity="line"), 64)
    paid = {"token": 0.0, "line": 0.0}
    for token in assignment.reference_ids:
        paid["token"] += by_token.push(token)["syntax"]
        line = by_line.push(token)["syntax"]
        paid["line"] += line
        if TOKENIZER.token_bytes(token) == b"\n":
            assert paid["line"] == pytest.approx(paid["token"], abs=1e-12)
        else:
            assert line == 0.0
    twin = by_line.fork()
    for written in (by_line, twin, by_token):
        written.push(END)
        written.settle(GOOD)
    assert by_line.terms == twin.terms
    for name in ("syntax", "dataflow"):
        totals = [sum(terms[name] for terms in written.terms) for written in (by_line, by_token)]
        assert totals[0] == pytest.approx(totals[1], abs=1e-12)


def test_episode__a_line_that_is_judged_unfinished_is_paid() -> None:
    assignment = TASK.assign(tiny_problems("python")[0], TOKENIZER)
    by_token, by_line = (
        Episode(assignment, TOKENIZER, replace(MIX, granularity=granularity), 64) for granularity in ("token", "line")
    )
    for token in assignment.reference_ids[:5]:
        by_token.push(token)
        by_line.push(token)
    paid = [sum(terms["syntax"] for terms in [*e.terms[:-1], e.settle(GOOD)]) for e in (by_token, by_line)]
    assert paid[0] == pytest.approx(paid[1], abs=1e-12)


def test_episode__a_program_that_is_compared_at_its_end_pays_the_same() -> None:
    assignment = TASK.assign(tiny_problems("python")[0], TOKENIZER)
    by_token, at_the_end = (
        Episode(assignment, TOKENIZER, replace(MIX, granularity=granularity), 64)
        for granularity in ("token", "program")
    )
    for token in (*assignment.reference_ids, END):
        by_token.push(token)
        at_the_end.push(token)
    for written in (by_token, at_the_end):
        written.settle(GOOD)
    for name in ("syntax", "dataflow"):
        paid = [terms[name] for terms in at_the_end.terms]
        assert not any(paid[:-1])
        assert paid[-1] == pytest.approx(sum(terms[name] for terms in by_token.terms), abs=1e-12)


def test_fork__shares_nothing_that_changes() -> None:
    written = episode()
    written.push(65)
    twin = written.fork()
    twin.push(66)
    twin.settle(GOOD)
    assert (written.tokens, written.grade, len(written.terms)) == ([65], None, 1)
    other = episode()
    other.push(65)
    assert written.push(66) == other.push(66)


def test_replay__refuses_log_probs_that_do_not_fit() -> None:
    with pytest.raises(ConfigurationError, match="1 log-probabilities for 2 tokens"):
        replay(episode().assignment, TOKENIZER, MIX, 64, [65, 66], [-1.0])


def test_token_table__is_the_tokenizer_in_small() -> None:
    table = pickle.loads(pickle.dumps(TokenTable.of(TOKENIZER)))
    assert (table.vocabulary_size, table.end_id) == (258, END)
    assert [table.token_bytes(token) for token in (65, PAD, END)] == [b"A", b"", b""]


@pytest.mark.parametrize(
    ("reference", "answer", "exact", "similarity"),
    [
        ("return x\n", "return x", True, 1.0),
        ("return x", "return y", False, 0.875),
        ("", "\n  ", True, 1.0),
        ("abc", "", False, 0.0),
        ("  x", "x", False, 0.5),
    ],
)
def test_metrics__compare_without_trailing_space(reference: str, answer: str, exact: bool, similarity: float) -> None:
    assert exact_match(reference, answer) is exact
    assert edit_similarity(reference, answer) == pytest.approx(similarity)


def test_episode__without_structure_terms_pays_the_verdict_only() -> None:
    mix = RewardMix({"compilation": 1.0})
    written = Episode(episode().assignment, TOKENIZER, mix, 4)
    assert written.push(65) == {"compilation": 0.0, "kl": 0.0}
    twin = written.fork()
    twin.push(END)
    assert twin.settle(GOOD) == {"compilation": 1.0, "kl": 0.0}
