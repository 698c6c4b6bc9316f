"""Metrics over windows and steps, by version and by instance, from stored events."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from tests.factories import (
    HOUR_AGO,
    NOW,
    Confusion,
    make_business,
    make_confusion,
    make_measurements,
    make_model,
    make_outcomes,
    make_predictions,
    outcome,
    prediction,
    predictions,
)
from webapp.core.errors import InvalidInputError, NotFoundError
from webapp.core.periods import DAY, HOUR, Window, trailing
from webapp.metrics import health, queries
from webapp.metrics.registry import METRICS
from webapp.settings import MINIMUM_COVERAGE
from webapp.telemetry import baselines

LAST_DAY = Window(NOW - DAY, NOW)
LAST_DAYS = Window(datetime(2026, 3, 1, tzinfo=UTC), NOW)


@pytest.fixture
def model(session):
    return make_model(session)


def values(session, model, *names, window=LAST_DAY, **choices):
    return queries.values(session, [model], names, window, now=NOW, **choices)[model.name]


def test_the_sum_of_steps_is_the_window(session, model):
    make_confusion(session)
    make_business(session, model, running_cost_monthly=1000)

    steps = queries.series(session, model, ["prediction_count", "net_benefit"], LAST_DAYS, DAY, now=NOW)
    whole = values(session, model, "prediction_count", "net_benefit", window=LAST_DAYS)

    for name in steps:
        total = sum(point.value.value or 0 for point in steps[name].points)
        assert total == pytest.approx(whole[name].value)
    assert len(steps["prediction_count"].points) == 10
    assert steps["prediction_count"].points[-1].at == datetime(2026, 3, 10, tzinfo=UTC)


def test_money_of_steps_adds_up_although_parameters_change_within_one(session, model):
    make_confusion(session, start=NOW - timedelta(days=9), end=NOW - HOUR)
    make_business(session, model)
    make_business(session, model, valid_from=datetime(2026, 3, 5, 15, tzinfo=UTC), customer_value=2400)

    steps = queries.series(session, model, ["revenue_protected"], LAST_DAYS, DAY, now=NOW)["revenue_protected"]
    whole = values(session, model, "revenue_protected", window=LAST_DAYS)["revenue_protected"]

    assert sum(point.value.value or 0 for point in steps.points) == pytest.approx(whole.value)
    assert 540_000 < whole.value < 1_080_000


def test_before_the_first_parameters_there_is_no_money(session, model):
    make_confusion(session)
    make_business(session, model, valid_from=datetime(2026, 3, 8, tzinfo=UTC))

    found = values(session, model, "revenue_protected", "customers_at_risk", window=LAST_DAYS)

    assert found["revenue_protected"].value < 540_000
    assert "from 8 Mar 2026 on, when the business parameters begin" in found["revenue_protected"].note
    assert found["customers_at_risk"].value == 630


def test_running_costs_are_those_of_the_time_that_has_passed(session, model):
    make_confusion(session, Confusion(0, 0, 0, 10), start=NOW - HOUR, end=NOW)
    make_business(session, model, running_cost_monthly=3100)
    march = Window(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))

    assert values(session, model, "net_benefit", window=march)["net_benefit"].value == pytest.approx(-950)


def test_each_version_has_its_own_line(session, model):
    make_predictions(session, predictions(60, version="v1", prefix="a", end=NOW - 12 * HOUR))
    make_predictions(session, predictions(40, version="v2", prefix="b", start=NOW - 12 * HOUR))
    make_predictions(session, predictions(5, version="v3", prefix="c", start=NOW - 9 * DAY, end=NOW - 8 * DAY))

    lines = queries.version_series(session, model, "prediction_count", LAST_DAY, 12 * HOUR, now=NOW)

    assert list(lines) == ["v1", "v2"]
    counts = {name: [point.value.value for point in line.points] for name, line in lines.items()}
    assert counts == {"v1": [60, 0], "v2": [0, 40]}
    assert values(session, model, "prediction_count", version="v2")["prediction_count"].value == 40
    with pytest.raises(NotFoundError, match="no version 'v9'"):
        values(session, model, "prediction_count", version="v9")


def test_a_shadow_is_not_mixed_into_production(session, model):
    live = [prediction(f"p-{n}", version="v1") for n in range(10)]
    shadow = [prediction(f"p-{n}", version="v2", environment="shadow") for n in range(10)]
    make_predictions(session, live + shadow)
    make_outcomes(session, [outcome(f"p-{n}", 1, at=NOW) for n in range(10)])

    assert values(session, model, "prediction_count")["prediction_count"].value == 10
    assert values(session, model, "accuracy", version="v2")["accuracy"].sample_count == 10


def test_machines_are_measured_together_and_apart(session, model):
    make_measurements(session, "cpu_percent", [60, 80], instance="api-1")
    make_measurements(session, "cpu_percent", [20], instance="api-2")
    make_measurements(session, "up", [1, 1, 0, 1], instance="api-1")

    found = values(session, model, "cpu", "availability", "memory")
    lines = queries.instance_series(session, model, "cpu", LAST_DAY, HOUR, now=NOW)

    assert found["cpu"].value == pytest.approx(160 / 3)
    assert found["availability"].value == 0.75
    assert found["memory"].reason == "no measurements in this window"
    assert {name: line.points[-1].value.value for name, line in lines.items()} == {"api-1": 70, "api-2": 20}


def test_a_measurement_of_one_model_is_not_anothers(session, model):
    other = make_model(session, "other")
    make_measurements(session, "cpu_percent", [40])  # of the service that both run on
    make_measurements(session, "cpu_percent", [80], model="churn", instance="gpu-1")

    found = queries.values(session, [model, other], ["cpu"], LAST_DAY, now=NOW)

    assert found["churn"]["cpu"].value == 60
    assert found["other"]["cpu"].value == 40


def test_freshness_is_to_the_minute(session, model):
    make_predictions(session, [prediction("a", at=HOUR_AGO)])

    assert values(session, model, "freshness")["freshness"].value == 3_600_000


def test_late_outcomes_make_the_old_day_complete(session, model):
    day = Window(datetime(2026, 2, 8, tzinfo=UTC), datetime(2026, 2, 9, tzinfo=UTC))
    sent = predictions(1000, start=day.start, end=day.end)
    make_predictions(session, sent)
    assert values(session, model, "accuracy", window=day)["accuracy"].reason == "no outcomes yet"

    make_outcomes(session, [outcome(item.prediction_id, int(item.score >= 0.5), at=NOW) for item in sent[:900]])

    found = values(session, model, "accuracy", "outcome_coverage", window=day)
    assert found["accuracy"].value == 1
    assert found["accuracy"].coverage == 0.9
    assert found["accuracy"].note == "from the 90% of predictions whose outcome is known"
    assert found["outcome_coverage"].value == 0.9


def test_unknown_names_are_refused_with_the_known_ones(session, model):
    with pytest.raises(InvalidInputError, match="There is no metric 'beauty'; there are accuracy"):
        values(session, model, "beauty")


def test_a_dozen_models_take_a_handful_of_statements(session):
    models = [make_model(session, f"model-{n}") for n in range(12)]
    for made in models:
        make_predictions(session, predictions(5, model=made.name))
        make_business(session, made)
    statements = []
    engine = session.get_bind().engine
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))

    found = queries.values(session, models, list(METRICS), LAST_DAY, now=NOW)

    assert len(found) == 12
    assert len(statements) <= 8


def test_a_model_in_trouble_says_why(session, model):
    quiet = make_model(session, "quiet")
    make_confusion(session, Confusion(tp=100, fp=300, fn=100, tn=500))
    make_business(session, model)

    found = health.health(session, [model, quiet], now=NOW)

    assert found["churn"].state == "critical"
    assert found["churn"].reason == "Accuracy 60.0% is below the critical line 70.0%."
    assert found["quiet"].state == "unknown"
    assert health.overall(found.values()).reason == "2 models: 1 critical, 1 unknown."


def test_a_quiet_day_is_judged_by_the_month(session, model):
    make_predictions(
        session, [prediction(f"e-{n}", at=NOW - 5 * DAY, error="boom" if n < 3 else None) for n in range(20)]
    )

    found = health.health(session, [model], now=NOW)["churn"]

    assert (found.state, found.metric) == ("critical", "error_rate")


def test_a_drifted_feature_is_named_in_the_reason(session, model):
    make_predictions(session, predictions(500, start=NOW - 20 * DAY, end=NOW - 10 * DAY, prefix="b"))
    baselines.create_from_window(session, model, trailing(NOW, 30 * DAY), by="ada", now=NOW)
    moved = [
        prediction(f"m-{n}", at=NOW - timedelta(minutes=n + 1), features={"tenure": 500, "contract": "One year"})
        for n in range(200)
    ]
    make_predictions(session, moved)

    found = health.health(session, [model], now=NOW)["churn"]

    assert found.state == "critical"
    assert found.reason == "Drift score 1 (tenure) is above the critical line 0.6."


def test_what_is_enough_coverage_is_set_once_for_every_reader(session, model):
    make_predictions(session, predictions(10))
    make_outcomes(session, [outcome(f"c-{number}", 1) for number in range(7)])
    assert not values(session, model, "accuracy")["accuracy"].provisional

    session.info[MINIMUM_COVERAGE] = 0.8

    assert values(session, model, "accuracy")["accuracy"].provisional
