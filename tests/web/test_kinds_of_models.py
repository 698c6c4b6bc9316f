"""Forecasts and models of several classes on every screen: what is stored comes out as what people read."""

from datetime import timedelta

import pytest

from tests import factories as make
from tests.factories import HOUR_AGO, NOW, WORKED_EXAMPLE
from tests.web.dashboards import figure, fire, page, result, texts, words
from webapp.catalog import queries
from webapp.catalog.models import Business, Costs, Target, Task
from webapp.catalog.register import put_model, set_business
from webapp.telemetry.wire import Outcome, Prediction

ROUTED = (  # (predicted, what happened, how often)
    *(("network", "network", 60), ("hardware", "network", 20)),
    *(("hardware", "hardware", 110), ("network", "hardware", 10)),
)
SINCE = NOW - timedelta(days=60)
EVERY_PAGE = (
    *("/", "/executive", "/impact", "/models", "/technical/performance", "/technical/data", "/technical/health"),
    *("/technical/predictions", "/technical/versions"),
)


@pytest.fixture
def routing(runtime):
    with runtime.transaction() as session:
        model = put_model(session, "routing", now=NOW, title="Ticket routing", task=Task.MULTICLASS)
        costs = Costs(right=4.0, wrong=-9.0, matrix={"network": {"hardware": -16.0}})
        set_business(session, model.id, Business(SINCE, 0.0, 0.0, costs=costs), now=NOW)
        answers = [(named, real) for named, real, count in ROUTED for _ in range(count)]
        sent = [
            Prediction(
                "routing",
                f"t-{place}",
                HOUR_AGO - timedelta(minutes=place),
                version="r4",
                scores={named: 0.8, ("network" if named == "hardware" else "hardware"): 0.2},
                features={"product": "VPN"},
            )
            for place, (named, _) in enumerate(answers)
        ]
        make.make_predictions(session, sent)
        make.make_outcomes(
            session, [Outcome("routing", f"t-{place}", real, HOUR_AGO) for place, (_, real) in enumerate(answers)]
        )
    return model


@pytest.fixture
def demand(runtime):
    """Two hundred forecasts, half of them 6 too high and half 2 too low."""
    with runtime.transaction() as session:
        model = put_model(
            session, "demand", now=NOW, title="Demand", task=Task.REGRESSION, targets={"mae": Target(3, 5, 8)}
        )
        set_business(session, model.id, Business(SINCE, 0.0, 0.0, costs=Costs(over=1.5, under=4.0)), now=NOW)
        actual = [20.0 + place % 40 for place in range(200)]
        sent = [
            Prediction(
                "demand",
                f"d-{place}",
                HOUR_AGO - timedelta(minutes=place),
                version="f8",
                predicted=real + (6.0 if place % 2 else -2.0),
                features={"store": "Harbour", "price": 1.0 + place / 1000},
            )
            for place, real in enumerate(actual)
        ]
        make.make_predictions(session, sent)
        make.make_outcomes(
            session, [Outcome("demand", f"d-{place}", real, HOUR_AGO) for place, real in enumerate(actual)]
        )
    return model


@pytest.mark.parametrize("address", EVERY_PAGE)
def test_every_page_opens_for_every_kind_and_for_all_of_them(runtime, routing, demand, client_of, address):
    with runtime.transaction() as session:
        make.make_model(session, "churn")
        make.make_confusion(session, make.Confusion(4, 2, 2, 12))
    root = client_of("admin")

    for chosen in ("", "?model=routing", "?model=demand", "?model=churn"):
        said = words(page(root, f"{address}{chosen}"))
        assert "not defined for" not in said


def test_what_was_taken_for_what(routing, client_of):
    shown = page(client_of("data_scientist"), "/technical/performance?model=routing")
    said = texts(shown)

    assert {"network taken for hardware", "hardware taken for network"} <= set(said)
    assert said.index("network taken for hardware") < said.index("hardware taken for network")
    assert {"85.0%", "25.0%", "Macro F1", "Macro recall"} <= set(said)
    right, wrong = figure(shown, "Real against predicted classes")["data"]
    assert right["y"] == ["network", "hardware"]
    assert wrong["text"][0][0] == "20<br>25%"
    assert "How was this computed?" in words(shown)


def test_over_http_classes_are_confused_with_classes(routing, client_of):
    found = client_of("data_scientist").get("/api/v1/models/routing/performance").json

    assert (found["task"], found["predictions"], found["known"], found["coverage"]) == ("multiclass", 200, 200, 1.0)
    assert found["confusion"] == {"names": ["hardware", "network"], "cells": [[110, 10], [20, 60]]}
    assert found["metrics"]["accuracy"]["value"] == pytest.approx(0.85)
    assert [each["recall"]["value"] for each in found["classes"]] == pytest.approx([60 / 80, 110 / 120])
    assert found["mix_ups"][0] == {"actual": "network", "predicted": "hardware", "count": 20, "share": 0.25}


