"""A policy that several tests of agents look at, trained once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from codegym_agents import Seq2SeqPolicy


def pytest_pycollect_makemodule() -> None:
    """Skips every module here where the extra is missing, before it is imported."""
    pytest.importorskip("torch", reason="torch is not installed: pip install 'codegym[agents]'")


@pytest.fixture(scope="session")
def memorised() -> Seq2SeqPolicy:
    """A policy that writes the references of `make_env(policy, masked_tokens=8)`; not to be trained further."""
    from codegym_agents import SFT
    from policies import make_env, make_policy

    policy = make_policy()
    SFT(policy, make_env(policy, masked_tokens=8), learning_rate=1e-2, batch_size=6).learn(600)
    return policy
