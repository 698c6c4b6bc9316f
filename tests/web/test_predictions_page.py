"""Predictions of every kind of model: their answers by class and version, and one of them beside the baseline."""

from datetime import timedelta

import pytest

from tests import factories as make
from tests.factories import NOW
from tests.web.dashboards import figure, page, texts, words
from webapp.catalog.models import Task
from webapp.catalog.register import put_model
from webapp.core.periods import Window
from webapp.telemetry import ahead
from webapp.telemetry.baselines import create_from_window
from webapp.telemetry.ingest import accept_predictions
from webapp.telemetry.wire import Prediction

PAGE = "/technical/predictions?model="
WEEK = Window(NOW - timedelta(days=7), NOW)


def at(number, count=200):
    return WEEK.start + number * WEEK.duration / count


@pytest.fixture
def churn(runtime):
    with runtime.transaction() as session:
        model = make.make_model(session, "churn")
        make.make_predictions(session, make.predictions(300, start=WEEK.start, end=WEEK.end))
        create_from_window(session, model, WEEK, by="ada", now=NOW)
        odd = {"tenure": 500, "monthly_charges": None, "contract": "Three year", "plan": "A"}
        make.make_predictions(session, [make.prediction("odd", features=odd, segments={"region": "EU"})])
        make.make_outcomes(session, [make.outcome("odd", 0)])
        make.make_outcomes(session, [make.outcome("odd", 1, at=NOW)])
    return model


@pytest.fixture
def routing(runtime):
    """A model of three classes with two versions."""
    with runtime.transaction() as session:
        put_model(session, "routing", now=NOW, title="Ticket routing", task=Task.MULTICLASS)
        sent = [
            Prediction(
                model="routing",
                prediction_id=f"t-{number}",
                at=at(number),
                version="v1" if number < 100 else "v2",
                features={"length": float(number)},
                scores={"billing": 0.7, "sales": 0.2, "other": 0.1} if number % 4 else {"billing": 0.1, "sales": 0.9},
            )
            for number in range(200)
        ]
        accept_predictions(session, sent, now=NOW)
        make.make_outcomes(session, [make.outcome("t-1", "sales", model="routing")])
        make.make_outcomes(session, [make.outcome("t-1", "billing", model="routing", at=NOW)])


@pytest.fixture
def demand(runtime):
    """A model that predicts numbers."""
    with runtime.transaction() as session:
        put_model(session, "demand", now=NOW, title="Demand", task=Task.REGRESSION)
        sent = [
            Prediction(
                model="demand",
                prediction_id=f"d-{number}",
                at=at(number),
                version="v1",
                features={"price": float(number)},
                predicted=100.0 + number,
            )
            for number in range(200)
        ]
        accept_predictions(session, sent, now=NOW)
        make.make_outcomes(session, [make.outcome("d-7", 97.0, model="demand")])


def test_each_value_of_a_prediction_stands_beside_the_baseline(churn, client_of):
    said = words(page(client_of("data_scientist"), f"{PAGE}churn&prediction=odd"))

    assert "tenure 500 above all of the baseline" in said.replace("  ", " ")
    assert "missing, as in 0.0% of the baseline" in said
    assert "never seen in the baseline" in said
    assert "no reference yet" in said
    assert "Segment region EU" in said
    assert "did not happen → happened" in said


def test_an_ordinary_value_says_how_ordinary_it_is(churn, client_of):
    said = words(page(client_of("data_scientist"), f"{PAGE}churn&prediction=c-17"))

    assert "higher than" in said
    assert "% of the baseline" in said


def test_answers_of_several_classes_are_named_by_version(routing, client_of):
    shown = page(client_of("data_scientist"), f"{PAGE}routing")

    bars = {trace["name"]: trace for trace in figure(shown, "Share of each class by version")["data"]}
    assert set(bars) == {"billing", "sales", "other"}
    assert bars["billing"]["y"] == ["v2", "v1"]
    assert bars["billing"]["x"] == [0.75, 0.75]
    scores = figure(shown, "Predictions by score and outcome")["data"]
    assert {trace["name"] for trace in scores} == {"Outcome open", "Right"}
    assert "Flagged" not in texts(shown)


def test_one_prediction_of_several_classes_shows_its_scores_and_its_correction(routing, client_of):
    said = words(page(client_of("data_scientist"), f"{PAGE}routing&prediction=t-1"))

    assert "Class billing" in said
    assert "billing 70.0% sales 20.0% other 10.0%" in said
    assert "sales → billing" in said


def test_numbers_are_shown_with_how_far_they_were_off(demand, client_of):
    shown = page(client_of("data_scientist"), f"{PAGE}demand&prediction=d-7")

    said = words(shown)
    assert "Predicted 107" in said
    assert "97  (+10)" in said
    values = figure(shown, "Predictions by value and outcome")["data"]
    assert sum(sum(trace["y"]) for trace in values) == 200
    assert "Answers by class" not in said


@pytest.mark.parametrize("name", ["churn", "routing", "demand"])
def test_a_window_without_predictions_says_so(churn, routing, demand, client_of, name):
    said = words(page(client_of("data_scientist"), f"{PAGE}{name}&from=2025-01-01&to=2025-01-03"))

    assert "No scores in this window" in said
    assert "No predictions in this window" in said
    assert "Something went wrong" not in said


def test_a_file_that_is_being_stored_is_told(runtime, churn, client_of):
    client = client_of("data_scientist")
    assert "A file is being stored" not in words(page(client, PAGE + "churn"))

    with runtime.transaction() as session:
        number = ahead.begin(session, churn.id, 1_234_567, now=NOW)
    assert "all 1,234,567 predictions of a file already" in words(page(client, PAGE + "churn"))

    with runtime.transaction() as session:
        ahead.end(session, number)
    assert "A file is being stored" not in words(page(client, PAGE + "churn"))
