"""Aggregates add up: in any order, with any part missing, and across binnings without losing a count."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from webapp.catalog.binning import FeatureBins, Kind, edges_with, score_edges
from webapp.telemetry.aggregate import (
    EMPTY,
    LATENCY_BINS,
    LATENCY_EDGES,
    SCORE_SUMS,
    Aggregate,
    FeatureHistogram,
    ScoreHistogram,
    Tally,
    no_moments,
    tally_of,
)

COUNTS = st.integers(0, 1000)
TALLIES = st.builds(Tally, *([COUNTS] * 9), st.integers(0, 10_000).map(float), st.integers(0, 10_000).map(float))


@given(TALLIES, TALLIES, TALLIES)
def test_tallies_add_in_any_order(first: Tally, second: Tally, third: Tally) -> None:
    assert first + second == second + first
    assert (first + second) + third == first + (second + third)
    assert first + Tally() == first
    assert tally_of([getattr(first, name) for name in Tally.__slots__]) == first


def histogram(threshold: float, *, seed: int) -> ScoreHistogram:
    rng = np.random.default_rng(seed)
    edges = np.array(score_edges(rng.beta(2, 5, 500), threshold=threshold))
    counts = rng.integers(0, 50, (3, len(edges) - 1))
    return ScoreHistogram(edges, counts, rng.random(SCORE_SUMS))


@given(st.integers(0, 50), st.integers(0, 50))
def test_score_histograms_of_two_binnings_keep_every_count(first: int, second: int) -> None:
    one, other = histogram(0.4, seed=first), histogram(0.6, seed=second + 100)

    both = one + other

    assert both.everything.sum() == one.everything.sum() + other.everything.sum()
    assert both.positives.sum() == one.positives.sum() + other.positives.sum()
    assert set(both.edges) <= set(one.edges) & set(other.edges)
    assert (both.edges[0], both.edges[-1]) == (0, 1)
    assert len(both.everything) == len(both.edges) - 1
    common = both.edges[len(both.edges) // 2]
    below = sum(int(each.everything[each.edges[:-1] < common].sum()) for each in (one, other))
    assert int(both.everything[both.edges[:-1] < common].sum()) == below


@given(st.floats(0.001, 0.999), st.floats(0.001, 0.999))
def test_a_new_threshold_takes_the_place_of_a_neighbour(first: float, second: float) -> None:
    edges = score_edges(np.empty(0), threshold=first)

    moved = edges_with(edges, second)

    assert second in moved
    assert len(moved) == len(edges) == 257
    assert list(moved) == sorted(set(moved))
    assert (moved[0], moved[-1]) == (0, 1)
    assert len(set(edges) - set(moved)) <= 1


def feature(*, seed: int, edges: tuple[float, ...] = (0.0, 1.0, 2.0)) -> FeatureHistogram:
    bins = FeatureBins("tenure", Kind.NUMERIC, edges=edges)
    rng = np.random.default_rng(seed)
    return FeatureHistogram(bins, rng.integers(0, 9, bins.width), np.array([3.0, seed, seed + 5.0, 9.0, 30.0]))


def test_feature_histograms_add_their_counts_and_keep_the_extremes() -> None:
    one, other = feature(seed=1), feature(seed=7)

    both = one + other

    assert both.total == one.total + other.total
    assert both.missing == one.missing + other.missing
    np.testing.assert_array_equal(both.moments, [6, 1, 12, 18, 60])


def test_of_other_bins_the_later_ones_stand() -> None:
    one, other = feature(seed=1), feature(seed=2, edges=(0.0, 5.0))

    both = Aggregate(features={"tenure": one, "age": one}) + Aggregate(features={"tenure": other})

    assert both.features == {"tenure": other, "age": one}


def test_nothing_added_to_something_is_that() -> None:
    some = Aggregate(tally=Tally(predictions=3), scores=histogram(0.5, seed=1), latencies=np.ones(LATENCY_BINS, int))

    for both in (some + EMPTY, EMPTY + some):
        assert both.tally == some.tally
        assert both.scores is some.scores
        assert both.latencies is some.latencies
    np.testing.assert_array_equal(no_moments(2)[:, 1:3], [[np.inf, -np.inf]] * 2)


def test_response_times_are_at_most_two_percent_off_in_the_middle_of_their_bin() -> None:
    middles = (LATENCY_EDGES[:-1] + LATENCY_EDGES[1:]) / 2

    assert ((LATENCY_EDGES[1:] - middles) / middles).max() <= 0.02
    assert LATENCY_EDGES[-1] > 100_000
