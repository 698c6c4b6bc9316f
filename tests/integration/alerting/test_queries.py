"""The inbox over many alerts: pages, counts, filters; and the month in numbers."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.factories import NOW, make_actor, make_model, make_user
from tests.integration.alerting.helpers import MINUTE, cpu_rule, play, save
from webapp.accounts.permissions import Role
from webapp.alerting import lifecycle, queries
from webapp.alerting.queries import InboxFilters, InboxRow
from webapp.alerting.severity import Severity
from webapp.alerting.types import AlertType, ResolveReason
from webapp.core.errors import InvalidInputError
from webapp.core.periods import Window

OMAR = make_actor(Role.ONCALL, name="omar")


@pytest.fixture
def many(session: Session) -> Sequence[InboxRow]:
    """Twenty alerts, one a minute, every second one high."""
    save(session)
    for number in range(20):
        play(session, [95 if number % 2 else 85], instance=f"api-{number}", start=NOW + number * MINUTE)
    return queries.inbox(session, InboxFilters()).rows


def pages(session: Session, filters: InboxFilters, limit: int) -> list[UUID]:
    found: list[UUID] = []
    cursor: str | None = None
    while True:
        page = queries.inbox(session, filters, cursor=cursor, limit=limit)
        found += [row.id for row in page.rows]
        cursor = page.next
        if cursor is None:
            return found


def test_the_worst_come_first_then_the_newest(many: Sequence[InboxRow]) -> None:
    assert len(many) == 20
    keys = [(row.severity.rank, row.started_at) for row in many]
    assert keys == sorted(keys, reverse=True)


@pytest.mark.parametrize("limit", [1, 3, 7, 20, 50])
def test_pages_hold_each_alert_once(session: Session, many: Sequence[InboxRow], limit: int) -> None:
    assert pages(session, InboxFilters(), limit) == [row.id for row in many]


def test_what_is_resolved_is_paged_by_time_alone(session: Session, many: Sequence[InboxRow]) -> None:
    for row in many:
        lifecycle.resolve(session, row.id, reason=ResolveReason.FIXED, actor=OMAR, now=NOW + timedelta(hours=1))

    found = pages(session, InboxFilters(tab="resolved"), 6)

    assert len(found) == 20
    assert all(earlier > later for earlier, later in pairwise(found))


def test_counts_are_exact_under_the_same_filters(session: Session, many: Sequence[InboxRow]) -> None:
    lifecycle.acknowledge(session, many[0].id, actor=OMAR, now=NOW)

    counts = queries.counts(session, InboxFilters(severities=(Severity.HIGH,)))

    assert counts == {"open": 9, "acknowledged": 1, "snoozed": 0, "silenced": 0, "resolved": 0, "all_open": 10}
    summary = queries.open_summary(session)
    assert (summary.total, summary.worst) == (20, Severity.HIGH)


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        (InboxFilters(severities=(Severity.MEDIUM,)), 10),
        (InboxFilters(types=(AlertType.DATA_DRIFT,)), 0),
        (InboxFilters(models=("churn",)), 0),
        (InboxFilters(text="cpu API-19"), 1),
        (InboxFilters(text="100%"), 0),
        (InboxFilters(text="_"), 0),
        (InboxFilters(text="\\"), 0),
        (InboxFilters(text="HIGH api-1"), 11),
        (InboxFilters(text="high nobody"), 0),
        (InboxFilters(since=NOW + 19 * MINUTE), 2),
        (InboxFilters(tab="all_open"), 20),
        (InboxFilters(assignee="omar"), 0),
    ],
)
def test_filters(session: Session, many: Sequence[InboxRow], filters: InboxFilters, count: int) -> None:
    assert len(queries.inbox(session, filters).rows) == count


def test_counting_ends_where_a_number_tells_nobody_anything(
    session: Session, many: Sequence[InboxRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "COUNTED", 7)
    lifecycle.acknowledge(session, many[0].id, actor=OMAR, now=NOW)

    for filters in (InboxFilters(), InboxFilters(text="cpu")):
        counts = queries.counts(session, filters)
        assert (counts["open"], counts["acknowledged"], counts["all_open"]) == (7, 1, 7)


def test_a_first_page_that_holds_all_says_itself_which_is_newest(session: Session, many: Sequence[InboxRow]) -> None:
    filters = InboxFilters(severities=(Severity.MEDIUM,))
    newest = max(row.id for row in many if row.severity is Severity.MEDIUM)

    for limit in (50, 3):
        page = queries.inbox(session, filters, limit=limit)
        assert queries.newest(session, filters, first=page) == newest
    nothing = queries.inbox(session, InboxFilters(text="nobody"))
    assert queries.newest(session, InboxFilters(text="nobody"), first=nothing) is None


def test_what_is_assigned_is_found_by_name_and_by_address_whether_it_is_over_or_not(
    session: Session, many: Sequence[InboxRow]
) -> None:
    make_user(session, "omar")
    for row in many[:3]:
        lifecycle.assign(session, row.id, user="omar", actor=OMAR, now=NOW)
    lifecycle.resolve(session, many[0].id, reason=ResolveReason.FIXED, actor=OMAR, now=NOW)

    for named in ("omar", "Omar@Example.com"):
        for tab, count in {"open": 2, "all_open": 2, "resolved": 1, "acknowledged": 0}.items():
            filters = InboxFilters(tab=tab, assignee=named)  # type: ignore[arg-type]
            assert len(queries.inbox(session, filters).rows) == queries.counts(session, filters)[filters.tab] == count


def test_twelve_new(session: Session, many: Sequence[InboxRow]) -> None:
    by_time = sorted(many, key=lambda row: row.started_at)

    assert queries.newer_than(session, InboxFilters(), by_time[7].id) == 12


@pytest.mark.parametrize("cursor", ["x", "1-2", "high-0", "-", "9" * 30])
def test_a_cursor_of_somebody_else_is_a_sentence(session: Session, cursor: str) -> None:
    with pytest.raises(InvalidInputError):
        queries.inbox(session, InboxFilters(), cursor=cursor)


def test_the_month_in_numbers(session: Session, many: Sequence[InboxRow]) -> None:
    model = make_model(session, "churn")
    first, second = many[:2]
    lifecycle.acknowledge(session, first.id, actor=OMAR, now=first.started_at + 10 * MINUTE)
    lifecycle.resolve(
        session, second.id, reason=ResolveReason.FIXED, actor=OMAR, now=second.started_at + timedelta(hours=1)
    )

    month = queries.monthly(session, [model], Window(NOW - timedelta(days=9), NOW + timedelta(days=9)))

    assert (month.opened, month.acknowledged, month.resolved, month.unresolved) == (20, 1, 1, 19)
    assert month.by_severity == {Severity.HIGH: 10, Severity.MEDIUM: 10}
    assert month.by_type == {AlertType.RESOURCE_EXHAUSTION: 20}
    assert month.mean_time_to_acknowledge == 10 * MINUTE
    assert month.mean_time_to_resolve == timedelta(hours=1)
    assert len(month.worst) == 10


def test_an_empty_month_has_no_means(session: Session) -> None:
    month = queries.monthly(session, [], Window(NOW, NOW + timedelta(days=9)))

    assert (month.opened, month.mean_time_to_acknowledge, month.worst) == (0, None, ())


def test_related_alerts_are_those_of_the_series_and_the_time(session: Session, many: Sequence[InboxRow]) -> None:
    related = queries.alert(session, many[0].id, now=NOW + timedelta(hours=1)).related

    assert 0 < len(related) <= 8
    assert many[0].id not in {row.id for row in related}


def test_the_list_of_rules_says_how_each_stands(session: Session) -> None:
    rule_id = save(session, cpu_rule("High CPU", model="churn"))

    (summary,) = queries.rules(session)

    assert (summary.condition_text, summary.severity_text) == ("CPU > 80% medium, > 90% high", "medium, high")
    assert (summary.model, summary.version, summary.firing_count, summary.last_evaluated_at) == ("churn", 1, 0, None)
    detail = queries.rule(session, rule_id)
    assert [(version.number, version.saved_by) for version in detail.versions] == [(1, "root")]


def test_active_pages_use_the_partial_index(session: Session, many: Sequence[InboxRow]) -> None:
    session.execute(text("SET LOCAL enable_seqscan = off"))
    plan = session.execute(
        text(
            "EXPLAIN SELECT * FROM alert WHERE status = 'open' AND silence_id IS NULL AND inhibitor_id IS NULL"
            " AND (severity, id) < (3, :id) ORDER BY severity DESC, id DESC LIMIT 50"
        ),
        {"id": many[0].id},
    ).scalars()

    assert any("ix_alert_unmuted_status" in line for line in plan)
