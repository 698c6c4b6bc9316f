"""Segments on the screen: who is served worse than the others, and a page that is about one of them only."""

import pytest

from tests import factories as make
from tests.factories import NOW
from tests.web.dashboards import page, texts, words
from webapp.catalog.models import Task
from webapp.catalog.register import put_model
from webapp.telemetry.segments import declare
from webapp.telemetry.wire import Prediction


@pytest.fixture
def plans(runtime):
    """Three plans: gold is right nine times of ten, basic six times, and of trial there are few."""
    sizes = {"gold": (100, 90), "basic": (100, 60), "trial": (5, 0)}
    with runtime.transaction() as session:
        declare(session, make.make_model(session, "churn", title="Customer churn", now=NOW), ["plan"], now=NOW)
        for plan, (count, right) in sizes.items():
            names = [f"{plan}-{place}" for place in range(count)]
            make.make_predictions(
                session, [make.prediction(name, score=0.9, segments={"plan": plan}) for name in names]
            )
            make.make_outcomes(session, [make.outcome(name, place < right) for place, name in enumerate(names)])


def test_the_worst_segment_stands_first_and_says_whether_it_is_clear(plans, client_of):
    said = texts(page(client_of("data_scientist"), "/technical/performance?model=churn"))

    at = [said.index(plan) for plan in ("basic", "gold", "trial")]
    assert at == sorted(at)
    assert any(each.startswith("worse: ") for each in said[at[0] : at[1]])
    assert any(each.startswith("better: ") for each in said[at[1] : at[2]])
    assert "too little to say" in said[at[2] :]


def test_a_page_may_be_about_one_segment(plans, client_of):
    ada = client_of("data_scientist")

    said = words(page(ada, "/technical/performance?model=churn&segment=plan%3Dgold"))

    assert "only plan=gold" in said
    assert "90.0%" in said
    assert "Against the others" not in said


def test_a_segment_that_is_not_there_is_a_sentence(plans, client_of):
    said = words(page(client_of("data_scientist"), "/technical/performance?model=churn&segment=plan%3Dsilver"))

    assert "has no segment 'plan=silver'" in said


def test_why_and_compare_do_not_pass_over_a_segment(plans, client_of):
    ada = client_of("data_scientist")

    of_all = ada.get("/api/v1/models/churn/why").json["now"]["sample_count"]
    of_gold = ada.get("/api/v1/models/churn/why?segment.plan=gold").json["now"]["sample_count"]
    unknown = ada.get("/api/v1/models/churn/why?segment.plan=silver")
    compared = ada.get("/api/v1/models/churn/compare?segment.plan=gold")

    assert 0 < of_gold < of_all
    assert (unknown.status_code, "has no segment" in unknown.text) == (404, True)
    assert (compared.status_code, "leave the segment out" in compared.text) == (422, True)


def test_without_keys_the_page_says_what_to_do(runtime, client_of):
    with runtime.transaction() as session:
        make.make_model(session, "churn", now=NOW)
        make.make_predictions(session, [make.prediction()])
        make.make_outcomes(session, [make.outcome()])

    said = words(page(client_of("data_scientist"), "/technical/performance?model=churn"))

    assert "No segments are counted apart" in said


def test_numbers_and_classes_have_segments_too(runtime, client_of):
    with runtime.transaction() as session:
        for name, task in (("demand", Task.REGRESSION), ("tickets", Task.MULTICLASS)):
            model = put_model(session, name, now=NOW, task=task)
            declare(session, model, ["shop"], now=NOW)
        for place in range(80):
            shop, at = ("north", "south")[place % 2], make.HOUR_AGO
            off = 20 if shop == "south" else 1
            make.make_predictions(
                session,
                [
                    Prediction("demand", f"d-{place}", at, predicted=100.0 + place + off, segments={"shop": shop}),
                    Prediction("tickets", f"t-{place}", at, predicted="a", segments={"shop": shop}),
                ],
            )
            told = [
                make.outcome(f"d-{place}", 100.0 + place, model="demand"),
                make.outcome(f"t-{place}", "b" if shop == "south" and place % 3 else "a", model="tickets"),
            ]
            make.make_outcomes(session, told)
    ada = client_of("data_scientist")

    for name in ("demand", "tickets"):
        said = texts(page(ada, f"/technical/performance?model={name}"))
        assert f"the worst by {'MAE' if name == 'demand' else 'accuracy'} first" in said
        assert said.index("south") < said.index("north")
        assert any(each.startswith("worse: ") for each in said)
    part = words(page(ada, "/technical/performance?model=demand&segment=shop%3Dnorth"))
    assert "only shop=north" in part
    assert "Counted 40" in part
