"""The figures of classes and of numbers: what they hold, and that the words in them are plain."""

from webapp.figures.answers import class_confusion, confidence_curve, confusion_height, error_histogram, over_and_under
from webapp.metrics.multiclass_report import Square
from webapp.metrics.performance import CalibrationPoint
from webapp.metrics.regression_report import ErrorBar, ErrorReport, ValueGroup

SQUARE = Square(("network", "<b>hardware</b>"), ((30, 10), (0, 5)))
REPORT = ErrorReport(
    9,
    9,
    (ErrorBar(-3, -1, 2), ErrorBar(-1, 1, 4), ErrorBar(1, 3, 3)),
    ((0.05, -2.0), (0.5, 0.0), (0.95, 2.0)),
    1,
    2,
    (),
)


def test_right_and_wrong_have_scales_of_their_own_and_rows_read_downwards():
    right, wrong = class_confusion(SQUARE)["data"]

    assert right["y"][-1] == "network"
    assert right["z"] == [[None, 1.0], [0.75, None]]
    assert wrong["z"] == [[0.0, None], [None, 0.25]]
    assert wrong["text"][1][1] == "10<br>25%"


def test_names_of_classes_are_plain_text():
    figure = class_confusion(SQUARE)

    assert "<b>" not in str(figure["data"][0]["x"]) + str(figure["data"][0]["customdata"])
    assert (
        figure["data"][0]["customdata"][1][1] == "network taken for &lt;b&gt;hardware&lt;/b&gt;: 10 (25.0% of network)"
    )


def test_two_long_names_that_look_alike_keep_a_row_each():
    names = ("a very long name of a queue that is one", "a very long name of a queue that is one ")

    figure = class_confusion(Square(names, ((1, 0), (0, 1))))

    assert len(set(figure["data"][0]["x"])) == 2
    assert confusion_height(Square(names, ((1, 0), (0, 1)))) < confusion_height(Square(("a",) * 6, ((0,) * 6,) * 6))


def test_errors_have_their_quantiles_marked_and_the_tails_say_so():
    figure = error_histogram(REPORT)

    bars = figure["data"][0]
    assert bars["y"] == [2, 4, 3]
    assert bars["customdata"][0] == "2 too low by 1 or more"
    assert [note["text"] for note in figure["layout"]["annotations"]] == ["5 %", "median", "95 %"]


def test_shares_of_too_high_and_not_add_up_to_one():
    over, under = over_and_under([ValueGroup(0, 10, 4, 1), ValueGroup(10, 20, 2, 2)])["data"]

    assert [a + b for a, b in zip(over["y"], under["y"], strict=True)] == [1, 1]
    assert over["customdata"][0] == "predicted 0–10: 25.0% of 4 too high"


def test_confidence_is_drawn_beside_what_would_be_perfect():
    figure = confidence_curve([CalibrationPoint(0.9, 0.75, 40)])

    assert [trace["name"] for trace in figure["data"]] == ["Perfect", "Observed"]
    assert figure["data"][1]["customdata"] == ["about 90% sure: 75.0% of 40 right"]
