"""verl: prompts as parquet files, a reward function, and a reward manager that pays each token.

In verl's configuration:

    data.train_files=prompts/train.parquet data.val_files=prompts/test.parquet
    reward.custom_reward_function.path=pkg://codegym.adapters.verl
    reward.custom_reward_function.name=compute_score
    reward.reward_manager.source=importlib
    reward.reward_manager.name=CodegymRewardManager
    reward.reward_manager.module.path=pkg://codegym.adapters.verl

The last three lines can be left out: the function is enough for rewards at the end of a response.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, final

from codegym.adapters.datasets import export as export_problems
from codegym.adapters.peer import peer
from codegym.adapters.text_task import PROBLEM_COLUMNS, Answer, TextTask, token_pieces, total
from codegym.envs.process import is_right
from codegym.envs.vector import Score
from codegym.errors import ConfigurationError, JudgeError

TESTED: Final = "0.9.1"

_OF_PROBLEMS: Final = ("problems", "path", "judge")


def export(
    env: str,
    folder: str | Path,
    count: int | None = None,
    *,
    splits: Sequence[str] = ("train", "test"),
    **options: Any,
) -> list[Path]:
    """Writes an environment's problems as parquet files that verl reads, one for each split, and returns their paths.

    Args:
        env: An environment's id; `data_source` of each row.
        folder: Where to; made if it is missing.
        count: Problems of each split; None: all; a set without end needs it.
        splits: Which splits.
        **options: What the environment takes; those that decide about rewards travel with each row.

    Raises:
        ConfigurationError: An option that decides about rewards is no plain value.
        DataError: The data is missing or broken.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        kept = json.dumps({name: value for name, value in sorted(options.items()) if name not in _OF_PROBLEMS})
    except TypeError as error:
        raise ConfigurationError(f"Give options as texts and numbers, so that they fit in a file: {error}.") from error

    def row(columns: dict[str, Any], index: int, split: str) -> dict[str, Any]:
        problem = json.dumps({name: columns[name] for name in PROBLEM_COLUMNS})
        return {
            "data_source": env,
            "prompt": [{"role": "user", "content": columns["prompt"]}],
            "ability": "code",
            "reward_model": {"style": "rule", "ground_truth": problem},
            "extra_info": {"split": split, "index": index, "uri": columns["uri"], "options": kept},
        }

    paths = []
    for split, rows in export_problems(env, count, splits=splits, **options).items():
        path = folder / f"{split}.parquet"
        made = rows.map(row, with_indices=True, fn_kwargs={"split": split}, remove_columns=rows.column_names)
        made.to_parquet(str(path))
        paths.append(path)
    return paths


def compute_score(
    data_source: str, solution_str: str, ground_truth: str, extra_info: Mapping[str, Any] | None = None, **_: Any
) -> dict[str, float]:
    """Returns `score`, what a response earned in all, with `acc`, `compiled` and each reward term, which verl logs.

    Threads that call at once are scored together.

    Args:
        data_source: The environment's id.
        solution_str: The response; a fenced block in it is what counts (see `TextTask`).
        ground_truth: The problem, as `export` has written it.
        extra_info: As `export` has written it.

    Raises:
        JudgeError: The judge could not answer: a reward of 0 would be a lie. verl drops the prompt, and takes another.
    """
    score = _score(data_source, solution_str, ground_truth, extra_info)
    if not score.valid:
        raise JudgeError("The judge could not answer for a program.")
    return _told(score)


