"""What people were told: the newest messages, and for one alert who was told, who was not and why."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, true, tuple_
from sqlalchemy.orm import Session

from webapp.alerting.tables import AlertRow
from webapp.core.errors import InvalidInputError
from webapp.db.arrays import one_of
from webapp.notifications.tables import GroupRow, MemberRow, NotificationRow, ToldRow

NAMED = 20  # alerts that the list of messages names, each message


@dataclass(frozen=True, slots=True)
class Mention:
    """An alert in a message."""

    alert_id: UUID
    title: str
    state: str
    text: str


@dataclass(frozen=True, slots=True)
class Notification:
    """One message as it went out, with the first of its alerts."""

    id: UUID
    at: datetime
    status: str  # firing, resolved or acknowledged
    title: str
    firing: int
    resolved: int
    mentions: Sequence[Mention]

    @property
    def count(self) -> int:
        return self.firing + self.resolved


@dataclass(frozen=True, slots=True)
class Telling:
    """What was told of one alert at one moment; without a message, why nobody was told."""

    at: datetime
    state: str  # firing, resolved, acknowledged or held
    because: str
    text: str
    notification_id: UUID | None
    others: int  # how many more alerts the message was about


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything about the telling of one alert: what was and was not told, the newest first, and what is to come."""

    tellings: Sequence[Telling]
    next_look_at: datetime | None


def standing(session: Session, alert_id: UUID) -> Standing:
    """Return what people were told of the alert, what they were not, and when its group is looked at next."""
    query = (
        select(ToldRow, NotificationRow.firing + NotificationRow.resolved)
        .join(NotificationRow, NotificationRow.id == ToldRow.notification_id, isouter=True)
        .where(ToldRow.alert_id == alert_id)
        .order_by(ToldRow.id.desc())
        .limit(200)
    )
    found = [
        Telling(row.at, row.state, row.because, row.text, row.notification_id, (count or 1) - 1)
        for row, count in session.execute(query)
    ]
    coming = (
        select(GroupRow.next_look_at)
        .join(MemberRow, MemberRow.group_id == GroupRow.id)
        .where(MemberRow.alert_id == alert_id)
    )
    return Standing(found, session.scalar(coming))


def notifications(
    session: Session, *, before: UUID | None = None, limit: int = 50
) -> tuple[Sequence[Notification], UUID | None]:
    """Return messages, the newest first, and where the next page begins."""
    if not 1 <= limit <= 500:
        raise InvalidInputError(f"Ask for 1 to 500 messages, not {limit}.")
    query = select(NotificationRow).order_by(NotificationRow.at.desc(), NotificationRow.id.desc()).limit(limit + 1)
    if before is not None:
        row = session.get(NotificationRow, before)
        if row is None:
            raise InvalidInputError("There is no such message to go on from; begin with the newest.")
        query = query.where(tuple_(NotificationRow.at, NotificationRow.id) < tuple_(row.at, row.id))
    rows = session.scalars(query).all()
    shown = rows[:limit]
    mentions = _mentions(session, [row.id for row in shown])
    found = [
        Notification(row.id, row.at, row.status, row.title, row.firing, row.resolved, mentions.get(row.id, ()))
        for row in shown
    ]
    return found, shown[-1].id if len(rows) > limit else None


def _mentions(session: Session, ids: Sequence[UUID]) -> Mapping[UUID, Sequence[Mention]]:
    """Return the first alerts of each message, the worst first."""
    # LATERAL asks message by message, each by its index, for no more than are named.
    told = select(ToldRow).where(ToldRow.notification_id == NotificationRow.id).order_by(ToldRow.id).limit(NAMED)
    first = told.lateral("first")
    query = (
        select(NotificationRow.id, AlertRow.id, AlertRow.title, first.c.state, first.c.text)
        .select_from(NotificationRow)
        .join(first, true())
        .join(AlertRow, AlertRow.id == first.c.alert_id)
        .where(NotificationRow.id == one_of(ids))
        .order_by(first.c.id)
    )
    found: defaultdict[UUID, list[Mention]] = defaultdict(list)
    for notification_id, *mention in session.execute(query):
        found[notification_id].append(Mention(*mention))
    return found
