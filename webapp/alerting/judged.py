"""The windows that an alert was judged by at the moment it fired, as the version of its rule says."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.alerting.document import RuleDocument
from webapp.alerting.plugins import Prepared, prepare
from webapp.alerting.rule_type import CURRENT, Look, Parameters, current_window
from webapp.alerting.tables import RuleVersionRow
from webapp.core.errors import UserError
from webapp.core.periods import Window
from webapp.metrics.metric import Metric

COMPARED_WITH = ("before", "history")  # what rule types call the time that they compare with


@dataclass(frozen=True, slots=True)
class Judged:
    """The window that was judged, and the time it was compared with, if it was."""

    window: Window
    before: Window | None = None


class Judging(Protocol):
    """What tells by which version of which rule an alert was judged, and when: an alert, or its row."""

    @property
    def rule_id(self) -> UUID | None: ...
    @property
    def rule_version(self) -> int: ...
    @property
    def started_at(self) -> datetime: ...


def judged(session: Session, alert: Judging, metric: Metric) -> Judged:
    """Return what the alert was judged by; of a rule that can no longer be read, what suits the metric."""
    prepared = _prepared(session, alert.rule_id, alert.rule_version)
    if prepared is None:
        return Judged(current_window(Parameters(), metric, now=alert.started_at))
    looks = prepared.rule_type.looks(prepared.parameters, prepared.metric, now=alert.started_at)
    current = looks.get(CURRENT) or Look(current_window(prepared.parameters, metric, now=alert.started_at))
    compared = next((looks[name].window for name in COMPARED_WITH if name in looks), None)
    # A time that reaches into what was judged cannot tell what was different before.
    is_before = compared is not None and compared.end <= current.window.start
    return Judged(current.window, compared if is_before else None)


def _prepared(session: Session, rule_id: UUID | None, version: int) -> Prepared | None:
    if rule_id is None:
        return None  # a source outside judged it
    query = select(RuleVersionRow.document).where(RuleVersionRow.rule_id == rule_id, RuleVersionRow.number == version)
    document = session.scalar(query)
    try:
        return None if document is None else prepare(msgspec.convert(document, type=RuleDocument))
    except (UserError, msgspec.ValidationError):
        return None
