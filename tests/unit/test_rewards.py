from __future__ import annotations

import math
import pickle
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegym.errors import ConfigurationError, UnknownNameError
from codegym.rewards import PRESETS, Need, RewardMix, Transition, all_terms
from codegym.structure import StructureScores
from codegym.types import Grade

GOOD = Grade("compiled", compiled=True)
BAD = Grade("compile_error", compiled=False)
UNKNOWN = Grade("judge_error", compiled=False)


def transition(
    before: tuple[float, float] = (0.0, 0.0),
    after: tuple[float, float] = (0.0, 0.0),
    last: bool = False,
    grade: Grade | None = None,
    behaviour: float | None = None,
    reference: float | None = None,
) -> Transition:
    return Transition(StructureScores(*before), StructureScores(*after), last, grade, behaviour, reference)


def value(name: str, step: Transition) -> float:
    return all_terms()[name](step)


def test_terms__are_discovered_by_file() -> None:
    assert list(all_terms()) == [
        "adaptive_unit_tests",
        "compilation",
        "dataflow",
        "kl",
        "syntax",
        "unit_tests",
    ]


@pytest.mark.parametrize(("grade", "expected"), [(GOOD, 1.0), (BAD, -1.0), (UNKNOWN, 0.0), (None, 0.0)])
def test_compilation__is_the_verdict(grade: Grade | None, expected: float) -> None:
    assert value("compilation", transition(last=True, grade=grade)) == expected


@pytest.mark.parametrize(
    ("grade", "levels", "adaptive"),
    [
        (Grade("passed", True, 4, 4), 1.0, 1.0),
        (Grade("failed", True, 3, 4), -0.3, -0.3 + 1.3 * 0.75),
        (Grade("failed", True, 0, 4), -0.3, -0.3),
        (Grade("runtime_error", True, 3, 4), -0.6, -0.6),
        (Grade("compile_error", False, 0, 4), -1.0, -1.0),
        (Grade("compiled", True), 1.0, 1.0),
        (UNKNOWN, 0.0, 0.0),
        (None, 0.0, 0.0),
    ],
)
def test_unit_tests__four_levels_and_adaptive(grade: Grade | None, levels: float, adaptive: float) -> None:
    step = transition(last=True, grade=grade)
    assert value("unit_tests", step) == levels
    assert value("adaptive_unit_tests", step) == pytest.approx(adaptive, abs=1e-12)


def test_syntax_and_dataflow__are_differences() -> None:
    step = transition(before=(0.25, 0.5), after=(0.5, 0.125))
    assert value("syntax", step) == 0.25
    assert value("dataflow", step) == -0.375


@pytest.mark.parametrize(
    ("behaviour", "reference", "expected"),
    [(-1.0, -3.0, -2.0), (-3.0, -1.0, 2.0), (None, -3.0, -3.0), (-1.0, None, 0.0), (None, None, 0.0)],
)
def test_kl__is_minus_the_log_ratio(behaviour: float | None, reference: float | None, expected: float) -> None:
    assert value("kl", transition(behaviour=behaviour, reference=reference)) == expected


def test_mix__weighs_each_term() -> None:
    mix = RewardMix({"syntax": 2.0, "compilation": 0.5, "kl": 0.1})
    step = transition(after=(0.25, 1.0), last=True, grade=BAD, behaviour=-1.0, reference=-2.0)
    assert mix.terms(step) == pytest.approx({"compilation": -0.5, "kl": -0.1, "syntax": 0.5})
    assert mix.settle(step, GOOD)["compilation"] == 0.5


def test_mix__always_has_the_kl_term() -> None:
    assert RewardMix({"compilation": 1.0}).terms(transition()) == {"compilation": 0.0, "kl": 0.0}


def test_mix__needs_nothing_for_a_weight_of_zero() -> None:
    assert RewardMix({"syntax": 0.0, "compilation": 1.0}).needs == {"verdict"}
    assert RewardMix.load("default").needs == {"verdict", "syntax", "dataflow", "log_probs"}


def test_mix__knows_no_minus_zero() -> None:
    terms = RewardMix({"syntax": -1.0, "kl": 1.0}).terms(transition(behaviour=0.0, reference=-0.0))
    assert all(math.copysign(1.0, contribution) == 1.0 for contribution in terms.values())


