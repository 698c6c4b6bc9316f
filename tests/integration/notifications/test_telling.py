"""What is written down of what people are told, and why they are not told."""

from dataclasses import replace
from datetime import timedelta
from operator import attrgetter
from uuid import UUID

import pytest
from sqlalchemy import event, func, select

from tests.factories import ROOT
from tests.integration.notifications.stage import Sent, Stage
from webapp.alerting import bulk, deeds, episodes, lifecycle, undo
from webapp.alerting.grouping import Policy
from webapp.alerting.muting import silences, watch
from webapp.alerting.muting.matchers import parse
from webapp.alerting.severity import Severity
from webapp.alerting.tables import AlertRow
from webapp.alerting.types import ResolveReason
from webapp.notifications.queries import notifications
from webapp.notifications.tables import GroupRow, MemberRow, NotificationRow, OutboxRow


@pytest.fixture
def stage(session):
    return Stage(session, Policy(("rule",), timedelta(seconds=2), timedelta(seconds=4), timedelta(seconds=12)))


def acknowledge(stage: Stage, alert_id: UUID, second: float) -> None:
    lifecycle.acknowledge(stage.session, alert_id, actor=ROOT, now=stage.at(second))


def count(session, table) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def test_who_acknowledges_stops_the_repeats_and_is_named_to_who_was_told(stage):
    alert = stage.fire("A", 0)
    stage.run(3, {})
    acknowledge(stage, alert, 3.5)

    for second in (4, 6, 10, 14, 18):
        stage.tell(second)

    assert [row.title for row in stage.session.scalars(select(NotificationRow).order_by(NotificationRow.at))] == [
        "X firing",
        "root acknowledged X",
    ]
    assert stage.ledger(alert) == [(2, "firing", "new"), (4, "acknowledged", "acknowledged")]


def test_what_is_acknowledged_before_anybody_is_told_is_held_with_the_reason(stage):
    alert = stage.fire("A", 0)
    stage.tell(0)
    acknowledge(stage, alert, 1)
    stage.tell(2)
    stage.tell(6)

    assert stage.sent() == []
    assert stage.ledger(alert) == [(2, "held", "acknowledged")]


def test_what_ends_before_anybody_is_told_is_written_down(stage):
    alert = stage.fire("A", 0)
    stage.tell(0)
    stage.end("A", 1)
    stage.tell(2)

    assert stage.ledger(alert) == [(2, "held", "ended")]


def test_a_silence_holds_once_and_its_end_is_told_by_name(stage):
    plan = silences.Plan(matchers=parse("name=A"), comment="a new machine", ends_at=stage.at(20))
    silences.create(stage.session, plan, actor=ROOT, now=stage.at(0), confirmed=True)
    alert = stage.fire("A", 1)
    stage.run(24, {})

    assert stage.ledger(alert) == [(2, "held", "silenced"), (22, "firing", "silence_ended")]


def test_what_was_told_and_then_silenced_is_told_again_when_the_silence_ends(stage):
    alert = stage.fire("A", 0)
    stage.tell(0)
    stage.tell(2)
    plan = silences.Plan(matchers=parse("name=A"), comment="a new machine", ends_at=stage.at(7))
    silences.create(stage.session, plan, actor=ROOT, now=stage.at(3), confirmed=True)
    for second in (3, 6, 7, 10, 14):
        stage.tell(second)

    assert stage.ledger(alert) == [(2, "firing", "new"), (10, "firing", "silence_ended")]


def test_what_gets_worse_does_not_wait_for_the_next_look(stage):
    alert = stage.fire("A", 0, severity=Severity.MEDIUM)
    stage.tell(0)
    stage.tell(2)
    stage.fire("A", 3, severity=Severity.CRITICAL)
    stage.tell(3)

    assert stage.ledger(alert) == [(2, "firing", "new"), (3, "firing", "worse")]


def test_a_snooze_that_ends_is_told_at_once(stage):
    alert = stage.fire("A", 0)
    stage.tell(0)
    stage.tell(2)
    lifecycle.snooze(stage.session, alert, until=stage.at(65), actor=ROOT, now=stage.at(3))
    for second in range(4, 60, 4):
        stage.tell(second)
    episodes.wake(stage.session, now=stage.at(65))
    stage.tell(65)

    assert stage.ledger(alert) == [(2, "firing", "new"), (65, "firing", "snooze_ended")]


def test_who_resolves_by_hand_tells_once(stage):
    alert = stage.fire("A", 0)
    stage.tell(0)
    stage.tell(2)
    lifecycle.resolve(stage.session, alert, reason=ResolveReason.FIXED, actor=ROOT, now=stage.at(3))
    for second in (6, 10, 14, 18):
        stage.tell(second)

    assert [(each.firing, each.resolved) for each in stage.sent()] == [("A", ""), ("", "A")]
    assert count(stage.session, MemberRow) == 0
    assert count(stage.session, GroupRow) == 0


