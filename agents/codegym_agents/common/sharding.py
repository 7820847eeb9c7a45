"""Weights that several processes share out: each keeps a part of them, of their gradients and of Adam's state.

This is PyTorch's FSDP (`torch.distributed.fsdp.fully_shard`; Zhao et al. 2023, arXiv 2304.11277). Of the 16 bytes that
a weight takes with its gradient and Adam's two moments, each of N processes keeps 16 / N; and the whole policy, which
writes.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Mapping

import torch
from torch import Tensor, distributed, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor

from codegym_agents.models import Policy


def shard(policy: Policy) -> Policy:
    """Returns a copy of a policy whose weights all processes share; each layer is gathered while it computes."""
    # Nothing is changed in place here, nor in T5, GPT-2, Llama and BART.
    warnings.filterwarnings("ignore", message="FSDP2-wrapped module .* returned a view tensor")
    learner = copy.deepcopy(policy)
    mesh = init_device_mesh(policy.device.type, (distributed.get_world_size(),))
    layers = getattr(policy.model, "_no_split_modules", None) or ()  # names of classes, by transformers' convention
    for module in learner.modules():
        if type(module).__name__ in layers:
            fully_shard(module, mesh=mesh)
    fully_shard(learner, mesh=mesh)
    return learner


def gather(tensor: Tensor) -> Tensor:
    """Returns a tensor as a whole, also where each process has a part of it: all of them must ask."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


@torch.no_grad()
def gather_weights(learner: nn.Module, policy: Policy) -> None:
    """Puts what has been learned into a policy that is whole: all processes must ask."""
    for weight, learned in zip(policy.parameters(), learner.parameters(), strict=True):
        if learned.requires_grad:
            weight.copy_(gather(learned))


def gather_state(optimizer: torch.optim.Optimizer) -> dict[int, dict[str, Tensor]]:
    """Returns what an optimizer knows of each weight, by the weight's number, on the CPU: all processes must ask."""
    state: Mapping[int, Mapping[str, Tensor]] = optimizer.state_dict()["state"]
    # One after the other: a GPU need not have room for all of what is shared out.
    return {number: {name: gather(one).cpu() for name, one in entries.items()} for number, entries in state.items()}


def load_state(optimizer: torch.optim.Optimizer, state: Mapping[int, Mapping[str, Tensor]]) -> None:
    """Puts an optimizer back to where it was, whether it was shared out then or is now."""
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    parts = {
        number: {name: _part(one, weights[number]) for name, one in entries.items()}
        for number, entries in state.items()
    }
    optimizer.load_state_dict({"state": parts, "param_groups": optimizer.state_dict()["param_groups"]})


def _part(whole: Tensor, weight: Tensor) -> Tensor:
    if not isinstance(weight, DTensor) or whole.shape != weight.shape:  # the number of steps is everybody's
        return whole
    return distribute_tensor(whole.to(weight.device), weight.device_mesh, weight.placements)
