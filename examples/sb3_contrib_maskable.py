"""sb3-contrib's MaskablePPO learns to write code from nothing, with a small network.

    python examples/sb3_contrib_maskable.py --env-id CodeCompletion-Python-v0

Three things keep it affordable. A compact action set: 512 of the vocabulary's tokens, with which every program in ASCII
can still be written. Action masks: no token that cannot be part of a program. Masks of one bit an action in the rollout
buffer, where MaskablePPO's own keeps four bytes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from codegym_agents.sb3 import PackedMaskRolloutBuffer, TokenFeatures, make_vec_env
from sb3_contrib import MaskablePPO
from sb3_contrib.common.maskable.evaluation import evaluate_policy

from codegym.wrappers.vector import CompactActions


def main(
    env_id: Annotated[str, typer.Option(help="Which environment.")] = "CodeCompletion-Python-v0",
    total_timesteps: Annotated[int, typer.Option(help="Tokens to learn from.")] = 500_000,
    num_envs: Annotated[int, typer.Option(help="Programs that are written side by side.")] = 32,
    evaluation_episodes: Annotated[int, typer.Option(help="Held-out episodes.")] = 100,
    seed: Annotated[int, typer.Option(help="Of everything.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Where the model is saved.")] = None,
    tiny: Annotated[bool, typer.Option(help="Only see whether it runs.")] = False,
) -> None:
    """Trains, and measures on problems of the test split."""
    options: dict[str, Any] = {"target_tokens": 32}
    n_steps, batch_size = 256, 512
    if tiny:
        total_timesteps, num_envs, evaluation_episodes, n_steps, batch_size = 64, 2, 2, 16, 16
        options = {"source_tokens": 64, "target_tokens": 4}

    env = make_vec_env(env_id, num_envs, wrapper=CompactActions, **options)
    model = MaskablePPO(
        "MultiInputPolicy",
        env,
        policy_kwargs={"features_extractor_class": TokenFeatures},
        rollout_buffer_class=PackedMaskRolloutBuffer,
        n_steps=n_steps,
        batch_size=batch_size,
        gamma=1.0,
        ent_coef=0.01,
        seed=seed,
        verbose=1,
    )
    model.learn(total_timesteps)

    # The same actions again; problems of another split would have other frequent tokens.
    (tokens, *_) = env.get_attr("tokens")
    held_out = make_vec_env(
        env_id, num_envs, wrapper=lambda inner: CompactActions(inner, tokens), split="test", **options
    )
    held_out.seed(seed)
    returns, lengths = evaluate_policy(
        model, held_out, evaluation_episodes, deterministic=False, return_episode_rewards=True
    )
    print(f"Held out: return {np.mean(returns):.3f}, {np.mean(lengths):.1f} tokens")
    if out is not None:
        model.save(out)


if __name__ == "__main__":
    typer.run(main)
