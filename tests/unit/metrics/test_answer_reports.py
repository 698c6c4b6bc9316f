"""What is taken for what, and where numbers go wrong: the parts of a screen, from counts."""

import numpy as np
import pytest

from tests.unit.metrics.answered import class_counts, error_counts, of_classes, of_errors
from webapp.metrics.multiclass_report import OTHER, SHOWN, class_report
from webapp.metrics.regression_report import error_report, signed_quantiles, value_groups
from webapp.telemetry.aggregate import ScoreHistogram

NAMES = ("access", "hardware", "network")


def test_mix_ups_are_told_with_the_most_frequent_first():
    actual = [1] * 10 + [2] * 8
    predicted = [1] * 4 + [2] * 6 + [2] * 7 + [1]

    found = class_report(of_classes(class_counts(actual, predicted, names=NAMES)))

    first, second = found.mix_ups
    assert (first.actual, first.predicted, first.count, first.share) == ("hardware", "network", 6, 0.6)
    assert (second.actual, second.predicted, second.count) == ("network", "hardware", 1)


def test_classes_stand_in_a_table_with_the_worst_first_and_absent_ones_left_out():
    found = class_report(of_classes(class_counts([1] * 10 + [2] * 8, [1] * 4 + [2] * 14, names=NAMES)))

    assert [row.name for row in found.classes] == ["hardware", "network"]
    worst = found.classes[0]
    assert (worst.support, worst.precision.value, worst.recall.value) == (10, 1.0, 0.4)
    assert worst.f1 == pytest.approx(8 / 14)


def test_a_class_that_was_never_predicted_has_no_precision():
    found = class_report(of_classes(class_counts([1, 2, 2], [2, 2, 2], names=NAMES)))

    assert found.classes[0].precision.reason == "never predicted"
    assert found.classes[0].f1 == 0


def test_many_classes_are_folded_and_none_of_the_counts_is_lost():
    rng = np.random.default_rng(1)
    actual = rng.choice(40, 5_000, p=np.arange(1, 41) / np.arange(1, 41).sum())
    predicted = np.where(rng.random(5_000) < 0.6, actual, rng.integers(0, 40, 5_000))

    square = class_report(of_classes(class_counts(actual, predicted, names=[f"c{n}" for n in range(40)]))).square

    assert len(square.names) == SHOWN + 1
    assert square.names[-1] == OTHER
    assert sum(map(sum, square.cells)) == 5_000


def test_of_nothing_there_is_nothing_to_show():
    found = class_report(of_classes(class_counts([], [], names=NAMES), predictions=7))
    numbers = error_report(of_errors(error_counts([], []), predictions=7))

    assert (found.predictions, found.known, found.classes, found.mix_ups, found.square.names) == (7, 0, (), (), ())
    assert (numbers.predictions, numbers.known, numbers.bars, numbers.quantiles) == (7, 0, (), ())


def test_every_error_is_in_a_bar_and_the_bars_stand_around_nothing():
    rng = np.random.default_rng(2)
    actual = rng.gamma(3, 10, 3_000)
    predicted = actual + rng.normal(2, 5, 3_000)
    predicted[0] += 1e6

    found = error_report(of_errors(error_counts(predicted, actual)))

    assert sum(bar.count for bar in found.bars) == 3_000
    assert found.bars[0].low == -found.bars[-1].high
    assert found.bars[-1].high < 30  # one wild error does not flatten the others
    expected = np.quantile(predicted - actual, [0.05, 0.5, 0.95])
    assert [error for _, error in found.quantiles] == pytest.approx(expected, rel=0.02)


def test_errors_that_are_all_the_same_have_quantiles_too():
    found = signed_quantiles(error_counts([3.0] * 5, [1.0] * 5), (0.05, 0.95))

    assert [error for _, error in found] == pytest.approx([2.0, 2.0], rel=0.01)


def test_predictions_of_a_height_are_grouped_by_about_the_same_number():
    rng = np.random.default_rng(3)
    predicted = rng.gamma(2, 20, 10_000)
    too_high = rng.random(10_000) < predicted / predicted.max()
    edges = np.linspace(0, predicted.max() + 1, 257)
    counts = [np.histogram(chosen, edges)[0] for chosen in (predicted, predicted[too_high], predicted[~too_high])]

    groups = value_groups(ScoreHistogram(edges, np.stack(counts), np.zeros(10)))

    assert sum(group.count for group in groups) == 10_000
    assert sum(group.over for group in groups) == too_high.sum()
    assert len(groups) == 10
    assert groups[0].over / groups[0].count < groups[-1].over / groups[-1].count
