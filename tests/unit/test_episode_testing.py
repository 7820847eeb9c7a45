"""What `codegym.testing` ships: the check finds what is broken, and the fakes behave like the real things."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import pytest

from codegym import types
from codegym.envs import Assignment, Completion, DecisionProcess, TokenEnv
from codegym.errors import ConfigurationError, UnknownNameError
from codegym.testing import FakeJudge, brackets_balance, byte_tokenizer, check_token_env, tiny_problems
from codegym.tokens import Tokenizer
from codegym.types import GradeStatus, Problem


def make(task: Any = None, **changes: Any) -> TokenEnv:
    options: dict[str, Any] = {"tokenizer": byte_tokenizer(), "judge": FakeJudge(), "source_tokens": 32}
    return TokenEnv(DecisionProcess(task or Completion(), tiny_problems(), **{**options, **changes}))


@dataclass(frozen=True)
class WholeProgram:
    """A task of one's own: write everything, given the first line."""

    name: str = "WholeProgram"

    def assign(self, problem: Problem, tokenizer: Tokenizer) -> Assignment:
        return Assignment(
            problem=problem,
            language=problem.language,
            source_ids=tuple(tokenizer.encode(problem.reference.splitlines()[0])),
            prefix=b"",
            reference=problem.reference.encode(),
            reference_ids=tuple(tokenizer.encode(problem.reference)),
        )


def test_check__passes_a_task_of_ones_own() -> None:
    check_token_env(make(WholeProgram(), target_tokens=40))


def test_check__accepts_a_judge_that_fails() -> None:
    check_token_env(make(judge=FakeJudge(lambda source: "judge_error")))


def test_check__finds_a_verdict_that_changes() -> None:
    verdicts: list[GradeStatus] = ["compiled", "compile_error"] * 100
    with pytest.raises(AssertionError, match=r"other rewards|different episodes"):
        check_token_env(make(judge=FakeJudge(lambda source: verdicts.pop())))


def test_check__finds_a_task_that_depends_on_its_past() -> None:
    @dataclass
    class Forgetful:
        calls: int = 0
        name: str = "Forgetful"

        def assign(self, problem: Problem, tokenizer: Tokenizer) -> Assignment:
            self.calls += 1
            return Completion(10 + self.calls).assign(problem, tokenizer)

    with pytest.raises(AssertionError):
        check_token_env(make(Forgetful()))


def test_check__refuses_other_environments() -> None:
    with pytest.raises(ConfigurationError, match="CartPole"):
        check_token_env(gym.make("CartPole-v1"))


@pytest.mark.parametrize(
    ("source", "status"),
    [
        (b"", "compiled"),
        (b"f(x[0])", "compiled"),
        (b"(]", "compile_error"),
        (b")(", "compile_error"),
        (b"{", "compile_error"),
    ],
)
def test_fake_judge__counts_brackets(source: bytes, status: str) -> None:
    assert brackets_balance(source) == status
    with FakeJudge() as judge:
        assert judge.grade("python", source).status == status
        assert judge.compile("java", source).ok is (status == "compiled")
        assert [result.ok for result in judge.map_compile("java", [source])] == [status == "compiled"]


def test_fake_judge__passes_tests_of_programs_that_compile() -> None:
    grade = FakeJudge().grade("python", "f()", [types.TestCase("", "1"), types.TestCase("", "2")])
    assert (grade.status, grade.passed, grade.total) == ("passed", 2, 2)
    with pytest.raises(UnknownNameError, match="Did you mean 'python'"):
        FakeJudge().grade("pyton", "")


def test_byte_tokenizer__tokens_are_bytes() -> None:
    tokenizer = byte_tokenizer()
    assert tokenizer.encode("Aé</s>\n") == list("Aé</s>\n".encode())
    assert [tokenizer.token_bytes(token) for token in range(256)] == [bytes([byte]) for byte in range(256)]
    assert (tokenizer.pad_id, tokenizer.end_id, tokenizer.vocabulary_size) == (256, 257, 258)


def test_tiny_problems__compile() -> None:
    for problem in (tiny_problems("Python")[index] for index in range(3)):
        compile(problem.reference, problem.id, "exec")
    with pytest.raises(UnknownNameError, match="language"):
        tiny_problems("cobol")
