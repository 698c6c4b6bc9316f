"""Silences: alerts that nobody is told of for a while. They still fire, and stand in a tab of their own.

What a silence matches never changes once it has begun, and neither does what it muted: an edit of that ends it and
begins another. Ended ones stay, so that a replay of the past knows what was silent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.accounts import audit
from webapp.accounts.actor import Actor, ActorKind
from webapp.accounts.permissions import Permission
from webapp.alerting.muting import matchers as matching
from webapp.alerting.muting import recurrence as recurring
from webapp.alerting.muting import silence_times
from webapp.alerting.muting.matcher_queries import LABELS, conditions, is_exact, labels_in
from webapp.alerting.muting.matchers import Matchers
from webapp.alerting.muting.recurrence import Recurrence
from webapp.alerting.muting.silence_times import State, Times
from webapp.alerting.tables import AlertRow, SilenceRow
from webapp.alerting.types import Status
from webapp.core import formatting
from webapp.core.errors import ConflictError, InvalidInputError, NotFoundError, UserError
from webapp.core.ids import uuid7
from webapp.core.periods import EARLIEST, utc_instant

LONGEST = timedelta(days=366)
MAX_COMMENT = 1_000
NAMED = 5  # titles of alerts that a preview shows
AT_ONCE = EARLIEST  # `due_at` of what has to be looked at whatever the clock says


class ConfirmationNeededError(UserError):
    """It can be done, and is probably not what somebody means; asked again with a confirmation, it is done."""

    status = 409
    title = "Say that you mean it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What somebody asks for: once from a start (now, where there is none) to an end, or in windows that come again."""

    matchers: Matchers
    comment: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    recurrence: Recurrence | None = None


@dataclass(frozen=True, slots=True)
class Affected:
    """How many of the active alerts a silence would mute if it were on now, with a few titles, the worst first."""

    count: int
    active: int
    titles: Sequence[str]

    @property
    def question(self) -> str | None:
        """Return what to ask before it is made, where it looks like a mistake."""
        if not self.count:
            none = f"None of the {self.active:,} active alerts fits" if self.active else "No alert is active"
            return f"{none}, so it mutes nothing now. Confirm it if it is meant for later."
        if self.count * 2 > self.active:
            return f"It mutes {self._share}. Confirm it if that is meant."
        return None

    @property
    def _share(self) -> str:
        if self.active == 1:
            return "the only active alert"
        if self.count == self.active:
            return f"all {self.active:,} active alerts"
        return f"{self.count:,} of {self.active:,} active alerts, more than half"


def affects(session: Session, matchers: Matchers, *, now: datetime) -> Affected:
    """Return which active alerts the matchers match at this moment."""
    total = select(func.count()).select_from(AlertRow).where(AlertRow.status != Status.RESOLVED)
    active = session.scalar(total) or 0
    fitting = [AlertRow.status != Status.RESOLVED, *conditions(matchers)]
    worst_first = (AlertRow.severity.desc(), AlertRow.id.desc())
    if is_exact(matchers):
        count = session.scalar(select(func.count()).select_from(AlertRow).where(*fitting)) or 0
        titles = session.scalars(select(AlertRow.title).where(*fitting).order_by(*worst_first).limit(NAMED)).all()
        return Affected(count, active, titles)
    query = select(AlertRow.title, *LABELS).where(*fitting).order_by(*worst_first)
    found = [row.title for row in session.execute(query) if matching.matches(matchers, labels_in(row))]
    return Affected(len(found), active, found[:NAMED])


def create(session: Session, plan: Plan, *, actor: Actor, now: datetime, confirmed: bool = False) -> UUID:
    """Begin a silence, now or later. One that mutes nothing now, or more than half, has to be confirmed."""
    _require(actor)
    times, comment = _times(plan, now=now), _comment(plan)
    if not confirmed:
        _ask(session, plan.matchers, now=now)
    return _add(session, plan, times, comment, actor=actor, now=now)


def edit(
    session: Session, silence_id: UUID, plan: Plan, *, actor: Actor, now: datetime, confirmed: bool = False
) -> UUID:
    """Change a silence that is not over; return its id, which is a new one where it had begun and means others now."""
    _require(actor)
    row = _locked(session, silence_id)
    before = times_of(row)
    _refuse_ended(row, before, now=now)
    has_begun = row.starts_at <= now
    if has_begun and plan.recurrence is None:
        plan = Plan(matchers=plan.matchers, comment=plan.comment, starts_at=row.starts_at, ends_at=plan.ends_at)
    times, comment = _times(plan, now=now, began_at=row.starts_at if has_begun else None), _comment(plan)
    means_others = matching.plain(plan.matchers) != row.matchers
    if means_others and not confirmed:
        _ask(session, plan.matchers, now=now)
    if has_begun and (means_others or plan.recurrence != before.recurrence):
        row.ended_at, row.ended_by, row.due_at = now, actor.name, AT_ONCE
        return _add(session, plan, _times(_from_now(plan), now=now), comment, actor=actor, now=now, instead_of=row)
    told = _told(row)
    row.matchers, row.comment = matching.plain(plan.matchers), comment
    row.starts_at, row.ends_at = times.starts_at, times.ends_at
    row.recurrence = None if times.recurrence is None else silence_times.plain(times.recurrence)
    row.updated_at, row.updated_by, row.due_at = now, actor.name, AT_ONCE
    if _told(row) != told:
        _record(session, "silence.edited", row, actor=actor, now=now, before=told, after=_told(row))
    return row.id