def test_what_flaps_is_told_at_most_three_times_in_an_hour(stage):
    """A metric that crosses its line at every evaluation for an hour."""
    stage.policy = Policy()
    for minute in range(60):
        if minute % 2:
            stage.end("A", minute * 60)
        else:
            stage.fire("A", minute * 60)
        for seconds in (1, 31, 46):
            stage.tell(minute * 60 + seconds)

    assert len(stage.sent()) <= 3
    alert = stage.session.scalars(select(AlertRow.id)).one()
    assert (alert, "flapping") in {(alert, because) for _, _, because in stage.ledger(alert)}


def test_many_at_once_are_one_message(stage):
    for number in range(300):
        stage.fire(f"s{number:03}", 0)
    stage.tell(0)
    stage.tell(2)

    (row,) = stage.session.scalars(select(NotificationRow)).all()
    assert (row.title, row.firing) == ("X: 300 firing", 300)
    assert count(stage.session, OutboxRow) == 0


def test_alerts_of_different_rules_are_told_apart(stage):
    stage.fire("A", 0, rule="X")
    stage.fire("B", 0, rule="Y")
    stage.tell(0)
    stage.tell(2)

    assert sorted(each.firing for each in stage.sent()) == ["A", "B"]
    assert {each.at for each in stage.sent()} == {2}
    assert Sent(2, "A", "") in stage.sent()


def test_a_group_waits_until_every_alert_of_it_was_looked_at_for_silences(stage, monkeypatch):
    plan = silences.Plan(matchers=parse("name=B"), comment="a new machine", ends_at=stage.at(600))
    silences.create(stage.session, plan, actor=ROOT, now=stage.at(0), confirmed=True)
    for name in "ABC":
        stage.fire(name, 0)
    monkeypatch.setattr(watch, "MOST", 1)
    for second in (0, 2, 3, 4, 5):
        stage.tell(second)

    assert [(each.firing, each.resolved) for each in stage.sent()] == [("AC", "")]


def test_who_takes_a_resolution_back_after_it_was_told_has_it_told_again(runtime):
    with runtime.transaction() as session:
        stage = Stage(session, Policy(("rule",), timedelta(seconds=2), timedelta(seconds=4), timedelta(seconds=12)))
        alert = stage.fire("A", 0)
        stage.tell(0)
        stage.tell(2)
    resolved = bulk.carry_out(
        runtime.transaction, [alert], deeds.resolution(ResolveReason.FIXED, ""), actor=ROOT, now=stage.at(3)
    )
    with runtime.transaction() as session:
        replace(stage, session=session).tell(6)
    undo.take_back(runtime.transaction, resolved.deed_id, actor=ROOT, now=stage.at(7))
    with runtime.transaction() as session:
        again = replace(stage, session=session)
        for second in (8, 10, 14):
            again.tell(second)

        assert again.ledger(alert) == [(2, "firing", "new"), (6, "resolved", "resolved"), (10, "firing", "new")]


def test_groups_by_labels_that_no_index_holds_are_told_apart(session):
    endless = "".join(map(chr, range(0x20000, 0x20400)))  # 4,096 bytes that nothing shortens
    stage = Stage(session, Policy(("team",), timedelta(seconds=2), timedelta(seconds=4), timedelta(seconds=12)))
    for name, team in (("A", f"{endless}1"), ("B", f"{endless}2"), ("C", f"{endless}1")):
        stage.fire(name, 0, labels={"team": team})

    told = stage.run(3, {})

    assert sorted(sorted(each.firing) for each in told) == [["A", "C"], ["B"]]
    assert {row.labels["team"] for row in session.scalars(select(GroupRow))} == {f"{endless}1", f"{endless}2"}


def test_a_page_of_messages_names_their_first_alerts_with_one_statement(stage):
    of_rule = [{stage.fire(f"{rule}{name}", 0, rule=rule) for name in "ab"} for rule in "XYZ"]
    stage.tell(0)
    stage.tell(30)
    stage.session.flush()
    statements: list[str] = []
    event.listen(stage.session.get_bind(), "before_cursor_execute", lambda *given: statements.append(given[2]))

    found, _ = notifications(stage.session)

    assert [
        {mention.alert_id for mention in told.mentions} for told in sorted(found, key=attrgetter("title"))
    ] == of_rule
    assert len(statements) == 2, "the messages, and what they name"


def test_that_it_flapped_is_not_told_once_it_is_calm_again(stage):
    for minute in (0, 2):
        stage.fire("A", minute * 60)
        stage.end("A", minute * 60 + 60)
    alert = stage.fire("A", 240)
    acknowledge(stage, alert, 241)
    for second in (242, 250):
        stage.tell(second)
    episodes.wake(stage.session, now=stage.at(2400))
    lifecycle.unacknowledge(stage.session, alert, actor=ROOT, now=stage.at(2401))
    for second in (2401, 2410):
        stage.tell(second)

    assert [(state, because) for _, state, because in stage.ledger(alert)][-1] == ("firing", "new")
