"""What the alert inbox, an alert's own page and the reports ask: keyset pages, counts up to where they matter."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    ScalarSelect,
    Subquery,
    Uuid,
    all_,
    and_,
    any_,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import InstrumentedAttribute, Session

from webapp.alerting.detail import alert
from webapp.alerting.inbox_rows import inbox_rows
from webapp.alerting.rule_queries import rule, rules
from webapp.alerting.schedule import last_evaluation
from webapp.alerting.severity import Severity
from webapp.alerting.tables import AlertRow, started_before, started_since
from webapp.alerting.types import AlertType, Status
from webapp.alerting.views import (
    AlertDetail,
    AlertMonth,
    EvidencePoint,
    InboxFilters,
    InboxPage,
    InboxRow,
    OpenSummary,
    RuleDetail,
    RuleSummary,
    RuleVersion,
    Tab,
    TimelineEntry,
)
from webapp.catalog.models import Model
from webapp.core.errors import InvalidInputError
from webapp.core.periods import Window

__all__ = [
    "AlertDetail",
    "AlertMonth",
    "EvidencePoint",
    "InboxFilters",
    "InboxPage",
    "InboxRow",
    "OpenSummary",
    "RuleDetail",
    "RuleSummary",
    "RuleVersion",
    "Tab",
    "TimelineEntry",
    "acknowledged_since",
    "alert",
    "counts",
    "inbox",
    "last_evaluation",
    "matching",
    "monthly",
    "newer_than",
    "newest",
    "open_summary",
    "rows",
    "rule",
    "rules",
]

T = TypeVar("T")

MAXIMUM_LIMIT = 500
MOST_WORDS = 10
COUNTED = 20_000  # Each open inbox counts every few seconds: from here on it is "20,000+".
RESOLVED_COUNTED = 1_000  # Counting a long history tells nobody anything: from here on it is "1,000+".
# As the partial indexes say it, word by word.
_ACTIVE = AlertRow.status != literal_column("'resolved'")
_NOT_MUTED = and_(_ACTIVE, AlertRow.silence_id.is_(None), AlertRow.inhibitor_id.is_(None))
_MUTED = and_(_ACTIVE, or_(AlertRow.silence_id.is_not(None), AlertRow.inhibitor_id.is_not(None)))
_TABS: Mapping[Tab, ColumnElement[bool]] = {
    "open": and_(AlertRow.status == Status.OPEN, _NOT_MUTED),
    "acknowledged": and_(AlertRow.status == Status.ACKNOWLEDGED, _NOT_MUTED),
    "snoozed": and_(AlertRow.status == Status.SNOOZED, _NOT_MUTED),
    "silenced": _MUTED,
    "resolved": AlertRow.status == literal_column("'resolved'"),
    "all_open": _ACTIVE,
}
_COUNTED_ACTIVE: Sequence[Tab] = ("open", "acknowledged", "snoozed", "silenced")


def inbox(session: Session, filters: InboxFilters, *, cursor: str | None = None, limit: int = 50) -> InboxPage:
    """Return a page of the tab: the worst first, then the newest; resolved ones by time alone."""
    limit = min(max(limit, 1), MAXIMUM_LIMIT)
    is_history = filters.tab == "resolved"
    order = [AlertRow.id.desc()] if is_history else [AlertRow.severity.desc(), AlertRow.id.desc()]
    query = select(AlertRow).where(*_where(filters, filters.tab)).order_by(*order)
    if cursor:
        query = query.where(_after(cursor, is_history=is_history))
    found = session.scalars(query.limit(limit + 1)).all()
    rows = inbox_rows(session, found[:limit])
    return InboxPage(rows, _cursor(found[limit - 1]) if len(found) > limit else None)


def counts(session: Session, filters: InboxFilters) -> Mapping[Tab, int]:
    """Return how many alerts each tab holds under the other filters, up to where a number tells somebody anything."""
    resolved = select(func.count()).select_from(_some_resolved(filters)).scalar_subquery()
    asked = {tab: _up_to(COUNTED, _where(filters, tab)) for tab in _COUNTED_ACTIVE}
    query = select(*asked.values(), resolved)
    if filters.text:  # Words are looked for in every alert: once for all tabs.
        parts = {tab: func.count().filter(_TABS[tab]) for tab in _COUNTED_ACTIVE}
        query = select(*parts.values(), resolved).where(*_where(filters, "all_open"))
    *found, ended = session.execute(query).one()
    by_tab: dict[Tab, int] = {tab: min(count, COUNTED) for tab, count in zip(_COUNTED_ACTIVE, found, strict=True)}
    return {**by_tab, "resolved": ended, "all_open": min(sum(by_tab.values()), COUNTED)}


def _up_to(most: int, conditions: Sequence[ColumnElement[bool]]) -> ScalarSelect[int]:
    return (
        select(func.count())
        .select_from(select(AlertRow.id).where(*conditions).limit(most).subquery())
        .scalar_subquery()
    )


def _some_resolved(filters: InboxFilters) -> Subquery:
    """Return resolved alerts to count, not all of a long history; words are looked for in the newest only."""
    query = select(AlertRow.id).where(_TABS["resolved"])
    if filters.text:
        newest = query.order_by(AlertRow.id.desc()).limit(RESOLVED_COUNTED).subquery()
        query = select(AlertRow.id).where(AlertRow.id.in_(select(newest.c.id)))
    return query.where(*_where(filters, "resolved")).limit(RESOLVED_COUNTED).subquery()


def open_summary(session: Session) -> OpenSummary:
    """Return how many alerts are active and not muted, by severity, and how many of them nobody has taken on."""
    waiting = func.count().filter(AlertRow.status == Status.OPEN)
    query = select(AlertRow.severity, func.count(), waiting).where(_NOT_MUTED).group_by(AlertRow.severity)
    found = session.execute(query).all()
    by_severity = {Severity.of_rank(rank): count for rank, count, _ in found}
    worst = max(by_severity, default=None)
    return OpenSummary(sum(by_severity.values()), by_severity, worst, sum(count for _, _, count in found))


def newer_than(session: Session, filters: InboxFilters, alert_id: UUID) -> int:
    """Return how many alerts of the tab are newer than the newest one that is shown: "12 new"."""
    conditions = [*_where(filters, filters.tab), AlertRow.id > alert_id]
    return session.scalar(select(_up_to(COUNTED, conditions))) or 0


def newest(session: Session, filters: InboxFilters, *, first: InboxPage | None = None) -> UUID | None:
    """Return the newest alert of the tab, wherever it stands in the list: what `newer_than` counts from.

    A first page that nothing follows holds it already.
    """
    if first is not None and first.next is None:
        return max((row.id for row in first.rows), default=None)
    query = select(AlertRow.id).where(*_where(filters, filters.tab))
    return session.scalar(query.order_by(AlertRow.id.desc()).limit(1))


def matching(session: Session, filters: InboxFilters, *, newest: UUID, seen_at: datetime, limit: int) -> Sequence[UUID]:
    """Return the alerts of the tab that somebody saw: none newer than the newest, and none that fired again since."""
    query = select(AlertRow.id).where(*_where(filters, filters.tab))
    return session.scalars(query.where(AlertRow.id <= newest, AlertRow.fired_at <= seen_at).limit(limit)).all()


def acknowledged_since(
    session: Session, filters: InboxFilters, *, newest: UUID, seen_at: datetime, limit: int
) -> Sequence[UUID]:
    """Return what somebody acknowledged since the tab of open alerts was seen: of these he wants to be told who."""
    taken = [*_where(filters, "acknowledged"), AlertRow.acknowledged_at > seen_at, AlertRow.id <= newest]
    return session.scalars(select(AlertRow.id).where(*taken).limit(limit)).all()


def rows(session: Session, ids: Sequence[UUID]) -> Sequence[InboxRow]:
    """Return these alerts as they stand now, in this order, whatever tab they belong to by now."""
    found = session.scalars(select(AlertRow).where(AlertRow.id.in_(ids)).execution_options(populate_existing=True))
    by_id = {row.id: row for row in inbox_rows(session, found.all())}
    return [by_id[each] for each in ids if each in by_id]


def monthly(session: Session, models: Sequence[Model], window: Window) -> AlertMonth:
    """Return what happened to the alerts that started in the window: those of the models and those of no model."""
    started = and_(
        started_since(window.start),
        started_before(window.end),
        or_(AlertRow.model.in_([model.name for model in models]), AlertRow.model == ""),
    )
    resolved = AlertRow.resolved_at < window.end
    acknowledged = AlertRow.acknowledged_at.is_not(None)
    totals = session.execute(
        select(
            func.count(),
            func.count().filter(acknowledged),
            func.count().filter(resolved),
            func.avg(AlertRow.acknowledged_at - AlertRow.started_at).filter(acknowledged),
            func.avg(AlertRow.resolved_at - AlertRow.started_at).filter(resolved),
        ).where(started)
    ).one()
    worst = session.scalars(
        select(AlertRow).where(started).order_by(AlertRow.severity.desc(), AlertRow.id.desc()).limit(10)
    ).all()
    by_severity = {Severity.of_rank(rank): n for rank, n in _by(session, AlertRow.severity, started).items()}
    by_type = {AlertType(kind): n for kind, n in _by(session, AlertRow.type, started).items()}
    return AlertMonth(
        opened=totals[0],
        by_severity=by_severity,
        by_type=by_type,
        acknowledged=totals[1],
        resolved=totals[2],
        unresolved=totals[0] - totals[2],
        mean_time_to_acknowledge=_whole(totals[3]),
        mean_time_to_resolve=_whole(totals[4]),
        worst=tuple(inbox_rows(session, worst)),
    )


def _by(session: Session, column: InstrumentedAttribute[T], condition: ColumnElement[bool]) -> Mapping[T, int]:
    query = select(column, func.count()).where(condition).group_by(column)
    return {row[0]: row[1] for row in session.execute(query)}


def _whole(duration: timedelta | None) -> timedelta | None:
    return None if duration is None else timedelta(seconds=round(duration.total_seconds()))


def _where(filters: InboxFilters, tab: Tab) -> list[ColumnElement[bool]]:
    if "\x00" in "".join((filters.text, filters.assignee, *filters.models)):
        return [false()]  # No text of ours holds the character NUL, and the database does not take it.
    conditions = [_TABS[tab]]
    if filters.severities:
        conditions.append(AlertRow.severity.in_([severity.rank for severity in filters.severities]))
    if filters.types:
        conditions.append(AlertRow.type.in_(filters.types))
    if filters.models:
        conditions.append(AlertRow.model.in_(filters.models))
    if filters.assignee:
        conditions.append(_assigned_to(filters.assignee.lower(), tab))
    if filters.not_muted:
        conditions.append(_NOT_MUTED)
    if filters.since is not None:
        conditions.append(started_since(filters.since))
    words = filters.text.split()[:MOST_WORDS]
    return [*conditions, _contains_all(words)] if words else conditions


def _assigned_to(named: str, tab: Tab) -> ColumnElement[bool]:
    """What is active is looked up by whom it belongs to, first of all: it is a small part of a full inbox."""
    names = (func.lower(AlertRow.assignee_email), func.lower(AlertRow.assignee))
    if tab == "resolved":
        return or_(*(name == named for name in names))
    given = [select(AlertRow.id).where(_ACTIVE, AlertRow.assignee.is_not(None), name == named) for name in names]
    return AlertRow.id == any_(func.array(union_all(*given).scalar_subquery(), type_=ARRAY(Uuid)))


def _contains_all(words: Sequence[str]) -> ColumnElement[bool]:
    """The title holds the names of rule, model and instance, the sentence the feature that moved; a source has its own.

    They are made small letters once for all words, which is most of the work; an index of their letters would be read
    in no time, but it triples what each evaluation pays to write new sentences.
    """
    said = func.lower(AlertRow.title + "\n" + AlertRow.source_name + "\n" + AlertRow.summary)
    patterns = [func.lower(f"%{_literally(word)}%") for word in words]
    return said.op("LIKE", is_comparison=True)(all_(array(patterns)))


def _literally(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _cursor(row: AlertRow) -> str:
    return f"{row.severity}-{row.id.hex}"


def _after(cursor: str, *, is_history: bool) -> ColumnElement[bool]:
    rank, _, identifier = cursor.partition("-")
    try:
        severity, last = int(rank), UUID(identifier)
    except ValueError:
        raise InvalidInputError("The cursor is not one of ours; leave it out to begin at the start.") from None
    if is_history:
        return AlertRow.id < last
    return tuple_(AlertRow.severity, AlertRow.id) < tuple_(literal(severity), literal(last))
