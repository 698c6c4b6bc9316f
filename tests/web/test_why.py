"""Why a metric changed: on the model's page, in place for another metric, and over HTTP."""

from datetime import timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from tests.factories import (
    NOW,
    ROOT,
    Confusion,
    make_confusion,
    make_deployment,
    make_model,
    make_predictions,
    predictions,
)
from tests.web import alarms
from tests.web.dashboards import fire, page, result, words
from webapp.accounts.permissions import Role
from webapp.alerting import evaluate, queries, rules
from webapp.alerting.document import RuleDocument
from webapp.alerting.queries import InboxFilters
from webapp.alerting.types import AlertType
from webapp.core.periods import DAY, Window
from webapp.telemetry import baselines
from webapp.web.views import why_parts

BODY = "why-body.children"
WEEK = Window(NOW - 7 * DAY, NOW)
SPAN = "from=2026-03-03T12:00:00Z&to=2026-03-10T12:00:00Z"


@pytest.fixture
def dropped(runtime):
    with runtime.transaction() as session:
        model = make_model(session, title="Customer churn")
        make_confusion(session, Confusion(400, 60, 60, 480), start=NOW - 30 * DAY, end=NOW - 8 * DAY, prefix="before")
        make_deployment(session, at=NOW - 6 * DAY)
        now = Confusion(300, 130, 120, 350)
        make_confusion(session, now, version="v13", start=NOW - 6 * DAY, end=NOW - DAY, prefix="now")
    return model


def explain(client, metric, search="?range=7d"):
    values = {
        "why-metric.value": metric,
        "model-name.data": "churn",
        "location.pathname": "/models/churn",
        "location.search": search,
    }
    return fire(client, BODY, values, changed="why-metric.value")


def fired(runtime, **fields):
    """Save a rule, evaluate it, and return the address of the one alert that it raised."""
    document = {
        "name": "Accuracy",
        "type": AlertType.PERFORMANCE_DEGRADATION,
        "kind": "drop_from_baseline",
        "metric": "accuracy",
        "parameters": {"direction": "drop", "medium": 0.05, "window_minutes": 7 * 24 * 60, "days": 20},
        "interval_seconds": 60,
    }
    with runtime.transaction() as session:
        rules.save_rule(session, RuleDocument(**{**document, **fields}), actor=ROOT, now=NOW)
        evaluate.evaluate_due(session, now=NOW)
        (row,) = queries.inbox(session, InboxFilters(tab="open"), limit=10).rows
    return f"/alerts/{row.id}"


def hrefs(tree):
    if isinstance(tree, dict):
        own = [tree["href"]] if isinstance(tree.get("href"), str) else []
        return own + [each for value in tree.values() for each in hrefs(value)]
    return [each for part in tree for each in hrefs(part)] if isinstance(tree, list) else []


def test_the_page_says_why_accuracy_fell_and_leads_to_the_version(dropped, client_of):
    shown = page(client_of(Role.DATA_SCIENTIST), "/models/churn?range=7d")

    said = words(shown)
    assert "Accuracy went from 88.0% to 72.2%" in said
    assert "Version v13 took over: it weighs 100% instead of 0%; its accuracy is 72.2%, where all had 88.0%" in said
    assert "100% of the change" in said
    assert "/technical/performance?range=7d&model=churn&version=v13" in hrefs(shown)


def test_another_metric_is_explained_in_place_and_stands_in_the_address(dropped, client_of):
    ada = client_of(Role.DATA_SCIENTIST)

    chosen = explain(ada, "recall")

    assert "Recall went from 87.0% to 71.4%" in words(result(chosen, BODY))
    assert result(chosen, "location.search") == "?range=7d&why=recall"
    assert "Recall went from 87.0% to 71.4%" in words(page(ada, "/models/churn?range=7d&why=recall"))
    back = explain(ada, "accuracy", "?range=7d&why=recall")
    assert result(back, "location.search") == "?range=7d"


def test_an_address_that_names_no_metric_shows_the_usual_one(dropped, client_of):
    assert "Accuracy went from" in words(page(client_of(Role.DATA_SCIENTIST), "/models/churn?range=7d&why=cpu"))


def test_whoever_may_not_see_the_technical_screens_reads_the_causes_without_links(dropped, client_of):
    shown = page(client_of(Role.EXECUTIVE), "/models/churn?range=7d")

    assert "took over" in words(shown)
    assert not [href for href in hrefs(shown) if "version=v13" in href]


