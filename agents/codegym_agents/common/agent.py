"""What every algorithm does: write, score, step; readable from top to bottom.

One iteration: the policy writes a batch of programs; the environment scores every token (syntax, data flow) and every
program (compiler, unit tests); each token pays for its distance to the frozen reference; the algorithm says how good
each token was; some epochs of gradient steps on its loss.
"""

from __future__ import annotations

import contextlib
import copy
import json
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeAlias, TypeVar, final

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from codegym.cluster import Cluster
from codegym.envs.episode import Assignment
from codegym.envs.vector import CodeVectorEnv, Score
from codegym.errors import ConfigurationError
from codegym.seeding import stream
from codegym_agents.common.algorithm import Algorithm, Episodes, Loss, Targets, Tokens
from codegym_agents.common.checkpoint import TrainingState, load_checkpoint, save_checkpoint
from codegym_agents.common.environment import make_env
from codegym_agents.common.hyperparameters import TrainingConfig, configure
from codegym_agents.common.kl_control import AdaptiveKLCoefficient, estimate_kl
from codegym_agents.common.processes import Processes
from codegym_agents.common.progress import track
from codegym_agents.common.rollout import Drafts, Rollout, RolloutBatch, assemble, score, write
from codegym_agents.common.sharding import gather, gather_state, gather_weights, shard
from codegym_agents.decoding import ClusterEngine, Engine, Written, make_engine
from codegym_agents.models import Policy, Seq2SeqPolicy
from codegym_agents.models.base import kl_divergence

Callback = Callable[["Agent", dict[str, float]], None]
"""Called after every iteration with the agent and the iteration's metrics."""


@dataclass(frozen=True)
class Seconds:
    """Where the time of an iteration went; what is waited for are the scores.

    Attributes:
        writing: Writing programs.
        waiting: Waiting until the programs were scored.
        updating: The reference's pass, and gradient steps.
    """

    writing: float = 0.0
    waiting: float = 0.0
    updating: float = 0.0

    @property
    def waited_share(self) -> float:
        """The share of the time in which the device had nothing to do but to wait for scores."""
        total = self.writing + self.waiting + self.updating
        return self.waiting / total if total else 0.0


_Made = TypeVar("_Made")

_Pending: TypeAlias = "Future[tuple[Drafts, list[Score]]]"
"""Programs that are being scored or, where others write, being written."""


