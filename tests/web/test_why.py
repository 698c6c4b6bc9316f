"""Why a metric changed: on the model's page, in place for another metric, and over HTTP."""

import pytest

from tests.factories import NOW, Confusion, make_confusion, make_deployment, make_model, make_predictions
from tests.web.dashboards import fire, page, result, words
from webapp.accounts.permissions import Role
from webapp.core.periods import DAY, Window
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


def hrefs(tree):
    if isinstance(tree, dict):
        own = [tree["href"]] if isinstance(tree.get("href"), str) else []
        return own + [each for value in tree.values() for each in hrefs(value)]
    return [each for part in tree for each in hrefs(part)] if isinstance(tree, list) else []


def test_the_page_says_why_accuracy_fell_and_leads_to_the_version(dropped, client_of):
    shown = page(client_of(Role.DATA_SCIENTIST), "/models/churn?range=7d")

    said = words(shown)
    assert "Accuracy went from 88.0% to 72.2%" in said
    assert "Version v13 took over: it weighs 100% instead of 0%; its accuracy is 72.2%, before it was 88.0%." in said
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
