"""OpenEnv: any environment behind HTTP, for trainers on other machines.

    python -m codegym.adapters.openenv CodeRepair-Python-v0 --port 8000

Each client's session has an episode of its own; all share one judge. OpenEnv keeps sessions on its `/ws` route, which
`CodeClient` uses; its plain routes `/reset` and `/step` know nothing of each other, so that a step has to say which
problem it is about.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import Any, Final, final

from codegym.adapters.peer import peer
from codegym.adapters.text_task import Dialogue, TextTask
from codegym.errors import ConfigurationError

TESTED: Final = "0.10.0"

peer(
    "openenv.core.env_server",
    *("create_fastapi_app(max_concurrent_envs)", "Environment.SUPPORTS_CONCURRENT_SESSIONS", "Environment.step"),
    package="openenv",
    tested=TESTED,
    extra="openenv",
)
peer("openenv.core.env_client", "EnvClient.sync", package="openenv", tested=TESTED, extra="openenv")

from openenv.core.client_types import StepResult  # noqa: E402  # only where the hooks are there
from openenv.core.env_client import EnvClient  # noqa: E402
from openenv.core.env_server import Action, Environment, Observation, State, create_fastapi_app  # noqa: E402
from pydantic import Field  # noqa: E402


class CodeAction(Action):
    """What is written: a whole answer, which ends the turn, or tokens, which end it with the end token or the budget.

    Attributes:
        program: The answer as a text.
        tokens: Ids of the environment's own tokenizer; one step may write one token or many.
        index: Only for the plain HTTP route, which has no session: the position of the problem that this is about.
    """

    program: str | None = None
    tokens: list[int] | None = None
    index: int | None = None


class CodeObservation(Observation):
    """What is seen. `reward` is None where the judge could not answer: such an episode is to be left out.

    Attributes:
        prompt: What is asked in this turn: after a wrong program, that program with what is wrong with it.
        uri: The problem.
        terms: What each reward term paid in this step; they sum to `reward`.
        grade: The judge's verdict on the newest program, in the steps that end a turn.
        turns_left: Turns after this one.
    """

    prompt: str = ""
    uri: str = ""
    terms: dict[str, float] = Field(default_factory=dict)
    grade: dict[str, Any] | None = None
    turns_left: int = 0


class CodeState(State):
    """Where an episode is.

    Attributes:
        uri: The problem.
        program: The program so far.
        terms: What each reward term has paid so far.
        turns_left: Turns after this one.
    """

    uri: str = ""
    program: str = ""
    terms: dict[str, float] = Field(default_factory=dict)
    turns_left: int = 0


@final
class CodeEnvironment(Environment[CodeAction, CodeObservation, CodeState]):
    """One session's episode.

    Args:
        task: What all sessions share.
    """

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self, task: TextTask) -> None:
        super().__init__()
        self._task = task
        self._dialogue: Dialogue | None = None
        self._episode_id: str | None = None
        self._steps = 0

    def reset(
        self,
        seed: int | None = None,
        episode_id: str | None = None,
        index: int | None = None,
        problem: str | None = None,
        **_: Any,
    ) -> CodeObservation:
        """Starts an episode.

        Args:
            seed: Of the problem that is drawn.
            episode_id: Comes back in the state.
            index: Position of the problem in the problem set, instead.
            problem: The problem as JSON, instead; see `codegym.adapters.problem_of`.
        """
        budget = self._task.process.layout.target_tokens
        self._dialogue = self._task.start(problem if index is None else index, seed=seed, budget=budget)
        self._episode_id, self._steps = episode_id, 0
        return self._observation({}, None)

    def step(self, action: CodeAction, timeout_s: float | None = None, **_: Any) -> CodeObservation:
        """Writes a program or tokens.

        Raises:
            ConfigurationError: There is no episode, or it is over; or the action is not one of the two.
        """
        if self._dialogue is None:
            if action.index is None:
                raise ConfigurationError("There is no episode: call reset first, or give the action an index.")
            self.reset(index=action.index)
        dialogue = self._dialogue
        assert dialogue is not None
        if (action.program is None) == (action.tokens is None):
            raise ConfigurationError("An action is either a program or tokens.")
        judged = len(dialogue.episode.attempts)
        if action.program is not None:
            if dialogue.episode.written:
                raise ConfigurationError("Tokens have been written in this turn: go on with tokens.")
            terms = dialogue.submit(action.program)
        else:
            terms = self._write(dialogue, action.tokens or [])
        self._steps += 1
        return self._observation(terms, judged)

    @property
    def state(self) -> CodeState:
        """Where the episode is."""
        if self._dialogue is None:
            return CodeState(episode_id=self._episode_id, step_count=0)
        episode = self._dialogue.episode
        return CodeState(
            episode_id=self._episode_id,
            step_count=self._steps,
            uri=episode.assignment.problem.id,
            program=episode.program.decode("utf-8", "replace"),
            terms=self._dialogue.terms,
            turns_left=episode.turns_left,
        )

    def _write(self, dialogue: Dialogue, tokens: list[int]) -> dict[str, float]:
        end = self._task.process.vocabulary.end_id
        if end in tokens[:-1]:
            raise ConfigurationError("The end token ends a turn: send the next turn's tokens in a step of their own.")
        ends = tokens[-1:] == [end]
        return dialogue.write(self._task.pieces(tokens[:-1] if ends else tokens), end=ends)

    def _observation(self, terms: dict[str, float], judged: int | None) -> CodeObservation:
        dialogue = self._dialogue
        assert dialogue is not None
        attempts = dialogue.episode.attempts
        news = asdict(attempts[-1].grade) if judged is not None and len(attempts) > judged else None
        known = dialogue.reward is not None
        return CodeObservation(
            done=dialogue.done,
            reward=sum(terms.values()) if terms and known else None,
            prompt=dialogue.prompt,
            uri=dialogue.episode.assignment.problem.id,
            terms=terms,
            grade=news,
            turns_left=dialogue.episode.turns_left,
        )


@final
class CodeClient(EnvClient[CodeAction, CodeObservation, CodeState]):
    """A session with a server: `async with CodeClient(url)`, or `with CodeClient(url).sync()`."""

    def _step_payload(self, action: CodeAction) -> dict[str, Any]:
        return dict(action.model_dump(exclude_none=True))

    def _parse_result(self, payload: dict[str, Any]) -> StepResult[CodeObservation]:
        reward, done = payload.get("reward"), bool(payload.get("done"))
        observation = CodeObservation(**payload["observation"] | {"reward": reward, "done": done})
        return StepResult(observation=observation, reward=reward, done=done)

    def _parse_state(self, payload: dict[str, Any]) -> CodeState:
        return CodeState(**payload)


def app(env: str | TextTask, *, sessions: int = 64, **options: Any) -> Any:
    """Returns the FastAPI application that serves an environment: `uvicorn.run(app("CodeRepair-Python-v0"))`.

    Args:
        env: An environment's id, or a task. Made from an id, fenced code is understood (see `TextTask`).
        sessions: Clients at the same time.
        **options: What the environment takes, if it is given by its id.
    """
    task = env if isinstance(env, TextTask) else TextTask(env, fenced=True, **options)

    def session() -> CodeEnvironment:
        return CodeEnvironment(task)

    return create_fastapi_app(session, CodeAction, CodeObservation, max_concurrent_envs=sessions)


def main() -> None:
    """Serves an environment until it is interrupted."""
    import uvicorn

    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("env_id")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--sessions", type=int, default=64)
    parser.add_argument("--options", type=json.loads, default={}, help='as JSON: \'{"problems": "stdlib"}\'')
    given = parser.parse_args()
    uvicorn.run(app(given.env_id, sessions=given.sessions, **given.options), host=given.host, port=given.port)


if __name__ == "__main__":
    main()
