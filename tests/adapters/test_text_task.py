from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import gymnasium as gym
import numpy as np
import pytest
from failing import failing_at

from codegym import Judge
from codegym.adapters import TextTask, columns_of, problem_of, token_pieces, total
from codegym.adapters.peer import peer
from codegym.errors import ConfigurationError, DataError, JudgeError, MissingDependencyError
from codegym.problems import procedural
from codegym.testing import FakeJudge, byte_tokenizer, tiny_problems
from codegym.types import HarnessTest, Problem, TestCase

REPAIR = "CodeRepair-Python-v0"


def test_score__equals_stepping_through_the_environment(make_task) -> None:
    task = make_task()
    env = gym.make("CodeCompletion-Python-v0", problems=tiny_problems(), judge=FakeJudge())
    for index, row in enumerate(task.rows()):
        env.reset(options={"index": index})
        tokens = [*env.unwrapped.episode.assignment.reference_ids, task.process.tokenizer.end_id]
        rewards = [env.step(token)[1] for token in tokens]
        by_token, by_text = task.score([row, row], [task.pieces(tokens), row["answer"]])
        assert by_token.rewards.tolist() == pytest.approx(rewards, abs=1e-9)
        assert by_text.rewards.tolist() == pytest.approx([sum(rewards)], abs=1e-9)
        assert by_text.program == row["reference"]


def test_score__does_not_depend_on_the_tokenizer(make_task) -> None:
    task = make_task()
    row = task.rows()[2]
    cuts = [task.process.tokenizer, byte_tokenizer()]
    scores = task.score([row] * 2, [[cut.token_bytes(token) for token in cut.encode(row["answer"])] for cut in cuts])
    assert len(scores[0].rewards) < len(scores[1].rewards)
    assert total(scores[0]) == pytest.approx(total(scores[1]))


def test_score__asks_the_judge_once_for_all(make_task) -> None:
    judge = FakeJudge()
    task = make_task(judge=judge)
    rows = task.rows()
    task.score(rows * 4, [row["answer"] for row in rows] * 4)
    assert judge.requests == [12]


def test_score__takes_what_stands_between_fences(make_task) -> None:
    task = make_task(fenced=True)
    row = task.rows()[0]
    bare = task.score([row], [row["answer"]])[0]
    chat = ["Think: ", "`x`\n``", "`python\n", row["answer"][:9], row["answer"][9:] + "```", "\nDone ("]
    fenced = task.score([row], [chat])[0]
    assert fenced.program == bare.program == row["reference"]
    assert total(fenced) == pytest.approx(total(bare))
    assert [bool(reward) for reward in fenced.rewards[:3]] == [False] * 3
    assert task.score([row], ["```\nfirst(\n```\nno:\n```\n" + row["answer"]])[0].program == row["reference"]
    assert make_task().score([row], ["".join(chat)])[0].program != row["reference"]


def test_score__tells_where_the_judge_fails(make_task, monkeypatch: pytest.MonkeyPatch) -> None:
    task = make_task(judge=FakeJudge(failing_at(b"mark")))
    rows = task.rows(2)
    failed, fine = task.score(rows, ["mark", rows[1]["answer"]])
    assert total(failed) is None
    assert total(fine) > 0

    def die(*_: object, **__: object) -> None:
        raise JudgeError("The processes died.")

    monkeypatch.setattr("codegym.adapters.text_task.score_episodes", die)
    lost = task.score(rows, ["x", ["y", "z"]])
    assert [total(score) for score in lost] == [None, None]
    assert [len(score.rewards) for score in lost] == [1, 2]


def test_score_one__keeps_the_faults_of_one_thread_apart(make_task) -> None:
    task = make_task()
    rows = task.rows()
    unposable = Problem("no://room", "python", "x")

    def ask(number: int) -> float | str:
        try:
            return total(task.score_one(unposable if number == 7 else rows[number % 3], rows[number % 3]["answer"]))
        except DataError as error:
            return str(error)

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(ask, range(24)))
    assert "no://room" in found[7]
    expected = [total(score) for score in task.score(rows, [row["answer"] for row in rows])]
    assert [one for number, one in enumerate(found) if number != 7] == pytest.approx(
        [expected[number % 3] for number in range(24) if number != 7]
    )


