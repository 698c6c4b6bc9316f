"""Rules that are deleted, paused and edited while they fire and while several processes evaluate them."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.factories import NOW, ROOT
from tests.integration.alerting.helpers import MINUTE, cpu_rule, save
from tests.scenarios.hands import RECORD, Day, check_sound, is_in_a_cycle, scalar, wait_for
from webapp.alerting import rules
from webapp.runtime import Runtime
from webapp.telemetry.ingest import accept_measurements
from webapp.telemetry.wire import Measurement

SPEED, MACHINES, LASTS = 60.0, 60, 15 * MINUTE
LOOSE, STRICT = ({"direction": "above", "high": line, "window_minutes": 1} for line in (50, 99))


def fill(runtime: Runtime) -> Mapping[str, UUID]:
    """Store machines that are busy, a little more each time, and rules that watch them."""
    step = timedelta(seconds=20)
    sent = [
        Measurement("cpu_percent", 60 + place / 10, NOW + place * step, {"instance": f"api-{number}"})
        for place in range(LASTS // step)
        for number in range(MACHINES)
    ]
    with runtime.transaction() as session:
        accept_measurements(session, sent, now=NOW + LASTS)
        session.execute(text(RECORD))
        names = ("deleted", "paused", "stricter", "renamed", "other metric", "left alone")
        return {name: save(session, cpu_rule(name, interval_seconds=15, parameters=LOOSE), now=NOW) for name in names}


@pytest.mark.parametrize("processes", [2, 4])
def test_what_people_change_in_the_middle_of_a_cycle_holds(runtime: Runtime, processes: int) -> None:
    of = fill(runtime)
    day = Day(runtime, SPEED)
    with day.workers(processes):
        wait_for(lambda: scalar(runtime, "SELECT count(*) FROM alert") == 6 * MACHINES)
        changes: Sequence[Callable[[Session, datetime], None]] = (
            lambda session, now: rules.delete_rule(session, of["deleted"], actor=ROOT, now=now),
            lambda session, now: rules.pause_rule(session, of["paused"], actor=ROOT, now=now),
            lambda session, now: edit(session, of["stricter"], "stricter", now, parameters=STRICT),
            lambda session, now: edit(session, of["renamed"], "its new name", now, parameters=LOOSE),
            lambda session, now: edit(session, of["other metric"], "other metric", now, metric="memory"),
        )
        for change in changes:
            wait_for(lambda: is_in_a_cycle(runtime))
            with runtime.transaction() as session:
                change(session, day.now)
        day.wait_until(day.now + 2 * MINUTE)

    with runtime.transaction() as session:
        check_sound(session)
        kinds = counted(session, "SELECT rule_id, kind FROM alert JOIN alert_entry e ON e.alert_id = alert.id")
        stands = counted(session, "SELECT rule_id, status, resolve_reason FROM alert")
        left = counted(session, "SELECT rule_id FROM rule_state")
    assert kinds == {(rule_id, "fired"): MACHINES for rule_id in of.values()} | {
        (of[name], "resolved"): MACHINES for name in ("deleted", "paused", "stricter", "other metric")
    }
    assert stands == {
        (of["deleted"], "resolved", "rule_deleted"): MACHINES,
        (of["paused"], "resolved", "paused"): MACHINES,
        (of["stricter"], "resolved", "updated"): MACHINES,
        (of["other metric"], "resolved", "updated"): MACHINES,
        (of["renamed"], "open", None): MACHINES,
        (of["left alone"], "open", None): MACHINES,
    }
    assert left == {(of["renamed"],): MACHINES, (of["left alone"],): MACHINES}


def counted(session: Session, query: str) -> Counter[tuple[Any, ...]]:
    return Counter(tuple(row) for row in session.execute(text(query)))


def edit(session: Session, rule_id: UUID, name: str, now: datetime, **fields: Any) -> None:
    rules.save_rule(session, cpu_rule(name, interval_seconds=15, **fields), rule_id=rule_id, actor=ROOT, now=now)
