"""A stage for messages: alerts fire and end at given seconds, and what is told is written down with its second."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories import NOW
from webapp.alerting import episodes
from webapp.alerting.episodes import Finding
from webapp.alerting.grouping import Policy
from webapp.alerting.origin import Origin
from webapp.alerting.severity import Severity
from webapp.alerting.states import OK, Condition, Phase, SeriesState
from webapp.alerting.tables import AlertRow
from webapp.alerting.transitions import Seen
from webapp.alerting.types import AlertType, AutomaticReason
from webapp.core.ids import digest
from webapp.notifications.tables import NotificationRow, ToldRow
from webapp.notifications.telling import tell

STEP = timedelta(seconds=0.5)


@dataclass(frozen=True, slots=True)
class Sent:
    """One message: the second, and the names of what fires and of what has ended in it."""

    at: float
    firing: str
    resolved: str


@dataclass(slots=True)
class Stage:
    session: Session
    policy: Policy = field(default_factory=Policy)
    start: datetime = NOW

    def at(self, second: float) -> datetime:
        return self.start + timedelta(seconds=second)

    def fire(
        self,
        name: str,
        second: float,
        *,
        rule: str = "X",
        severity: Severity = Severity.HIGH,
        since: float | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> UUID:
        """Let an alert fire, or fire on with another severity."""
        active_at = self.at(second if since is None else since)
        state = SeriesState(Phase.FIRING, active_at, self.at(second), None, Condition.HIT)
        seen = Seen(state, severity, 1.0, 0.5, f"{name} is wrong.", 0)
        return self._apply(name, seen, second, rule, labels)

    def end(self, name: str, second: float, *, rule: str = "X", labels: Mapping[str, str] | None = None) -> UUID:
        seen = Seen(OK, Severity.HIGH, 0.0, None, "", 0, end=AutomaticReason.RECOVERED)
        return self._apply(name, seen, second, rule, labels)

    def run(self, seconds: float, deeds: Mapping[float, Callable[[float], object]]) -> Sequence[Sent]:
        """Let time pass in steps of half a second, with what happens at its seconds; return what was told."""
        waiting = sorted(deeds.items())
        for step in range(int(seconds / STEP.total_seconds()) + 1):
            second = step * STEP.total_seconds()
            while waiting and waiting[0][0] <= second:
                at, deed = waiting.pop(0)
                deed(at)
            self.tell(second)
        return self.sent()

    def tell(self, second: float) -> None:
        tell(self.session, self.policy, now=self.at(second))

    def sent(self) -> Sequence[Sent]:
        """Return the messages in their order."""
        self.session.flush()
        names = {row.id: row.labels["name"] for row in self.session.scalars(select(AlertRow))}
        rows = self.session.execute(
            select(NotificationRow.id, NotificationRow.at, ToldRow.state, ToldRow.alert_id)
            .join(ToldRow, ToldRow.notification_id == NotificationRow.id)
            .order_by(NotificationRow.at, NotificationRow.id)
        )
        found: dict[UUID, tuple[float, dict[str, list[str]]]] = {}
        for message, at, state, alert_id in rows:
            spoken = found.setdefault(message, ((at - self.start).total_seconds(), {}))[1]
            spoken.setdefault(state, []).append(names[alert_id])
        return [
            Sent(second, "".join(sorted(spoken.get("firing", ""))), "".join(sorted(spoken.get("resolved", ""))))
            for second, spoken in found.values()
        ]

    def ledger(self, alert_id: UUID) -> Sequence[tuple[float, str, str]]:
        """Return what was told of an alert and what was not: second, state, why."""
        rows = self.session.scalars(select(ToldRow).where(ToldRow.alert_id == alert_id).order_by(ToldRow.id))
        return [((row.at - self.start).total_seconds(), row.state, row.because) for row in rows]

    def _apply(self, name: str, seen: Seen, second: float, rule: str, labels: Mapping[str, str] | None) -> UUID:
        fingerprint = UUID(bytes=digest(rule, name))
        given = {"name": name, **(labels or {})}
        finding = Finding(Origin(rule, AlertType.SYSTEM_FAILURE), fingerprint, given, ">", seen)
        return episodes.apply(self.session, [finding], at=self.at(second)).alert_of[fingerprint]
