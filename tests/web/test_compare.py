"""The tab that puts two versions side by side, as the browser asks for it."""

import json
import re
from datetime import timedelta

import pytest

from tests.factories import (
    NOW,
    Confusion,
    make_confusion,
    make_deployment,
    make_model,
    make_outcomes,
    make_predictions,
    outcome,
    prediction,
)
from tests.web.dashboards import figure, page, texts, words

PATH = "/technical/versions?model=churn"


@pytest.fixture
def ada(client_of):
    return client_of("data_scientist")


@pytest.fixture
def two(runtime):
    with runtime.transaction() as session:
        make_model(session, title="Customer churn")
        make_confusion(session, Confusion(180, 40, 30, 750), version="v12", end=NOW - timedelta(days=5))
        make_confusion(
            session, Confusion(120, 100, 90, 690), version="v13", start=NOW - timedelta(days=5), prefix="x", seed=8
        )
        make_deployment(session, version="v12", at=NOW - timedelta(days=9))
        make_deployment(session, version="v13", at=NOW - timedelta(days=5), note="retrained")


@pytest.fixture
def shadow(runtime):
    """v13 decides the same sixty cases in the shadow, and is right more often."""
    at = NOW - timedelta(days=1)
    with runtime.transaction() as session:
        make_model(session, title="Customer churn")
        for version, environment in (("v12", "production"), ("v13", "shadow")):
            sent = [
                prediction(f"s-{n}", version=version, at=at, environment=environment, score=None, predicted=decided)
                for n in range(60)
                for decided in [1 if version == "v13" or n < 40 else 0]
            ]
            make_predictions(session, sent)
        make_outcomes(session, [outcome(f"s-{n}", 1, at=NOW) for n in range(60)])


def links(tree):
    return re.findall(r'"href": "([^"]+)"', json.dumps(tree))


def test_the_version_deployed_last_stands_beside_the_one_before(ada, two):
    shown = page(ada, PATH)

    said = texts(shown)
    assert {"Champion: v13", "Challenger: v12", "production", "81.0%", "93.0%", "+12.0 pp", "better"} <= set(said)
    assert "retrained" in words(shown)
    assert "No case was decided by both in this window." in words(shown)


def test_the_address_says_which_two(ada, two):
    shown = page(ada, f"{PATH}&a=v12&b=v13&metric=recall")

    assert {"Champion: v12", "Challenger: v13", "-12.0 pp", "worse"} <= set(texts(shown))
    course = figure(shown, "Recall over time of both versions")
    assert {trace["name"] for trace in course["data"]} == {"v12", "v13"}
    assert [note["text"] for note in course["layout"]["annotations"] if note["yref"] == "paper"] == ["v13", "v12"]


def test_each_number_says_how_it_was_computed_and_how_sure_it_is(ada, two):
    said = texts(page(ada, PATH))

    assert "(TP + TN) / (TP + FP + FN + TN)" in said
    assert "78.5% – 83.3%" in said
    assert said.count("no clear difference") + said.count("better") + said.count("worse") > 10


def test_both_confusions_are_drawn(ada, two):
    shown = page(ada, PATH)

    cells = figure(shown, "Confusion matrix of v12")["data"][0]["text"]
    assert cells[1][1].startswith("180")
    assert figure(shown, "Confusion matrix of v13")["data"][0]["text"][1][1].startswith("120")


def test_a_challenger_in_the_shadow_is_compared_case_by_case(ada, shadow):
    shown = page(ada, f"{PATH}&a=v12&b=v13")

    said = words(shown)
    assert "v13 is better" in said
    assert "v12 alone was right in 0 of 60 cases with an outcome, v13 alone in 20 (p < 0.001)." in said
    assert {"shadow", "v13 right", "v12 wrong"} <= set(texts(shown))
    assert "both said the same in 66.7% of 60 cases" in said


def test_a_single_version_is_told_what_to_send(ada, runtime):
    with runtime.transaction() as session:
        make_predictions(session, 3)

    said = words(page(ada, PATH))

    assert "Only one version so far" in said
    assert '"environment": "shadow"' in said


def test_a_side_without_predictions_in_the_window_leads_to_one_that_holds_both(ada, two):
    shown = page(ada, f"{PATH}&range=24h")

    assert "v12 predicted nothing in this window; it was last seen on 5 Mar. " in texts(shown)
    assert "too little to say no predictions in this window" in words(shown)
    longer = next(each for each in links(shown) if "from=" in each)
    assert longer == "/technical/versions?model=churn&from=2026-03-01"
    assert "predicted nothing" not in words(page(ada, longer))


@pytest.mark.parametrize(
    ("query", "said"),
    [("a=v12&b=v12", "choose two different versions"), ("a=v12&b=v99", "has no version 'v99'")],
)
def test_an_address_that_cannot_be_compared_is_answered_with_a_sentence(ada, two, query, said):
    assert said in words(page(ada, f"{PATH}&{query}"))


def test_names_are_shown_as_they_are(ada, runtime):
    with runtime.transaction() as session:
        make_confusion(session, Confusion(50, 10, 10, 50), version="<b>v1</b>")
        make_confusion(session, Confusion(50, 10, 10, 50), version="v2", prefix="y")
        make_deployment(session, version="<b>v1</b>", at=NOW - timedelta(days=2))

    shown = page(ada, PATH)

    assert "Champion: <b>v1</b>" in texts(shown)
    course = figure(shown, "Accuracy over time of both versions")
    assert {trace["name"] for trace in course["data"]} == {"&lt;b&gt;v1&lt;/b&gt;", "v2"}
