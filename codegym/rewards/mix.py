"""Named weights of reward terms."""

from __future__ import annotations

import importlib
import math
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Literal, cast, get_args

from codegym.errors import ConfigurationError, UnknownNameError
from codegym.languages.base import load_object
from codegym.rewards.base import Need, RewardTerm, Transition
from codegym.structure import MatchMode
from codegym.types import Grade

Granularity = Literal["token", "line", "program"]
"""When the structure terms pay: at every token, or at the end of every line."""


@cache
def all_terms() -> Mapping[str, RewardTerm]:
    """Returns every reward term by its name: each module of this package that holds a `TERM`."""
    package = __name__.rpartition(".")[0]
    names = sorted(module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]))
    modules = [importlib.import_module(f"{package}.{name}") for name in names if name not in ("base", "mix")]
    return {module.TERM.name: module.TERM for module in modules}


def find_term(name: str) -> RewardTerm:
    """Returns a reward term by its name, or one of your own by `"module:ATTRIBUTE"`.

    Raises:
        UnknownNameError: There is no such term.
        ConfigurationError: The module cannot be imported, or what it has there is no term.
    """
    if name in all_terms():
        return all_terms()[name]
    if ":" not in name:
        raise UnknownNameError("reward term", name, all_terms(), "A term of your own is named 'module:ATTRIBUTE'.")
    try:
        term = load_object(name)
    except (ImportError, ValueError, AttributeError) as error:
        raise ConfigurationError(f"The reward term {name!r} cannot be imported: {error}.") from error
    if not (callable(term) and all(hasattr(term, part) for part in ("name", "range", "needs"))):
        raise ConfigurationError(f"The reward term {name!r} is a {type(term).__name__}, which is no RewardTerm.")
    return cast("RewardTerm", term)


@dataclass(frozen=True)
class RewardMix:
    """How much each reward term counts, and how structure is compared.

    A step's reward is the sum of `weight * term` over the mix. The KL term is part of every mix, with weight
    0 where none is given.

    Attributes:
        weights: Weight of each term by its name; one of your own is named `"module:ATTRIBUTE"`.
        match: How a program's structure is compared with the reference's: `"f1"` also counts what is too
            much, `"recall"` (the paper's) only what is there, `"codebleu"` as the published measure does.
        granularity: When it is compared: after every token; only where a line ends, and at the end of the program; or
            there alone. What is rarer is cheaper and less noisy, and pays the same in sum.

    Raises:
        UnknownNameError: A term, a match mode or a granularity does not exist.
        ConfigurationError: A weight is not a finite number, or a term cannot be imported.
    """

    weights: Mapping[str, float]
    match: MatchMode = "f1"
    granularity: Granularity = "token"

    def __post_init__(self) -> None:
        for name, weight in self.weights.items():
            find_term(name)
            if not math.isfinite(weight):
                raise ConfigurationError(f"The weight of reward term {name!r} is {weight}; give a finite number.")
        if self.match not in get_args(MatchMode):
            raise UnknownNameError("match mode", self.match, get_args(MatchMode))
        if self.granularity not in get_args(Granularity):
            raise UnknownNameError("granularity", self.granularity, get_args(Granularity))
        complete = {"kl": 0.0, **{name: float(weight) for name, weight in self.weights.items()}}
        object.__setattr__(self, "weights", {name: complete[name] for name in sorted(complete)})

    @classmethod
    def load(cls, reward: str | RewardMix) -> RewardMix:
        """Returns the preset of that name, the mix of a sum of terms, or a mix as it is.

        Args:
            reward: A mix; a preset's name; or a sum of terms, each with its weight if that is not 1:
                `"compilation+0.5*syntax"`. A name or a sum may be followed by a granularity: `"unit_tests/line"`.

        Raises:
            UnknownNameError: There is no such preset, term or granularity.
            ConfigurationError: A weight is not a number, or a term is there twice.
        """
        if isinstance(reward, RewardMix):
            return reward
        name, slash, granularity = reward.partition("/")
        if name in PRESETS:
            mix = PRESETS[name]
        elif "+" in name or "*" in name:
            mix = RewardMix(_weights(name))
        else:
            hint = "A sum of terms, such as 'compilation+0.5*syntax', and a RewardMix are accepted as well."
            raise UnknownNameError("reward preset", name, PRESETS, hint=hint)
        return replace(mix, granularity=granularity) if slash else mix  # type: ignore[arg-type]

    @cached_property
    def needs(self) -> frozenset[Need]:
        """What has to be measured for the terms that count."""
        return frozenset(need for _, weight, term in self._weighted for need in term.needs if weight)

    def needing(self, needs: frozenset[str]) -> tuple[str, ...]:
        """Returns the terms that count and for which one of these has to be measured, in alphabetical order."""
        return tuple(name for name, weight, term in self._weighted if weight and term.needs & needs)

    def terms(self, transition: Transition) -> dict[str, float]:
        """Returns what each term contributes to one step's reward, weight included, in a fresh dict."""
        # Adding 0.0 turns -0.0 into 0.0, so that equal rewards also print the same.
        return {name: weight * term(transition) + 0.0 for name, weight, term in self._weighted}

    def settle(self, transition: Transition, grade: Grade) -> dict[str, float]:
        """Returns the contributions at a step after which the episode was judged."""
        return self.terms(replace(transition, last=True, grade=grade))

    @cached_property
    def _weighted(self) -> tuple[tuple[str, float, RewardTerm], ...]:
        return tuple((name, weight, find_term(name)) for name, weight in self.weights.items())


def _weights(text: str) -> dict[str, float]:
    """Returns the weights of a sum of terms such as `"compilation+0.5*syntax"`."""
    weights: dict[str, float] = {}
    for part in text.split("+"):
        weight, times, name = part.rpartition("*")
        try:
            value = float(weight) if times else 1.0
        except ValueError as error:
            raise ConfigurationError(f"{weight!r} in the reward {text!r} is no weight: write 0.5*{name}.") from error
        if name.strip() in weights:
            raise ConfigurationError(f"The reward {text!r} names {name.strip()!r} twice.")
        weights[name.strip()] = value
    return weights


_PAPER_WEIGHTS = {"compilation": 1.0, "syntax": 1.0, "dataflow": 1.0, "kl": 0.1}
_TESTED_WEIGHTS = {"unit_tests": 1.0, "syntax": 1.0, "dataflow": 1.0, "kl": 0.1}
_ADAPTIVE_WEIGHTS = {"adaptive_unit_tests": 1.0, "syntax": 1.0, "dataflow": 1.0, "kl": 0.1}

PRESETS: Mapping[str, RewardMix] = {
    "default": RewardMix(_PAPER_WEIGHTS, match="f1"),
    "ppocoder": RewardMix(_PAPER_WEIGHTS, match="recall"),
    "unit_tests": RewardMix(_TESTED_WEIGHTS, match="f1"),
    "adaptive_unit_tests": RewardMix(_ADAPTIVE_WEIGHTS, match="f1"),
}
"""`"default"`: the paper's weights, with a match that junk does not raise. `"ppocoder"`: the paper's reward
(arXiv 2301.13816, equation 4), whose match counts the share of the reference that is found. `"unit_tests"`,
`"adaptive_unit_tests"`: the default, with the verdict of the problem's unit tests in the place of the compiler's."""