def end(session: Session, silence_id: UUID, *, actor: Actor, now: datetime) -> None:
    """End a silence before its time; one that is over already stays as it is, and says so."""
    _require(actor)
    row = _locked(session, silence_id)
    _refuse_ended(row, times_of(row), now=now)
    row.ended_at, row.ended_by, row.due_at = now, actor.name, AT_ONCE
    row.updated_at, row.updated_by = now, actor.name
    _record(session, "silence.ended", row, actor=actor, now=now, before=None, after=_told(row))


def times_of(row: SilenceRow) -> Times:
    recurrence = None if row.recurrence is None else silence_times.read(row.recurrence)
    return Times(row.starts_at, row.ends_at, recurrence, row.ended_at)


def _add(
    session: Session,
    plan: Plan,
    times: Times,
    comment: str,
    *,
    actor: Actor,
    now: datetime,
    instead_of: SilenceRow | None = None,
) -> UUID:
    row = SilenceRow(
        id=uuid7(now),
        matchers=matching.plain(plan.matchers),
        comment=comment,
        author=actor.name if instead_of is None else instead_of.author,
        author_id=actor.id if instead_of is None else instead_of.author_id,
        created_at=now,
        updated_at=now,
        updated_by=actor.name,
        starts_at=times.starts_at,
        ends_at=times.ends_at,
        recurrence=None if times.recurrence is None else silence_times.plain(times.recurrence),
        due_at=AT_ONCE,
    )
    session.add(row)
    before = None if instead_of is None else {"id": str(instead_of.id), **_told(instead_of)}
    action = "silence.created" if instead_of is None else "silence.edited"
    _record(session, action, row, actor=actor, now=now, before=before, after=_told(row))
    return row.id


def _times(plan: Plan, *, now: datetime, began_at: datetime | None = None) -> Times:
    """Return when the plan is on, or say what is wrong with its times."""
    if plan.recurrence is not None:
        if plan.starts_at is not None or plan.ends_at is not None:
            raise InvalidInputError("Give either a start and an end, or windows that come again.")
        first, last = recurring.starts_at(plan.recurrence), recurring.ends_at(plan.recurrence)
        if last is not None and last <= now:
            raise InvalidInputError(f"The last of these windows was over at {formatting.utc(last)}.")
        return Times(max(first, began_at or now), last, plan.recurrence)
    if plan.ends_at is None:
        raise InvalidInputError("Say until when it is silent.")
    ends = utc_instant(plan.ends_at, "The end")
    starts = began_at or max(utc_instant(plan.starts_at or now, "The start"), now)
    if ends <= max(starts, now):
        what = "before it begins" if ends <= starts and starts > now else "in the past"
        raise InvalidInputError(f"The silence would end {what}, at {formatting.utc(ends)}; choose a later end.")
    if ends - starts > LONGEST:
        raise InvalidInputError(f"A silence lasts {LONGEST.days} days at most; for good, pause or change the rule.")
    return Times(starts, ends)


def _from_now(plan: Plan) -> Plan:
    return Plan(matchers=plan.matchers, comment=plan.comment, ends_at=plan.ends_at, recurrence=plan.recurrence)


def _comment(plan: Plan) -> str:
    comment = plan.comment.strip()
    if not comment:
        raise InvalidInputError("Write why it is silent: others will ask.")
    if len(comment) > MAX_COMMENT:
        raise InvalidInputError(f"The comment is longer than {MAX_COMMENT:,} characters; shorten it.")
    if "\x00" in comment:
        raise InvalidInputError("The comment contains the character NUL; leave it out.")
    return comment


def _ask(session: Session, matchers: Matchers, *, now: datetime) -> None:
    question = affects(session, matchers, now=now).question
    if question is not None:
        raise ConfirmationNeededError(question)


def _locked(session: Session, silence_id: UUID) -> SilenceRow:
    query = select(SilenceRow).where(SilenceRow.id == silence_id).with_for_update()
    row = session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        raise NotFoundError(f"There is no silence {silence_id}.")
    return row


def _refuse_ended(row: SilenceRow, times: Times, *, now: datetime) -> None:
    if times.state(now) is not State.ENDED:
        return
    if row.ended_at is not None:
        raise ConflictError(f"{row.ended_by} ended this silence at {formatting.utc(row.ended_at)}; copy it instead.")
    assert row.ends_at is not None
    raise ConflictError(f"This silence was over at {formatting.utc(row.ends_at)}; copy it instead.")


def _told(row: SilenceRow) -> dict[str, Any]:
    """Return what the audit log keeps of a silence."""
    return {
        "matchers": matching.written(matching.stored(row.matchers)),
        "comment": row.comment,
        "starts_at": row.starts_at.isoformat(),
        "ends_at": None if row.ends_at is None else row.ends_at.isoformat(),
        "recurrence": row.recurrence,
        "ended_at": None if row.ended_at is None else row.ended_at.isoformat(),
    }


def _record(
    session: Session,
    action: str,
    row: SilenceRow,
    *,
    actor: Actor,
    now: datetime,
    before: dict[str, Any] | None,
    after: dict[str, Any],
) -> None:
    audit.record(session, action, actor=actor, subject=f"silence:{row.id}", now=now, before=before, after=after)
    session.flush()


def _require(actor: Actor) -> None:
    if actor.kind is not ActorKind.SYSTEM:
        actor.require(Permission.SILENCES_WRITE)
