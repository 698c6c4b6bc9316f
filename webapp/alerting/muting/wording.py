"""What an alert's timeline says when something begins or ceases to mute it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.alerting.muting.silences import times_of
from webapp.alerting.tables import AlertRow, SilenceRow
from webapp.alerting.transitions import Entry
from webapp.alerting.types import EntryKind
from webapp.core import formatting

Pair = tuple[UUID | None, UUID | None]  # the silence, the inhibitor


@dataclass(frozen=True, slots=True)
class Silence:
    """A silence in the words of a timeline, whether it begins or ends there."""

    begins: str
    ends: str


@dataclass(frozen=True, slots=True)
class Known:
    silences: Mapping[UUID, Silence]
    titles: Mapping[UUID, str]  # of inhibitors


def known(session: Session, marks: Iterable[Pair], *, now: datetime) -> Known:
    """Look up what the marks stand for."""
    pairs = list(marks)
    silences = {pair[0] for pair in pairs if pair[0] is not None}
    inhibitors = {pair[1] for pair in pairs if pair[1] is not None}
    rows = session.scalars(select(SilenceRow).where(SilenceRow.id.in_(silences))) if silences else ()
    titled = select(AlertRow.id, AlertRow.title).where(AlertRow.id.in_(inhibitors))
    titles = {row[0]: row[1] for row in session.execute(titled)} if inhibitors else {}
    return Known({row.id: _silence(row, now=now) for row in rows}, titles)


def entries(before: Pair, after: Pair, words: Known, *, now: datetime) -> Sequence[Entry]:
    """Return what to tell. One that takes over from another is told of alone: the alert is as muted as before."""
    found: list[Entry] = []
    if after[0] is not None and after[0] != before[0]:
        found.append(Entry(EntryKind.SILENCED, words.silences[after[0]].begins))
    elif after[0] is None and before[0] is not None:
        found.append(Entry(EntryKind.SILENCE_ENDED, words.silences[before[0]].ends))
    if after[1] is not None and after[1] != before[1]:
        found.append(Entry(EntryKind.INHIBITED, f"Muted while “{_title(after[1], words)}” fires."))
    elif after[1] is None and before[1] is not None:
        found.append(Entry(EntryKind.INHIBITION_ENDED, f"No longer muted by “{_title(before[1], words)}”."))
    return found


def _silence(row: SilenceRow, *, now: datetime) -> Silence:
    window = times_of(row).window(now)
    until = "" if window is None else f" until {formatting.utc(window.end)}"
    if row.ended_at is not None:
        ends = f"{row.ended_by} ended the silence of {row.author}: {row.comment}"
    elif window is None:
        ends = f"The silence of {row.author} ended: {row.comment}"
    else:
        ends = f"The silence of {row.author} does not cover it any more: {row.comment}"
    return Silence(f"Silenced by {row.author}{until}: {row.comment}", ends)


def _title(alert_id: UUID, words: Known) -> str:
    return words.titles.get(alert_id, "another alert")
