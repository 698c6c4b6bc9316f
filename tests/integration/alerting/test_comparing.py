"""Rules that compare with the past, over real data: what is read for them, and what fires."""

from datetime import timedelta

from sqlalchemy.orm import Session

from tests.factories import NOW, make_measurements, make_model, make_outcomes, make_predictions, outcome, prediction
from tests.integration.alerting.helpers import MINUTE, cpu_rule, only_alert, save
from webapp.alerting import evaluate
from webapp.alerting.document import RuleDocument, Scope
from webapp.alerting.types import AlertType, Status
from webapp.telemetry.segments import declare

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)


def make_hours(session: Session, values: list[float], *, instance: str = "api-1", name: str = "cpu_percent") -> None:
    """Store a sample in the middle of each of the hours that end at noon, the last one last."""
    for place, value in enumerate(reversed(values)):
        at = NOW - place * HOUR - HOUR / 2
        make_measurements(session, name, [value], instance=instance, start=at, now=at)


def test_an_hour_far_from_its_history_is_an_anomaly_of_its_machine(session: Session) -> None:
    save(session, cpu_rule(kind="anomaly", parameters={"medium": 4, "high": 20, "days": 1, "history_minimum": 10}))
    make_hours(session, [20, 22, 18, 20, 21, 19, 20, 22, 18, 20, 20, 21, 60])
    make_hours(session, [20, 22, 18, 20, 21, 19, 20, 22, 18, 20, 20, 21, 21], instance="api-2")

    cycle = evaluate.evaluate_due(session, now=NOW + MINUTE)

    alert = only_alert(session)
    assert (cycle.series, alert.labels, alert.value) == (2, {"instance": "api-1"}, 60)
    assert "robust deviations above the median of 12 windows" in alert.summary


def test_an_hour_is_compared_with_the_same_hour_of_other_weeks(session: Session) -> None:
    make_model(session, now=NOW - 5 * WEEK)
    for week, count in enumerate((20, 100, 110, 90, 105)):
        at = NOW - week * WEEK - HOUR / 2
        make_predictions(session, [prediction(f"w{week}-{n}", at=at) for n in range(count)], now=at)
    document = RuleDocument(
        name="Unusual volume",
        type=AlertType.SYSTEM_FAILURE,
        kind="seasonal_baseline",
        metric="prediction_count",
        parameters={"measured_in": "percent", "medium": 50, "high": 70},
    )
    save(session, document)

    evaluate.evaluate_due(session, now=NOW + MINUTE)

    alert = only_alert(session)
    assert (alert.value, alert.threshold, alert.severity) == (20, 30.75, 3)
    assert "against 102 before" in alert.summary


def test_all_conditions_are_read_for_the_same_machine(session: Session) -> None:
    conditions = [{"high": 80}, {"metric": "memory", "high": 80}]
    save(session, cpu_rule(kind="composite", parameters={"conditions": conditions, "window_minutes": 1}))
    for instance, cpu, memory in (("api-1", 95, 91), ("api-2", 95, 40), ("api-3", 20, 99)):
        for name, value in (("cpu_percent", cpu), ("memory_percent", memory)):
            make_measurements(session, name, [value], instance=instance, start=NOW + MINUTE / 2, now=NOW + MINUTE)

    evaluate.evaluate_due(session, now=NOW + MINUTE)

    alert = only_alert(session)
    assert (alert.labels, alert.value) == ({"instance": "api-1"}, 95)
    assert (
        alert.summary
        == "CPU of api-1 is 95.0%, 15.0% above the line of 80%, from 1 samples over 1 min; Memory is 91.0%, > 80%."
    )


def test_the_median_of_the_days_is_read_for_each_segment(session: Session) -> None:
    declare(session, make_model(session, now=NOW - 9 * DAY), ["plan"], now=NOW - 9 * DAY)
    for day in range(8):
        at = NOW - day * DAY - HOUR
        items = [(f"d{day}-{n}", "basic" if n % 2 else "gold") for n in range(40)]
        make_predictions(
            session, [prediction(name, at=at, score=0.9, segments={"plan": plan}) for name, plan in items], now=at
        )
        right = [outcome(name, day > 0 or plan == "gold") for name, plan in items]
        make_outcomes(session, right)
    document = RuleDocument(
        name="Precision fell",
        type=AlertType.MODEL_ACCURACY_DROP,
        kind="drop_from_baseline",
        metric="precision",
        scope=Scope(model="churn", segment="plan"),
        parameters={"high": 0.2, "days": 7, "average": "median"},
    )
    save(session, document)

    evaluate.evaluate_due(session, now=NOW + MINUTE)

    alert = only_alert(session)
    assert (alert.labels["segment"], alert.value, alert.status) == ("plan=basic", 0.0, Status.OPEN)
    assert "against 100.0% before" in alert.summary


def test_a_history_that_is_too_short_fires_nothing_and_says_why(session: Session) -> None:
    save(session, cpu_rule(kind="anomaly", parameters={"medium": 4}))
    make_hours(session, [20, 20, 99])

    cycle = evaluate.evaluate_due(session, now=NOW + MINUTE)

    assert (cycle.series, cycle.fired, cycle.broken) == (1, 0, ())


def test_a_sample_of_the_future_is_not_heard_yet(session: Session) -> None:
    heartbeat = RuleDocument(
        name="Service unavailable",
        type=AlertType.SERVICE_UNAVAILABLE,
        kind="absence",
        metric="availability",
        parameters={"severity": "critical", "intervals": 2, "every_seconds": 60},
    )
    save(session, heartbeat, now=NOW - HOUR)
    make_measurements(session, "up", [1.0], start=NOW - 5 * MINUTE, now=NOW)
    make_measurements(session, "up", [1.0], start=NOW, now=NOW)
    evaluate.evaluate_due(session, now=NOW - 5 * MINUTE)

    fired = [
        evaluate.evaluate_due(session, now=NOW - 5 * MINUTE + n * 15 * timedelta(seconds=1)).fired for n in range(1, 12)
    ]

    assert sum(fired) == 1
