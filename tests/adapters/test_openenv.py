from __future__ import annotations

import asyncio
import runpy
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import gymnasium as gym
import pytest
from failing import failing_at

from codegym.adapters import TextTask
from codegym.errors import ConfigurationError, MissingDependencyError
from codegym.testing import FakeJudge, tiny_problems

try:
    from codegym.adapters.openenv import CodeAction, CodeClient, app
except (MissingDependencyError, ConfigurationError) as reason:
    pytest.skip(str(reason), allow_module_level=True)

import httpx
import typer
import uvicorn
from typer.testing import CliRunner

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "openenv_repair.py"

MakeTask = Callable[..., TextTask]


@contextmanager
def served(task: TextTask) -> Iterator[str]:
    """A real server on a free port, which is stopped at the end."""
    server = uvicorn.Server(uvicorn.Config(app(task), port=0, log_level="error", ws="websockets-sansio"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def test_session__repairs_a_program_in_turns(make_task: MakeTask) -> None:
    with served(make_task("CodeRepair-Python-v0", target_tokens=200)) as url, CodeClient(url).sync() as client:
        start = client.reset(index=0)
        assert "does not compile" in start.observation.prompt
        wrong = client.step(CodeAction(program="def f(:"))
        assert not wrong.done
        assert wrong.reward == 0
        assert wrong.observation.grade["status"] == "compile_error"
        assert "def f(:" in wrong.observation.prompt
        right = client.step(CodeAction(program=tiny_problems()[0].reference))
        assert right.done
        assert right.reward == pytest.approx(3.0)
        state = client.state()
        assert (state.uri, state.step_count) == ("tiny://python/0", 2)
        assert state.program == tiny_problems()[0].reference


def test_session__pays_tokens_as_the_environment_does(make_task: MakeTask) -> None:
    env = gym.make("CodeCompletion-Python-v0", problems=tiny_problems(), judge=FakeJudge())
    env.reset(options={"index": 1})
    tokens = [*env.unwrapped.episode.assignment.reference_ids, env.unwrapped.process.tokenizer.end_id]
    with served(make_task()) as url, CodeClient(url).sync() as client:
        client.reset(index=1)
        for token in tokens:
            result = client.step(CodeAction(tokens=[token]))
            _, reward, terminated, _, info = env.step(token)
            assert (result.reward, result.done) == (pytest.approx(reward), terminated)
            assert result.observation.terms == pytest.approx(info["reward_terms"])
        assert terminated


def test_sessions__do_not_mix(make_task: MakeTask) -> None:
    task = make_task()
    answers = [task.start(index).episode.assignment.reference_answer for index in range(3)]
    expected = [float(score.rewards.sum()) for score in task.score(task.rows(), answers)]

    async def play(url: str, index: int) -> tuple[str, float]:
        async with CodeClient(url) as client:
            await client.reset(index=index)
            pieces = [task.process.tokenizer.encode(answers[index]), [task.process.tokenizer.end_id]]
            earned = [(await client.step(CodeAction(tokens=tokens))).reward for tokens in pieces]
            return (await client.state()).program, sum(earned)

    async def play_all(url: str) -> list[tuple[str, float]]:
        return await asyncio.gather(*(play(url, number % 3) for number in range(9)))

    with served(task) as url:
        for number, (program, earned) in enumerate(asyncio.run(play_all(url))):
            assert program == tiny_problems()[number % 3].reference
            assert earned == pytest.approx(expected[number % 3])


def test_http_routes__score_a_program_without_a_session(make_task: MakeTask) -> None:
    with served(make_task()) as url:
        prompt = httpx.post(f"{url}/reset", json={"index": 0}).json()["observation"]["prompt"]
        assert tiny_problems()[0].reference.startswith(prompt)
        answer = tiny_problems()[0].reference[len(prompt) :]
        scored = httpx.post(f"{url}/step", json={"action": {"program": answer, "index": 0}}).json()
        assert scored["done"]
        assert scored["observation"]["grade"]["status"] == "compiled"
        assert scored["reward"] == pytest.approx(sum(scored["observation"]["terms"].values()))


def test_session__has_no_reward_where_the_judge_fails(make_task: MakeTask) -> None:
    with served(make_task(judge=FakeJudge(failing_at(b"mark")))) as url, CodeClient(url).sync() as client:
        client.reset(seed=0)
        result = client.step(CodeAction(program="mark"))
        assert result.done
        assert result.reward is None
        assert result.observation.grade["status"] == "judge_error"


def test_session__says_what_is_wrong_with_an_action(make_task: MakeTask) -> None:
    with served(make_task()) as url, CodeClient(url).sync() as client:
        with pytest.raises(RuntimeError, match="call reset first"):
            client.step(CodeAction(program="x"))
        client.reset(seed=0)
        with pytest.raises(RuntimeError, match="either a program or tokens"):
            client.step(CodeAction())
        client.step(CodeAction(tokens=[9]))
        with pytest.raises(RuntimeError, match="go on with tokens"):
            client.step(CodeAction(program="x"))


def test_example__runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codegym.judge.shared_judge", FakeJudge)
    command = typer.Typer()
    command.command()(runpy.run_path(str(EXAMPLE))["main"])
    done = CliRunner().invoke(command, ["--clients", "2"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert done.output.count("earned") == 2
