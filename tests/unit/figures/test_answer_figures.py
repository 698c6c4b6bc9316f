"""What a model answers, as bars: open and known, and each class as a share of its version."""

import pytest

from tests.unit.figures.answers import ANSWERS
from webapp.catalog.models import Task
from webapp.figures.predictions import answer_bars, class_shares
from webapp.metrics.answer_mix import AnswerMix


@pytest.mark.parametrize(
    ("task", "first", "second"),
    [
        (Task.BINARY, "Did happen", "Did not happen"),
        (Task.MULTICLASS, "Right", "Wrong"),
        (Task.REGRESSION, "Too high", "Not too high"),
    ],
)
def test_answers_fall_apart_into_open_and_the_two_ways_it_turned_out(task, first, second):
    traces = {trace["name"]: trace["y"] for trace in answer_bars(ANSWERS, task)["data"]}

    assert traces == {"Outcome open": [10, 0], second: [1740, 180], first: [120, 450]}


def test_a_bar_says_how_many_it_stands_for_and_from_where_to_where():
    hints = [trace["customdata"] for trace in answer_bars(ANSWERS, Task.BINARY)["data"]]

    assert "450" in hints[2][1]
    assert "0.5" in hints[2][1]


def test_without_answers_there_is_nothing_to_draw():
    assert answer_bars(AnswerMix(0, (), {}), Task.BINARY)["data"] == []


def test_a_binary_model_shows_where_it_decides():
    shapes = answer_bars(ANSWERS, Task.BINARY, threshold=0.25)["layout"]["shapes"]

    assert shapes[0]["x0"] == 0.25


def test_each_class_is_a_share_of_its_version():
    traces = {trace["name"]: trace["x"] for trace in class_shares(ANSWERS.classes)["data"]}

    assert traces["yes"] == [0.75, 0.25]
    assert traces["no"] == [0.25, 0.75]
