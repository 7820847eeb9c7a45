"""Advantage estimators over padded batches of finite episodes."""

from __future__ import annotations

import torch
from torch import Tensor


def generalized_advantage_estimation(
    rewards: Tensor, values: Tensor, mask: Tensor, gamma: float = 1.0, gae_lambda: float = 0.95
) -> tuple[Tensor, Tensor]:
    """Returns the GAE advantages and the value targets of episodes that end within the batch.

    A_t = delta_t + gamma * lambda * A_{t+1} with delta_t = r_t + gamma * V(s_{t+1}) - V(s_t)
    (Schulman et al. 2016, arXiv 1506.02438, equation 16; PPOCoder, arXiv 2301.13816, equation 9). The value after
    an episode's last token is 0: the end of a program is a real end. The value target is A_t + V(s_t).

    Args:
        rewards: (batch, time) reward of each token.
        values: (batch, time) value of the state before each token.
        mask: (batch, time) bool, True at real tokens, which stand at the front of each row.
        gamma: Discount per token.
        gae_lambda: 0 is one-step temporal difference, 1 is the return less the value.

    Returns:
        Advantages and value targets, (batch, time) each, 0 at padding.
    """
    real = mask.to(rewards.dtype)
    rewards, values = rewards * real, values * real
    advantages = torch.zeros_like(rewards)
    advantage = torch.zeros_like(rewards[:, 0])
    next_value = torch.zeros_like(advantage)
    for step in range(rewards.shape[1] - 1, -1, -1):
        delta = rewards[:, step] + gamma * next_value - values[:, step]
        advantage = (delta + gamma * gae_lambda * advantage) * real[:, step]
        advantages[:, step] = advantage
        next_value = values[:, step]
    return advantages, (advantages + values) * real


def whiten(values: Tensor, mask: Tensor, epsilon: float = 1e-8, *, shift: bool = True) -> Tensor:
    """Returns the values scaled to standard deviation 1 over the real tokens, and shifted to mean 0; 0 elsewhere.

    A shift pays every token the same, so that it pays or punishes length. Where the length of what is learned from
    depends on how good a program is, leave it out.
    """
    real = values[mask]
    if real.numel() < 2:
        return torch.zeros_like(values)
    centre = real.mean() if shift else 0.0
    whitened = (values - centre) / (real.std() + epsilon)
    return whitened.masked_fill(~mask, 0.0)


def masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Returns the mean over the real tokens, 0 if there are none."""
    return values.masked_fill(~mask, 0.0).sum() / mask.sum().clamp(min=1)


def leave_one_out_baseline(returns: Tensor, groups: Tensor) -> Tensor:
    """Returns, for each episode, the mean return of the other episodes about the same problem.

    It does not depend on the episode's own actions, so that subtracting it leaves the policy gradient unbiased, and
    it knows how hard the problem is (Kool et al. 2019, "Buy 4 REINFORCE samples, get a baseline for free"; Ahmadian et
    al. 2024, arXiv 2402.14740).

    Args:
        returns: (episodes,).
        groups: (episodes,) int64; episodes about the same problem have the same number.

    Returns:
        (episodes,), 0 where there is no other episode.
    """
    same = (groups[:, None] == groups[None, :]).to(returns.dtype)
    others = same.sum(dim=1) - 1
    return (same @ returns - returns) / others.clamp(min=1) * (others > 0)


def group_relative(returns: Tensor, groups: Tensor, *, scale: bool, epsilon: float = 1e-6) -> Tensor:
    """Returns, for each episode, its return less the mean of all episodes about its problem.

    Args:
        returns: (episodes,).
        groups: (episodes,) int64; episodes about the same problem have the same number.
        scale: Whether it is divided by the standard deviation of those returns (Shao et al. 2024, arXiv 2402.03300,
            section 4.1.2).
        epsilon: Added to the standard deviation.

    Returns:
        (episodes,), 0 where there is no other episode.
    """
    same = (groups[:, None] == groups[None, :]).to(returns.dtype)
    count = same.sum(dim=1)
    relative = returns - same @ returns / count
    if scale:
        variance = (same * (returns[None, :] - (same @ returns / count)[:, None]) ** 2).sum(dim=1)
        relative = relative / ((variance / (count - 1).clamp(min=1)).sqrt() + epsilon)
    return relative * (count > 1)


def best_of_group(returns: Tensor, groups: Tensor) -> Tensor:
    """Returns, for each episode, whether no other about its problem earned more: (episodes,) bool, one in a group.

    Args:
        returns: (episodes,).
        groups: (episodes,) int64; episodes about the same problem have the same number. Of equals the first is best.
    """
    same = groups[:, None] == groups[None, :]
    position = torch.arange(len(returns), device=returns.device)
    earlier = position[None, :] < position[:, None]
    better = (returns[None, :] > returns[:, None]) | ((returns[None, :] == returns[:, None]) & earlier)
    return ~(same & better).any(dim=1)


def less_at_the_end(rewards: Tensor, less: Tensor, mask: Tensor) -> Tensor:
    """Returns the rewards (episodes, time) with something (episodes,) taken from each episode's last one."""
    last = (mask.sum(dim=1) - 1).clamp(min=0)
    return rewards.scatter_add(1, last.unsqueeze(1), -less.unsqueeze(1)) * mask


def spread(values: Tensor, mask: Tensor) -> Tensor:
    """Returns one value for each episode as that of each of its real tokens: (episodes,) to (episodes, time)."""
    return values.unsqueeze(1) * mask
