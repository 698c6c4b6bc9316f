"""What people do with alerts, alone and at the same time."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.factories import NOW, ROOT, make_actor, make_user
from tests.integration.alerting.helpers import MINUTE, alerts, cpu_rule, only_alert, play, save
from webapp.accounts import audit
from webapp.accounts.permissions import Role
from webapp.alerting import evaluate, lifecycle, queries
from webapp.alerting.queries import InboxFilters
from webapp.alerting.severity import Severity
from webapp.alerting.tables import AlertEntryRow, AlertRow
from webapp.alerting.types import EntryKind, ResolveReason, Status, WhenWorse
from webapp.core.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from webapp.runtime import Runtime

OMAR = make_actor(Role.ONCALL, name="omar")
ADA = make_actor(Role.DATA_SCIENTIST, name="ada")
LATER = NOW + 2 * MINUTE
HOUR = timedelta(hours=1)


@pytest.fixture
def firing(session: Session) -> AlertRow:
    save(session)
    play(session, [85])
    return only_alert(session)


def test_acknowledging_names_the_person_and_leaves_the_open_tab(session: Session, firing: AlertRow) -> None:
    done = lifecycle.acknowledge(session, firing.id, actor=OMAR, now=LATER)

    assert (done.status, done.acknowledged_by, done.acknowledged_at) == (Status.ACKNOWLEDGED, "omar", LATER)
    assert queries.inbox(session, InboxFilters()).rows == []
    assert [row.id for row in queries.inbox(session, InboxFilters(tab="acknowledged")).rows] == [firing.id]
    assert done.timeline[0].text == "Acknowledged by omar."


def test_the_second_to_acknowledge_is_told_who_was_first_and_when(session: Session, firing: AlertRow) -> None:
    lifecycle.acknowledge(session, firing.id, actor=OMAR, now=LATER)

    with pytest.raises(ConflictError, match=r"omar acknowledged this alert at 2026-03-10 12:02:00 UTC"):
        lifecycle.acknowledge(session, firing.id, actor=ADA, now=LATER)


def test_the_same_person_twice_changes_nothing(session: Session, firing: AlertRow) -> None:
    first = lifecycle.acknowledge(session, firing.id, actor=OMAR, now=LATER)

    again = lifecycle.acknowledge(session, firing.id, actor=OMAR, now=LATER + MINUTE)

    assert again.timeline == first.timeline
    assert again.acknowledged_at == LATER


def test_an_acknowledgement_can_be_taken_back(session: Session, firing: AlertRow) -> None:
    lifecycle.acknowledge(session, firing.id, actor=OMAR, now=LATER)

    done = lifecycle.unacknowledge(session, firing.id, actor=OMAR, now=LATER)

    assert (done.status, done.acknowledged_by) == (Status.OPEN, None)
    with pytest.raises(ConflictError):
        lifecycle.unacknowledge(session, firing.id, actor=OMAR, now=LATER)


def test_resolving_keeps_the_note_and_leaves_the_inbox(session: Session, firing: AlertRow) -> None:
    done = lifecycle.resolve(
        session, firing.id, reason=ResolveReason.FIXED, note="Rolled back to v12", actor=ADA, now=LATER
    )

    assert (done.status, done.resolution_note, done.resolved_by) == (Status.RESOLVED, "Rolled back to v12", "ada")
    assert queries.open_summary(session).total == 0
    with pytest.raises(ConflictError, match=r"ada resolved this alert at .* \(fixed\)"):
        lifecycle.resolve(session, firing.id, reason=ResolveReason.DUPLICATE, actor=OMAR, now=LATER)


def test_wont_fix_needs_a_note(session: Session, firing: AlertRow) -> None:
    with pytest.raises(InvalidInputError, match="note"):
        lifecycle.resolve(session, firing.id, reason=ResolveReason.WONT_FIX, note="  ", actor=ADA, now=LATER)


def test_what_was_resolved_while_firing_is_held_until_one_evaluation_is_well(
    session: Session, firing: AlertRow
) -> None:
    lifecycle.resolve(session, firing.id, reason=ResolveReason.FIXED, actor=ADA, now=LATER)

    play(session, [95, 95, 50], start=LATER)
    assert only_alert(session).status == Status.RESOLVED

    play(session, [95], start=LATER + 3 * MINUTE)
    assert (only_alert(session).status, only_alert(session).reopen_count) == (Status.OPEN, 1)


def test_what_fires_on_for_fifteen_minutes_after_it_was_resolved_is_a_new_linked_episode(
    session: Session, firing: AlertRow
) -> None:
    lifecycle.resolve(session, firing.id, reason=ResolveReason.FIXED, actor=ADA, now=LATER)

    play(session, [85] * 14, start=LATER)
    assert len(alerts(session)) == 1
    play(session, [85] * 3, start=LATER + 14 * MINUTE)

    first, second = alerts(session)
    assert second.previous_id == first.id
    assert second.status == Status.OPEN


def test_a_rise_opens_an_acknowledged_alert_and_a_fall_does_not(session: Session, firing: AlertRow) -> None:
    lifecycle.acknowledge(session, firing.id, actor=OMAR, now=LATER)
    play(session, [95], start=LATER)
    assert only_alert(session).status == Status.OPEN

    lifecycle.acknowledge(session, firing.id, actor=OMAR, now=LATER + MINUTE)
    play(session, [85], start=LATER + MINUTE)

    assert only_alert(session).status == Status.ACKNOWLEDGED


def test_a_snooze_comes_back(session: Session, firing: AlertRow) -> None:
    lifecycle.snooze(session, firing.id, until=LATER + timedelta(hours=1), actor=OMAR, now=LATER)
    assert queries.counts(session, InboxFilters())["snoozed"] == 1

    evaluate.evaluate_due(session, now=LATER + timedelta(minutes=59))
    assert only_alert(session).status == Status.SNOOZED
    evaluate.evaluate_due(session, now=LATER + timedelta(minutes=60))

    assert only_alert(session).status == Status.OPEN
    assert queries.alert(session, firing.id, now=LATER).timeline[0].kind is EntryKind.SNOOZE_ENDED


def test_a_snooze_ends_when_the_severity_rises(session: Session, firing: AlertRow) -> None:
    lifecycle.snooze(session, firing.id, until=LATER + timedelta(hours=1), actor=OMAR, now=LATER)

    play(session, [95], start=LATER)

    assert only_alert(session).status == Status.OPEN


def test_a_snooze_without_a_time_ends_only_when_it_gets_worse(session: Session, firing: AlertRow) -> None:
    done = lifecycle.snooze(session, firing.id, until=None, actor=OMAR, now=LATER)
    assert (done.status, done.snoozed_until) == (Status.SNOOZED, None)
    assert done.timeline[0].text == "Snoozed by omar until its severity rises."

    play(session, [88] * 3, start=LATER + timedelta(days=3))
    assert only_alert(session).status == Status.SNOOZED

    play(session, [95], start=LATER + timedelta(days=3, minutes=3))
    assert only_alert(session).status == Status.OPEN


def test_a_take_over_names_both_and_only_works_on_what_somebody_has(session: Session, firing: AlertRow) -> None:
    with pytest.raises(ConflictError, match="acknowledge it first"):
        lifecycle.take_over(session, firing.id, actor=ADA, now=LATER)
    lifecycle.acknowledge(session, firing.id, actor=OMAR, now=LATER)

    done = lifecycle.take_over(session, firing.id, actor=ADA, now=LATER + MINUTE)
    again = lifecycle.take_over(session, firing.id, actor=ADA, now=LATER + 2 * MINUTE)

    assert (done.status, done.acknowledged_by, done.acknowledged_at) == (Status.ACKNOWLEDGED, "ada", LATER + MINUTE)
    assert (done.timeline[0].kind, done.timeline[0].text) == (EntryKind.TAKEN_OVER, "ada took it over from omar.")
    assert again.timeline == done.timeline
    with pytest.raises(ForbiddenError):
        lifecycle.take_over(session, firing.id, actor=make_actor(Role.EXECUTIVE, name="erin"), now=LATER)


def test_a_rule_may_leave_an_alert_acknowledged_when_it_gets_worse(session: Session) -> None:
    save(session, cpu_rule(when_worse=WhenWorse.STAY))
    play(session, [85])
    lifecycle.acknowledge(session, only_alert(session).id, actor=OMAR, now=LATER)

    play(session, [95], start=LATER)

    alert = only_alert(session)
    assert (alert.status, alert.severity, alert.acknowledged_by) == (Status.ACKNOWLEDGED, Severity.HIGH.rank, "omar")
    assert queries.alert(session, alert.id, now=LATER).timeline[0].kind is EntryKind.SEVERITY_RAISED


def test_an_acknowledgement_runs_out_by_severity_and_holds_for_good_where_nothing_is_set(
    session: Session, firing: AlertRow
) -> None:
    lifecycle.acknowledge(session, firing.id, actor=OMAR, now=LATER)
    day, limits = 18 * HOUR, {Severity.MEDIUM: 4 * HOUR, Severity.CRITICAL: HOUR, Severity.LOW: timedelta(0)}

    evaluate.evaluate_due(session, now=LATER + day)
    evaluate.evaluate_due(session, now=LATER + day, acknowledged_for={Severity.CRITICAL: HOUR, Severity.LOW: MINUTE})
    assert only_alert(session).status == Status.ACKNOWLEDGED

    lifecycle.take_over(session, firing.id, actor=ADA, now=LATER + day)
    evaluate.evaluate_due(session, now=LATER + day + 4 * HOUR - MINUTE, acknowledged_for=limits)
    assert only_alert(session).status == Status.ACKNOWLEDGED
    woken = evaluate.evaluate_due(session, now=LATER + day + 4 * HOUR, acknowledged_for=limits).woken

    alert = only_alert(session)
    assert (woken, alert.status, alert.acknowledged_by, alert.acknowledged_at) == (1, Status.OPEN, None, None)
    newest = queries.alert(session, firing.id, now=LATER).timeline[0]
    assert newest.kind is EntryKind.ACKNOWLEDGEMENT_ENDED
    assert newest.text == "ada acknowledged it 4 h ago, and it is not resolved; the alert is open again."


@pytest.mark.parametrize("away", [timedelta(0), timedelta(days=31), -MINUTE])
def test_a_snooze_has_an_end_that_is_near(session: Session, firing: AlertRow, away: timedelta) -> None:
    with pytest.raises(InvalidInputError):
        lifecycle.snooze(session, firing.id, until=LATER + away, actor=OMAR, now=LATER)


def test_an_alert_is_given_to_somebody_who_exists(session: Session, firing: AlertRow) -> None:
    make_user(session, "omar")

    done = lifecycle.assign(session, firing.id, user="OMAR@example.com", actor=ADA, now=LATER)

    assert done.assignee == "omar"
    for named in ("omar@example.com", "Omar"):
        assert len(queries.inbox(session, InboxFilters(assignee=named)).rows) == 1
    with pytest.raises(InvalidInputError, match="nobody"):
        lifecycle.assign(session, firing.id, user="nobody@example.com", actor=ADA, now=LATER)
    assert lifecycle.assign(session, firing.id, user=None, actor=ADA, now=LATER).assignee is None


def test_comments_are_kept_as_they_are_and_empty_ones_refused(session: Session, firing: AlertRow) -> None:
    done = lifecycle.comment(session, firing.id, text=" <b>looks</b> like the batch job ", actor=ADA, now=LATER)

    assert (done.timeline[0].text, done.comment_count) == ("<b>looks</b> like the batch job", 1)
    for bad in ("  ", "a\x00b", "x" * 6000):
        with pytest.raises(InvalidInputError):
            lifecycle.comment(session, firing.id, text=bad, actor=ADA, now=LATER)


def test_what_people_wrote_survives_a_hundred_new_samples(session: Session, firing: AlertRow) -> None:
    make_user(session, "omar")
    lifecycle.assign(session, firing.id, user="omar@example.com", actor=ADA, now=LATER)
    lifecycle.comment(session, firing.id, text="on it", actor=ADA, now=LATER)
    lifecycle.snooze(session, firing.id, until=LATER + timedelta(hours=5), actor=OMAR, now=LATER)

    play(session, [81 + n / 100 for n in range(100)], start=LATER)

    row = only_alert(session)
    assert (row.assignee, row.comment_count, row.status) == ("omar", 1, Status.SNOOZED)
    assert row.snoozed_until == LATER + timedelta(hours=5)
    assert row.value == pytest.approx(81.99)


def test_an_alert_that_is_not_there_is_a_404(session: Session) -> None:
    for verb in (lifecycle.acknowledge, lifecycle.unacknowledge):
        with pytest.raises(NotFoundError):
            verb(session, ROOT.id, actor=OMAR, now=NOW)  # type: ignore[arg-type]


def test_an_executive_may_not(session: Session, firing: AlertRow) -> None:
    erin = make_actor(Role.EXECUTIVE, name="erin")

    with pytest.raises(ForbiddenError):
        lifecycle.acknowledge(session, firing.id, actor=erin, now=LATER)
    with pytest.raises(ForbiddenError):
        lifecycle.comment(session, firing.id, text="hello", actor=erin, now=LATER)


def test_each_deed_is_in_the_audit_log(session: Session, firing: AlertRow) -> None:
    lifecycle.acknowledge(session, firing.id, actor=OMAR, now=LATER)
    lifecycle.resolve(session, firing.id, reason=ResolveReason.FIXED, actor=OMAR, now=LATER)

    told = [(event.action, event.actor, event.before) for event in audit.events(session, limit=2)]

    assert told == [
        ("alert.resolved", "omar", {"status": "acknowledged"}),
        ("alert.acknowledged", "omar", {"status": "open"}),
    ]


def test_the_database_refuses_to_change_a_timeline(session: Session, firing: AlertRow) -> None:
    with pytest.raises(DBAPIError, match="only grows"), session.begin_nested():
        session.execute(text("UPDATE alert_entry SET text = 'nothing happened'"))


def test_of_two_people_at_once_one_wins_and_the_other_is_told_every_time(runtime: Runtime) -> None:
    """A hundred alerts, two people at each at the same moment."""
    with runtime.transaction() as session:
        save(session, cpu_rule())
    for number in range(100):
        with runtime.transaction() as session:
            play(session, [85], instance=f"api-{number}", start=NOW + number * MINUTE)
    with runtime.transaction() as session:
        ids = [alert.id for alert in alerts(session)]
    assert len(ids) == 100
    people = [make_actor(Role.ONCALL, name="omar"), make_actor(Role.DEVOPS, name="dev")]
    barrier = Barrier(2)

    def act(place: int) -> list[str]:
        answers = []
        for alert_id in ids:
            barrier.wait()
            try:
                with runtime.transaction() as session:
                    lifecycle.acknowledge(session, alert_id, actor=people[place], now=LATER)
                answers.append("200")
            except ConflictError as error:
                answers.append(error.message.split()[0])
        return answers

    with ThreadPoolExecutor(2) as pool:
        omar, dev = pool.map(act, range(2))

    pairs = Counter(zip(omar, dev, strict=True))
    assert pairs["200", "omar"] + pairs["dev", "200"] == 100
    with runtime.transaction() as session:
        told = session.scalar(
            select(func.count()).select_from(AlertEntryRow).where(AlertEntryRow.kind == EntryKind.ACKNOWLEDGED)
        )
    assert told == 100
