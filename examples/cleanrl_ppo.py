"""PPO in one file, on codegym's vector environments: nothing but Gymnasium, NumPy and PyTorch.

    python examples/cleanrl_ppo.py --env-id CodeCompletion-Python-v0

Meant to be read, copied and changed. A small network reads the prompt's and the program's tokens, and chooses among a
few hundred tokens, of which those that cannot be part of a program are masked.
"""

from __future__ import annotations

from typing import Annotated, Any

import gymnasium as gym
import numpy as np
import torch
import typer
from torch import Tensor, nn
from torch.distributions import Categorical

import codegym  # noqa: F401  # registers the ids
from codegym.wrappers.vector import CompactActions


class Agent(nn.Module):
    """Policy and value function of (source, target): the mean of all tokens, and the last eight in order."""

    def __init__(self, vocabulary_size: int, num_actions: int, width: int = 32, window: int = 8) -> None:
        super().__init__()
        self.window = window
        self.embedding = nn.Embedding(vocabulary_size, width)
        self.body = nn.Sequential(nn.Linear(2 * (window + 1) * width, 128), nn.Tanh(), nn.Linear(128, 128), nn.Tanh())
        self.actor = nn.Linear(128, num_actions)
        self.critic = nn.Linear(128, 1)
        nn.init.orthogonal_(self.actor.weight, 0.01)

    def read(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """Returns the mean embedding of a text, and those of its last tokens, side by side."""
        embedded = self.embedding(tokens) * mask.unsqueeze(-1)
        length = mask.sum(1, keepdim=True)
        places = length - 1 - torch.arange(self.window)
        last = embedded[torch.arange(len(tokens)).unsqueeze(-1), places.clamp(min=0)] * (places >= 0).unsqueeze(-1)
        return torch.cat([embedded.sum(1) / length.clamp(min=1), last.flatten(1)], dim=1)

    def forward(self, observation: dict[str, Tensor], allowed: Tensor) -> tuple[Categorical, Tensor]:
        """Returns the distribution over allowed actions, and the value."""
        source = self.read(observation["source"], observation["source_mask"])
        target = self.read(observation["target"], observation["target_mask"])
        hidden = self.body(torch.cat([source, target], dim=1))
        return Categorical(logits=self.actor(hidden).masked_fill(~allowed, -1e8)), self.critic(hidden).squeeze(-1)


def tensors(observation: dict[str, Any]) -> dict[str, Tensor]:
    return {name: torch.as_tensor(value) for name, value in observation.items()}


def main(
    env_id: Annotated[str, typer.Option(help="Which environment.")] = "CodeCompletion-Python-v0",
    total_timesteps: Annotated[int, typer.Option(help="Tokens to learn from.")] = 500_000,
    num_envs: Annotated[int, typer.Option(help="Programs that are written side by side.")] = 32,
    num_steps: Annotated[int, typer.Option(help="Steps of each between two updates.")] = 128,
    target_tokens: Annotated[int, typer.Option(help="Budget of an episode.")] = 32,
    minibatch_size: Annotated[int, typer.Option(help="Steps of a gradient.")] = 512,
    epochs: Annotated[int, typer.Option(help="Passes over what was collected.")] = 4,
    learning_rate: Annotated[float, typer.Option(help="Of Adam, falling to 0.")] = 5e-4,
    gamma: Annotated[float, typer.Option(help="Discount.")] = 1.0,
    gae_lambda: Annotated[float, typer.Option(help="Of the advantages.")] = 0.95,
    clip: Annotated[float, typer.Option(help="How far a probability may move.")] = 0.2,
    entropy_coefficient: Annotated[float, typer.Option(help="Weight of the entropy.")] = 0.01,
    value_coefficient: Annotated[float, typer.Option(help="Weight of the value loss.")] = 0.5,
    max_gradient_norm: Annotated[float, typer.Option(help="Longest gradient.")] = 0.5,
    seed: Annotated[int, typer.Option(help="Of everything.")] = 0,
    tiny: Annotated[bool, typer.Option(help="Only see whether it runs.")] = False,
) -> None:
    """Trains, and prints one line for each iteration."""
    if tiny:
        total_timesteps, num_envs, num_steps, target_tokens, minibatch_size = 64, 2, 16, 4, 16
    torch.manual_seed(seed)
    env = CompactActions(gym.make_vec(env_id, num_envs, "vector_entry_point", target_tokens=target_tokens))
    spaces: Any = env.single_observation_space
    agent = Agent(int(spaces["source"].high.max()) + 1, len(env.tokens))
    optimizer = torch.optim.Adam(agent.parameters(), lr=learning_rate, eps=1e-5)

    shape = (num_steps, num_envs)
    observations = {name: torch.zeros(*shape, *space.shape, dtype=torch.long) for name, space in spaces.items()}
    allowed = torch.zeros(*shape, len(env.tokens), dtype=torch.bool)
    actions = torch.zeros(shape, dtype=torch.long)
    log_probs, rewards, dones, values = (torch.zeros(shape) for _ in range(4))
    everything = torch.ones(1, len(env.tokens), dtype=torch.bool)

    observation, _ = env.reset(seed=seed)
    episode_return = np.zeros(num_envs)
    iterations = max(1, total_timesteps // (num_envs * num_steps))
    for iteration in range(iterations):
        optimizer.param_groups[0]["lr"] = learning_rate * (1 - iteration / iterations)

        # Write. An environment whose program ends goes on with the next one in the same step.
        returns, compiled = [], []
        for step in range(num_steps):
            seen = tensors(observation)
            for name, value in seen.items():
                observations[name][step] = value
            allowed[step] = torch.as_tensor(env.action_masks())
            with torch.no_grad():
                policy, values[step] = agent(seen, allowed[step])
                actions[step] = policy.sample()
                log_probs[step] = policy.log_prob(actions[step])
            observation, reward, terminated, truncated, infos = env.step(actions[step].numpy())
            rewards[step], dones[step] = torch.as_tensor(reward), torch.as_tensor(terminated | truncated)
            episode_return += reward
            for place in np.flatnonzero(terminated | truncated):
                returns.append(episode_return[place])
                episode_return[place] = 0.0
                compiled.append(infos["final_info"]["grade"]["compiled"][place])
                if truncated[place]:  # the judge could not answer: what is missing is estimated
                    last = {name: value[None] for name, value in infos["final_obs"][place].items()}
                    with torch.no_grad():
                        rewards[step, place] += gamma * agent(tensors(last), everything)[1].item()

        # Generalised advantage estimation (Schulman et al. 2016, arXiv 1506.02438).
        with torch.no_grad():
            following = agent(tensors(observation), everything)[1]
        advantages, advantage = torch.zeros(shape), torch.zeros(num_envs)
        for step in reversed(range(num_steps)):
            going_on = 1.0 - dones[step]
            error = rewards[step] + gamma * following * going_on - values[step]
            advantage = error + gamma * gae_lambda * going_on * advantage
            advantages[step], following = advantage, values[step]
        targets = advantages + values

        # Learn (Schulman et al. 2017, arXiv 1707.06347).
        flat = {name: value.flatten(0, 1) for name, value in observations.items()}
        for _ in range(epochs):
            for rows in torch.randperm(num_steps * num_envs).split(minibatch_size):
                batch = {name: value[rows] for name, value in flat.items()}
                policy, value = agent(batch, allowed.flatten(0, 1)[rows])
                ratio = (policy.log_prob(actions.flatten()[rows]) - log_probs.flatten()[rows]).exp()
                gain = advantages.flatten()[rows]
                gain = (gain - gain.mean()) / (gain.std() + 1e-8)
                policy_loss = -torch.min(gain * ratio, gain * ratio.clamp(1 - clip, 1 + clip)).mean()
                value_loss = (value - targets.flatten()[rows]).square().mean()
                loss = policy_loss + value_coefficient * value_loss - entropy_coefficient * policy.entropy().mean()
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(agent.parameters(), max_gradient_norm)
                optimizer.step()

        if returns:
            print(
                f"{(iteration + 1) * num_steps * num_envs:>9,} tokens, {len(returns):>4} programs: "
                f"return {np.mean(returns):+.3f}, compiles {np.mean(compiled):.1%}"
            )
    env.close()


if __name__ == "__main__":
    typer.run(main)
