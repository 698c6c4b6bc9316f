"""What the pages and the API ask of silences: those that are on, those to come, those that are over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from webapp.alerting.muting import matchers as matching
from webapp.alerting.muting import recurrence
from webapp.alerting.muting.matchers import Matchers
from webapp.alerting.muting.silence_times import State, Times
from webapp.alerting.muting.silences import times_of
from webapp.alerting.tables import AlertRow, SilenceRow
from webapp.core.errors import NotFoundError
from webapp.core.periods import Window

ENDED_SHOWN = 100
UPCOMING = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceView:
    """A silence as it stands at an instant. `until` is the end of the window that is on."""

    id: UUID
    state: State
    matchers: Matchers
    matchers_text: str
    comment: str
    author: str
    created_at: datetime
    updated_at: datetime
    updated_by: str
    starts_at: datetime
    ends_at: datetime | None
    recurrence: Mapping[str, Any] | None
    recurrence_text: str
    until: datetime | None
    upcoming: tuple[Window, ...]
    ended_at: datetime | None
    ended_by: str | None
    muted_count: int


def silences(session: Session, *, now: datetime) -> Sequence[SilenceView]:
    """Return those that are on, by their end; those to come, by their start; then the last ones that are over."""
    is_over = or_(SilenceRow.ended_at.is_not(None), SilenceRow.ends_at <= now)
    alive = session.scalars(select(SilenceRow).where(~func.coalesce(is_over, False)))
    over_at = func.least(SilenceRow.ended_at, SilenceRow.ends_at)
    ended = session.scalars(select(SilenceRow).where(is_over).order_by(over_at.desc()).limit(ENDED_SHOWN))
    counts = _muted(session)
    living = sorted((_view(row, counts, now=now) for row in alive), key=_order)
    return [*living, *(_view(row, counts, now=now) for row in ended)]


def silence(session: Session, silence_id: UUID, *, now: datetime) -> SilenceView:
    row = session.get(SilenceRow, silence_id, populate_existing=True)
    if row is None:
        raise NotFoundError(f"There is no silence {silence_id}.")
    return _view(row, _muted(session, silence_id), now=now)


def history(session: Session, window: Window) -> Sequence[tuple[Matchers, Times]]:
    """Return what was silent at some time of the window, whatever became of it since."""
    reaching_in = or_(SilenceRow.ends_at.is_(None), SilenceRow.ends_at > window.start)
    not_ended = or_(SilenceRow.ended_at.is_(None), SilenceRow.ended_at > window.start)
    query = select(SilenceRow).where(SilenceRow.starts_at < window.end, reaching_in, not_ended)
    return [(matching.stored(row.matchers), times_of(row)) for row in session.scalars(query)]


def _order(view: SilenceView) -> tuple[bool, datetime, UUID]:
    starts = view.upcoming[0].start if view.upcoming else view.starts_at
    return view.state is State.PENDING, view.until or starts, view.id


def _muted(session: Session, silence_id: UUID | None = None) -> Mapping[UUID, int]:
    query = select(AlertRow.silence_id, func.count()).where(AlertRow.silence_id.is_not(None))
    if silence_id is not None:
        query = query.where(AlertRow.silence_id == silence_id)
    found = session.execute(query.group_by(AlertRow.silence_id))
    return {row[0]: row[1] for row in found if row[0] is not None}


def _view(row: SilenceRow, counts: Mapping[UUID, int], *, now: datetime) -> SilenceView:
    times, matchers = times_of(row), matching.stored(row.matchers)
    on = times.window(now)
    return SilenceView(
        id=row.id,
        state=times.state(now),
        matchers=matchers,
        matchers_text=matching.written(matchers),
        comment=row.comment,
        author=row.author,
        created_at=row.created_at,
        updated_at=row.updated_at,
        updated_by=row.updated_by,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        recurrence=row.recurrence,
        recurrence_text="" if times.recurrence is None else recurrence.in_words(times.recurrence),
        until=None if on is None else on.end,
        upcoming=tuple(times.upcoming(now, count=UPCOMING)),
        ended_at=row.ended_at,
        ended_by=row.ended_by,
        muted_count=counts.get(row.id, 0),
    )