@final
class Agent:
    """A `Policy` that learns in a codegym environment by some algorithm; `PPO(...)` makes one.

    Args:
        algorithm: How it learns.
        policy: What learns, in place.
        env: Environment id, or a `CodeVectorEnv`.
        reference: The frozen policy that KL is measured to; a copy of `policy` when None.
        env_options: Passed to the environment when `env` is an id: `{"problems": "stdlib"}`.
        **hyperparameters: Fields of `algorithm.hyperparameters`.

    Attributes:
        seconds: Where the time of the last iteration went.
        failure_folder: Where the minibatch is written whose loss is not finite.

    Raises:
        UnknownNameError: There is no such hyperparameter.
        ConfigurationError: A hyperparameter makes no sense, policy and environment have different tokenizers, or
            the encoder is frozen and is not the reference's.
    """

    def __init__(
        self,
        algorithm: Algorithm[Any],
        policy: Policy,
        env: str | CodeVectorEnv,
        *,
        reference: Policy | None = None,
        env_options: dict[str, Any] | None = None,
        **hyperparameters: Any,
    ) -> None:
        self.algorithm = algorithm
        self.config = config = configure(algorithm.hyperparameters, hyperparameters)
        if config.value_warmup_iterations and not algorithm.uses_values:
            raise ConfigurationError(f"{algorithm.name} has no value head to warm up: value_warmup_iterations=0.")
        self.policy = policy.eval()  # no dropout: the ratio compares the policy with itself
        self.env = make_env(env, policy, **(env_options or {}))
        self.reference = copy.deepcopy(policy) if reference is None or reference is policy else reference
        self.reference.requires_grad_(False).eval()
        self.policy.temperature = self.reference.temperature = config.temperature
        self._freeze()
        self.kl_coefficient = AdaptiveKLCoefficient(config.kl_coefficient, config.kl_target)
        self._processes = Processes(policy.device)
        self._learner = shard(policy) if config.sharded and self._processes.count > 1 else policy
        self._model = self._distributed()
        self.optimizer = torch.optim.AdamW(
            self._learning_weights(),
            weight_decay=0.0,
            fused=policy.device.type == "cuda",
        )
        self.episodes = 0
        self.iteration = 0
        self.gradient_steps = 0
        self.seconds = Seconds()
        self.failure_folder = Path("failed_minibatch")
        self._microbatch_size = config.microbatch_size or config.minibatch_size
        self._engine: Engine = make_engine(
            policy,
            self.env.process.layout.target_tokens,
            rows=config.writing_batch_size,
            dtype=getattr(torch, config.precision),
        )
        self._scorer = ThreadPoolExecutor(1, "codegym-score") if config.overlap else None
        self._pending: _Pending | None = None

    def _learning_weights(self) -> list[dict[str, Any]]:
        """Returns what learns: the transformer, the value head and, if they have a rate of their own, the queries."""
        config, policy = self.config, self._learner
        factor = config.query_learning_rate_factor
        queries = [] if factor == 1.0 else policy.query_weights()
        apart = {id(weight) for weight in queries}
        learning = [one for one in policy.model.parameters() if one.requires_grad and id(one) not in apart]
        groups: list[dict[str, Any]] = [
            {"params": learning, "lr": config.learning_rate},
            {"params": list(policy.value_head.parameters()), "lr": config.value_learning_rate},
        ]
        if queries:
            chosen = [weight for weight in queries if weight.requires_grad]
            groups.append({"params": chosen, "lr": config.learning_rate * factor})
        return groups

    def _freeze(self) -> None:
        """Makes those weights learn that are to learn."""
        train_encoder = self.config.train_encoder
        self.policy.set_trainable(train_encoder)
        if not train_encoder and not _same_encoder(self.policy, self.reference):
            raise ConfigurationError(
                "train_encoder=False runs one encoder for policy and reference, but theirs differ; "
                "use train_encoder=True, or a reference with the policy's encoder."
            )
        self.policy.value_head.requires_grad_(self.algorithm.uses_values)
        if self.config.gradient_checkpointing:
            self.policy.checkpoint_gradients()

    def _distributed(self) -> nn.Module:
        """Returns what computes the loss; its gradients are averaged over all processes if there are several."""
        if self._processes.count == 1 or self._learner is not self.policy:
            return self._learner
        partly = self.config.value_warmup_iterations > 0
        return DistributedDataParallel(self.policy, broadcast_buffers=False, find_unused_parameters=partly)

    def write_on(self, writers: Cluster) -> None:
        """Has the workers of a cluster write from now on; what is written stays what it is.

        With `overlap` they write the next programs while this process learns from the last ones.
        """
        self._engine = ClusterEngine(
            writers,
            self.policy,
            self.env.process.layout.target_tokens,
            rows=self.config.writing_batch_size,
            dtype=getattr(torch, self.config.precision),
        )

    def learn(
        self, total_episodes: int, callback: Callback | None = None, progress_bar: bool = False
    ) -> dict[str, float]:
        """Trains until `total_episodes` have been learned from since the agent was made.

        Args:
            total_episodes: Rounded up to whole iterations.
            callback: Called after every iteration.
            progress_bar: Shows a live display on the terminal.

        Returns:
            The metrics of the last iteration.
        """
        metrics: dict[str, float] = {}
        with track(self.algorithm.name, total_episodes, shown=progress_bar) as display:
            display.update(self.episodes, metrics)
            while self.episodes < total_episodes:
                metrics = self.iterate()
                if callback is not None:
                    callback(self, metrics)
                display.update(self.episodes, metrics | {"waited": self.seconds.waited_share})
        return metrics

    def iterate(self) -> dict[str, float]:
        """Writes one batch of programs, learns from one, and returns its metrics."""
        started = time.perf_counter()
        if self._scorer is None:
            drafts = self._write(self.iteration, self._engine)
            written = time.perf_counter()
            scores = score(self.env, drafts)
        else:
            # While the device writes the next batch, and while it learned from the last one, this one is scored.
            pending = self._pending or self._begin(self.iteration)
            self._pending = self._begin(self.iteration + 1)
            written = time.perf_counter()
            drafts, scores = pending.result()
        scored = time.perf_counter()
        metrics = self.learn_from(drafts, scores)
        self.seconds = Seconds(written - started, scored - written, time.perf_counter() - scored)
        return metrics

    def learn_from(self, drafts: Drafts, scores: Sequence[Score]) -> dict[str, float]:
        """Learns from programs that are written and scored, as one iteration does, and returns the metrics.

        Args:
            drafts: The programs, with the encoder's states where the encoder is frozen.
            scores: What each one earned.
        """

        def assembled() -> Rollout:
            return assemble(
                self.policy,
                self.reference,
                drafts,
                scores,
                keep_hidden=self.config.exact_kl_in_loss,
                end_at_error=self.config.end_at_error,
                at_once=self._microbatch_size,
            )

        with self._autocast():
            rollout = self._within_memory(assembled)
        losses = self.update(rollout)
        metrics = rollout.metrics(self._processes)
        metrics |= {"kl_coefficient": self.kl_coefficient.value, **losses}
        if losses:
            self.kl_coefficient.update(metrics["kl"])
        self.episodes += self.config.episodes_per_iteration
        self.iteration += 1
        return {"iteration": self.iteration, "episodes": self.episodes, **metrics}

    def _begin(self, iteration: int, written: list[Written] | None = None) -> _Pending:
        """Writes the programs of an iteration, or takes them as written, and has them scored in the background.

        Where others write, they do so in the background too, with the policy as it is now.
        """
        assert self._scorer is not None
        if isinstance(self._engine, ClusterEngine) and written is None:
            engine = self._engine.now()
            return self._scorer.submit(lambda: self._scored(self._write(iteration, engine)))
        return self._scorer.submit(self._scored, self._write(iteration, self._engine, written))

    def _scored(self, drafts: Drafts) -> tuple[Drafts, list[Score]]:
        return drafts, score(self.env, drafts)

    def _write(self, iteration: int, engine: Engine, written: list[Written] | None = None) -> Drafts:
        """Writes the programs of an iteration; what is written about follows from the seed and its number alone."""
        random = stream(self.config.seed, iteration, "problems")
        assignments = self._draw(random)
        seeds = random.integers(2**63, size=len(assignments)).tolist()
        with self._autocast():
            return write(
                self.policy,
                assignments,
                engine=engine,
                seeds=seeds,
                batch_size=self.config.minibatch_size,
                keep_states=not self.config.train_encoder,
                process=self.env.process,
                processes=self._processes,
                written=written,
            )

    def _draw(self, random: np.random.Generator) -> list[Assignment]:
        episodes, samples = self.config.episodes_per_iteration, self.config.samples_per_problem
        drawn = self.env.process.draw_assignments([random] * -(-episodes // samples))
        return [one for one in drawn for _ in range(samples)][:episodes]

    def _autocast(self) -> torch.autocast:
        reduced = self.config.precision != "float32"
        return torch.autocast(self.policy.device.type, torch.bfloat16, enabled=reduced)

    def update(self, rollout: Rollout) -> dict[str, float]:
        """Makes the iteration's gradient steps and returns their mean metrics; none if there is nothing to learn."""
        targets = self.targets(rollout.batches)
        weights = [self._weights(batch) for batch in rollout.batches]
        totals = self._processes.sum(torch.stack([weight.sum() for weight in weights])).tolist()
        # A minibatch that the judge gave no verdict on teaches nothing; even a gradient of 0 would move the weights,
        # by the optimizer's momentum.
        usable = [place for place, total in enumerate(totals) if total > 0]
        random = stream(self.config.seed, self.iteration, "minibatches")
        sums: dict[str, list[float]] = {}
        for _ in range(self.config.epochs):
            distances = []
            for place in random.permutation(usable).tolist():
                step = _Step(rollout.batches[place], targets[place], weights[place] / totals[place])
                measured = self._step(step)
                distances.append(measured["loss/approximate_kl"])
                for name, value in measured.items():
                    sums.setdefault(name, []).append(value)
            limit = self.config.max_policy_kl
            if limit is not None and distances and float(np.mean(distances)) > limit:
                break
        if not sums:
            return {}
        self._gather_weights()
        steps = len(sums["gradient_norm"])
        return {name: float(np.mean(values)) for name, values in sums.items()} | {"gradient_steps": float(steps)}

    def _gather_weights(self) -> None:
        """Has the policy know what all processes have learned together; alone, or with DDP, it knows."""
        if self._learner is not self.policy:
            gather_weights(self._learner, self.policy)

    def targets(self, batches: list[RolloutBatch]) -> list[Targets]:
        """Returns what the algorithm says of each batch, when it knows the episodes of all batches and processes."""
        # PPOCoder, equation 5: the reward of a token, less beta times its log-ratio to the reference.
        beta, estimator = self.kl_coefficient.value, self.config.kl_estimator
        rewards = [(batch.task_rewards - beta * estimate_kl(batch.kl, estimator)) * batch.mask for batch in batches]
        time = max(batch.mask.shape[1] for batch in batches)
        mine = Episodes(
            rewards=_together(rewards, time),
            values=_together([batch.values * batch.mask for batch in batches], time),
            mask=_together([batch.mask for batch in batches], time),
            groups=torch.cat([batch.groups for batch in batches]),
            right=torch.cat([batch.right for batch in batches]),
        )
        everybody = Episodes(*(self._processes.gather(one) for one in mine))
        targets = self.algorithm.advantages(everybody, self.config)
        counts = self._processes.gather(torch.tensor([len(mine.groups)], device=self.policy.device)).tolist()
        start = sum(counts[: self._processes.rank])
        parts = []
        for batch in batches:
            rows, columns = slice(start, start + len(batch.mask)), slice(batch.mask.shape[1])
            parts.append(Targets(targets.advantages[rows, columns], targets.values[rows, columns]))
            start += len(batch.mask)
        return parts

    def _weights(self, batch: RolloutBatch) -> Tensor:
        """Returns how much each token counts, (batch, time), before all of a minibatch are made to sum to 1."""
        real = batch.mask.float()
        return real if self.config.aggregation == "token" else real / real.sum(dim=1, keepdim=True).clamp(min=1)

    def _step(self, step: _Step) -> dict[str, float]:
        """Makes one gradient step and returns its metrics."""
        sums = self._within_memory(lambda: self._accumulate(step))
        weights = [weight for group in self.optimizer.param_groups for weight in group["params"]]
        transformer, _, *queries = self.optimizer.param_groups
        if self.iteration < self.config.value_warmup_iterations:
            for weight in (weight for group in (transformer, *queries) for weight in group["params"]):
                weight.grad = None
        norm = gather(nn.utils.clip_grad_norm_(weights, self.config.max_grad_norm))
        names = list(sums)
        values = self._processes.sum(torch.stack([sums[name] for name in names])).tolist()
        measured = dict(zip(names, values, strict=True)) | {"gradient_norm": float(norm)}
        if not np.isfinite([*values, float(norm)]).all():
            raise self._diverged(step, measured)
        self.gradient_steps += 1
        transformer["lr"] = self._learning_rate()
        for group in queries:
            group["lr"] = transformer["lr"] * self.config.query_learning_rate_factor
        self.optimizer.step()
        return measured

    def _learning_rate(self) -> float:
        """Returns the transformer's at this gradient step."""
        config: TrainingConfig = self.config
        warmth = min(1.0, self.gradient_steps / max(1, config.warmup_steps))
        decay = config.learning_rate_decay_episodes
        left = 1.0 if decay is None else max(0.0, 1 - self.episodes / decay)
        return config.learning_rate * warmth * left

    def _within_memory(self, work: Callable[[], _Made]) -> _Made:
        """Returns what `work` makes, which may be done again with smaller microbatches."""
        while True:
            try:
                return work()
            except torch.OutOfMemoryError as error:
                if self._microbatch_size == 1 or self._processes.count > 1:
                    raise
                reason = str(error)  # the error itself holds what there is no room for
            self._microbatch_size = -(-self._microbatch_size // 2)
            self.optimizer.zero_grad(set_to_none=True)
            torch.cuda.empty_cache()
            warnings.warn(
                f"There is no memory for so many programs at once; from here on {self._microbatch_size} pass "
                f"through the model together, and their gradients are accumulated ({reason}).",
                stacklevel=2,
            )

    def _accumulate(self, step: _Step) -> dict[str, Tensor]:
        """Adds up the gradients of a minibatch, and returns the sums of its measures over the tokens."""
        self.optimizer.zero_grad(set_to_none=True)
        parts = step.parts(self._microbatch_size)
        if self._learner is not self.policy:  # each pass gathers the weights of all, so that all make as many
            parts += [parts[0].without_weight()] * (self._processes.most(len(parts)) - len(parts))
        sums: dict[str, Tensor] = {}
        for part in parts:
            synchronised = contextlib.nullcontext() if part is parts[-1] else _alone(self._model)
            with synchronised:
                with self._autocast():
                    loss = self._loss(part)
                weights = part.weights[part.batch.mask]
                warming = self.iteration < self.config.value_warmup_iterations
                minimised = loss.parts["value"] if warming else loss.total
                # Gradients are averaged over the processes; the weights sum to 1 over all of them.
                ((minimised * weights).sum() * self._processes.count).backward()
            for name, values in {"total": loss.total, **loss.parts}.items():
                measured = (values.detach() * weights).sum()
                sums[f"loss/{name}"] = sums.get(f"loss/{name}", torch.zeros_like(measured)) + measured
        return sums

    def _loss(self, step: _Step) -> Loss:
        """Returns the algorithm's loss, with what all algorithms add: entropy and KL to the reference."""
        batch, config, mask = step.batch, self.config, step.batch.mask
        # Only real tokens: a softmax over the vocabulary is too dear for padding.
        all_log_probs, values = self._model(batch.sources, batch.tokens, mask, batch.states)
        log_probs = all_log_probs.gather(-1, batch.tokens[mask].unsqueeze(-1)).squeeze(-1)
        tokens = Tokens(
            log_probs=log_probs,
            old_log_probs=batch.log_probs[mask],
            advantages=step.targets.advantages[mask],
            values=values,
            old_values=batch.values[mask],
            value_targets=step.targets.values[mask],
        )
        loss = self.algorithm.loss(tokens, config)
        with torch.set_grad_enabled(config.entropy_coefficient != 0):
            finite = all_log_probs.masked_fill(self.policy.forbidden, 0.0)  # what cannot be written adds nothing
            entropy = -(finite.exp() * finite).sum(dim=-1)
        total = loss.total - config.entropy_coefficient * entropy
        if config.kl_loss_coefficient:
            total = total + config.kl_loss_coefficient * self._divergence(batch, all_log_probs, log_probs)
        moved = estimate_kl(tokens.old_log_probs - log_probs.detach(), "k3")
        return Loss(total, {**loss.parts, "entropy": entropy, "approximate_kl": moved})

    def _divergence(self, batch: RolloutBatch, all_log_probs: Tensor, log_probs: Tensor) -> Tensor:
        """Returns the KL of policy to reference at each token, (tokens,), as the loss has it."""
        if self.config.kl_loss_estimator != "exact":
            return estimate_kl(log_probs - batch.reference_log_probs[batch.mask], self.config.kl_loss_estimator)
        assert batch.reference_hidden is not None
        with torch.no_grad():
            reference = self.reference.log_softmax(batch.reference_hidden[batch.mask])
        return kl_divergence(all_log_probs, reference)

    def _diverged(self, step: _Step, measured: dict[str, float]) -> FloatingPointError:
        """Writes the minibatch whose loss is not finite, and returns the error that names it."""
        folder = self.failure_folder
        folder.mkdir(parents=True, exist_ok=True)
        batch = step.batch
        tensors = {
            "source": batch.sources.tokens,
            "source_mask": batch.sources.mask,
            "tokens": batch.tokens,
            "mask": batch.mask,
            "log_probs": batch.log_probs,
            "values": batch.values,
            "reference_log_probs": batch.reference_log_probs,
            "task_rewards": batch.task_rewards,
            "advantages": step.targets.advantages,
            "value_targets": step.targets.values,
        }
        name = "minibatch" if self._processes.count == 1 else f"minibatch-{self._processes.rank}"
        save_file({key: one.cpu().contiguous() for key, one in tensors.items()}, folder / f"{name}.safetensors")
        where = {"iteration": self.iteration + 1, "gradient_step": self.gradient_steps + 1}
        shown = {key: repr(value) for key, value in measured.items()}
        (folder / f"{name}.json").write_text(json.dumps({**where, "measured": shown}, indent=1) + "\n")
        self._gather_weights()
        self.policy.save_pretrained(folder / "policy")
        bad = ", ".join(f"{key} = {value}" for key, value in measured.items() if not np.isfinite(value))
        return FloatingPointError(
            f"Iteration {self.iteration + 1}: {bad}. The weights are as they were before this step; they and the "
            f"minibatch that caused it are in {folder}. Lower learning_rate or max_grad_norm, or use float32."
        )

    def save(self, folder: str | Path) -> None:
        """Writes everything that training needs to go on exactly: a folder of safetensors and JSON.

        Of several processes all must ask, and the first one writes. With `overlap`, the programs that were written and
        not learned from are part of it; only a run of one process goes on with them, several write them anew.
        """
        optimizer_state = gather_state(self.optimizer)
        if self._processes.rank > 0:
            return
        state = TrainingState(
            algorithm=self.algorithm.name,
            config=asdict(self.config),
            counters={
                "episodes": self.episodes,
                "iteration": self.iteration,
                "gradient_steps": self.gradient_steps,
                "microbatch_size": self._microbatch_size,
            },
            numbers={"kl_coefficient": self.kl_coefficient.value},
        )
        tensors: dict[str, Tensor] = {}
        if self._pending is not None and self._processes.count == 1:
            tensors = _packed(self._pending.result()[0].written)
        policies = {"policy": self.policy, "reference": self.reference}
        save_checkpoint(Path(folder), policies, optimizer_state, state, tensors)

    @classmethod
    def load(
        cls,
        algorithm: Algorithm[Any],
        folder: str | Path,
        env: str | CodeVectorEnv,
        *,
        env_options: dict[str, Any] | None = None,
        device: str | torch.device = "cpu",
    ) -> Self:
        """Returns the agent that `save` wrote: its next iteration is the one that it would have made.

        Raises:
            DataError: The folder holds no checkpoint, or a broken one.
        """
        names = ("policy", "reference")
        (policy, reference), state = load_checkpoint(Path(folder), algorithm.name, names, torch.device(device))
        agent = cls(algorithm, policy, env, reference=reference, env_options=env_options, **state.content.config)
        agent.episodes = state.content.counters["episodes"]
        agent.iteration = state.content.counters["iteration"]
        agent.gradient_steps = state.content.counters["gradient_steps"]
        agent._microbatch_size = state.content.counters["microbatch_size"]
        agent.kl_coefficient.value = state.content.numbers["kl_coefficient"]
        state.restore(agent.optimizer)
        if written := _unpacked(state.tensors):
            agent._pending = agent._begin(agent.iteration, written)
        return agent


@dataclass(frozen=True)
class _Step:
    """What one gradient step is made on: episodes, what to learn from them, and how much each token counts."""

    batch: RolloutBatch
    targets: Targets
    weights: Tensor

    def parts(self, size: int) -> list[_Step]:
        """Returns the episodes in parts of so many."""
        rows = len(self.batch.mask)
        return [self._rows(start, min(rows, start + size)) for start in range(0, rows, size)]

    def without_weight(self) -> _Step:
        """Returns the same episodes, none of which counts."""
        return replace(self, weights=torch.zeros_like(self.weights))

    def _rows(self, start: int, stop: int) -> _Step:
        """Returns some of the episodes."""
        if (start, stop) == (0, len(self.batch.mask)):
            return self
        batch = self.batch.rows(start, stop)
        part = (slice(start, stop), slice(batch.mask.shape[1]))
        return _Step(batch, Targets(*(one[part] for one in self.targets)), self.weights[part])


def _together(batches: list[Tensor], time: int) -> Tensor:
    """Returns batches (batch, time) of different times as one, padded with zeros."""
    return torch.cat([nn.functional.pad(batch, (0, time - batch.shape[1])) for batch in batches])


@contextlib.contextmanager
def _alone(model: nn.Module) -> Iterator[None]:
    """Keeps gradients to this process, until those of the last microbatch are averaged over all."""
    with model.no_sync() if isinstance(model, DistributedDataParallel) else contextlib.nullcontext():
        yield


def _packed(written: Sequence[Written]) -> dict[str, Tensor]:
    """Returns programs as arrays, one after the other."""
    flat = partial(np.concatenate, dtype=np.float64)
    return {
        "pending.lengths": torch.tensor([len(one.tokens) for one in written]),
        "pending.tokens": torch.from_numpy(np.concatenate([one.tokens for one in written]).astype(np.int64)),
        "pending.log_probs": torch.from_numpy(flat([one.log_probs for one in written])),
        "pending.values": torch.from_numpy(flat([one.values for one in written])),
    }


def _unpacked(tensors: dict[str, Tensor]) -> list[Written]:
    """Returns the programs that `_packed` has packed; none if there are none."""
    if "pending.lengths" not in tensors:
        return []
    lengths = tensors["pending.lengths"].tolist()
    parts = (tensors[f"pending.{name}"].split(lengths) for name in ("tokens", "log_probs", "values"))
    return [Written(*(one.tolist() for one in row)) for row in zip(*parts, strict=True)]


def _same_encoder(policy: Policy, reference: Policy) -> bool:
    return (
        isinstance(policy, Seq2SeqPolicy) and isinstance(reference, Seq2SeqPolicy) and policy.has_encoder_of(reference)
    )
