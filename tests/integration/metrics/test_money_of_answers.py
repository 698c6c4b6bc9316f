"""Costs of forecasts and classes as documents with a date, through events that are stored."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.factories import HOUR_AGO, NOW, make_model, make_outcomes, make_predictions
from webapp.catalog import queries as catalog
from webapp.catalog.models import Business, Costs, Task
from webapp.catalog.register import put_model, set_business
from webapp.core.errors import InvalidInputError
from webapp.core.periods import Window
from webapp.metrics import queries
from webapp.telemetry.wire import Outcome, Prediction

DAY_AGO = NOW - timedelta(days=1)
WINDOW = Window(NOW - timedelta(days=2), NOW)


def numbers(session, model, at, *pairs):
    names = [f"{at:%d%H}-{place}" for place in range(len(pairs))]
    sent = [Prediction(model.name, name, at, predicted=pair[0]) for name, pair in zip(names, pairs, strict=True)]
    make_predictions(session, sent)
    make_outcomes(session, [Outcome(model.name, name, pair[1], NOW) for name, pair in zip(names, pairs, strict=True)])


def test_costs_are_kept_with_their_date_and_value_their_own_part(session):
    model = put_model(session, "demand", now=NOW, task=Task.REGRESSION)
    first = Business(NOW - timedelta(days=30), 0.0, 0.0, costs=Costs(over=1.0, under=2.0))
    set_business(session, model.id, first, now=NOW)
    set_business(session, model.id, replace(first, valid_from=DAY_AGO, costs=Costs(over=10.0)), now=NOW)
    numbers(session, model, DAY_AGO - timedelta(hours=3), (12, 10), (7, 10))
    numbers(session, model, HOUR_AGO, (12, 10), (7, 10))

    found = queries.values(session, [model], ["forecast_cost"], WINDOW, now=NOW)["demand"]["forecast_cost"]
    steps = queries.series(session, model, ["forecast_cost"], WINDOW, timedelta(hours=12), now=NOW)["forecast_cost"]

    assert catalog.business(session, [model.id])[model.id][-1].costs == Costs(over=10.0)
    assert found.value == pytest.approx(2 * 1 + 3 * 2 + 2 * 10)
    assert [point.value.value for point in steps.points if point.value.value is not None] == [8, 20]


def test_classes_are_valued_by_their_names(session):
    model = put_model(session, "routing", now=NOW, task=Task.MULTICLASS)
    costs = Costs(right=3.0, wrong=-7.0, matrix={"network": {"hardware": -20.0}})
    set_business(session, model.id, Business(NOW - timedelta(days=30), 0.0, 0.0, costs=costs), now=NOW)
    answers = (("hardware", "network"), ("hardware", "hardware"), ("network", "hardware"))
    sent = [
        Prediction("routing", str(place), HOUR_AGO, predicted=named, score=0.9)
        for place, (named, _) in enumerate(answers)
    ]
    make_predictions(session, sent)
    make_outcomes(session, [Outcome("routing", str(place), real, NOW) for place, (_, real) in enumerate(answers)])

    found = queries.values(session, [model], ["decision_value"], WINDOW, now=NOW)["routing"]["decision_value"]

    assert found.value == 3 - 7 - 20


@pytest.mark.parametrize(
    ("costs", "words"),
    [
        (Costs(over=-1.0), "The cost of over-forecasting is -1.0"),
        (Costs(under=float("inf")), "The cost of under-forecasting is inf"),
        (Costs(matrix={"a": {"b": float("nan")}}), "not a finite number"),
    ],
)
def test_costs_that_are_none_are_refused(session, costs, words):
    model = make_model(session)

    with pytest.raises(InvalidInputError, match=words):
        set_business(session, model.id, Business(NOW, 0.0, 0.0, costs=costs), now=NOW)
