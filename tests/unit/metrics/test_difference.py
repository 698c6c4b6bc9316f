"""Whether a difference is real: published examples, scipy, and the words for what cannot be said."""

import math
import random

import pytest
from scipy import stats

from webapp.metrics.difference import Verdict, difference, interval, mcnemar
from webapp.metrics.intervals import Z, clipped, wilson
from webapp.metrics.metric import Value, undefined
from webapp.metrics.registry import METRICS

ACCURACY, AUC, LOSS = METRICS["accuracy"], METRICS["roc_auc"], METRICS["log_loss"]


def share(part, total):
    low, high = wilson(part, total)
    return Value(part / total, sample_count=total, low=low, high=high)


def normal(value, deviation, *, size=1000, most=1.0):
    low, high = clipped(value, deviation, most=most)
    return Value(value, sample_count=size, low=low, high=high)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [  # R. G. Newcombe, 1998, table II, method 10
        ((48, 80), (56, 70), 0.0524, 0.3339),
        ((3, 10), (9, 10), 0.1705, 0.8090),
        ((2, 7), (6, 7), 0.0582, 0.8062),
        ((0, 29), (5, 56), -0.0381, 0.1926),
        ((0, 20), (0, 10), -0.1611, 0.2775),
        ((0, 20), (10, 10), 0.6791, 1.0),
    ],
)
def test_the_interval_of_two_shares_is_the_published_one(first, second, low, high):
    found = interval(share(*first), share(*second), ACCURACY)

    assert found == pytest.approx((low, high), abs=6e-5)


def test_two_areas_are_told_apart_by_their_two_deviations():
    found = interval(normal(0.80, 0.01), normal(0.84, 0.015), AUC)

    half = Z * math.hypot(0.01, 0.015)
    assert found == pytest.approx((0.04 - half, 0.04 + half))


def test_an_area_at_the_end_of_what_is_possible_keeps_its_deviation():
    found = interval(normal(0.90, 0.01), normal(0.995, 0.01), AUC)

    half = Z * math.hypot(0.01, 0.01)
    assert found == pytest.approx((0.095 - half, 0.095 + half))


def test_the_order_of_both_only_turns_the_sign():
    first, second = share(300, 400), share(350, 400)

    there, back = interval(first, second, ACCURACY), interval(second, first, ACCURACY)

    assert there == pytest.approx((-back[1], -back[0]))


@pytest.mark.parametrize(
    ("metric", "first", "second", "verdict"),
    [
        (ACCURACY, share(800, 1000), share(860, 1000), Verdict.BETTER),
        (ACCURACY, share(860, 1000), share(800, 1000), Verdict.WORSE),
        (ACCURACY, share(800, 1000), share(810, 1000), Verdict.UNCLEAR),
        (AUC, normal(0.80, 0.01), normal(0.75, 0.01), Verdict.WORSE),
        (LOSS, normal(0.50, 0.01, most=math.inf), normal(0.40, 0.01, most=math.inf), Verdict.BETTER),
        (METRICS["flagged_share"], share(200, 1000), share(300, 1000), Verdict.DIFFERENT),
    ],
)
def test_a_difference_is_named_by_which_way_is_better(metric, first, second, verdict):
    found = difference(first, second, metric)

    assert found.verdict is verdict
    assert found.difference == pytest.approx(second.value - first.value)
    assert found.low <= found.difference <= found.high


def test_a_small_sample_says_how_small():
    found = difference(share(8, 10), share(1, 29), ACCURACY)

    assert (found.verdict, found.reason) == (Verdict.TOO_LITTLE, "n = 10, of at least 30")


def test_without_a_value_the_reason_stands():
    found = difference(share(80, 100), undefined("no outcomes yet"), ACCURACY)

    assert (found.verdict, found.reason, found.difference) == (Verdict.TOO_LITTLE, "no outcomes yet", None)


def test_without_intervals_nothing_is_claimed():
    found = difference(Value(10.0, sample_count=900), Value(20.0, sample_count=900), METRICS["net_benefit"])

    assert (found.verdict, found.difference, found.low) == (Verdict.UNTESTED, 10.0, None)


def test_nineteen_of_twenty_intervals_of_equal_shares_hold_zero():
    rng, held = random.Random(5), 0
    for _ in range(2000):
        drawn = [share(sum(rng.random() < 0.85 for _ in range(200)), 200) for _ in range(2)]
        low, high = interval(*drawn, ACCURACY)
        held += low <= 0 <= high

    assert held / 2000 == pytest.approx(0.95, abs=0.012)


@pytest.mark.parametrize(("first", "second"), [(0, 0), (1, 0), (5, 12), (30, 30), (400, 470)])
def test_the_paired_test_is_the_exact_one_for_few(first, second):
    expected = stats.binomtest(first, first + second).pvalue if first + second else 1.0

    assert mcnemar(first, second) == pytest.approx(expected)


def test_the_paired_test_of_many_is_the_corrected_normal_one():
    assert mcnemar(5000, 5200) == pytest.approx(stats.chi2.sf((200 - 1) ** 2 / 10_200, 1))
    assert mcnemar(5000, 5000) == 1.0
