"""Where a single value stands in the baseline."""

import numpy as np
import pytest

from tests.unit.metrics.test_comparison import counted
from webapp.catalog.binning import FeatureBins, Kind, category_bins, numeric_bins
from webapp.metrics.places import place_of

VALUES = np.random.default_rng(4).gamma(2.0, 3.0, 5_000)
NUMBER = counted(numeric_bins("x", VALUES), VALUES)
CODES = category_bins("plan", ["basic", "plus"], [3, 1])
PLAN = counted(CODES, [])


@pytest.mark.parametrize("value", [0.5, 2.0, 6.0, 11.0, 20.0])
def test_the_position_of_a_number_is_the_share_of_smaller_ones(value):
    found = place_of(value, NUMBER)

    assert found.position == pytest.approx((value > VALUES).mean(), abs=0.01)
    assert found.words.startswith("higher than ")
    assert not found.is_odd


def test_what_the_baseline_has_nothing_like_is_odd():
    assert place_of(-1.0, NUMBER).words == "below all of the baseline"
    assert place_of(1e9, NUMBER).words == "above all of the baseline"
    assert place_of("not a number", NUMBER).words == "no number"
    assert place_of(None, NUMBER).words == "missing, as in 0.0% of the baseline"
    assert all(place_of(each, NUMBER).is_odd for each in (-1.0, 1e9, "not a number", None))


def test_a_category_stands_with_its_share():
    PLAN.counts[:] = [0, 0, 0, 0, 0, 75, 25]

    assert (place_of("basic", PLAN).share, place_of("basic", PLAN).is_odd) == (0.75, False)
    assert place_of("gold", PLAN).words == "never seen in the baseline"
    assert place_of("gold", PLAN).is_odd


def test_without_a_reference_nothing_is_said():
    learning = counted(FeatureBins("new", Kind.NUMERIC), [])

    assert place_of(3.0, None).words == "no reference yet"
    assert place_of(3.0, learning).words == "no reference yet"
