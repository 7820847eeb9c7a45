"""verifiers: a taskset for any environment, its rewards, and the turns of repair.

verifiers finds a taskset by the name of a module of its own. Two lines in a file on the Python path make one, see
`examples/codegym_taskset.py`; its configuration says which environment it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from codegym.adapters.peer import peer
from codegym.adapters.text_task import Dialogue, TextTask
from codegym.errors import JudgeError

TESTED: Final = "0.4.0"

peer(
    "verifiers.v1",
    *("Task.score", "Taskset.load", "Env.run", "Trace.assistant_messages", "Agent.interaction", "reward", "metric"),
    package="verifiers",
    tested=TESTED,
    extra="verifiers",
)

import verifiers.v1 as vf  # noqa: E402  # only where the hooks are there

__all__ = ["CodegymEnv", "CodegymTaskset"]


class CodegymTaskConfig(vf.TaskConfig):
    """Which environment judges.

    Attributes:
        env: Its id.
        options: What it takes: `{"problems": "stdlib", "reward": "unit_tests"}`.
    """

    env: str = "CodeRepair-Python-v0"
    options: dict[str, Any] = {}  # noqa: RUF012  # pydantic copies it


class CodegymConfig(vf.TasksetConfig):
    """Which problems are posed.

    Attributes:
        task: The environment.
        count: How many problems; None: all; a set without end needs it.
    """

    task: CodegymTaskConfig = CodegymTaskConfig()
    count: int | None = 100


class CodegymData(vf.TaskData):
    """A problem as it travels.

    Attributes:
        problem: Its columns, see `codegym.adapters.columns_of`.
    """

    problem: dict[str, str]


class CodegymTask(vf.Task[CodegymData, vf.State, CodegymTaskConfig]):
    """One problem; what the model wrote in each turn is judged again from its trace, so that old traces can be, too."""

    @property
    def key(self) -> str:
        """The problem's URI, which stays the same wherever the problem stands in the taskset."""
        return f"{self.config.env}/{self.data.problem['uri']}"

    def start(self) -> Dialogue:
        """Returns an episode about the problem."""
        return _text_task(self.config.env, _Options(self.config.options)).start(self.data.problem)

    @vf.reward
    async def codegym(self, trace: vf.Trace) -> dict[str, float]:
        """Returns what each reward term paid; raises JudgeError where the judge could not answer: an error, no zero."""
        return (await self._replayed(trace)).terms

    @vf.metric
    async def verdict(self, trace: vf.Trace) -> dict[str, float]:
        """Returns whether the last program compiles, the share of its tests that it passes, and the turns it took."""
        dialogue = await self._replayed(trace)
        grade = dialogue.grade
        assert grade is not None  # a dialogue that was replayed is over
        passed = grade.passed / grade.total if grade.total else float(grade.status in ("compiled", "passed"))
        return {"compiled": float(grade.compiled), "passed": passed, "turns": float(len(dialogue.episode.attempts))}

    async def _replayed(self, trace: vf.Trace) -> Dialogue:
        said = [str(message.content or "") for message in trace.assistant_messages]

        def replay() -> Dialogue:
            dialogue = self.start()
            for answer in said:
                if not dialogue.done:
                    dialogue.submit(answer)
            dialogue.finish()
            if dialogue.reward is None:
                raise JudgeError("The judge could not answer for a program.")
            return dialogue

        return await asyncio.to_thread(replay)


class CodegymTaskset(vf.Taskset[CodegymTask, CodegymConfig]):
    """The problems of an environment; `--env.taskset.task.env` names it."""

    def load(self) -> Iterator[CodegymTask]:
        """Yields the problems."""
        config = self.config.task
        for row in _text_task(config.env, _Options(config.options)).rows(self.config.count):
            problem = {name: text for name, text in row.items() if name not in ("prompt", "answer")}
            yield CodegymTask(CodegymData(id=row["uri"], prompt=row["prompt"], problem=problem), config)


class CodegymEnvConfig(vf.EnvConfig):
    """Who writes the programs."""

    agent: vf.AgentConfig = vf.AgentConfig(harness={"id": "null"}, runtime={"type": "subprocess"})


class CodegymEnv(vf.Env[CodegymEnvConfig]):
    """Shows a wrong program with what is wrong with it, as long as the task has turns; most tasks have one."""

    async def run(self, task: CodegymTask, agents: vf.Agents) -> None:
        """Plays one episode."""
        dialogue = await asyncio.to_thread(task.start)
        async with agents.agent.interaction(task) as interaction:
            segment = await interaction.turn()
            while not segment.terminated:
                await asyncio.to_thread(dialogue.submit, _written(interaction.trace))
                if dialogue.done:
                    break
                segment = await interaction.turn(dialogue.prompt)


def _written(trace: vf.Trace) -> str:
    """Returns the last message as it was written: `last_reply` would lose the space around it."""
    return str(trace.assistant_messages[-1].content or "") if trace.assistant_messages else ""


class _Options(dict[str, Any]):
    """Options that a cache can tell apart."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(repr(sorted(self.items())))


@lru_cache(maxsize=16)
def _text_task(env: str, options: _Options) -> TextTask:
    return TextTask(env, fenced=True, **options)
