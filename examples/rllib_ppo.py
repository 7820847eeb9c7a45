"""RLlib's PPO learns to write code from nothing, with a small network, in processes of a Ray cluster.

    python examples/rllib_ppo.py --env-id CodeCompletion-Python-v0

The actions are the vocabulary's most frequent tokens, with which every program in ASCII can still be written. Those
that cannot be part of the program are masked: their logits are minus infinity.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import ray
import torch
import typer
from ray.rllib.algorithms.ppo import PPOConfig
from ray.rllib.core.columns import Columns
from ray.rllib.core.rl_module.apis import ValueFunctionAPI
from ray.rllib.core.rl_module.rl_module import RLModuleSpec
from ray.rllib.core.rl_module.torch import TorchRLModule
from torch import Tensor, nn

from codegym.adapters import rllib


class TokenModule(TorchRLModule, ValueFunctionAPI):  # type: ignore[misc]  # RLlib has no types
    """Reads the prompt as a bag of tokens, and the last tokens of the answer in order."""

    def setup(self) -> None:
        """Makes the layers."""
        observed = self.observation_space["observations"]
        vocabulary, width, self.last = int(observed["source"].high.max()) + 1, 64, 8
        self.embedding = nn.Embedding(vocabulary, width)
        self.body = nn.Sequential(nn.Linear(width * (1 + self.last), 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU())
        self.logits = nn.Linear(128, int(self.action_space.n))
        self.value = nn.Linear(128, 1)

    def features(self, observations: dict[str, Tensor]) -> Tensor:
        """Returns what is known of each state, (batch, 128)."""
        source, mask = observations["source"].long(), observations["source_mask"].float().unsqueeze(-1)
        prompt = (self.embedding(source) * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1)
        target, written = observations["target"].long(), observations["target_mask"].long().sum(dim=1, keepdim=True)
        places = written - torch.arange(self.last, 0, -1, device=target.device)
        there = (places >= 0).unsqueeze(-1)
        recent = self.embedding(target.gather(1, places.clamp(min=0))) * there
        features: Tensor = self.body(torch.cat([prompt, recent.flatten(1)], dim=1))
        return features

    def _forward(self, batch: dict[str, Any], **_: Any) -> dict[str, Any]:
        features = self.features(batch[Columns.OBS]["observations"])
        masked = batch[Columns.OBS]["action_mask"] == 0
        logits = self.logits(features).masked_fill(masked, torch.finfo(torch.float32).min)
        return {Columns.EMBEDDINGS: features, Columns.ACTION_DIST_INPUTS: logits}

    def _forward_train(self, batch: dict[str, Any], **_: Any) -> dict[str, Any]:
        return self._forward(batch)

    def compute_values(self, batch: dict[str, Any], embeddings: Tensor | None = None) -> Tensor:
        """Returns what each state is worth, (batch,)."""
        features = self.features(batch[Columns.OBS]["observations"]) if embeddings is None else embeddings
        values: Tensor = self.value(features).squeeze(-1)
        return values


def main(
    env_id: Annotated[str, typer.Option(help="Which environment.")] = "CodeCompletion-Python-v0",
    iterations: Annotated[int, typer.Option(help="Iterations of PPO.")] = 100,
    runners: Annotated[int, typer.Option(help="Processes that write programs; 0: this one.")] = 2,
    address: Annotated[str | None, typer.Option(help="Ray cluster; none: one of this process.")] = None,
    seed: Annotated[int, typer.Option(help="Of everything.")] = 0,
    tiny: Annotated[bool, typer.Option(help="Only see whether it runs.")] = False,
) -> None:
    """Trains, and prints what each iteration earned."""
    options: dict[str, Any] = {"compact_actions": 512, "target_tokens": 32}
    batch_size, minibatch_size = 2_048, 256
    if tiny:
        iterations, runners, batch_size, minibatch_size = 2, 0, 32, 16
        options = {"compact_actions": 128, "source_tokens": 32, "target_tokens": 4}
    if not ray.is_initialized():
        local = {"include_dashboard": False} if address is None else {}
        ray.init(address=address or "local", log_to_driver=False, **local)
    rllib.register()
    config = (
        PPOConfig()
        .environment(env_id, env_config=options, disable_env_checking=True)
        .env_runners(num_env_runners=runners, num_envs_per_env_runner=4)
        .rl_module(rl_module_spec=RLModuleSpec(module_class=TokenModule))
        .training(
            train_batch_size_per_learner=batch_size,
            minibatch_size=minibatch_size,
            num_epochs=4,
            lr=3e-4,
            gamma=1.0,
            entropy_coeff=0.01,
        )
        .debugging(seed=seed, log_level="ERROR")
    )
    algorithm = config.build_algo()
    for number in range(1, iterations + 1):
        runner = algorithm.train()["env_runners"]
        earned, length = runner.get("episode_return_mean", np.nan), runner.get("episode_len_mean", np.nan)
        print(f"Iteration {number}: return {earned:.3f}, {length:.1f} tokens", flush=True)
    algorithm.stop()


if __name__ == "__main__":
    typer.run(main)