def test_score__with_unit_tests_and_a_real_judge() -> None:
    with Judge(workers=1) as judge:
        task = TextTask("ProgramSynthesis-Python-v0", judge=judge, reward="unit_tests")
        row = task.rows(1)[0]
        right, wrong = task.score([row] * 2, [row["answer"], "print('no')"])
    assert right.grade.status == "passed"
    assert wrong.grade.status == "failed"
    assert total(right) == pytest.approx(3.0)


def test_dialogue__shows_what_is_wrong_and_ends_with_a_right_program(make_task) -> None:
    dialogue = make_task(REPAIR).start(0)
    assert "does not compile" in dialogue.prompt
    assert sum(dialogue.submit("def f(:").values()) == 0
    assert not dialogue.done
    assert dialogue.prompt.endswith("def f(:")
    paid = dialogue.submit(tiny_problems()[0].reference)
    assert dialogue.done
    assert dialogue.reward == pytest.approx(sum(paid.values())) == pytest.approx(3.0)
    with pytest.raises(ConfigurationError):
        dialogue.submit("more")


def test_dialogue__counts_the_last_program_where_a_model_stops(make_task) -> None:
    task = make_task(REPAIR)
    stopped, whole = task.start(0), task.start(0)
    stopped.submit("def f(:")
    stopped.finish()
    for _ in range(3):
        whole.submit("def f(:")
    assert stopped.done and whole.done
    assert stopped.reward == pytest.approx(whole.reward)
    assert stopped.reward < 0
    silent = task.start(0)
    silent.finish()
    assert silent.done


def test_dialogue__has_no_reward_where_the_judge_fails(make_task) -> None:
    dialogue = make_task(REPAIR, judge=FakeJudge(failing_at(b"mark"))).start(0)
    dialogue.submit("mark")
    assert dialogue.done
    assert dialogue.reward is None


def test_rows__hold_their_problems() -> None:
    for problem in (
        *tiny_problems("java").problems,
        procedural(languages=("python",), seed=3)[5],
        Problem(
            "own://1", "c", "ab", (HarnessTest("c", "f"), TestCase("1", "2", 0.5)), {"n": 1}, prefix="a", suffix="b"
        ),
    ):
        columns = columns_of(problem)
        assert all(isinstance(text, str) for text in columns.values())
        assert problem_of(columns) == problem
        assert problem_of(json.dumps(columns)) is problem_of(columns)
    with pytest.raises(DataError, match="holds no problem"):
        problem_of({"uri": "x"})


def test_rows__need_a_count_where_problems_never_end() -> None:
    with pytest.raises(ConfigurationError, match="say how many"):
        TextTask("ProgramSynthesis-Python-v0", judge=FakeJudge()).rows()


def test_token_pieces__are_the_text() -> None:
    text = 'def f():\n    return "Grüß dich, 世界" + "🙂"\n'
    for tokenizer in (byte_tokenizer(), make_tokenizer()):
        tokens = [*tokenizer.encode(text), tokenizer.end_id]
        pieces = token_pieces(tokenizer.decode, tokens)
        assert len(pieces) == len(tokens)
        assert "".join(pieces) == text
    assert "".join(token_pieces(byte_tokenizer().decode, list("ü".encode())[:1])) == "\ufffd"


def make_tokenizer():
    from codegym.tokens import load

    return load()


def test_text_task__says_what_it_does_not_take(make_task) -> None:
    with pytest.raises(ConfigurationError, match="does not take"):
        make_task(colour="red")
    with pytest.raises(ConfigurationError, match="reference"):
        make_task(reference="tests.nothing:here")
    with pytest.raises(ConfigurationError, match="1 problems were given for 2"):
        make_task().score(tiny_problems().problems[:1], ["a", "b"])


def test_peer__names_the_version_that_was_tested() -> None:
    assert peer("numpy", "array", "linalg.norm(ord)", package="numpy", tested="1", extra="x") is np
    for hook in ("linalg.nothing", "linalg.norm(colour)"):
        with pytest.raises(ConfigurationError, match=rf"numpy {np.__version__} has no .*tested with numpy 0\.1"):
            peer("numpy", hook, package="numpy", tested="0.1", extra="x")
    with pytest.raises(ConfigurationError, match="tested with numpy 0"):
        peer("numpy.that_moved", package="numpy", tested="0.1", extra="x")
    with pytest.raises(MissingDependencyError, match=r"codegym\[x\]"):
        peer("no_such_package.core", package="no-such-package", tested="0.1", extra="x")