def test_over_http_forecasts_have_errors(demand, client_of):
    ada = client_of("data_scientist")

    found = ada.get("/api/v1/models/demand/performance").json

    assert (found["task"], found["known"], found["over"], found["under"]) == ("regression", 200, 600.0, 200.0)
    assert found["metrics"]["mae"]["value"] == pytest.approx(4.0)
    assert sum(bar["count"] for bar in found["bars"]) == 200
    refused = ada.get("/api/v1/models/demand/performance?threshold=0.3")
    assert (refused.status_code, "decides between yes and no" in refused.text) == (422, True)


def test_where_forecasts_go_wrong(demand, client_of):
    shown = page(client_of("data_scientist"), "/technical/performance?model=demand")
    said = texts(shown)

    assert {"4", "2", "50.0%"} <= set(said)  # MAE, bias, over-forecast share
    assert "target ≤ 3" in said
    assert figure(shown, "Errors of the predictions with their quantiles")["data"][0]["type"] == "bar"
    over, under = figure(shown, "Share of too high predictions by predicted value")["data"]
    assert [a + b for a, b in zip(over["y"], under["y"], strict=True)] == pytest.approx([1.0] * len(over["y"]))


def test_the_cost_of_errors_is_for_those_who_may_see_money(runtime, demand, client_of):
    seen = texts(page(client_of("analyst"), "/impact?model=demand"))
    technical = words(page(client_of("devops"), "/technical/performance?model=demand"))

    assert "$1,700" in seen  # 100 · 6 · 1.50 + 100 · 2 · 4.00
    assert "1,700" not in technical


def test_without_outcomes_each_kind_says_so(runtime, client_of):
    with runtime.transaction() as session:
        put_model(session, "demand", now=NOW, task=Task.REGRESSION)
        put_model(session, "routing", now=NOW, task=Task.MULTICLASS)
        make.make_predictions(session, [Prediction("demand", "1", HOUR_AGO, predicted=3.0)])
        make.make_predictions(session, [Prediction("routing", "1", HOUR_AGO, predicted="network", score=0.7)])
    ada = client_of("data_scientist")

    for name in ("demand", "routing"):
        said = words(page(ada, f"/technical/performance?model={name}"))
        assert "1 predictions wait for what really happened." in said
        assert "No outcomes yet" in said


def test_executives_read_what_a_forecast_costs_and_a_router_brings(routing, demand, client_of):
    erin = client_of("executive")

    forecast, router, both = (
        texts(page(erin, address)) for address in ("/executive?model=demand", "/executive?model=routing", "/executive")
    )

    assert {"Forecast cost", "$1,700", "MAE", "4"} <= set(forecast)
    assert {"Decision value", f"${170 * 4 - 20 * 16 - 10 * 9:,}", "85.0%"} <= set(router)
    assert "Customers saved" not in forecast + router + both
    assert {"$1,700", "$270"} <= set(both)


def test_beside_models_that_decide_the_others_have_their_own_table(runtime, routing, demand, client_of):
    with runtime.transaction() as session:
        churn = make.make_model(session, "churn", title="Customer churn")
        make.make_business(session, churn)
        make.make_confusion(session, WORKED_EXAMPLE)

    said = texts(page(client_of("executive"), "/executive"))

    assert {"$540,000", "1,614.3%", "Forecasts and routers", "$1,700", "$270"} <= set(said)
    assert "from 1 of 3 models" not in " ".join(said)


def test_the_wall_shows_of_each_model_what_it_is_judged_by(routing, demand, client_of):
    said = texts(page(client_of("executive"), "/"))

    assert "Accuracy, 1 of 2" in said
    assert said[said.index("MAE") + 1] == "4"


def test_other_costs_are_tried_without_being_stored(runtime, demand, routing, client_of):
    bea = client_of("analyst")
    tried = fire(
        bea,
        "impact-answered.children",
        {"impact-first.value": 3, "impact-second.value": 0, "location.search": "?model=demand"},
        changed="impact-first.value",
    )
    classes = fire(
        bea,
        "impact-answered.children",
        {"impact-first.value": 10, "impact-second.value": -1, "location.search": "?model=routing"},
        changed="impact-first.value",
    )

    assert {"$1,700", "$1,800"} <= set(texts(result(tried, "impact-answered.children")))
    assert "$1,370" in texts(result(classes, "impact-answered.children"))  # the pair keeps its −16
    with runtime.transaction() as session:
        assert queries.business(session, [demand.id])[demand.id][-1].costs == Costs(over=1.5, under=4.0)


