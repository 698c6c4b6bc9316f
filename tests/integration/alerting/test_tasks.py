"""Rules watch what applies to a model: nothing is judged, or can be asked, of a metric that it never has."""

from datetime import timedelta

import pytest

from tests.factories import NOW, make_model, make_outcomes, make_predictions, outcome, prediction
from tests.integration.alerting.helpers import alerts, save
from webapp.alerting import evaluate
from webapp.alerting.document import RuleDocument, Scope
from webapp.alerting.types import AlertType, NoData
from webapp.catalog.models import Task
from webapp.catalog.register import put_model
from webapp.core.errors import InvalidInputError
from webapp.telemetry.wire import Outcome, Prediction

HOUR_AGO = NOW - timedelta(hours=1)


def rule(metric, *, model=None, **parameters):
    return RuleDocument(
        name=f"{metric} of {model or 'all'}",
        type=AlertType.PERFORMANCE_DEGRADATION,
        kind="threshold",
        metric=metric,
        scope=Scope(model=model),
        parameters=parameters,
        no_data=NoData.ALERT,
    )


def forecasts(session, count=40, *, error=6.0):
    put_model(session, "demand", now=NOW, task=Task.REGRESSION)
    at = [HOUR_AGO + timedelta(seconds=place) for place in range(count)]
    sent = [Prediction("demand", str(place), at[place], predicted=20.0 + place + error) for place in range(count)]
    make_predictions(session, sent)
    make_outcomes(session, [Outcome("demand", str(place), 20.0 + place, NOW) for place in range(count)])


def test_the_error_of_forecasts_is_watched_and_yes_and_no_models_are_left_alone(session):
    forecasts(session)
    make_model(session, "churn")
    make_predictions(session, [prediction(str(place), at=HOUR_AGO) for place in range(40)])
    make_outcomes(session, [outcome(str(place), 1, at=NOW) for place in range(40)])
    save(session, rule("mae", direction="above", high=5.0))

    evaluate.evaluate_due(session, now=NOW + timedelta(minutes=1))

    (found,) = alerts(session)
    assert (found.model, round(found.value, 6)) == ("demand", 6.0)


def test_a_rule_about_all_models_does_not_ask_a_forecast_for_its_accuracy(session):
    forecasts(session)
    save(session, rule("accuracy", direction="below", high=0.8))

    evaluate.evaluate_due(session, now=NOW + timedelta(minutes=1))

    assert alerts(session) == []


def test_a_metric_that_the_named_model_never_has_is_refused_with_those_that_it_has(session):
    put_model(session, "demand", now=NOW, task=Task.REGRESSION)

    with pytest.raises(
        InvalidInputError, match=r"Accuracy is not defined for 'demand', which is a regression model"
    ) as told:
        save(session, rule("accuracy", model="demand", direction="below", high=0.8))

    assert "MAE" in str(told.value)
    save(session, rule("mae", model="demand", direction="above", high=5.0))