def test_presets__are_the_documented_ones() -> None:
    weights = {"compilation": 1.0, "dataflow": 1.0, "kl": 0.1, "syntax": 1.0}
    tested = {name: weight for name, weight in weights.items() if name != "compilation"}
    assert {name: (dict(mix.weights), mix.match) for name, mix in PRESETS.items()} == {
        "default": (weights, "f1"),
        "ppocoder": (weights, "recall"),
        "unit_tests": (tested | {"unit_tests": 1.0}, "f1"),
        "adaptive_unit_tests": (tested | {"adaptive_unit_tests": 1.0}, "f1"),
    }


def test_load__takes_a_name_or_a_mix() -> None:
    mix = RewardMix({"syntax": 1.0})
    assert RewardMix.load(mix) is mix
    assert RewardMix.load("ppocoder") is PRESETS["ppocoder"]
    assert RewardMix.load("unit_tests/line") == replace(PRESETS["unit_tests"], granularity="line")
    with pytest.raises(UnknownNameError, match="granularity"):
        RewardMix.load("default/word")
    with pytest.raises(UnknownNameError, match="Did you mean 'ppocoder'"):
        RewardMix.load("ppo-coder")


def test_sum_of_terms__is_a_mix() -> None:
    assert RewardMix.load("compilation+0.5*syntax/line") == RewardMix(
        {"compilation": 1.0, "syntax": 0.5}, granularity="line"
    )
    assert RewardMix.load("1*unit_tests").weights == {"kl": 0.0, "unit_tests": 1.0}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("compilation+syntacs", "'syntax'"),
        ("half*syntax", r"write 0\.5\*syntax"),
        ("syntax+2*syntax", "names 'syntax' twice"),
        ("defalt", "'default'"),
        ("syntax+compilation/word", "granularity"),
    ],
)
def test_sum_of_terms__says_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises((UnknownNameError, ConfigurationError), match=message):
        RewardMix.load(text)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"weights": {"sintax": 1.0}}, UnknownNameError, "Did you mean 'syntax'"),
        ({"weights": {"syntax": math.nan}}, ConfigurationError, "finite"),
        ({"weights": {"syntax": math.inf}}, ConfigurationError, "finite"),
        ({"weights": {"syntax": 1.0}, "match": "f2"}, UnknownNameError, "Did you mean 'f1'"),
    ],
)
def test_mix__refuses_what_makes_no_sense(arguments: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        RewardMix(**arguments)


def test_mix__is_independent_of_the_given_mapping_and_pickles() -> None:
    weights = {"syntax": 1.0}
    mix = RewardMix(weights)
    weights["syntax"] = 5.0
    assert mix.weights["syntax"] == 1.0
    assert pickle.loads(pickle.dumps(mix)) == mix


unit = st.floats(0, 1)
log_prob = st.none() | st.floats(-50, 0)


@given(
    st.tuples(unit, unit),
    st.tuples(unit, unit),
    st.sampled_from([None, GOOD, BAD, UNKNOWN]),
    log_prob,
    log_prob,
)
def test_terms__stay_in_their_range(
    before: tuple[float, float],
    after: tuple[float, float],
    grade: Grade | None,
    behaviour: float | None,
    reference: float | None,
) -> None:
    step = transition(before, after, True, grade, behaviour, reference)
    for term in all_terms().values():
        low, high = term.range
        assert low <= term(step) <= high


@given(st.permutations(["compilation", "dataflow", "kl", "syntax"]))
def test_mix__does_not_depend_on_the_order_of_its_terms(order: list[str]) -> None:
    step = transition((0.1, 0.2), (0.7, 0.3), True, BAD, -1.0, -1.3)
    mix = RewardMix({name: PRESETS["default"].weights[name] for name in order})
    assert mix == PRESETS["default"]
    assert list(mix.terms(step).items()) == list(PRESETS["default"].terms(step).items())


@dataclass(frozen=True)
class Length:
    name: str = "length"
    range: tuple[float, float] = (-1.0, 0.0)
    needs: frozenset[Need] = frozenset()

    def __call__(self, transition: Transition) -> float:
        return -1.0


LENGTH = Length()


def test_mix__takes_a_term_of_ones_own() -> None:
    name = f"{__name__}:LENGTH"
    mix = RewardMix.load(f"compilation+0.25*{name}/line")
    assert mix.terms(transition(last=True, grade=GOOD)) == {"compilation": 1.0, "kl": 0.0, name: -0.25}
    assert mix.granularity == "line"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no_such_module:TERM", "cannot be imported: No module named"),
        (":TERM", "cannot be imported"),
        ("codegym.rewards:NOTHING", "cannot be imported: module"),
        ("codegym.rewards:PRESETS", "is no RewardTerm"),
    ],
)
def test_mix__says_why_a_term_of_ones_own_is_none(name: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        RewardMix({name: 1.0})