MONEY = {
    "model-money-from.value": "2026-03-01",
    "model-money-value.value": "0",
    "model-money-contact.value": "0",
    "model-money-rate.value": "100",
    "model-money-running.value": "0",
    "model-money-horizon.value": "12",
    "model-money-currency.value": "usd",
    "model-money-over.value": "",
    "model-money-under.value": "",
    "model-money-right.value": "",
    "model-money-wrong.value": "",
    "model-money-pairs.value": "",
}


def test_costs_are_put_in_force_on_the_page_of_the_model(runtime, demand, routing, client_of):
    root = client_of("admin")
    fields = {**MONEY, "model-name.data": "demand", "model-money-over.value": "2", "model-money-under.value": "5.5"}
    pairs = {
        **MONEY,
        "model-name.data": "routing",
        "model-money-right.value": "1",
        "model-money-wrong.value": "-2",
        "model-money-pairs.value": '{"network": {"hardware": -30}}',
    }

    shown = fire(root, "model-money.children", fields, changed="model-money-save.n_clicks")
    fire(root, "model-money.children", pairs, changed="model-money-save.n_clicks")

    assert {"A unit too much", "$2", "$5.50"} <= set(texts(result(shown, "model-money.children")))
    with runtime.transaction() as session:
        found = queries.business(session, [demand.id, routing.id])
        assert found[demand.id][-1].costs == Costs(over=2.0, under=5.5)
        assert found[routing.id][-1].costs == Costs(right=1.0, wrong=-2.0, matrix={"network": {"hardware": -30.0}})


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("model-money-over.value", "-1", "The cost of a unit too much is a number from 0 up."),
        ("model-money-pairs.value", "{network", "The single pairs are no JSON like"),
        ("model-money-pairs.value", '{"network": 3}', "The single pairs are no JSON like"),
    ],
)
def test_costs_that_cannot_be_are_refused(demand, client_of, field, value, said):
    fields = {**MONEY, "model-name.data": "demand", field: value}

    response = fire(client_of("admin"), "model-money.children", fields, changed="model-money-save.n_clicks")

    assert said in response.get_data(as_text=True)


def bounds(metric, *values):
    return [
        ({"type": "model-bound", "metric": metric, "bound": bound}, value)
        for bound, value in zip(("target", "warning", "critical"), values, strict=True)
    ]


def test_any_metric_that_applies_can_have_a_target_and_lose_it_again(runtime, demand, client_of):
    ada = client_of("data_scientist")
    said = words(page(ada, "/models/demand"))

    many = {"model-bound": bounds("mape", "10", "15", "30") + bounds("mae", "", "", "")}
    fire(
        ada,
        "model-targets-saved.children",
        {"model-name.data": "demand"},
        many=many,
        changed="model-targets-save.n_clicks",
    )

    with runtime.transaction() as session:
        found = queries.model_named(session, "demand").targets
    assert found["mape"] == Target(0.10, 0.15, 0.30)
    assert "mae" not in found
    assert "ROC AUC" not in said
    assert "MAPE" in said


def test_a_model_is_registered_with_what_it_answers(runtime, client_of):
    fields = {
        "models-new-name.value": "orders",
        "models-new-task.value": "regression",
        "models-new-cut.value": "0.5",
        "models-new-positive.value": "1",
    }

    fire(client_of("data_scientist"), "models-new-problem.children", fields, changed="models-new-save.n_clicks")

    with runtime.transaction() as session:
        assert queries.model_named(session, "orders").task is Task.REGRESSION


def test_costs_and_targets_go_over_the_api(runtime, client_of):
    root = client_of("admin")
    body = {
        "task": "regression",
        "targets": {"mae": {"target": 3, "warning": 5, "critical": 8}},
        "business": {"valid_from": "2026-01-01T00:00:00Z", "costs": {"over": 1.5, "under": 4}},
    }

    made = root.put("/api/v1/models/demand", json=body, headers=root.csrf)
    strange = root.put(
        "/api/v1/models/demand",
        json={"targets": {"accuracy": {"target": 0.9, "warning": 0.8, "critical": 0.7}}},
        headers=root.csrf,
    )

    assert made.status_code == 200, made.get_data(as_text=True)
    assert made.get_json()["business"][0]["costs"] == {
        "over": 1.5,
        "under": 4.0,
        "right": None,
        "wrong": None,
        "matrix": {},
    }
    assert strange.status_code == 422 or strange.status_code == 400
    assert "Accuracy is not defined for regression models; it has no target." in strange.get_data(as_text=True)
