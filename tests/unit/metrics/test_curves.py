"""Areas, sweeps and intervals beside scikit-learn and scipy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import average_precision_score, confusion_matrix, roc_auc_score

from tests.unit.metrics.evidence import histogram
from webapp.metrics import curves
from webapp.metrics.intervals import wilson


def sample(size, share, seed):
    rng = np.random.default_rng(seed)
    actual = (rng.random(size) < share).astype(int)
    score = 1 / (1 + np.exp(-(rng.normal(size=size) + 1.3 * actual - 1)))
    return score, actual


@settings(max_examples=30, deadline=None)
@given(size=st.integers(20, 3000), share=st.floats(0.01, 0.99), seed=st.integers(0, 10_000))
def test_the_auc_is_within_its_own_bound(size, share, seed):
    score, actual = sample(size, share, seed)
    if 0 < actual.sum() < size:
        found = curves.area(histogram(score, actual))
        assert abs(found.value - roc_auc_score(actual, score)) <= found.bound + 1e-12


def test_the_auc_of_scores_on_a_grid_is_exact():
    rng = np.random.default_rng(3)
    score, actual = rng.integers(0, 100, 2000) / 128, rng.integers(0, 2, 2000)

    assert curves.area(histogram(score, actual)).value == pytest.approx(roc_auc_score(actual, score), abs=1e-9)


def test_a_rare_class_keeps_the_bound_small():
    rng = np.random.default_rng(8)
    actual = (rng.random(50_000) < 0.008).astype(int)
    score = rng.beta(1 + 2 * actual, 60)

    found = curves.area(histogram(score, actual))

    assert found.bound < 6e-3
    assert abs(found.value - roc_auc_score(actual, score)) < 3e-4


def test_the_interval_of_the_auc_holds_the_truth_19_times_in_20():
    truth = roc_auc_score(*reversed(sample(400_000, 0.3, 1)))

    hits = 0
    for seed in range(200):
        score, actual = sample(400, 0.3, seed + 100)
        found = curves.area(histogram(score, actual))
        hits += abs(found.value - truth) <= 1.96 * found.deviation

    assert 180 <= hits <= 199


@given(share=st.floats(0.05, 0.95), seed=st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_the_confusion_is_exact_at_every_edge(share, seed):
    score, actual = sample(300, share, seed)
    scores = histogram(score, actual, threshold=0.37)

    found = curves.sweep(scores)

    for place in (0, 17, curves.nearest_edge(scores, 0.37), 200):
        flagged = score >= scores.edges[place]
        tn, fp, fn, tp = confusion_matrix(actual, flagged, labels=[0, 1]).ravel()
        assert (found.tn[place], found.fp[place], found.fn[place], found.tp[place]) == (tn, fp, fn, tp)
    assert scores.edges[curves.nearest_edge(scores, 0.37)] == 0.37


def test_average_precision_is_close_to_scikit_learns():
    score, actual = sample(5000, 0.3, 5)

    found = curves.average_precision(histogram(score, actual))

    assert found.value == pytest.approx(average_precision_score(actual, score), abs=4e-4)
    assert found.bound < 0.01


def test_the_deviation_of_average_precision_is_that_of_a_bootstrap():
    rng = np.random.default_rng(6)
    score, actual = sample(1500, 0.1, 6)

    found = curves.average_precision(histogram(score, actual))

    drawn = [average_precision_score(actual[rows], score[rows]) for rows in rng.integers(0, 1500, (300, 1500))]
    assert found.deviation == pytest.approx(np.std(drawn), rel=0.15)


def test_the_sum_of_precisions_is_a_sum():
    p, tp, flagged, step = np.array([7.0, 1.0, 400.0]), np.array([3.0, 0.0, 90.0]), np.array([5.0, 2.0, 100.0]), 1.7

    found = curves._precisions(p, tp, flagged, np.full(3, step))

    by_hand = [
        sum((a + k) / (b + step * k) for k in range(1, int(size) + 1))
        for size, a, b in zip(p, tp, flagged, strict=True)
    ]
    assert found == pytest.approx(by_hand, abs=1e-9)


def test_one_class_has_no_area():
    assert curves.area(histogram([0.2, 0.4], [0, 0])) is None
    assert curves.average_precision(histogram([0.2, 0.4], [0, 0])) is None


@given(trials=st.integers(1, 5000), share=st.floats(0, 1))
def test_wilson_agrees_with_scipy(trials, share):
    successes = round(share * trials)

    low, high = wilson(successes, trials)

    expected = binomtest(successes, trials).proportion_ci(method="wilson")
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-9)
