"""Deciles and drift of a feature, from counts put together by hand."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import wasserstein_distance

from tests.unit.metrics.evidence import MODEL
from webapp.catalog.binning import Binning, BinningDocument, Kind, category_bins, numeric_bins
from webapp.catalog.models import Target
from webapp.drift.registry import METHODS
from webapp.metrics.comparison import compared, compared_with_each, deciles, labels
from webapp.metrics.feature_drift import Level, Lines, drifts, lines, model_score
from webapp.telemetry.aggregate import Aggregate, FeatureHistogram, no_moments
from webapp.telemetry.reference import Baseline

JS = METHODS["jensen_shannon"]


def counted(bins, values):
    values = np.asarray(values, dtype=float)
    slots = Binning(1, BinningDocument((bins,), (0.0, 1.0))).slots(0, values)
    moments = no_moments(1)[0]
    finite = values[np.isfinite(values)]
    if bins.kind is Kind.NUMERIC and len(finite):
        moments = np.array([len(finite), finite.min(), finite.max(), finite.sum(), (finite**2).sum()])
    return FeatureHistogram(bins, np.bincount(slots, minlength=bins.width).astype(np.int64), moments)


def baseline_of(*histograms):
    return Baseline(None, Aggregate(features={found.bins.name: found for found in histograms}))


@given(st.lists(st.integers(0, 50), min_size=1, max_size=100).filter(any))
def test_deciles_are_whole_bins_and_heaps_stand_apart(counts):
    starts = deciles(np.asarray(counts, dtype=np.int64))

    heaps = [place for place, count in enumerate(counts) if count > sum(counts) / 10]
    assert starts[0] == 0
    assert len(starts) <= 10 + len(heaps)
    assert (np.diff(starts) > 0).all()
    assert {*heaps} <= {*starts.tolist()}


def test_deciles_of_the_baseline_are_tenths():
    values = np.random.default_rng(1).normal(size=5000)
    bins = numeric_bins("x", values)

    found = compared(counted(bins, values), counted(bins, values))

    assert found.baseline[1:11].tolist() == pytest.approx([500] * 10, abs=1)
    assert found.baseline[[0, 11, 12]].tolist() == [0, 0, 0]
    assert len(labels(counted(bins, values))) == 13


def test_missing_below_and_above_have_their_own_bins():
    bins = numeric_bins("x", np.arange(100.0))

    found = compared(counted(bins, np.arange(100.0)), counted(bins, [np.nan, -5, 1e9, np.inf, -np.inf, 50]))

    assert found.current[0] == 1  # below
    assert found.current[-2] == 2  # above, infinity too
    assert found.current[-1] == 2  # missing, no number too


@pytest.mark.parametrize("fine", [False, True])
@pytest.mark.parametrize(
    "bins",
    [numeric_bins("x", np.arange(500.0)), category_bins("city", [f"city-{n:02}" for n in range(40)], range(40, 0, -1))],
    ids=["numbers", "categories"],
)
def test_windows_compared_together_are_those_compared_one_by_one(bins, fine):
    rng = np.random.default_rng(3)
    baseline, *windows = (counted(bins, rng.integers(-2, 60, size=200).astype(float)) for _ in range(4))

    together = compared_with_each(baseline, windows, fine=fine)

    for row, window in enumerate(windows):
        alone = compared(baseline, window, fine=fine)
        assert together.current[row].tolist() == alone.current.tolist()
        assert together.baseline[row].tolist() == alone.baseline.tolist()


def test_rare_categories_stand_together():
    names = [f"city-{n:02}" for n in range(40)]
    bins = category_bins("city", names, list(range(100, 60, -1)))

    shown = labels(counted(bins, []))

    assert shown[:2] == ("city-00", "city-01")
    assert shown[30:] == ("other", "new values", "missing")


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS.keys())
def test_every_method_sees_a_shift_of_one_deviation_and_no_shift_of_none(method):
    rng = np.random.default_rng(2)
    values = rng.normal(size=8000)
    bins = numeric_bins("x", values)
    reference = baseline_of(counted(bins, values))
    limits = Lines(method.warning, method.critical)

    (same,) = drifts({"x": counted(bins, rng.normal(size=2000))}, reference, method, limits)
    (moved,) = drifts({"x": counted(bins, rng.normal(loc=1, size=2000))}, reference, method, limits)

    assert same.level is Level.OK
    assert moved.level in {Level.WARNING, Level.CRITICAL}
    assert moved.score.value > moved.noise_floor


def test_wasserstein_is_in_deviations_of_the_baseline():
    values = np.random.default_rng(3).normal(100, 15, 20_000)
    bins = numeric_bins("x", values)
    method = METHODS["wasserstein"]

    (moved,) = drifts({"x": counted(bins, values + 4.5)}, baseline_of(counted(bins, values)), method, Lines(0.1, 0.3))

    assert moved.score.value == pytest.approx(0.3, abs=0.02)


@pytest.mark.parametrize("share", [0.004, 0.05, 0.16, 0.5, 0.95, 0.996])
@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS.keys())
def test_every_method_sees_a_flag_turn(method, share):
    before = np.repeat([0.0, 1.0], [round(10_000 * (1 - share)), round(10_000 * share)])
    bins = numeric_bins("senior", before)
    reference = baseline_of(counted(bins, before))
    limits = Lines(method.warning, method.critical)

    (same,) = drifts({"senior": counted(bins, before[::4])}, reference, method, limits)
    (turned,) = drifts({"senior": counted(bins, 1 - before[::2])}, reference, method, limits)

    assert same.level is Level.OK
    assert turned.level is (Level.OK if share == 0.5 else Level.CRITICAL)


def test_a_value_that_becomes_the_frequent_one_above_it_is_seen():
    before = np.repeat([0.0, 1.0, 2.0], [500, 9_000, 500])
    bins = numeric_bins("attempts", before)
    after = np.repeat([0.0, 1.0, 2.0], [4_500, 5_000, 500])

    (moved,) = drifts({"attempts": counted(bins, after)}, baseline_of(counted(bins, before)), JS, Lines(0.3, 0.6))

    assert moved.score.value == pytest.approx(jensenshannon([0.05, 0.9, 0.05], [0.45, 0.5, 0.05], base=2), abs=1e-9)


def test_wasserstein_of_whole_numbers_is_that_of_scipy():
    rng = np.random.default_rng(6)
    for before, after in (
        (rng.random(8_000) < 0.16, rng.random(3_000) < 0.4),
        (rng.poisson(1.1, 8_000).clip(0, 4), rng.poisson(1.6, 3_000).clip(0, 4)),
    ):
        first, second = before.astype(float), after.astype(float)
        bins = numeric_bins("calls", first)
        reference = baseline_of(counted(bins, first))

        (moved,) = drifts({"calls": counted(bins, second)}, reference, METHODS["wasserstein"], Lines(0.1, 0.3))

        truth = wasserstein_distance(first, second) / first.std()
        assert moved.score.value == pytest.approx(truth, abs=1e-9)


def test_a_bin_of_one_value_is_called_by_it():
    values = np.repeat([0.0, 1.0], [840, 160])

    assert labels(counted(numeric_bins("senior", values), values)) == ("< 0", "0", "0 – 1", "> 1", "missing")


def test_a_constant_feature_is_comparable():
    bins = numeric_bins("x", np.full(500, 7.0))
    reference = baseline_of(counted(bins, np.full(500, 7.0)))

    for method in METHODS.values():
        (same,) = drifts({"x": counted(bins, np.full(200, 7.0))}, reference, method, Lines(0.3, 0.6))
        (moved,) = drifts({"x": counted(bins, np.full(200, 8.0))}, reference, method, Lines(0.3, 0.6))
        assert same.score.value == 0
        assert moved.score.value > 0.5


def test_below_every_floor_the_model_has_not_drifted():
    rng = np.random.default_rng(5)
    values = rng.normal(size=5000)
    bins = numeric_bins("x", values)

    found = model_score(
        drifts({"x": counted(bins, rng.normal(size=150))}, baseline_of(counted(bins, values)), JS, Lines(0.01, 0.6))
    )

    assert (found.value, found.note) == (0, "no feature has moved further than chance alone moves it")


def moved_and_still(features=40):
    """Return a baseline and a window of as many features, of which the first moved."""
    rng = np.random.default_rng(8)
    values = {f"f{place}": rng.normal(size=4_000) for place in range(features)}
    bins = {name: numeric_bins(name, each) for name, each in values.items()}
    reference = baseline_of(*(counted(bins[name], each) for name, each in values.items()))
    window = {name: counted(bins[name], rng.normal(loc=1.0 if name == "f0" else 0.0, size=400)) for name in values}
    return window, reference


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS.keys())
def test_among_many_features_only_what_moved_is_called_though_the_line_is_low(method):
    window, reference = moved_and_still()

    found = drifts(window, reference, method, Lines(0.0, 0.9))

    assert [each.name for each in found if each.level is not Level.OK] == ["f0"]
    assert found[0].q_value < 0.05
    assert all(each.p_value is not None and each.q_value >= each.p_value - 1e-12 for each in found)


def test_a_score_counts_as_much_as_its_feature_does_against_the_most_important():
    window, reference = moved_and_still(3)
    window["f1"] = replace(window["f0"], bins=window["f1"].bins)

    (by_score, *_) = drifts(window, reference, JS, Lines(0.3, 0.6))
    found = drifts(window, reference, JS, Lines(0.3, 0.6), importances={"f0": 1.0, "f1": 4.0, "f2": 0.0})
    score = model_score(found)

    assert by_score.name == "f0"
    assert (found[0].name, found[0].importance, found[0].weight) == ("f1", 4.0, 1.0)
    assert (score.value, score.note) == (found[0].score.value, "f1")
    assert model_score([each for each in found if each.name != "f1"]).value == pytest.approx(by_score.score.value / 4)


def test_a_feature_whose_importance_nobody_gave_counts_in_full():
    window, reference = moved_and_still(2)

    found = drifts(window, reference, JS, Lines(0.3, 0.6), importances={"f1": 5.0})

    assert (found[0].name, found[0].importance, found[0].weight) == ("f0", None, 1.0)
    assert model_score(found).value == found[0].score.value


def test_lines_are_the_models_own_before_the_methods():
    own = {"drift_score": Target(0.05, 0.2, 0.4)}

    assert lines(MODEL, JS) == Lines(0.3, 0.6)
    assert lines(MODEL, METHODS["psi"]) == Lines(0.1, 0.25)
    assert lines(_with(targets=own), JS) == Lines(0.2, 0.4)
    assert lines(_with(drift_method="psi"), METHODS["psi"]) == Lines(0.1, 0.25)
    assert lines(_with(drift_method="psi", targets=own), METHODS["psi"]) == Lines(0.2, 0.4)


def _with(**changes):
    return replace(MODEL, **changes)
