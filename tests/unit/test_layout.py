from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

from codegym.envs import Observation, ObservationLayout
from codegym.errors import ConfigurationError

LAYOUT = ObservationLayout(source_tokens=4, target_tokens=3, vocabulary_size=10, pad_id=9)


def test_layout__space_is_a_flat_dict_of_integer_boxes() -> None:
    assert list(LAYOUT.space) == list(Observation.__annotations__)
    for name, box in LAYOUT.space.items():
        assert isinstance(box, spaces.Box) and box.dtype == np.int64
        assert box.shape == ((4,) if name.startswith("source") else (3,))


def test_layout__pads_on_the_right() -> None:
    observation = LAYOUT.observe([1, 2], [5])
    assert {name: values.tolist() for name, values in sorted(observation.items())} == {  # type: ignore[attr-defined]
        "source": [1, 2, 9, 9],
        "source_mask": [1, 1, 0, 0],
        "target": [5, 9, 9],
        "target_mask": [1, 0, 0],
    }
    assert observation in LAYOUT.space


def test_layout__keeps_the_end_of_a_long_prompt() -> None:
    observation = LAYOUT.observe(range(7), [])
    assert observation["source"].tolist() == [3, 4, 5, 6]
    assert observation["source_mask"].sum() == 4
    assert list(LAYOUT.clip(range(7))) == [3, 4, 5, 6]


def test_layout__takes_an_empty_prompt() -> None:
    assert LAYOUT.observe([], [])["source_mask"].sum() == 0


def test_layout__arrays_are_fresh() -> None:
    first, second = LAYOUT.observe([1], [2]), LAYOUT.observe([1], [2])
    first["source"][:] = 0
    assert second["source"][0] == 1


def test_layout__makes_batches() -> None:
    assert LAYOUT.blank(2, 5)["target"].shape == (2, 5, 3)


def test_layout__documents_itself() -> None:
    table = LAYOUT.table()
    assert "| `source` | `(4,)` | `int64` | 0 to 9 |" in table
    assert table.count("\n") == 5


@pytest.mark.parametrize(
    "change",
    [{"source_tokens": 0}, {"target_tokens": -1}, {"vocabulary_size": 1}, {"pad_id": 10}, {"pad_id": -1}],
)
def test_layout__refuses_sizes_that_make_no_sense(change: Any) -> None:
    sizes = {"source_tokens": 4, "target_tokens": 3, "vocabulary_size": 10, "pad_id": 9, **change}
    with pytest.raises(ConfigurationError):
        ObservationLayout(**sizes)
