"""Rules on the metrics of models: per model, per version, per segment."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories import (
    NOW,
    make_model,
    make_outcomes,
    make_predictions,
    outcome,
    prediction,
)
from tests.integration.alerting.helpers import MINUTE, alerts, only_alert, save
from webapp.alerting import evaluate, queries
from webapp.alerting.document import RuleDocument, Scope
from webapp.alerting.tables import RuleRow
from webapp.alerting.types import AlertType
from webapp.telemetry.segments import declare


def test_a_model_metric_is_judged_per_model_and_names_the_version(session: Session) -> None:
    make_model(session, "churn")
    make_model(session, "fraud")
    document = RuleDocument(
        name="High error rate",
        type=AlertType.HIGH_ERROR_RATE,
        kind="threshold",
        metric="error_rate",
        parameters={"high": 0.1},
        minimum_sample_count=10,
    )
    save(session, document)
    failing = [
        prediction(f"e-{n}", at=NOW - MINUTE, error="boom" if n % 2 else None, score=None if n % 2 else 0.5)
        for n in range(20)
    ]
    make_predictions(session, failing)

    cycle = evaluate.evaluate_due(session, now=NOW)

    alert = only_alert(session)
    assert cycle.series == 2
    assert (alert.model, alert.version, alert.value, alert.sample_count) == ("churn", "v12", 0.5, 20)


def test_a_rule_for_one_model_judges_only_that(session: Session) -> None:
    make_model(session, "churn")
    make_model(session, "fraud")
    document = RuleDocument(
        name="Few",
        type=AlertType.SYSTEM_FAILURE,
        kind="threshold",
        metric="prediction_count",
        scope=Scope(model="fraud"),
        parameters={"direction": "below", "medium": 5},
    )
    save(session, document)

    evaluate.evaluate_due(session, now=NOW)

    assert [alert.model for alert in alerts(session)] == ["fraud"]


def plan_rule(segment: str, **changes: object) -> RuleDocument:
    """Return a rule on the precision of the model's plans."""
    return RuleDocument(
        name="Precision by plan",
        type=AlertType.PERFORMANCE_DEGRADATION,
        kind="threshold",
        metric="precision",
        scope=Scope(model="churn", segment=segment),
        parameters={"direction": "below", "high": 0.6},
        **changes,  # type: ignore[arg-type]
    )


def make_plans(session: Session) -> None:
    """Store decisions that are right for the plan gold and wrong for the plan basic."""
    declare(session, make_model(session), ["plan"], now=NOW)
    items = [
        prediction(f"c-{place}", score=0.9, segments={"plan": "basic" if place % 2 else "gold"}) for place in range(40)
    ]
    make_predictions(session, items)
    make_outcomes(session, [outcome(f"c-{place}", place % 2 == 0) for place in range(40)])


def test_each_segment_is_a_series_of_its_own(session: Session) -> None:
    make_plans(session)
    save(session, plan_rule("plan"))

    evaluate.evaluate_due(session, now=NOW + MINUTE)

    alert = only_alert(session)
    assert alert.labels == {"model": "churn", "segment": "plan=basic"}
    detail = queries.alert(session, alert.id, now=NOW + MINUTE)
    assert detail.title == "Precision by plan: churn plan=basic"
    assert detail.summary.startswith("Precision of churn plan=basic is 0.0%")
    assert [point.value for point in detail.evidence if point.value is not None] == [0.0]


def test_a_rule_may_watch_one_segment_only(session: Session) -> None:
    make_plans(session)
    save(session, plan_rule("plan=gold"))

    evaluate.evaluate_due(session, now=NOW + MINUTE)

    assert alerts(session) == []


@pytest.mark.parametrize("segment", ["city", "plan=platinum"])
def test_a_rule_on_a_segment_that_is_not_counted_says_so(session: Session, segment: str) -> None:
    make_plans(session)
    rule_id = save(session, plan_rule(segment))

    evaluate.evaluate_due(session, now=NOW + MINUTE)

    assert alerts(session) == []
    reason = rules_seen(session)[rule_id]
    assert "segment" in reason


def rules_seen(session: Session) -> dict[object, str]:
    return {row.id: row.broken_reason or "" for row in session.scalars(select(RuleRow))}
