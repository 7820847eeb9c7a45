"""Problems as a data set of Hugging Face's `datasets`, and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from codegym.adapters.peer import peer
from codegym.adapters.text_task import TextTask, problem_of
from codegym.errors import DataError
from codegym.problems.base import Card, InMemoryProblems, check_split

TESTED: Final = "5.2.0"
_SPLITS: Final = ("train", "validation", "test")


def export(env: str, count: int | None = None, *, splits: Sequence[str] = _SPLITS, **options: Any) -> Any:
    """Returns the problems of an environment as a `datasets.DatasetDict`, split by split.

    A row holds `prompt`, `answer` (what the expert wrote), and the problem: `uri`, `language`, `reference`,
    `statement`, `prefix`, `suffix`, `broken`, and `tests`, `sources`, `attributes` as JSON.

    Args:
        env: An id such as `"ProgramSynthesis-Python-v0"`.
        count: Problems of each split; None: all; a set without end needs it.
        splits: Which splits; a split in which no problem can be posed is an error.
        **options: What the environment takes: `problems`, `instruction`, `source_tokens` ...

    Raises:
        ConfigurationError: The problems have no end and there is no count; or `datasets` has changed.
        DataError: The data is missing or broken.
        MissingDependencyError: `datasets` is not installed.
    """
    datasets = _datasets()
    found = {}
    for split in splits:
        task = TextTask(env, split=check_split(split), **options)
        card = task.process.problems.card
        info = datasets.DatasetInfo(description=json.dumps({"name": card.name, "version": card.version}))
        info.license = card.licence
        found[split] = datasets.Dataset.from_list(task.rows(count), info=info, split=split)
    return datasets.DatasetDict(found)


def problem_set(dataset: Any, split: str = "train") -> InMemoryProblems:
    """Returns the problems of a data set that `export` made, for `gym.make(..., problems=...)`.

    Args:
        dataset: One split of it, as it was made or loaded again: from a folder, a parquet file, a hub.
        split: The split that it is.

    Raises:
        DataError: A row holds no problem.
    """
    rows = list(dataset)
    if not rows:
        raise DataError("The data set has no rows.")
    try:
        told = json.loads(dataset.info.description)
        name, version = str(told["name"]), str(told["version"])
    except (ValueError, KeyError, TypeError, AttributeError):  # a parquet file does not keep it
        name, version = "dataset", "1"
    licence = getattr(getattr(dataset, "info", None), "license", "") or "as its origin says"
    card = Card(name, "Problems from a data set.", licence, version, "a data set that codegym has written")
    # What hides different parts of one program has several rows, all of the same problem.
    problems = {problem.id: problem for problem in map(problem_of, rows)}
    return InMemoryProblems(card, check_split(split), tuple(problems.values()))


def _datasets() -> Any:
    return peer(
        "datasets", "Dataset.from_list", "DatasetDict", "DatasetInfo", package="datasets", tested=TESTED, extra="data"
    )
