"""How a token is chosen from its logits, with one random number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from codegym.errors import ConfigurationError


@dataclass(frozen=True)
class Sampling:
    """Which tokens a program may go on with; by default all that the policy can write.

    The probabilities of those that are left are renormalised, and the log-probabilities that the engine returns are
    those of the distribution that was sampled from.

    Attributes:
        top_k: Only the k most probable ones, and those that are as probable as the last of them.
        top_p: Only the most probable ones that together reach this probability (Holtzman et al. 2020, nucleus).

    Raises:
        ConfigurationError: A bound is out of range.
    """

    top_k: int | None = None
    top_p: float | None = None

    def __post_init__(self) -> None:
        if self.top_k is not None and self.top_k < 1:
            raise ConfigurationError(f"top_k must be at least 1, not {self.top_k}.")
        if self.top_p is not None and not 0.0 < self.top_p <= 1.0:
            raise ConfigurationError(f"top_p must be above 0 and at most 1, not {self.top_p}.")


def threshold(logits: Tensor, sampling: Sampling) -> Tensor | None:
    """Returns the least logit (batch, 1) that `sampling` leaves; None where it leaves all of them.

    Args:
        logits: (batch, vocabulary), divided by the temperature already, -inf at tokens that may not be written.
        sampling: What is left.
    """
    least = None
    if sampling.top_k is not None and sampling.top_k < logits.shape[-1]:
        least = logits.topk(sampling.top_k, dim=-1).values[:, -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    if sampling.top_p is not None and sampling.top_p < 1.0:
        ordered = logits.sort(dim=-1, descending=True).values
        probabilities = ordered.softmax(dim=-1)
        before = probabilities.cumsum(dim=-1) - probabilities
        kept = (before < sampling.top_p).sum(dim=-1, keepdim=True)
        least = ordered.gather(-1, kept - 1)
    return least


def choose(logits: Tensor, uniforms: Tensor | None, sampling: Sampling) -> tuple[Tensor, Tensor]:
    """Returns tokens (batch,) and their log-probabilities (batch,).

    The token of a random number u is the first one up to which the probabilities add up to more than u.

    Args:
        logits: (batch, vocabulary), see `threshold`.
        uniforms: (batch,) random numbers from [0, 1); None takes the most probable token.
        sampling: Which tokens may be chosen.
    """
    least = None if uniforms is None else threshold(logits, sampling)
    if least is not None:
        logits = logits.masked_fill(logits < least, -torch.inf)
    probabilities = logits.softmax(dim=-1)
    if uniforms is None:
        tokens = logits.argmax(dim=-1)
    else:
        cumulative = probabilities.cumsum(dim=-1)
        total = cumulative[:, -1:]
        # Rounding can lift a share to the total itself, above which there is no token.
        share = torch.minimum(uniforms[:, None] * total, total.nextafter(torch.zeros_like(total)))
        tokens = torch.searchsorted(cumulative, share, right=True).squeeze(-1)
    return tokens, probabilities.gather(-1, tokens[:, None]).squeeze(-1).log()


def choose_on_host(logits: Tensor, uniforms: Tensor | None, sampling: Sampling) -> tuple[Tensor, Tensor]:
    """Returns what `choose` does, up to rounding; with `top_k` it looks at the whole vocabulary only once.

    How many tokens are as probable as the k-th decides how it goes on: on a GPU the host would wait for the answer.
    """
    k = sampling.top_k
    if uniforms is None or k is None or k >= logits.shape[-1]:
        return choose(logits, uniforms, sampling)
    most, places = logits.topk(k + 1, dim=-1)
    if (most[:, -2] == most[:, -1]).any():
        return choose(logits, uniforms, sampling)
    left = places[:, :-1].sort(dim=-1).values
    chosen, log_probs = choose(logits.gather(-1, left), uniforms, Sampling(top_p=sampling.top_p))
    return left.gather(-1, chosen[:, None]).squeeze(-1), log_probs


def uniforms(seed: int, count: int) -> NDArray[np.float32]:
    """Returns one program's random numbers from [0, 1), one for each token: a pure function of its seed."""
    return np.random.Generator(np.random.Philox(key=seed)).random(count, dtype=np.float32)
