"""Every drift method beside scipy, or its formula, on the same bins: exact."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.unit.metrics import reference
from tests.unit.metrics.test_comparison import baseline_of, counted
from webapp.catalog.binning import category_bins, numeric_bins
from webapp.drift.method import Histograms
from webapp.drift.registry import METHODS
from webapp.metrics.comparison import compared
from webapp.metrics.feature_drift import Lines, drifts

EVERY = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS.keys())
BINS = 9
counts = arrays(np.int64, BINS, elements=st.integers(0, 3000))
RNG = np.random.default_rng(12)
SKEWED = RNG.lognormal(0, 1, 20_000)
FEATURES = {
    "normal": (RNG.normal(size=20_000), RNG.normal(0.3, 1.2, 3000)),
    "skewed": (SKEWED, RNG.lognormal(0.1, 1.3, 5000)),
    "whole": (RNG.poisson(2, 20_000).astype(float), RNG.poisson(2.4, 4000).astype(float)),
    "gaps": (np.where(RNG.random(20_000) < 0.2, np.nan, RNG.normal(size=20_000)), RNG.normal(size=2000)),
    "outlier": (SKEWED, np.append(RNG.choice(SKEWED, 2999), 1e9)),
}


def test_every_method_has_a_reference():
    assert reference.DRIFT.keys() == METHODS.keys()


@EVERY
@settings(max_examples=60, deadline=None)
@given(before=counts, after=counts, is_ordered=st.booleans())
def test_a_method_agrees_on_any_counts(method, before, after, is_ordered):
    places = np.linspace(-2, 3, BINS) ** 3
    places[-1] = np.nan  # missing values
    assume(before[:-1].sum() and after[:-1].sum())
    found = Histograms(before.astype(float), after.astype(float), places if is_ordered else None)

    assert float(method.measure(found)) == pytest.approx(reference.drift(method.name, found), abs=1e-7)


@EVERY
@pytest.mark.parametrize("which", FEATURES)
def test_a_method_agrees_on_the_bins_of_a_number(method, which):
    before, after = FEATURES[which]
    bins = numeric_bins("x", before)
    first, second = counted(bins, before), counted(bins, after)

    (found,) = drifts({"x": second}, baseline_of(first), method, Lines(0.1, 0.3))

    truth = reference.drift(method.name, compared(first, second, fine=method.needs_order))
    assert found.score.value == pytest.approx(truth, abs=reference.EXACT)


@EVERY
def test_a_method_agrees_on_categories(method):
    names = [f"city-{place}" for place in range(50)]
    bins = category_bins("city", names, list(range(200, 150, -1)))
    rng = np.random.default_rng(3)
    first = counted(bins, [])
    shares = rng.dirichlet(np.ones(50), 2)
    for histogram, share in ((first, shares[0]), (second := counted(bins, []), shares[1])):
        histogram.counts[-50:] = rng.multinomial(3000, share)
    second.counts[[0, 4]] = 40, 25  # missing, and values never seen before

    (found,) = drifts({"city": second}, baseline_of(first), method, Lines(0.1, 0.3))

    chosen = "total_variation" if method.needs_order else method.name
    assert found.score.value == pytest.approx(reference.drift(chosen, compared(first, second)), abs=reference.EXACT)


@settings(max_examples=25, deadline=None)
@given(size=st.integers(200, 3000), cut=st.floats(0.1, 0.9), seed=st.integers(0, 1000))
def test_two_halves_of_a_window_together_are_the_whole(size, cut, seed):
    rng = np.random.default_rng(seed)
    values = np.where(rng.random(size) < 0.1, np.nan, rng.normal(0.2, 1.1, size))
    bins = numeric_bins("x", FEATURES["normal"][0])
    reference_rows = baseline_of(counted(bins, FEATURES["normal"][0]))
    place = int(cut * size)

    merged = counted(bins, values[:place]) + counted(bins, values[place:])

    whole = counted(bins, values)
    assert merged.counts.tolist() == whole.counts.tolist()
    assert merged.moments == pytest.approx(whole.moments, abs=1e-9)
    for method in METHODS.values():
        (one,), (other,) = (drifts({"x": each}, reference_rows, method, Lines(0.1, 0.3)) for each in (whole, merged))
        assert other.score.value == one.score.value
