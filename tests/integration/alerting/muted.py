"""What the tests of muting share: alerts by a few words, silences and inhibitions in one line."""

import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.factories import NOW, ROOT
from webapp.alerting.muting import inhibition, silences, watch
from webapp.alerting.muting.inhibition import Inhibition
from webapp.alerting.muting.matchers import parse
from webapp.alerting.muting.silences import Plan
from webapp.alerting.severity import Severity
from webapp.alerting.tables import AlertEntryRow, AlertRow
from webapp.alerting.types import EntryKind
from webapp.core.ids import uuid7

HOUR = timedelta(hours=1)
MUTING = (EntryKind.SILENCED, EntryKind.SILENCE_ENDED, EntryKind.INHIBITED, EntryKind.INHIBITION_ENDED)


def row(title: str = "High CPU: api-1", *, at: datetime = NOW, **fields: Any) -> dict[str, Any]:
    """Return the columns of an alert that fires."""
    severity: Severity = fields.pop("severity", Severity.HIGH)
    return {
        "id": uuid7(at),
        "fingerprint": UUID(int=random.getrandbits(128)),
        "rule_version": 1,
        "rule_name": "High CPU",
        "type": "resource_exhaustion",
        "title": title,
        "model": "",
        "version": "",
        "labels": {},
        "source_name": "",
        "source_url": "",
        "metric": "cpu",
        "operator": ">",
        "runbook": "",
        "started_at": at,
        "signal": "firing",
        "severity": severity.rank,
        "summary": "",
        "sample_count": 0,
        "active_at": at,
        "fired_at": at,
        "evaluated_at": at,
        "reopen_count": 0,
        "status": "open",
        "comment_count": 0,
        "is_resolved_by_hand": False,
        **fields,
    }


def alert(session: Session, title: str = "High CPU: api-1", **fields: Any) -> UUID:
    made = AlertRow(**row(title, **fields))
    session.add(made)
    session.flush()
    return made.id


def change(session: Session, alert_id: UUID, **values: Any) -> None:
    """Write what an evaluation would."""
    session.execute(update(AlertRow).where(AlertRow.id == alert_id).values(**values))


def silence(session: Session, matchers: str, *, hours: float = 2, now: datetime = NOW, **more: Any) -> UUID:
    plan = Plan(matchers=parse(matchers), comment=more.pop("comment", "Deployment"), ends_at=now + hours * HOUR, **more)
    return silences.create(session, plan, actor=ROOT, now=now, confirmed=True)


def inhibit(session: Session, source: str, target: str, *equal: str, name: str = "Down") -> UUID:
    rule = Inhibition(name=name, source=parse(source), target=parse(target), equal=equal)
    return inhibition.save(session, rule, actor=ROOT, now=NOW)


def refresh(session: Session, *, now: datetime = NOW) -> int:
    return watch.refresh(session, now=now)


def marks(session: Session, alert_id: UUID) -> tuple[UUID | None, UUID | None]:
    query = select(AlertRow.silence_id, AlertRow.inhibitor_id).where(AlertRow.id == alert_id)
    found = session.execute(query).one()
    return found[0], found[1]


def told(session: Session, alert_id: UUID) -> list[tuple[str, str]]:
    """Return what the timeline says of muting, the oldest first."""
    query = select(AlertEntryRow.kind, AlertEntryRow.text).where(
        AlertEntryRow.alert_id == alert_id, AlertEntryRow.kind.in_(MUTING)
    )
    return [(each.kind, each.text) for each in session.execute(query.order_by(AlertEntryRow.id))]


def labelled(**labels: str) -> Mapping[str, Any]:
    return {"labels": labels, "model": labels.get("model", "")}