def test_without_outcomes_it_is_said_that_none_are_known(runtime, client_of):
    with runtime.transaction() as session:
        make_model(session)
        make_predictions(session, 200)

    said = words(page(client_of(Role.DATA_SCIENTIST), "/models/churn?range=7d"))

    assert "Accuracy cannot be compared: now there is none (no outcomes yet)." in said
    assert "No outcomes are known yet; right and wrong show when they arrive." in said


def test_a_fault_is_a_sentence_and_leaves_the_session_usable(runtime, dropped):
    with runtime.transaction() as session:
        refused = why_parts.asked(session, dropped, "cpu", WEEK, now=NOW)
        broken = why_parts.asked(session, dropped, "accuracy", WEEK, now=None)
        found = why_parts.asked(session, dropped, "accuracy", WEEK, now=NOW)

    assert refused.startswith("Changes of CPU are not explained")
    assert broken == "The causes cannot be computed right now; the log says why."
    assert found.headline.startswith("Accuracy went from")


def test_the_same_comes_over_http(dropped, client_of):
    found = client_of(Role.DATA_SCIENTIST).get(f"/api/v1/models/churn/why?metric=accuracy&{SPAN}").json

    assert found["clear"]
    assert found["change"]["verdict"] == "worse"
    assert found["before_window"]["from"] == "2026-02-01T12:00:00Z"
    cause = found["causes"][0]
    assert (cause["kind"], cause["version"]) == ("version", "v13")
    assert cause["contribution"] == pytest.approx(found["change"]["difference"])
    assert {fact["label"] for fact in cause["facts"]} >= {"accuracy", "counted", "weight"}


def test_over_http_the_usual_metric_is_explained_and_nonsense_refused(dropped, client_of):
    ada = client_of(Role.DATA_SCIENTIST)

    assert ada.get(f"/api/v1/models/churn/why?{SPAN}").json["metric"] == "accuracy"
    assert ada.get("/api/v1/models/churn/why?metric=cpu").status_code == 422
    assert ada.get("/api/v1/models/churn/why?metric=nonsense").status_code == 422
    assert ada.get("/api/v1/models/nobody/why").status_code == 404


def test_an_alert_says_why_for_the_windows_that_its_rule_compared(dropped, runtime, client_of):
    shown = page(client_of(Role.ONCALL), fired(runtime))

    said = words(shown)
    assert "Why did it change?" in said
    assert "3 Mar 2026, 12:00 – 10 Mar 2026, 12:00, with what is known of it today" in said
    assert "Version v13 took over" in said
    assert "Likely causes" not in said
    closer = "/technical/performance?model=churn&from=2026-03-03&to=2026-03-10&version=v13"
    assert closer in hrefs(shown)


def test_an_alert_goes_on_explaining_the_moment_it_fired(dropped, runtime, clock, client_of):
    address = fired(runtime)
    omar = client_of(Role.ONCALL)
    clock.at += timedelta(minutes=20)

    said = words(page(omar, address))

    assert "3 Mar 2026, 12:00 – 10 Mar 2026, 12:00, with what is known of it today" in said


def test_an_alert_about_drift_ranks_the_features_against_the_baseline(runtime, client_of):
    with runtime.transaction() as session:
        model = make_model(session)
        before = predictions(600, start=NOW - 20 * DAY, end=NOW - 10 * DAY, prefix="before")
        make_predictions(session, before)
        baselines.create_from_window(session, model, Window(NOW - 21 * DAY, NOW - 9 * DAY), by="ada", now=NOW)
        moved = predictions(600, start=NOW - DAY, end=NOW, prefix="now", seed=8)
        make_predictions(session, [replace(each, features={**each.features, "tenure": 70}) for each in moved])
    parameters = {"direction": "above", "high": 0.3, "window_minutes": 24 * 60}

    said = words(
        page(client_of(Role.ONCALL), fired(runtime, kind="threshold", metric="drift_score", parameters=parameters))
    )

    assert "What moved?" in said
    assert "tenure moved far: " in said
    assert "from the baseline" in said


def test_an_alert_about_a_machine_is_not_explained(runtime, client_of):
    (alert,) = alarms.fire(runtime, "api-1")

    assert "Why did it change?" not in words(page(client_of(Role.ONCALL), f"/alerts/{alert}"))


def test_an_alert_of_a_rule_that_cannot_be_read_any_more_is_explained_for_its_usual_window(dropped, runtime, client_of):
    address = fired(runtime)
    with runtime.transaction() as session:
        session.execute(text("UPDATE rule_version SET document = jsonb_set(document, '{kind}', '\"gone\"')"))

    said = words(page(client_of(Role.ONCALL), address))

    assert "9 Mar 2026, 12:00 – 10 Mar 2026, 12:00, with what is known of it today" in said
