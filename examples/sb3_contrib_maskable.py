"""sb3-contrib's MaskablePPO learns to write code: a small network from nothing, or the nano transformer.

    python examples/sb3_contrib_maskable.py --env-id CodeCompletion-Python-v0 --grammar
    python examples/sb3_contrib_maskable.py --env-id CodeCompletion-Python-v0 --network nano --grammar

Three things keep it affordable. A compact action set: 512 of the vocabulary's tokens, with which every program in ASCII
can still be written. Action masks: no token that cannot be part of a program; with `--grammar`, none that no program of
the language can go on with. Masks of one bit an action in the rollout buffer, where MaskablePPO's own keeps four bytes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import typer
from codegym_agents.sb3 import PackedMaskRolloutBuffer, Seq2SeqActorCriticPolicy, TokenFeatures, make_vec_env
from sb3_contrib import MaskablePPO
from sb3_contrib.common.maskable.evaluation import evaluate_policy

from codegym.wrappers.vector import CompactActions, GrammarMask


def main(
    env_id: Annotated[str, typer.Option(help="Which environment.")] = "CodeCompletion-Python-v0",
    network: Annotated[Literal["small", "nano"], typer.Option(help="Who learns.")] = "small",
    grammar: Annotated[bool, typer.Option(help="Mask what the grammar of the language rules out.")] = False,
    total_timesteps: Annotated[int, typer.Option(help="Tokens to learn from.")] = 500_000,
    num_envs: Annotated[int, typer.Option(help="Programs that are written side by side.")] = 32,
    target_tokens: Annotated[int, typer.Option(help="Budget of a program.")] = 32,
    reward: Annotated[str, typer.Option(help="Of the environment.")] = "default",
    evaluation_episodes: Annotated[int, typer.Option(help="Held-out episodes, before and after.")] = 100,
    seed: Annotated[int, typer.Option(help="Of everything.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Where the model is saved.")] = None,
    tiny: Annotated[bool, typer.Option(help="Only see whether it runs.")] = False,
) -> None:
    """Trains, and measures on problems of the test split."""
    options: dict[str, Any] = {"target_tokens": target_tokens, "reward": reward}
    n_steps, batch_size = 256, 512
    if tiny:
        total_timesteps, num_envs, evaluation_episodes, n_steps, batch_size = 64, 2, 2, 16, 16
        options |= {"source_tokens": 64, "target_tokens": 4}

    def actions(env: Any, tokens: Any = None) -> CompactActions:
        return CompactActions(GrammarMask(env) if grammar else env, tokens)

    env = make_vec_env(env_id, num_envs, wrapper=actions, **options)
    (tokens, *_) = env.get_attr("tokens")
    settings: dict[str, Any] = {
        "n_steps": n_steps,
        "batch_size": batch_size,
        "gamma": 1.0,
        "rollout_buffer_class": PackedMaskRolloutBuffer,
        "seed": seed,
        "verbose": 1,
    }
    if network == "small":
        features = {"features_extractor_class": TokenFeatures}
        model = MaskablePPO("MultiInputPolicy", env, policy_kwargs=features, ent_coef=0.01, **settings)
    else:
        # A transformer that can write already: small steps, and its encoder stays as it is.
        settings |= {"n_steps": n_steps // 4, "batch_size": batch_size // 4, "learning_rate": 2e-5, "n_epochs": 2}
        of_nano = {"network": "nano", "tokens": tokens}
        model = MaskablePPO(Seq2SeqActorCriticPolicy, env, policy_kwargs=of_nano, **settings)
        model.policy.network.set_trainable(False)

    # The same actions again; problems of another split would have other frequent tokens.
    held_out = make_vec_env(env_id, num_envs, wrapper=lambda inner: actions(inner, tokens), split="test", **options)
    print(f"Held out, before: {measured(model, held_out, evaluation_episodes, seed)}")
    model.learn(total_timesteps)
    print(f"Held out: {measured(model, held_out, evaluation_episodes, seed)}")
    if out is not None:
        model.save(out)


def measured(model: MaskablePPO, env: Any, episodes: int, seed: int) -> str:
    """Says what sampled programs are worth."""
    right: list[bool] = []

    def note(found: dict[str, Any], _: dict[str, Any]) -> None:
        if found["done"] and "is_success" in found["info"]:
            right.append(found["info"]["is_success"])

    env.seed(seed)
    returns, lengths = evaluate_policy(
        model, env, episodes, deterministic=False, callback=note, return_episode_rewards=True
    )
    return (
        f"return {np.mean(returns):.3f}, {np.mean(lengths):.1f} tokens, "
        f"{sum(right)} of {len(right)} programs are right, or compile where there are no tests"
    )


if __name__ == "__main__":
    typer.run(main)
