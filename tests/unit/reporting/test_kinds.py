"""Reports of forecasts and of models of several classes: what can never apply to them is not in them."""

from datetime import UTC, datetime

import pytest
from msgspec import json

from tests.unit.metrics.answered import class_counts, error_counts, of_classes, of_errors
from tests.unit.reporting.made import alert_month, business, facts, model, model_facts
from webapp.catalog import targets
from webapp.catalog.models import Costs, Target, Task
from webapp.core.periods import month
from webapp.figures.business import BusinessMonth
from webapp.metrics.metric import Value
from webapp.metrics.multiclass_report import class_report
from webapp.metrics.queries import value_of
from webapp.metrics.registry import METRICS, for_task
from webapp.metrics.regression_report import error_report
from webapp.reporting.advice import recommendations
from webapp.reporting.build import NAMED, build
from webapp.reporting.observations import observations
from webapp.reporting.sections.computation import ANSWERS
from webapp.reporting.sections.model_performance import QUALITY, TRENDS
from webapp.reporting.sections.summary import CARDS

NOW = datetime(2026, 4, 1, 6, tzinfo=UTC)
NEVER = ("Precision", "ROI", "Return on investment", "Customers saved", "Net benefit", "threshold", "flagged")


def values_of(evidence, **more):
    found = {name: value_of(metric, evidence) for name, metric in METRICS.items()}
    return found | {"outcome_coverage": Value(1.0), "drift_score": Value(0.05), **more}


def of_task(task, evidence, *, costs, own=None, **more):
    values = values_of(evidence, **more)
    months = (BusinessMonth(month(2026, 2).start, values), BusinessMonth(month(2026, 3).start, values))
    return model_facts(
        model=model(
            name=str(task), title=f"A {task} model", task=task, targets={**targets.defaults(task), **(own or {})}
        ),
        now=values,
        before=values,
        business=(business(customer_value=0.0, contact_cost=0.0, costs=costs),),
        months=months,
        trends={},
        performance=None,
        drift=None,
    )


def forecast(**over):
    evidence = of_errors(error_counts([12.0, 7.0] * 40, [10.0, 10.0] * 40))
    found = of_task(
        Task.REGRESSION, evidence, costs=Costs(over=1.0, under=2.0), forecast_cost=Value(320.0, sample_count=80), **over
    )
    return model_facts(**{name: getattr(found, name) for name in found.__slots__} | {"errors": error_report(evidence)})


def router(**over):
    evidence = of_classes(class_counts([0] * 50 + [1] * 30, [0] * 45 + [1] * 35, names=("access", "network")))
    found = of_task(
        Task.MULTICLASS,
        evidence,
        costs=Costs(right=4.0, wrong=-9.0),
        decision_value=Value(255.0, sample_count=80),
        **over,
    )
    return model_facts(**{name: getattr(found, name) for name in found.__slots__} | {"classes": class_report(evidence)})


def words_of(document):
    return json.encode(document).decode()


def test_the_report_of_a_forecast_speaks_of_errors_and_their_cost():
    said = words_of(build(facts(forecast()), created_at=NOW, created_by="ada"))

    for words in ("MAE", "RMSE", "Bias", "Forecast cost", "$320", "a unit too little", "For each known answer", "$4"):
        assert words in said
    for words in (*NEVER, "not defined for"):
        assert words not in said


def test_the_report_of_a_router_names_what_it_mixes_up():
    said = words_of(build(facts(router()), created_at=NOW, created_by="ada"))

    for words in ("access taken for network", "Macro F1", "Decision value", "$255", "a wrong answer", "-$9"):
        assert words in said
    for words in ("ROI", "Customers saved", "not defined for"):
        assert words not in said


def test_the_report_of_all_models_holds_each_to_its_own_kind():
    said = words_of(build(facts(model_facts(), forecast(), router()), created_at=NOW, created_by="ada"))

    for words in ("Accuracy 88.0%", "MAE 2.50", "Forecasts and routers", "Forecast cost $320", "Decision value $255"):
        assert words in said
    assert "not defined for" not in said


@pytest.mark.parametrize("task", [Task.MULTICLASS, Task.REGRESSION])
def test_targets_that_never_apply_are_not_held_against_a_model(task):
    made = forecast() if task is Task.REGRESSION else router()
    stale = model_facts(
        **{name: getattr(made, name) for name in made.__slots__}
        | {"model": model(task=task, targets={"roi": Target(300, 200, 0), "roc_auc": Target(0.9, 0.8, 0.7)})}
    )

    assert observations(facts(stale, alerts=alert_month(opened=0, worst=()))) == ()


def test_a_forecast_off_its_line_is_told_with_which_way_it_errs():
    found = facts(forecast(own={"mae": Target(1, 2, 5)}), alerts=alert_month(opened=0, worst=()))

    (seen,) = observations(found)
    advice = recommendations(found, (seen,))[0]

    assert seen.title == "MAE is 2.50, above its warning line"
    assert "too low by 0.500" in advice.effect


def test_a_router_off_its_line_is_told_with_its_worst_mix_up():
    found = facts(router(own={"macro_f1": Target(0.99, 0.98, 0.5)}), alerts=alert_month(opened=0, worst=()))

    (seen,) = observations(found)
    advice = recommendations(found, (seen,))[0]

    assert seen.rule == "target:macro_f1"
    assert advice.effect == "Most often access was taken for network: 5 times."


def test_every_name_in_these_reports_is_a_metric_of_the_kind():
    for names_of in (NAMED, ANSWERS, QUALITY, TRENDS, CARDS):
        for task, names in names_of.items():
            assert set(names) <= for_task(task).keys()
