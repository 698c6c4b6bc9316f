"""Estimated performance: NannyML's published definition, its interval, and what it says where it cannot be made."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression

from tests.unit.metrics.evidence import MODEL, histogram, labelled
from webapp.catalog.binning import score_edges
from webapp.catalog.models import Task
from webapp.metrics import cbpe, curves
from webapp.metrics.calibrator import calibrated, isotonic
from webapp.metrics.metric import Source
from webapp.metrics.queries import value_of
from webapp.metrics.registry import METRICS
from webapp.telemetry.aggregate import Aggregate
from webapp.telemetry.reference import Baseline, BaselineInfo

NAMES = tuple(name for name in METRICS if name.startswith("estimated_"))
EDGES = np.asarray(score_edges(np.random.default_rng(0).beta(1, 4, 20_000), threshold=0.5))
MADE = datetime(2026, 1, 1, tzinfo=UTC)
INFO = BaselineInfo(UUID(int=1), 2, "predictions of January", 20_000, False, MADE, MADE, "ada")

# NannyML 0.13's functions on eight predictions: calibrated shares, raw scores, decided at 0.5.
SHARES = np.array([0.1, 0.2, 0.35, 0.4, 0.55, 0.6, 0.8, 0.9])
SCORES = np.array([0.05, 0.15, 0.3, 0.45, 0.5, 0.7, 0.75, 0.95])


def stream(size, seed, *, a=1.0, b=4.0, distorted=True):
    """Return scores and outcomes of a model whose scores are too high where distorted, else well calibrated."""
    rng = np.random.default_rng(seed)
    share = rng.beta(a, b, size)
    score = share**0.6 if distorted else share
    return score, (rng.random(size) < share).astype(int)


def baseline(score, actual):
    return Baseline(INFO, Aggregate(scores=histogram(score, actual, edges=EDGES)))


def window(score, actual, *, reference, task=Task.BINARY):
    found = labelled(score, actual, edges=EDGES)
    return replace(found, baseline=reference, model=replace(MODEL, task=task))


def realised(found):
    names = {name: name.removeprefix("estimated_") for name in NAMES}
    return {name: METRICS[other].compute(found).value for name, other in names.items()}


def test_the_expected_confusion_is_nannymls():
    one = np.ones(8)

    found = cbpe.expected(one, SHARES, SCORES >= 0.5)

    assert cbpe.ratio("f1", found) == pytest.approx(0.7215189873, abs=1e-10)
    assert cbpe.ratio("precision", found) == pytest.approx(0.7125, abs=1e-10)
    assert cbpe.ratio("recall", found) == pytest.approx(0.7307692308, abs=1e-10)
    assert cbpe.ratio("accuracy", found) == pytest.approx(0.725, abs=1e-10)
    assert 1150 * found.tp - 50 * found.fp - 1200 * found.fn == pytest.approx(1960)


def test_the_expected_areas_are_nannymls():
    assert float(cbpe.areas(np.ones(8), SHARES)) == pytest.approx(0.7970606629, abs=1e-10)
    assert curves.step_precision(SHARES, 1 - SHARES) == pytest.approx(0.7613324176, abs=1e-10)


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(1, 50)), min_size=1, max_size=60))
def test_pooling_adjacent_violators_agrees_with_scikit_learn(drawn):
    shares, weights = np.array([share for share, _ in drawn]), np.array([float(weight) for _, weight in drawn])

    ours = isotonic(shares, weights)

    expected = IsotonicRegression().fit_transform(np.arange(len(shares)), shares, sample_weight=weights)
    assert ours == pytest.approx(expected, abs=1e-9)


def test_scores_that_are_shares_are_taken_as_they_are_and_others_are_not():
    fitting = calibrated(histogram(*stream(4000, 1, distorted=False), edges=EDGES))
    too_high = calibrated(histogram(*stream(4000, 1), edges=EDGES))

    assert not fitting.is_isotonic
    assert too_high.is_isotonic
    middles = (EDGES[:-1] + EDGES[1:]) / 2
    assert np.average(np.abs(too_high.shares - middles ** (1 / 0.6)), weights=np.diff(EDGES)) < 0.06


def test_a_ranking_without_fault_is_not_calibrated():
    actual = np.arange(1000) % 2

    assert not calibrated(histogram(np.where(actual, 0.7, 0.3), actual, edges=EDGES)).is_isotonic


@pytest.mark.parametrize(
    ("size", "known", "options"),
    [
        (1000, 20_000, {}),
        (1000, 20_000, {"distorted": False}),
        (4000, 1000, {}),  # a small baseline: how well it calibrates matters most
        (4000, 400, {"distorted": False}),
        (5000, 20_000, {"a": 0.2, "b": 8.0}),  # one in forty is positive
    ],
)
def test_what_comes_true_is_within_the_interval_at_least_9_times_in_10(size, known, options):
    runs, hits, beside = 200, dict.fromkeys(NAMES, 0), dict.fromkeys(NAMES, 0)

    for seed in range(runs):
        reference = baseline(*stream(known, seed + 10_000, **options))
        found = window(*stream(size, seed, **options), reference=reference)
        truth = realised(found)
        for name in NAMES:
            value = METRICS[name].compute(found)
            if truth[name] is None or value.value is None:
                beside[name] += 1
            else:
                hits[name] += value.low <= truth[name] <= value.high

    shares = {name: hits[name] / (runs - beside[name]) for name in NAMES if beside[name] < runs / 2}
    assert len(shares) >= 4
    assert {name: share for name, share in shares.items() if share < 0.9} == {}


def test_an_estimate_is_without_bias():
    apart = {name: [] for name in NAMES}

    for seed in range(8):
        found = window(*stream(100_000, seed), reference=baseline(*stream(100_000, seed + 100)))
        for name, truth in realised(found).items():
            apart[name].append(METRICS[name].compute(found).value - truth)

    assert {name: np.mean(each) for name, each in apart.items()} == pytest.approx(dict.fromkeys(NAMES, 0), abs=4e-3)


def test_an_estimate_sees_scores_that_have_moved():
    reference = baseline(*stream(20_000, 1))
    moved = window(*stream(20_000, 2, a=3.0, b=3.0), reference=reference)

    same = window(*stream(20_000, 3), reference=reference)

    assert METRICS["estimated_accuracy"].compute(moved).value < METRICS["estimated_accuracy"].compute(same).value - 0.02
    assert METRICS["estimated_accuracy"].compute(moved).value == pytest.approx(
        METRICS["accuracy"].compute(moved).value, abs=0.02
    )


def test_an_estimate_needs_no_outcomes_and_says_what_it_is_made_from():
    score, _ = stream(2400, 5)
    found = window(score, np.full(2400, -1), reference=baseline(*stream(5000, 6)))

    for name in NAMES:
        value = value_of(METRICS[name], found)
        assert value.low < value.value < value.high
        assert (value.sample_count, value.coverage, value.provisional) == (2400, 0, False)
        assert value.note == "estimated from 2,400 predictions, calibrated on the 5,000 outcomes of baseline 2"


def test_a_model_that_decides_otherwise_is_told_so():
    found = window(*stream(2000, 5), reference=baseline(*stream(5000, 6)))
    own = replace(found, aggregate=replace(found.aggregate, tally=replace(found.aggregate.tally, flagged=1900)))

    assert METRICS["estimated_recall"].compute(own).note.endswith(" reach, though 1,900 were flagged")


def test_several_classes_are_right_as_often_as_their_scores_say():
    score, right = stream(5000, 7, a=4.0, b=1.5)
    found = window(score, right, reference=baseline(*stream(20_000, 8, a=4.0, b=1.5)), task=Task.MULTICLASS)

    value = value_of(METRICS["estimated_accuracy"], found)

    assert value.value == pytest.approx(right.mean(), abs=0.02)
    assert value.low <= right.mean() <= value.high
    assert value_of(METRICS["estimated_recall"], found).reason == "not defined for multiclass models"


def test_other_edges_find_their_calibration_by_the_score():
    reference = baseline(*stream(20_000, 1))
    score, actual = stream(20_000, 2)
    moved = labelled(score, actual, threshold=0.31)
    found = replace(moved, baseline=reference, model=replace(MODEL, threshold=0.31))

    for name, truth in realised(found).items():
        assert METRICS[name].compute(found).value == pytest.approx(truth, abs=0.03), name


@pytest.mark.parametrize(
    ("actual", "reason"),
    [
        (np.full(500, -1), "the baseline has no outcomes to calibrate with"),
        (
            np.where(np.arange(500) < 150, 1, -1),
            "the baseline has too few outcomes to calibrate with (150 of at least 200)",
        ),
        (np.zeros(500), "the baseline has outcomes of one class only"),
    ],
)
def test_a_baseline_that_cannot_calibrate_is_a_reason(actual, reason):
    found = window(*stream(500, 1), reference=baseline(np.linspace(0, 1, 500), actual))

    assert {METRICS[name].compute(found).reason for name in NAMES} == {reason}


def test_no_baseline_no_scores_and_few_predictions_are_reasons():
    reference = baseline(*stream(2000, 1))
    without = window(*stream(500, 1), reference=None)
    few = window(*stream(60, 1), reference=reference)
    unscored = replace(without, baseline=reference, aggregate=replace(without.aggregate, scores=None))

    for name in NAMES:
        assert METRICS[name].compute(without).reason == "no baseline yet"
        assert METRICS[name].compute(unscored).reason == "no scores in this window"
        assert value_of(METRICS[name], few).reason == "too few samples (60 of at least 100)"


def test_nothing_flagged_has_no_precision():
    found = window(np.full(300, 0.2), np.full(300, -1), reference=baseline(*stream(2000, 1)))

    assert METRICS["estimated_precision"].compute(found).reason == "nothing is flagged"
    assert METRICS["estimated_recall"].compute(found).value == 0


def test_estimates_ask_for_scores_and_the_baseline():
    assert {(METRICS[name].source, METRICS[name].needs_baseline) for name in NAMES} == {(Source.SCORES, True)}
