"""One deed for many alerts: a result for each, one winner for each, and the way back."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import datetime, timedelta
from multiprocessing import get_context
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.factories import NOW, make_actor, make_measurements, make_user
from tests.integration.alerting.helpers import MINUTE, alerts, cpu_rule, play, save
from webapp.accounts import audit
from webapp.accounts.actor import Actor
from webapp.accounts.permissions import Role
from webapp.alerting import bulk, deeds, evaluate, lifecycle, queries, undo
from webapp.alerting.bulk import BulkResult, Matching
from webapp.alerting.deeds import Deed
from webapp.alerting.queries import InboxFilters
from webapp.alerting.tables import AlertDeedRow, AlertEntryRow, AlertRow
from webapp.alerting.types import EntryKind, ResolveReason, Status
from webapp.core.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from webapp.runtime import Runtime
from webapp.settings import Settings

OMAR = make_actor(Role.ONCALL, name="omar")
DEV = make_actor(Role.DEVOPS, name="dev")
LATER = NOW + 2 * MINUTE
SOON = LATER + timedelta(seconds=5)


def fire(runtime: Runtime, machines: int, *, start: datetime = NOW, prefix: str = "api") -> Sequence[UUID]:
    """Let so many machines be busy at once; return the alerts that this opened."""
    with runtime.transaction() as session:
        before = {alert.id for alert in alerts(session)}
        if not queries.rules(session):
            save(session, cpu_rule(series_limit=10_000))
        for number in range(machines):
            at = start + MINUTE / 2
            make_measurements(session, values=[85], instance=f"{prefix}-{number}", start=at, now=start + MINUTE)
        evaluate.evaluate_due(session, now=start + MINUTE)
        return [alert.id for alert in alerts(session) if alert.id not in before]


def do(runtime: Runtime, ids: Sequence[UUID] | Matching, deed: Deed, *, actor: Actor = OMAR) -> BulkResult:
    return bulk.carry_out(runtime.transaction, ids, deed, actor=actor, now=LATER)


def standing(runtime: Runtime) -> Counter[str]:
    with runtime.transaction() as session:
        return Counter(alert.status for alert in alerts(session))


def entries(session: Session, kind: EntryKind) -> int:
    return session.scalar(select(func.count()).select_from(AlertEntryRow).where(AlertEntryRow.kind == kind)) or 0


def test_each_has_a_result_and_a_refusal_is_the_sentence_of_the_409(runtime: Runtime) -> None:
    ids, unknown = fire(runtime, 4), uuid4()
    do(runtime, ids[:1], deeds.Acknowledge())
    do(runtime, ids[1:2], deeds.Acknowledge(), actor=DEV)

    result = do(runtime, [*ids, unknown, ids[0]], deeds.Acknowledge())

    assert [(row.id, row.status, row.is_changed) for row in result.rows] == [
        (ids[0], 200, False),
        (ids[1], 409, False),
        (ids[2], 200, True),
        (ids[3], 200, True),
        (unknown, 404, False),
    ]
    with pytest.raises(ConflictError) as alone, runtime.transaction() as session:
        lifecycle.acknowledge(session, ids[1], actor=OMAR, now=LATER)
    assert result.rows[1].detail == alone.value.message == "dev acknowledged this alert at 2026-03-10 12:02:00 UTC."


def test_each_timeline_has_its_entry_and_the_audit_log_one_for_all(runtime: Runtime) -> None:
    ids = fire(runtime, 5)

    result = do(runtime, ids, deeds.Acknowledge())

    with runtime.transaction() as session:
        assert {queries.alert(session, each, now=LATER).timeline[0].text for each in ids} == {"Acknowledged by omar."}
        (event,) = audit.events(session, limit=1)
        kept = session.get_one(AlertDeedRow, (result.deed_id, 0))
        assert {UUID(each) for group in kept.changed for each in group["ids"]} == set(ids)
    assert (event.action, event.actor, event.subject) == ("alert.acknowledged", "omar", f"alert_deed:{result.deed_id}")
    assert event.after is not None
    assert event.after["count"] == 5


def test_all_that_match_means_what_was_seen_and_nothing_newer(runtime: Runtime) -> None:
    seen = fire(runtime, 6)
    with runtime.transaction() as session:
        newest = queries.newest(session, InboxFilters())
    assert newest is not None
    shown = Matching(InboxFilters(), newest, NOW + MINUTE)
    fire(runtime, 3, start=LATER, prefix="web")

    result = bulk.carry_out(runtime.transaction, shown, deeds.Acknowledge(), actor=OMAR, now=LATER + MINUTE)

    assert set(result.changed) == set(seen)
    assert standing(runtime) == {"acknowledged": 6, "open": 3}


def test_what_fired_again_after_the_list_was_shown_is_not_meant(runtime: Runtime) -> None:
    (first, second) = fire(runtime, 2)
    with runtime.transaction() as session:
        newest = queries.newest(session, InboxFilters())
        assert newest is not None
        session.get_one(AlertRow, first).fired_at = LATER

    result = do(runtime, Matching(InboxFilters(), newest, NOW + MINUTE), deeds.Acknowledge())

    assert result.changed == (second,)


def test_who_acknowledges_all_that_match_is_told_who_was_quicker(runtime: Runtime) -> None:
    ids = sorted(fire(runtime, 4))
    shown = Matching(InboxFilters(), ids[-1], NOW + MINUTE)
    do(runtime, ids[:1], deeds.Acknowledge(), actor=DEV)

    resolved = do(
        runtime, Matching(InboxFilters(text="api-3"), ids[-1], NOW + MINUTE), deeds.Resolve(ResolveReason.FIXED)
    )
    acknowledged = do(runtime, shown, deeds.Acknowledge())

    assert len(resolved.rows) == len(resolved.changed)
    assert {row.id: row.status for row in acknowledged.rows if row.status != 200} == {ids[0]: 409}
    assert acknowledged.refused[0].detail.startswith("dev acknowledged this alert")


def test_too_many_at_once_are_refused_before_anything_is_written(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = fire(runtime, 3)
    monkeypatch.setattr(bulk, "MOST", 2)

    for chosen in (ids, Matching(InboxFilters(), max(ids), LATER)):
        with pytest.raises(InvalidInputError, match="more than 2 alerts"):
            do(runtime, chosen, deeds.Acknowledge())

    assert standing(runtime) == {"open": 3}


def test_every_deed_goes_for_many_and_needs_its_permission(runtime: Runtime) -> None:
    ids = fire(runtime, 3)
    erin = make_actor(Role.EXECUTIVE, name="erin")
    with runtime.transaction() as session:
        make_user(session, "ada")
        to_ada = lifecycle.assignment(session, "ada@example.com")
    todo: list[tuple[Deed, Actor]] = [
        (deeds.Acknowledge(), OMAR),
        (deeds.TakeOver(), DEV),
        (deeds.Unacknowledge(), OMAR),
        (deeds.Snooze(None), OMAR),
        (to_ada, OMAR),
        (deeds.remark("the batch job"), OMAR),
        (deeds.resolution(ResolveReason.FIXED, "restarted"), OMAR),
    ]
    for deed, actor in todo:
        with pytest.raises(ForbiddenError):
            do(runtime, ids, deed, actor=erin)
        assert len(do(runtime, ids, deed, actor=actor).changed) == 3, deed

    with runtime.transaction() as session:
        found = queries.alert(session, ids[0], now=LATER)
        assert (found.status, found.assignee, found.comment_count) == (Status.RESOLVED, "ada", 1)
        assert found.resolution_note == "restarted"
        assert entries(session, EntryKind.TAKEN_OVER) == 3


def test_a_long_list_goes_in_several_transactions(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = fire(runtime, 7)
    monkeypatch.setattr(bulk, "AT_ONCE", 3)

    result = do(runtime, ids, deeds.Acknowledge())
    with runtime.transaction() as session:
        parts = session.scalars(select(AlertDeedRow.count).where(AlertDeedRow.id == result.deed_id)).all()
    back = undo.take_back(runtime.transaction, result.deed_id, actor=OMAR, now=SOON)

    assert sorted(parts) == [1, 3, 3]
    assert len(result.changed) == len(back.changed) == 7
    assert standing(runtime) == {"open": 7}


# --- several at once


def test_of_two_people_at_the_same_thousand_each_alert_has_one_winner(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = fire(runtime, 600)
    monkeypatch.setattr(bulk, "AT_ONCE", 50)
    barrier = Barrier(4)
    people = [OMAR, DEV, make_actor(Role.ONCALL, name="ada"), make_actor(Role.ADMIN, name="root")]

    def act(place: int) -> BulkResult:
        barrier.wait()
        some = ids if place % 2 else list(reversed(ids))
        return do(runtime, some, deeds.Acknowledge(), actor=people[place])

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(act, range(4)))

    won = Counter(each for result in results for each in result.changed)
    assert won == dict.fromkeys(ids, 1)
    winner = {each: people[place].name for place, result in enumerate(results) for each in result.changed}
    for result in results:
        assert {row.status for row in result.refused} <= {409}
        assert all(row.detail.startswith(winner[row.id]) for row in result.refused)
    with runtime.transaction() as session:
        assert entries(session, EntryKind.ACKNOWLEDGED) == 600


def acknowledge_in_a_process(url: str, secret: str, ids: Sequence[UUID], name: str) -> Sequence[UUID]:
    runtime = Runtime.build(Settings(database_url=url, secret_key=secret))
    try:
        actor = make_actor(Role.ONCALL, name=name)
        return bulk.carry_out(runtime.transaction, ids, deeds.Acknowledge(), actor=actor, now=LATER).changed
    finally:
        runtime.dispose()


def test_of_two_processes_at_the_same_thousand_each_alert_has_one_winner(runtime: Runtime) -> None:
    ids = fire(runtime, 1_000)
    known = str(runtime.settings.database_url), runtime.settings.secret_key

    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        asked = [pool.submit(acknowledge_in_a_process, *known, ids, name) for name in ("omar", "dev")]
        won = Counter(each for done in asked for each in done.result(60))

    assert won == dict.fromkeys(ids, 1)


def test_a_deed_for_many_and_evaluations_do_not_wait_in_a_circle(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = fire(runtime, 300)
    monkeypatch.setattr(bulk, "AT_ONCE", 40)
    do(runtime, ids[::2], deeds.Snooze(LATER + MINUTE))

    def evaluate_on(_: int) -> None:
        for second in range(60, 180, 15):
            with runtime.job_transaction() as session:
                evaluate.evaluate_due(session, now=LATER + timedelta(seconds=second))

    def acknowledge(_: int) -> BulkResult:
        return do(runtime, ids, deeds.Acknowledge())

    with ThreadPoolExecutor(2) as pool:
        evaluating = pool.submit(evaluate_on, 0)
        result = pool.submit(acknowledge, 0).result(60)
        evaluating.result(60)

    assert {row.status for row in result.rows} == {200}


def test_what_is_held_too_long_is_said_and_stops_no_other(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = sorted(fire(runtime, 4))
    monkeypatch.setattr(bulk, "AT_ONCE", 2)

    with runtime.transaction() as session:
        session.execute(select(AlertRow.id).where(AlertRow.id == ids[0]).with_for_update())
        result = do(runtime, ids, deeds.Acknowledge())

    assert [row.status for row in result.rows] == [503, 503, 200, 200]
    assert "try again" in result.rows[0].detail


# --- the way back


@pytest.mark.parametrize(
    "deed",
    [
        deeds.Acknowledge(),
        deeds.Snooze(None),
        deeds.Assign("ada", "ada@example.com"),
        deeds.Resolve(ResolveReason.FIXED, "restarted"),
    ],
)
def test_a_deed_is_taken_back_to_how_it_stood_before(runtime: Runtime, deed: Deed) -> None:
    ids = fire(runtime, 3)
    do(runtime, ids[:1], deeds.Snooze(LATER + MINUTE))
    with runtime.transaction() as session:
        before = bulk.locked(session, ids)
    result = do(runtime, ids, deed)

    back = undo.take_back(runtime.transaction, result.deed_id, actor=OMAR, now=SOON)

    with runtime.transaction() as session:
        assert bulk.locked(session, ids) == before
        newest = queries.alert(session, ids[0], now=SOON).timeline[0]
    assert set(back.changed) == set(result.changed)
    assert newest.kind in {EntryKind.TAKEN_BACK, EntryKind.UNACKNOWLEDGED}
    assert newest.text.startswith("omar took the ")
    with pytest.raises(ConflictError, match="already"):
        undo.take_back(runtime.transaction, result.deed_id, actor=OMAR, now=SOON)


def test_what_has_changed_since_is_not_taken_back(runtime: Runtime) -> None:
    ids = sorted(fire(runtime, 3))
    result = do(runtime, ids, deeds.Acknowledge())
    do(runtime, ids[:1], deeds.TakeOver(), actor=DEV)

    back = undo.take_back(runtime.transaction, result.deed_id, actor=OMAR, now=SOON)

    assert [row.status for row in back.rows] == [409, 200, 200]
    assert standing(runtime) == {"acknowledged": 1, "open": 2}


def test_what_was_held_when_a_deed_was_taken_back_is_taken_back_when_asked_again(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = sorted(fire(runtime, 4))
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    result = do(runtime, ids, deeds.Acknowledge())
    with runtime.transaction() as session:
        session.execute(select(AlertRow.id).where(AlertRow.id == ids[2]).with_for_update())
        back = undo.take_back(runtime.transaction, result.deed_id, actor=OMAR, now=SOON)
    assert [row.status for row in back.rows] == [200, 200, 503, 503]

    again = undo.take_back(runtime.transaction, result.deed_id, actor=OMAR, now=SOON)

    assert again.changed == tuple(ids[2:])
    assert standing(runtime) == {"open": 4}


def test_only_what_was_changed_is_taken_back(runtime: Runtime) -> None:
    ids = fire(runtime, 3)
    do(runtime, ids[:1], deeds.Acknowledge())

    result = do(runtime, ids, deeds.Acknowledge())
    undo.take_back(runtime.transaction, result.deed_id, actor=OMAR, now=SOON)

    assert standing(runtime) == {"acknowledged": 1, "open": 2}


def test_a_resolution_is_not_taken_back_where_the_series_is_well_by_now(runtime: Runtime) -> None:
    ids = fire(runtime, 2)
    result = do(runtime, ids, deeds.Resolve(ResolveReason.FIXED))
    with runtime.transaction() as session:
        play(session, [50], instance="api-0", start=LATER - MINUTE)

    back = undo.take_back(runtime.transaction, result.deed_id, actor=OMAR, now=SOON)

    assert sorted(row.status for row in back.rows) == [200, 409]
    assert [row.detail for row in back.refused] == ["Its condition does not hold any more; it stays resolved."]
    assert standing(runtime) == {"open": 1, "resolved": 1}


def test_only_who_did_it_takes_it_back_and_only_in_time(runtime: Runtime) -> None:
    result = do(runtime, fire(runtime, 2), deeds.Acknowledge())

    with pytest.raises(ForbiddenError, match="omar did that"):
        undo.take_back(runtime.transaction, result.deed_id, actor=DEV, now=SOON)
    with pytest.raises(ConflictError, match="too long ago"):
        undo.take_back(runtime.transaction, result.deed_id, actor=OMAR, now=LATER + 5 * MINUTE)
    with pytest.raises(NotFoundError):
        undo.take_back(runtime.transaction, uuid4(), actor=OMAR, now=SOON)