@final
class CodegymRewardManager:
    """verl's reward manager for rewards at each token, by the response's own tokens.

    Where verl scores responses while others are still being written, it takes one number for each, and puts it at the
    last token: then this pays as `compute_score` does. Where it scores whole batches (with a reward model that shares
    the actor's GPUs, or in a trainer of yours that calls `compute_rm_score`), `run_single` returns what each token
    earned, and `assemble_rm_scores` puts it there. `reward.custom_reward_function.reward_kwargs.token_level` decides
    where it is set.

    A response that the judge could not answer for is an error where responses are scored one by one. In a batch its
    `response_mask` becomes 0, so that nothing is learned from it, and it gets the mean of its group, which therefore
    stays what it is.

    Args:
        config: verl's configuration.
        tokenizer: The policy's tokenizer.
        compute_score: Not used.
        reward_router_address: Not used.
        reward_model_tokenizer: Not used.

    Raises:
        ConfigurationError: verl has changed.
        MissingDependencyError: verl is not installed.
    """

    def __init__(
        self,
        config: Any,
        tokenizer: Any,
        compute_score: Any = None,
        reward_router_address: Any = None,
        reward_model_tokenizer: Any = None,
    ) -> None:
        base = "verl.experimental.reward_loop.reward_manager.base"
        hooks = ("RewardManagerBase.run_single", "RewardManagerBase.assemble_rm_scores")
        peer(base, *hooks, package="verl", tested=TESTED, extra="verl")
        self.config, self.tokenizer, self.compute_score = config, tokenizer, compute_score
        kwargs = (config.reward.get("custom_reward_function") or {}).get("reward_kwargs") or {}
        model = config.reward.reward_model
        self.token_level = bool(kwargs.get("token_level", model.enable and not model.enable_resource_pool))

    async def run_single(self, data: Any) -> dict[str, Any]:
        """Returns `reward_score` of a response, a number or one for each token, and `reward_extra_info`."""
        item = data[-1:][0]
        response = item.batch["responses"]
        length = int(item.batch["attention_mask"][-response.shape[-1] :].sum())
        pieces = token_pieces(
            lambda tokens: str(self.tokenizer.decode(tokens, skip_special_tokens=True)), response[:length].tolist()
        )
        told = item.non_tensor_batch
        score = await asyncio.to_thread(
            _score, told["data_source"], pieces, told["reward_model"]["ground_truth"], told.get("extra_info")
        )
        if not score.valid and not self.token_level:
            raise JudgeError("The judge could not answer for a program.")
        info = _told(score)
        if not score.valid:
            return {"reward_score": None, "reward_extra_info": dict.fromkeys(info, math.nan)}
        return {
            "reward_score": score.rewards.tolist() if self.token_level else info["score"],
            "reward_extra_info": info,
        }

    @classmethod
    def assemble_rm_scores(cls, data: Any, scores: Sequence[float | Sequence[float] | None]) -> Any:
        """Returns `rm_scores`, (batch, response): each reward at its token.

        Args:
            data: The batch: `prompts`, `responses` and `attention_mask`; `response_mask` is changed where it is there.
            scores: For each response what `run_single` called `reward_score`.

        Raises:
            ConfigurationError: A response has more rewards than tokens.
        """
        batch = data.batch
        lengths = batch["attention_mask"][:, batch["prompts"].shape[1] :].sum(dim=1).tolist()
        rm_scores = batch["responses"].new_zeros(batch["responses"].shape).float()
        for row, (score, length) in enumerate(zip(scores, lengths, strict=True)):
            if score is None:
                continue
            rewards = list(score) if isinstance(score, Sequence) else [0.0] * (length - 1) + [float(score)]
            if len(rewards) > length:
                raise ConfigurationError(f"Response {row} has {length} tokens and {len(rewards)} rewards.")
            rm_scores[row, : len(rewards)] = rm_scores.new_tensor(rewards)
        groups = list(data.non_tensor_batch.get("uid", range(len(scores))))
        for row, score in enumerate(scores):
            if score is None:
                others = [
                    float(rm_scores[other].sum())
                    for other, group in enumerate(groups)
                    if group == groups[row] and scores[other] is not None
                ]
                rm_scores[row, max(lengths[row] - 1, 0)] = sum(others) / len(others) if others else 0.0
                if "response_mask" in batch.keys():  # noqa: SIM118  # a TensorDict is asked like this
                    batch["response_mask"][row] = 0
        return rm_scores


def _told(score: Score) -> dict[str, float]:
    terms = {name: float(term.sum()) for name, term in score.terms.items()}
    right, compiled = float(is_right(score.grade)), float(score.grade.compiled)
    return {"score": total(score) or 0.0, "acc": right, "compiled": compiled, **terms}


def _score(data_source: str, answer: Answer, ground_truth: str, extra_info: Mapping[str, Any] | None) -> Score:
    options = str((extra_info or {}).get("options") or "{}")
    return _task(data_source, options).score_one(ground_truth, answer)


@lru_cache(maxsize=16)
def _task(env: str, options: str) -> TextTask:
    return TextTask(env, fenced=True, **json.loads(options))
