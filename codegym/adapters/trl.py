"""TRL: rewards, prompts and environments of several turns for its `GRPOTrainer`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, final

from codegym.adapters.peer import peer
from codegym.adapters.text_task import PROBLEM_COLUMNS, Dialogue, TextTask, total
from codegym.errors import JudgeError

TESTED: Final = "1.16.0"

RewardFunction = Callable[..., list[float | None]]


def dataset(env: str | TextTask, count: int | None = None, *, chat: bool = False, **options: Any) -> Any:
    """Returns the rows to train on: a `datasets.Dataset` with `prompt` and the columns that `reward_function` needs.

    Args:
        env: An environment's id, or the task that the reward function has.
        count: How many problems; None: all; a set without end needs it.
        chat: Whether prompts are messages, for models with a chat template.
        **options: What the environment takes, if it is given by its id.

    Raises:
        ConfigurationError: The problems have no end and there is no count; or a package has changed.
        MissingDependencyError: A package is not installed.
    """
    datasets = peer("datasets", "Dataset.from_list", package="datasets", tested="5.2.0", extra="trl")
    rows: list[dict[str, Any]] = list(_task(env, options).rows(count))
    if chat:
        rows = [{**row, "prompt": [{"role": "user", "content": row["prompt"]}]} for row in rows]
    return datasets.Dataset.from_list(rows)


def reward_function(env: str | TextTask, **options: Any) -> RewardFunction:
    """Returns a function for `GRPOTrainer(reward_funcs=...)`: what each completion earns in the environment, in all.

    A completion that the judge could not answer for gets None: the trainer leaves it out of its group's statistics and
    gives it no advantage. The compilation rate and the mean of each reward term are logged as `codegym/...`.

    Args:
        env: An environment's id, or a task. Made from an id, fenced code is understood (see `TextTask`).
        **options: What the environment takes, if it is given by its id.

    Raises:
        ConfigurationError: TRL has changed.
        MissingDependencyError: TRL is not installed.
    """
    _check()
    task = _task(env, options)

    def codegym_reward(prompts: Sequence[Any], completions: Sequence[Any], **columns: Any) -> list[float | None]:
        names: list[str] = [name for name in PROBLEM_COLUMNS if name in columns]
        rows: list[dict[str, Any]] = [{name: columns[name][place] for name in names} for place in range(len(prompts))]
        scores = task.score(rows, [_text(completion) for completion in completions])
        log = columns.get("log_metric")
        valid = [score for score in scores if score.valid]
        if log is not None and valid:
            log("codegym/compiled", sum(score.grade.compiled for score in valid) / len(valid))
            for name in valid[0].terms:
                log(f"codegym/{name}", float(sum(score.terms[name].sum() for score in valid)) / len(valid))
        return [total(score) for score in scores]

    return codegym_reward


def environment_factory(env: str | TextTask, **options: Any) -> Callable[[], ProgramEnvironment]:
    """Returns what `GRPOTrainer(environment_factory=...)` takes: programs are submitted with a tool, in several turns.

    The environment brings the reward; `reward_funcs` can be left out. The rows of `dataset(..., chat=True)` choose the
    problems; without rows the environment draws them, and writes the prompt.

    Args:
        env: An environment's id, or a task; `CodeRepair-*` has several turns.
        **options: What the environment takes, if it is given by its id.

    Raises:
        ConfigurationError: TRL has changed.
        MissingDependencyError: TRL is not installed.
    """
    _check()
    task = _task(env, options)
    return lambda: ProgramEnvironment(task)


@final
class ProgramEnvironment:
    """An episode that a model with tools takes part in; TRL makes one for each rollout, and uses it again.

    Args:
        task: The task.
    """

    def __init__(self, task: TextTask) -> None:
        self._task = task
        self._dialogue: Dialogue | None = None
        self._failed = False

    def reset(self, **row: Any) -> str | None:
        """Starts an episode about the row's problem, or one that is drawn; returns the prompt if no row has it."""
        self._failed = False
        try:
            self._dialogue = self._task.start(row if "uri" in row else None)
        except JudgeError:
            self._dialogue, self._failed = None, True
            return None
        return None if _text(row.get("prompt") or "", "user") else self._dialogue.prompt

    def submit(self, program: str) -> str:
        """Submits a whole program, which is compiled and tested.

        Args:
            program: The source code of the program.

        Returns:
            What the compiler or the tests say of it.
        """
        if self._dialogue is None or self._dialogue.episode.over:
            return "There is nothing left to be done."
        self._dialogue.submit(program)
        if not self._dialogue.done:
            return self._dialogue.prompt
        grade = self._dialogue.grade
        right = grade is not None and grade.status in ("passed", "compiled")
        return "The program is right." if right else "The program is wrong, and that was the last turn."

    def get_reward(self) -> float | None:
        """Returns what the episode earned, or None where the judge could not answer."""
        if self._failed or self._dialogue is None:
            return None
        self._dialogue.finish()
        return self._dialogue.reward


def _task(env: str | TextTask, options: Mapping[str, Any]) -> TextTask:
    return env if isinstance(env, TextTask) else TextTask(env, fenced=True, **options)


def _text(messages: Any, role: str = "assistant") -> str:
    """Returns what was said last: TRL passes a text, or the messages of a conversation."""
    if isinstance(messages, str):
        return messages
    said = [message["content"] for message in messages if message.get("role") == role]
    return str(said[-1] or "") if said else ""


def _check() -> None:
    hooks = ("GRPOTrainer(reward_funcs)", "GRPOTrainer(environment_factory)", "GRPOConfig(num_generations)")
    peer("trl", *hooks, package="trl", tested=TESTED, extra="trl")
