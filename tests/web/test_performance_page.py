"""Model performance in depth: estimates, the best threshold, each version's confusion, every metric."""

from datetime import timedelta

import pytest

from tests.factories import (
    NOW,
    WORKED_EXAMPLE,
    Confusion,
    make_business,
    make_confusion,
    make_deployment,
    make_measurements,
    make_model,
    make_predictions,
    predictions,
)
from tests.web.dashboards import figure, fire, page, result, texts, words
from webapp.core.periods import Window
from webapp.telemetry.baselines import create_from_window

PATH = "/technical/performance?model=churn"
MOVED = {"performance-threshold.value": 0.3, "location.search": "?model=churn"}


@pytest.fixture
def ada(client_of):
    return client_of("data_scientist")


@pytest.fixture
def worked(runtime):
    with runtime.transaction() as session:
        model = make_model(session, title="Customer churn")
        make_business(session, model)
        make_confusion(session, WORKED_EXAMPLE)
    return model


@pytest.fixture
def waiting(runtime):
    """A baseline with outcomes, and since then predictions whose outcomes have not come."""
    with runtime.transaction() as session:
        model = make_model(session, title="Customer churn")
        before = Window(NOW - timedelta(days=60), NOW - timedelta(days=40))
        make_confusion(session, WORKED_EXAMPLE, start=before.start, end=before.end)
        create_from_window(session, model, before, by="ada", now=NOW)
        make_predictions(session, predictions(600, start=NOW - timedelta(days=5), prefix="open"))
    return model


def test_what_is_to_be_expected_stands_in_for_outcomes_that_have_not_come(ada, waiting):
    shown = page(ada, PATH)

    assert "600 predictions wait for what really happened." in words(shown)
    assert "Accuracy (estimated)" in texts(shown)
    course = figure(shown, "Accuracy, realised and estimated")
    estimated = next(trace for trace in course["data"] if trace.get("name") == "Estimated")
    assert estimated["line"]["dash"] == "dash"
    assert any(value is not None for value in estimated["y"])
    assert figure(shown, "Share of outcomes known over time")["data"]


def test_another_metric_is_drawn_when_the_address_names_it(ada, waiting):
    assert figure(page(ada, f"{PATH}&metric=roc_auc"), "ROC AUC, realised and estimated")["data"]
    assert figure(page(ada, f"{PATH}&metric=<b>"), "Accuracy, realised and estimated")["data"]


def test_without_an_estimate_the_page_says_what_it_needs(ada, worked):
    shown = page(ada, PATH)

    assert {"No estimate: no baseline yet. ", "Choose a baseline with outcomes"} <= set(texts(shown))
    named = [trace.get("name") for trace in figure(shown, "Accuracy, realised and estimated")["data"]]
    assert "Estimated" not in named


def test_every_metric_has_its_interval_what_it_rests_on_and_how_it_was_computed(ada, worked):
    said = texts(page(ada, PATH))

    for label in ("Log loss", "Brier score", "Calibration error (ECE)", "Matthews correlation (MCC)"):
        assert label in said
    assert "86.7% – 89.2%" in said
    assert "mean of (score − outcome)², the outcome being 0 or 1" in said
    assert any("No baseline yet: Accuracy (estimated)" in each for each in said)


def test_the_best_threshold_is_named_with_what_it_would_bring_more(ada, worked):
    said = words(page(ada, PATH))

    assert "Best threshold" in said
    assert "more than at 0.50" in said


def test_money_is_only_for_those_who_may_see_it(client_of, worked):
    omar, ada = client_of("oncall"), client_of("data_scientist")

    hidden, shown = page(omar, PATH), page(ada, PATH)

    assert "Net benefit" not in words(hidden)
    assert "Best threshold" not in words(hidden)
    assert "$508,500" in words(shown)
    assert [trace["name"] for trace in figure(hidden, "Precision, recall by threshold")["data"]] == [
        "Precision",
        "Recall",
    ]


def test_moving_the_threshold_shows_no_money_to_those_who_may_not_see_it(client_of, worked):
    changed = "performance-threshold.value"
    for role, has_money in (("oncall", False), ("data_scientist", True)):
        response = fire(client_of(role), "performance-at-threshold.children", MOVED, changed=changed)

        assert ("Net benefit" in words(result(response, "performance-at-threshold.children"))) is has_money
        drawn = result(response, "performance-thresholds.figure")["data"]
        assert ("Net benefit" in {trace["name"] for trace in drawn}) is has_money
        assert result(response, "performance-gain.figure")["data"][-1]["name"].startswith("Threshold 0.3")


def test_each_version_has_its_own_confusion_and_deployments_are_marked(ada, runtime, worked):
    with runtime.transaction() as session:
        make_confusion(session, Confusion(20, 5, 5, 70), version="v13", start=NOW - timedelta(days=2), prefix="n")
        make_deployment(session, version="v13", at=NOW - timedelta(days=2))

    shown = page(ada, PATH)

    assert figure(shown, "Confusion matrix of v13")["data"][0]["text"][1][1].startswith("20")
    assert figure(shown, "Confusion matrix of v12")["data"][0]["text"][1][1].startswith("450")
    for label in (
        "Accuracy, realised and estimated",
        "Share of outcomes known over time",
        "Accuracy over time by version",
    ):
        assert "v13" in [note["text"] for note in figure(shown, label)["layout"]["annotations"]]
    assert "Right and wrong by version" not in texts(page(ada, f"{PATH}&version=v13"))


def test_the_curves_say_what_they_come_to(ada, worked):
    shown = page(ada, PATH)

    assert figure(shown, "Share found by share flagged")["data"][1]["name"] == "Gain"
    said = words(shown)
    assert "AUC 0." in said
    assert "ECE 0." in said
    assert "average precision 0." in said


def test_deployments_are_marked_on_the_other_tabs_too(ada, runtime, worked):
    with runtime.transaction() as session:
        make_deployment(session, version="v13", at=NOW - timedelta(days=2))
        create_from_window(session, worked, Window(NOW - timedelta(days=9), NOW), by="ada", now=NOW)
        make_measurements(session, "cpu_percent", [40.0] * 20)
    charts = {
        "/technical/health?model=churn": ["Response time, mean over time", "Predictions over time", "CPU by instance"],
        "/technical/predictions?model=churn": [
            "Predictions over time by version",
            "Share flagged over time by version",
        ],
        "/technical/data?model=churn": ["Drift score by feature and day"],
        "/executive?model=churn": ["Performance over time with target and critical line"],
    }

    for path, labels in charts.items():
        shown = page(ada, path)
        for label in labels:
            notes = figure(shown, label)["layout"].get("annotations", ())
            assert "v13" in [note["text"] for note in notes], label
