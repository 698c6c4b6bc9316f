"""Bins are quantiles of what was seen, every value has one place, and a threshold is always an edge."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.catalog.binning import (
    ABOVE,
    BELOW,
    CATEGORIES,
    COUNTERS,
    INFINITE,
    MISSING,
    NOT_A_NUMBER,
    TYPE_ERROR,
    Binning,
    BinningDocument,
    FeatureBins,
    Kind,
    category_bins,
    code_of,
    numeric_bins,
    score_edges,
)

NUMBERS = st.lists(st.one_of(st.integers(0, 5).map(float), st.floats(-1e6, 1e6)), min_size=1, max_size=300)


def binning_of(*features: FeatureBins) -> Binning:
    return Binning(1, BinningDocument(features, (0.0, 0.5, 1.0)))


@given(NUMBERS)
def test_every_reference_value_is_inside_its_own_bins(values: list[float]) -> None:
    bins = numeric_bins("tenure", np.array(values))

    slots = binning_of(bins).slots(0, np.array(values))

    assert list(bins.edges) == sorted(bins.edges)
    assert (slots >= COUNTERS).all()
    assert (slots < bins.width).all()


@given(NUMBERS, st.floats(-1e7, 1e7))
def test_a_value_is_between_the_edges_of_its_slot(values: list[float], value: float) -> None:
    bins = numeric_bins("tenure", np.array(values))
    (slot,) = binning_of(bins).slots(0, np.array([value]))

    if slot == BELOW:
        assert value < bins.edges[0]
    elif slot == ABOVE:
        assert value > bins.edges[-1]
    else:
        low, high = bins.edges[slot - COUNTERS], bins.edges[slot - COUNTERS + 1]
        assert low < value <= high or value == low == bins.edges[0]


def test_what_is_no_number_has_counters_of_its_own() -> None:
    binning = binning_of(numeric_bins("tenure", np.arange(100.0)))

    slots = binning.slots(0, np.array([np.nan, NOT_A_NUMBER, np.inf, -1.0, 100.0]))

    assert list(slots) == [MISSING, TYPE_ERROR, INFINITE, BELOW, ABOVE]


def test_many_zeros_stay_in_a_bin_of_their_own() -> None:
    values = np.concatenate([np.zeros(500), np.linspace(1, 50, 500)])
    bins = numeric_bins("balance", values)

    slots = binning_of(bins).slots(0, values)

    zeros, ones = set(slots[values == 0]), set(slots[values > 0])
    assert len(zeros) == 1
    assert zeros.isdisjoint(ones)


def test_a_constant_feature_has_one_bin() -> None:
    bins = numeric_bins("flag", np.ones(50))

    assert bins.edges == (1.0, 1.0)
    assert list(binning_of(bins).slots(0, np.array([0.0, 1.0, 2.0]))) == [BELOW, COUNTERS, ABOVE]


def test_nothing_finite_leaves_a_feature_learning() -> None:
    bins = numeric_bins("empty", np.array([np.nan, np.inf]))

    assert bins.is_learning
    assert list(binning_of(bins).slots(0, np.array([1.0, np.nan]))) == [-1, MISSING]


def test_categories_keep_the_most_frequent_and_count_the_unseen() -> None:
    bins = category_bins("contract", ["One", "Two", "Three"], [5, 9, 9])
    codes = np.array([code_of("One"), code_of("Two"), code_of("Four"), np.nan, NOT_A_NUMBER])

    assert bins.categories == ("Three", "Two", "One")
    assert list(binning_of(bins).slots(0, codes)) == [COUNTERS + 2, COUNTERS + 1, ABOVE, MISSING, TYPE_ERROR]
    assert len(category_bins("id", [str(n) for n in range(5000)], [1] * 5000).categories) == CATEGORIES


@given(st.sets(st.text(max_size=12), max_size=40))
def test_codes_are_exact_as_floats_and_the_same_everywhere(texts: set[str]) -> None:
    codes = [code_of(text) for text in texts]

    assert len(set(codes)) == len(texts)
    assert all(code == int(code) and 0 <= code < 2**53 for code in codes)


@given(st.lists(st.floats(0, 1), max_size=300), st.floats(0.0001, 0.9999))
def test_scores_have_257_edges_and_the_threshold_is_one(scores: list[float], threshold: float) -> None:
    edges = score_edges(np.array(scores), threshold=threshold)

    assert len(edges) == 257
    assert list(edges) == sorted(set(edges))
    assert (edges[0], edges[-1]) == (0.0, 1.0)
    assert threshold in edges


@pytest.mark.parametrize("threshold", [0.5, 0.37, 0.001])
def test_a_rare_class_gets_fine_bins_near_its_scores(threshold: float) -> None:
    rng = np.random.default_rng(7)

    edges = np.array(score_edges(rng.beta(1, 200, 10_000), threshold=threshold))

    assert (edges < 0.05).sum() > 100


def test_offsets_place_the_counts_of_each_feature() -> None:
    binning = binning_of(FeatureBins("a", Kind.NUMERIC, edges=(0.0, 1.0, 2.0)), FeatureBins("b", Kind.CATEGORY))

    assert binning.offsets == (0, COUNTERS + 2, 2 * COUNTERS + 2)
    assert (binning.width, binning.names, binning.position) == (2 * COUNTERS + 2, ("a", "b"), {"a": 0, "b": 1})
    assert binning_of().width == 0


@pytest.mark.parametrize("ones", [2, 160, 500, 840, 998])
def test_the_two_values_of_a_flag_have_a_bin_each(ones: int) -> None:
    values = np.repeat([0.0, 1.0], [1000 - ones, ones])
    bins = numeric_bins("senior", values)

    slots = binning_of(bins).slots(0, np.array([0.0, 1.0]))

    assert list(slots) == [COUNTERS, COUNTERS + 1]


def test_the_smallest_value_does_not_vanish_in_the_heap_above_it() -> None:
    bins = numeric_bins("attempts", np.repeat([0.0, 1.0, 2.0], [4, 990, 6]))

    slots = binning_of(bins).slots(0, np.array([0.0, 1.0, 2.0]))

    assert len(set(slots)) == 3
