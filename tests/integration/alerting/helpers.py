"""What the tests of alerting share: rules by a few words, a gauge as the signal, cycles at given slots."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories import NOW, ROOT, make_measurements
from webapp.alerting import evaluate, rules
from webapp.alerting.document import RuleDocument, Scope
from webapp.alerting.tables import AlertRow
from webapp.alerting.types import AlertType

SLOT = timedelta(seconds=15)
MINUTE = timedelta(minutes=1)


def cpu_rule(name: str = "High CPU", *, model: str | None = None, **fields: Any) -> RuleDocument:
    """A rule that looks at the last minute of a gauge, so that each minute's value is a verdict."""
    parameters = {"direction": "above", "medium": 80, "high": 90, "window_minutes": 1}
    return RuleDocument(
        **{
            "name": name,
            "type": AlertType.RESOURCE_EXHAUSTION,
            "kind": "threshold",
            "metric": "cpu",
            "scope": Scope(model=model),
            "parameters": parameters,
            "interval_seconds": 60,
            **fields,
        }
    )


def save(session: Session, document: RuleDocument | None = None, *, now: datetime = NOW) -> UUID:
    return rules.save_rule(session, document or cpu_rule(), actor=ROOT, now=now)


def play(
    session: Session,
    values: Sequence[float | None],
    *,
    start: datetime = NOW,
    instance: str = "api-1",
) -> list[evaluate.Cycle]:
    """Feed a value a minute (None: nothing comes) and evaluate after each; the first cycle is a minute after start."""
    cycles = []
    for place, value in enumerate(values):
        at = start + (place + 1) * MINUTE
        if value is not None:
            make_measurements(session, values=[value], instance=instance, start=at - MINUTE / 2, now=at)
        cycles.append(evaluate.evaluate_due(session, now=at))
    return cycles


def alerts(session: Session) -> Sequence[AlertRow]:
    session.flush()
    return session.scalars(select(AlertRow).order_by(AlertRow.id).execution_options(populate_existing=True)).all()


def only_alert(session: Session) -> AlertRow:
    (found,) = alerts(session)
    return found
