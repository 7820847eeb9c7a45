"""Games of several agents over the same programs, problems and judge: PettingZoo environments.

Importing this package registers every game in PettingZoo's two registries, under the same id:

    import pettingzoo
    import codegym.multiagent

    env = pettingzoo.make("aec", "CoderTester-Python-v0")
    env = pettingzoo.make("parallel", "CoderTester-Python-v0")
"""

from __future__ import annotations

from codegym_registry import MULTIAGENT_TABLE, Row
from codegym_registry import multiagent_env_ids as env_ids

from codegym.errors import ConfigurationError, MissingDependencyError

try:
    import pettingzoo
except ImportError as error:
    raise MissingDependencyError("pettingzoo", "multiagent", "codegym.multiagent") from error

from codegym.multiagent.coder_tester import CoderTester
from codegym.multiagent.environments import TokenAECEnv, TokenParallelEnv
from codegym.multiagent.game import Game, Match, Page, Rules
from codegym.multiagent.oracle import Oracle
from codegym.multiagent.pair_programming import PairProgramming
from codegym.multiagent.round_trip import RoundTrip

__all__ = [
    "CoderTester",
    "Game",
    "Match",
    "Oracle",
    "Page",
    "PairProgramming",
    "RoundTrip",
    "Rules",
    "TokenAECEnv",
    "TokenParallelEnv",
    "env_ids",
]


def _register(row: Row, member: dict[str, str]) -> None:
    """Registers both forms of one game; PettingZoo would only warn of an id that is taken."""
    env_id = row.id_of(member)
    kwargs = {**member, "source_tokens": row.source_tokens, "target_tokens": row.target_tokens, "reward": row.reward}
    forms = (
        ("aec", pettingzoo.aec_registry, row.entry_point),
        ("parallel", pettingzoo.parallel_registry, row.parallel_entry_point),
    )
    for form, registry, entry_point in forms:
        taken = registry.get(env_id)
        if taken is None:
            pettingzoo.register(form, env_id, entry_point, kwargs=kwargs)
        elif taken.entry_point != entry_point or taken.kwargs != kwargs:
            raise ConfigurationError(
                f"Environment id {env_id!r} is registered already, with entry point {taken.entry_point!r}; "
                "each id belongs to one environment."
            )


for _row in MULTIAGENT_TABLE:
    for _member in _row.members():
        _register(_row, _member)
del _row, _member
