from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from failing import failing_at

from codegym.testing import FakeJudge, tiny_problems

pytest.importorskip("verifiers", reason="verifiers is not installed: pip install 'codegym[verifiers]'")

HERE = Path(__file__).parent
PROBLEMS = tiny_problems().problems


@contextmanager
def model(answer: Callable[[list[dict[str, str]]], str]) -> Iterator[str]:
    """A chat model at a local address, from messages to what it says."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            said = {"role": "assistant", "content": answer(request["messages"])}
            reply = {"id": "1", "object": "chat.completion", "created": 0, "model": "fake"}
            reply |= {"choices": [{"index": 0, "message": said, "finish_reason": "stop"}]}
            reply |= {"usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}
            body = json.dumps(reply).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch):
    """Plays the first tiny problems in verifiers, with a model that is a function."""
    monkeypatch.syspath_prepend(str(HERE))
    monkeypatch.syspath_prepend(str(HERE.parents[1] / "examples"))
    import verifiers.v1 as vf

    def run(env_id: str, answer: Callable[[list[dict[str, str]]], str], judge: FakeJudge, count: int = 1):
        options = {"problems": tiny_problems(), "judge": judge}
        config = vf.resolve_env_config(
            {
                "taskset": {"id": "codegym_taskset", "task": {"env": env_id, "options": options}, "count": count},
                "agent": {"harness": {"id": "chat_harness"}, "runtime": {"type": "subprocess"}},
            }
        )
        env = vf.load_environment(config)

        async def episodes(url: str):
            client = vf.EvalClientConfig(base_url=url, api_key_var="NO_KEY_IS_NEEDED")
            async with env.serving():
                slots = [env.slots(task)[0] for task in env.taskset]
                return await asyncio.gather(*(env.run_slot(slot, vf.ModelContext("fake", client)) for slot in slots))

        with model(answer) as url:
            return asyncio.run(episodes(url))

    return run


def test_taskset__plays_repair_in_several_turns(play) -> None:
    def answer(messages: list[dict[str, str]]) -> str:
        asked = [message["content"] for message in messages if message["role"] == "user"]
        problem = next(one for one in PROBLEMS if one.statement in asked[0])
        assert "does not compile" in asked[-1]
        return "Again: (" if len(asked) == 1 else f"Now it is right:\n```python\n{problem.reference}```\n"

    episodes = play("CodeRepair-Python-v0", answer, FakeJudge(), count=3)
    assert [episode.ok for episode in episodes] == [True] * 3
    for episode in episodes:
        (trace,) = episode.traces
        assert {name: reward.value for name, reward in trace.rewards.items()} == pytest.approx(
            {"unit_tests": 1.0, "syntax": 1.0, "dataflow": 1.0, "kl": 0.0}
        )
        assert trace.reward == pytest.approx(3.0)
        assert trace.metrics == {"compiled": 1.0, "passed": 1.0, "turns": 2.0}


def test_taskset__pays_what_the_environment_pays(play, make_task) -> None:
    answers = [one["answer"] for one in make_task().rows()]
    episodes = play("CodeCompletion-Python-v0", lambda messages: answers[0], FakeJudge(), count=1)
    (score,) = make_task().score(make_task().rows(1), answers[:1])
    (trace,) = episodes[0].traces
    assert trace.reward == pytest.approx(float(score.rewards.sum()))


def test_taskset__makes_an_error_of_a_judge_that_fails(play) -> None:
    (episode,) = play("CodeCompletion-Python-v0", lambda messages: "mark", FakeJudge(failing_at(b"mark")))
    (trace,) = episode.traces
    assert not episode.ok
    assert "judge could not answer" in trace.last_error.message
