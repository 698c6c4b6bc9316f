import dataclasses

import pytest

from webapp.figures import (
    calibration_curve,
    confusion_matrix,
    gain_curve,
    precision_recall_curve,
    roc_curve,
    threshold_curve,
)
from webapp.metrics.performance import Confusion, RocPoint


def test_the_confusion_matrix_names_and_counts_its_cells(performance):
    cells = confusion_matrix(performance.confusion)["data"][0]

    texts = dict(zip(cells["y"], cells["text"], strict=True))
    assert texts["Did happen"] == ["120<br>missed<br>21.1%", "450<br>found<br>78.9%"]
    assert texts["Did not happen"] == ["1,750<br>rightly left<br>90.7%", "180<br>false alarm<br>9.3%"]


def test_a_confusion_matrix_of_nothing_does_not_divide():
    cells = confusion_matrix(Confusion(0, 0, 0, 0))["data"][0]

    assert cells["z"] == [[0.0, 0.0], [0.0, 0.0]]


@pytest.mark.parametrize("curve", [roc_curve, precision_recall_curve, gain_curve])
def test_curves_mark_the_threshold_in_use(performance, curve):
    mark = curve(performance)["data"][-1]

    assert mark["name"] == "Threshold 0.50"
    assert len(mark["x"]) == 1


def test_curves_without_points_are_drawn_without_a_mark(performance):
    empty = dataclasses.replace(performance, roc=(), precision_recall=(), calibration=(), thresholds=())

    assert [trace["name"] for trace in roc_curve(empty)["data"]] == ["Chance", "ROC"]
    assert precision_recall_curve(empty)["data"][0]["x"] == []
    assert calibration_curve(empty)["data"][-1]["x"] == []
    assert threshold_curve(empty)["layout"]["shapes"][0]["x0"] == 0.5


def test_calibration_says_how_many_scores_stand_behind_a_dot(performance):
    observed = calibration_curve(performance)["data"][-1]

    assert observed["customdata"][1] == "scores around 0.90: 93.0% of 400 happened"


def test_each_threshold_shows_what_it_brings_in_money_on_an_axis_of_its_own(performance):
    figure = threshold_curve(performance, currency="EUR")

    assert [trace["name"] for trace in figure["data"]] == ["Precision", "Recall", "Net benefit"]
    assert figure["data"][-1]["yaxis"] == "y2"
    assert figure["layout"]["yaxis2"]["tickprefix"] == "€"
    assert figure["data"][0]["y"][-1] is None


def test_without_money_parameters_there_is_no_money_axis(performance):
    rows = tuple(dataclasses.replace(row, net_benefit=None) for row in performance.thresholds)

    figure = threshold_curve(dataclasses.replace(performance, thresholds=rows))

    assert "yaxis2" not in figure["layout"]


def test_the_gain_says_what_is_found_and_how_many_times_better_than_chance(performance):
    curve = gain_curve(performance)["data"][1]

    assert (
        curve["customdata"][1]
        == "the 25.2% with the highest scores hold 79.0% of the positives: 3.1× as many as by chance"
    )
    assert curve["customdata"][0].endswith("no lift")


def test_a_curve_of_very_many_points_is_drawn_from_fewer_with_both_ends(performance):
    points = tuple(RocPoint(n / 256, (n / 256) ** 0.5, 1 - n / 256) for n in range(257))

    drawn = roc_curve(dataclasses.replace(performance, roc=points, threshold=1 - 100 / 256))["data"]

    assert len(drawn[1]["x"]) <= 101
    assert (drawn[1]["x"][0], drawn[1]["x"][-1]) == (0, 1)
    assert drawn[2]["x"] == [100 / 256]
