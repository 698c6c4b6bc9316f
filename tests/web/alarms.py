"""Alerts for the tests of screens: a rule on a gauge, machines that are too busy, and a real evaluation of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from tests.factories import ROOT, make_measurements
from webapp.alerting import evaluate, queries, rules
from webapp.alerting.document import RuleDocument
from webapp.alerting.queries import InboxFilters
from webapp.alerting.types import AlertType
from webapp.runtime import Runtime

INTERVAL = timedelta(minutes=1)
STEPS = "1. Look at the machine.\n2. Restart what eats it."


def cpu_rule(name: str = "High CPU", **fields: object) -> RuleDocument:
    """A rule that fires at once for every machine above 80 %, and is high above 90 %."""
    document = {
        "name": name,
        "type": AlertType.RESOURCE_EXHAUSTION,
        "kind": "threshold",
        "metric": "cpu",
        "parameters": {"direction": "above", "medium": 80, "high": 90, "window_minutes": 5},
        "interval_seconds": int(INTERVAL.total_seconds()),
        "runbook": STEPS,
    }
    return RuleDocument(**{**document, **fields})  # type: ignore[arg-type]


def save_rule(runtime: Runtime, document: RuleDocument | None = None) -> UUID:
    with runtime.transaction() as session:
        return rules.save_rule(session, document or cpu_rule(), actor=ROOT, now=runtime.clock.now())


def fire(runtime: Runtime, *machines: str, value: float = 95.0, now: datetime | None = None) -> Sequence[UUID]:
    """Keep machines busy until the rule fires for each; return their alerts in the order of the machines."""
    at = now or runtime.clock.now()
    with runtime.transaction() as session:
        if not queries.rules(session):
            rules.save_rule(session, cpu_rule(), actor=ROOT, now=at)
        for machine in machines:
            every = timedelta(seconds=20)
            make_measurements(
                session, values=[value] * 12, instance=machine, start=at - 12 * every, every=every, now=at
            )
        evaluate.evaluate_due(session, now=at)
        found = queries.inbox(session, InboxFilters(tab="open"), limit=500).rows
    by_title = {row.title: row.id for row in found}
    return [by_title[f"High CPU: {machine}"] for machine in machines]
