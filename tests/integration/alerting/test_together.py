"""Several processes evaluate at once, one is killed in the middle: nothing twice, nothing lost."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tests.factories import NOW, ROOT, make_measurements
from tests.integration.alerting.helpers import MINUTE, alerts, cpu_rule, only_alert, play, save
from tests.integration.waiting import wait_for_a_lock
from webapp.alerting import bulk, episodes, evaluate, lifecycle, rules
from webapp.alerting.tables import AlertRow, RuleRow
from webapp.alerting.types import AutomaticReason
from webapp.notifications.tables import ToldRow
from webapp.runtime import Runtime

INSTANCES = 40


def feed(runtime: Runtime, value: float, at: datetime) -> None:
    with runtime.transaction() as session:
        for number in range(INSTANCES):
            make_measurements(session, values=[value], instance=f"api-{number}", start=at - MINUTE / 2, now=at)


def cycle(runtime: Runtime, at: datetime) -> evaluate.Cycle:
    with runtime.job_transaction() as session:
        return evaluate.evaluate_due(session, now=at)


def evaluate_and_die(runtime: Runtime, at: datetime) -> None:
    """Evaluate, and lose the connection before the commit, as a process that is killed does."""
    with runtime.job_transaction() as session:
        assert evaluate.evaluate_due(session, now=at).fired == INSTANCES
        pid = session.execute(text("SELECT pg_backend_pid()")).scalar()
        with runtime.transaction() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid, 2000)"), {"pid": pid})
        session.execute(text("SELECT 1"))


@pytest.mark.parametrize("processes", [2, 4])
def test_processes_that_evaluate_at_once_make_each_transition_once(runtime: Runtime, processes: int) -> None:
    with runtime.transaction() as session:
        for name in ("one", "two"):
            save(session, cpu_rule(name, interval_seconds=60))
        save(session, cpu_rule("three", interval_seconds=30))
    barrier = threading.Barrier(processes)

    def tick(at: datetime) -> evaluate.Cycle:
        barrier.wait()
        return cycle(runtime, at)

    for place, value in enumerate([95, 50, 95, 50]):
        at = NOW + (place + 1) * MINUTE
        feed(runtime, value, at)
        with ThreadPoolExecutor(processes) as pool:
            cycles = list(pool.map(tick, [at] * processes))
        assert sum(each.rules for each in cycles) == 3

    with runtime.transaction() as session:
        assert len(alerts(session)) == 3 * INSTANCES
        kinds = {
            row[0]: row[1] for row in session.execute(text("SELECT kind, count(*) FROM alert_entry GROUP BY kind"))
        }
    assert kinds["fired"] == 3 * INSTANCES
    assert kinds["reopened"] == 3 * INSTANCES
    assert kinds["resolved"] == 6 * INSTANCES


def test_a_process_killed_before_its_commit_leaves_nothing_and_the_next_repeats_the_slot(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        save(session)
    feed(runtime, 95, NOW + MINUTE)
    with pytest.raises(OperationalError):
        evaluate_and_die(runtime, NOW + MINUTE)

    with runtime.transaction() as session:
        assert alerts(session) == []
    again = cycle(runtime, NOW + MINUTE)
    assert again.fired == INSTANCES
    assert cycle(runtime, NOW + MINUTE).rules == 0


def test_a_rule_deleted_while_a_cycle_is_under_way_has_no_alert_open_afterwards(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        rule_id = save(session)
    feed(runtime, 95, NOW + MINUTE)
    evaluated, deleted = threading.Event(), threading.Event()

    def evaluate_slowly() -> None:
        with runtime.job_transaction() as session:
            evaluate.evaluate_due(session, now=NOW + MINUTE)
            evaluated.set()
            deleted.wait(0.3)  # The deletion waits for us; we do not wait for it.

    def delete() -> None:
        evaluated.wait(5)
        with runtime.transaction() as session:
            rules.delete_rule(session, rule_id, actor=ROOT, now=NOW + MINUTE)
        deleted.set()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(evaluate_slowly), pool.submit(delete)]:
            done.result()

    with runtime.transaction() as session:
        assert {alert.status for alert in alerts(session)} == {"resolved"}
        assert {alert.resolve_reason for alert in alerts(session)} == {"rule_deleted"}


@pytest.mark.parametrize(
    "lock",
    [
        lambda session, alert: bulk.locked(session, [alert.id]),
        lambda session, alert: lifecycle.acknowledge(session, alert.id, actor=ROOT, now=NOW + MINUTE),
        lambda session, alert: episodes.latest_of(session, [alert.fingerprint]),
        lambda session, alert: episodes.end_of_rules(
            session, [alert.rule_id], AutomaticReason.PAUSED, now=NOW + MINUTE
        ),
    ],
    ids=["a deed for many", "a deed", "an evaluation", "a rule's end"],
)
def test_who_writes_that_an_alert_was_told_waits_for_nobody_who_holds_it(
    runtime: Runtime, lock: Callable[[Session, AlertRow], object]
) -> None:
    """He would hold one alert and wait for another, in his own order: a circle with everybody who locks by ids."""
    with runtime.transaction() as session:
        save(session)
        play(session, [95])
        alert = only_alert(session)

    with runtime.transaction() as holding:
        lock(holding, alert)
        with runtime.job_transaction() as telling:
            telling.execute(text("SET LOCAL lock_timeout = '100ms'"))
            telling.add(ToldRow(alert_id=alert.id, at=NOW, state="held", because="snoozed", text=""))
            telling.flush()


def test_a_rule_is_paused_while_its_alert_is_woken_and_nobody_waits_in_a_circle(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        rule_id = save(session)
        play(session, [95])
        lifecycle.snooze(session, only_alert(session).id, until=NOW + 2 * MINUTE, actor=ROOT, now=NOW + MINUTE)
    feed(runtime, 95, NOW + 2 * MINUTE)

    with runtime.transaction() as pausing, ThreadPoolExecutor(1) as pool:
        pausing.execute(
            select(RuleRow.id).where(RuleRow.id == rule_id).with_for_update()
        )  # as who pauses it does first
        evaluating = pool.submit(cycle, runtime, NOW + 2 * MINUTE)
        wait_for_a_lock(runtime)
        rules.pause_rule(pausing, rule_id, actor=ROOT, now=NOW + 2 * MINUTE)
        pausing.commit()
        assert evaluating.result(30).fired == 0

    with runtime.transaction() as session:
        assert only_alert(session).status == "resolved"


def test_a_rule_is_edited_while_it_is_evaluated_and_nobody_waits_in_a_circle(runtime: Runtime) -> None:
    """Whoever evaluates holds the schedule and waits for the rule; who edits the rule must not ask for the schedule."""
    with runtime.transaction() as session:
        rule_id = save(session)
    feed(runtime, 95, NOW + MINUTE)

    with runtime.transaction() as editing, ThreadPoolExecutor(1) as pool:
        editing.execute(text("SET LOCAL lock_timeout = '100ms'"))
        editing.execute(select(RuleRow.id).where(RuleRow.id == rule_id).with_for_update())
        evaluating = pool.submit(cycle, runtime, NOW + MINUTE)
        wait_for_a_lock(runtime)
        rules.save_rule(editing, cpu_rule("another name"), rule_id=rule_id, actor=ROOT, now=NOW + MINUTE)
        editing.commit()
        assert evaluating.result(30).fired == 0


def test_what_moves_and_what_fires_in_one_cycle_is_held_in_one_order(runtime: Runtime) -> None:
    """Two lists, each in order, are none together: who waits with one of the second holds one of the first."""
    with runtime.transaction() as session:
        save(session)
        for minute, values in enumerate([(95, 50), (50, 95), (95, 96)]):
            at = NOW + minute * MINUTE
            for number, value in enumerate(values):
                make_measurements(
                    session, values=[value], instance=f"api-{number}", start=at + MINUTE / 2, now=at + MINUTE
                )
            if minute < 2:
                evaluate.evaluate_due(session, now=at + MINUTE)
        again, moving = (alert.id for alert in alerts(session))

    with runtime.transaction() as holding, ThreadPoolExecutor(1) as pool:
        holding.execute(text("SET LOCAL lock_timeout = '100ms'"))
        bulk.locked(holding, [again])
        evaluating = pool.submit(cycle, runtime, NOW + 3 * MINUTE)
        wait_for_a_lock(runtime)
        bulk.locked(holding, [moving])
        holding.commit()
        assert evaluating.result(30).fired == 1
