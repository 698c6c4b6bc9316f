"""What a person resolves while it fires and while it is evaluated stays resolved until it was well once."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from tests.factories import NOW, ROOT
from tests.integration.alerting.helpers import MINUTE, cpu_rule, save
from tests.scenarios.hands import RECORD, Day, check_sound, is_in_a_cycle, scalar, timeline, wait_for
from webapp.alerting import lifecycle
from webapp.alerting.tables import AlertRow
from webapp.alerting.types import ResolveReason
from webapp.runtime import Runtime
from webapp.telemetry.ingest import accept_measurements
from webapp.telemetry.wire import Measurement

MACHINES, WELL, BUSY_AGAIN, END = 20, NOW + 10 * MINUTE, NOW + 13 * MINUTE, NOW + 16 * MINUTE


@pytest.mark.parametrize("processes", [2, 4])
def test_what_is_resolved_in_the_middle_of_a_cycle_fires_again_once_it_was_well(
    runtime: Runtime, processes: int
) -> None:
    step = timedelta(seconds=10)
    sent = [
        Measurement("cpu_percent", 20.0 if WELL <= at < BUSY_AGAIN else 91 + place / 50, at, {"instance": f"api-{n}"})
        for place, at in ((place, NOW + place * step) for place in range((END - NOW) // step))
        for n in range(MACHINES)
    ]
    with runtime.transaction() as session:
        accept_measurements(session, sent, now=END)
        save(session, cpu_rule(interval_seconds=15), now=NOW)
        session.execute(text(RECORD))
    day = Day(runtime, speed=60.0)

    with day.workers(processes):
        wait_for(lambda: scalar(runtime, "SELECT count(*) FROM alert") == MACHINES)
        with runtime.transaction() as session:
            chosen = session.scalars(select(AlertRow.id).order_by(AlertRow.id).limit(MACHINES // 2)).all()
        for alert_id in chosen:
            wait_for(lambda: is_in_a_cycle(runtime) or day.now > WELL)
            with runtime.transaction() as session:
                lifecycle.resolve(session, alert_id, reason=ResolveReason.FIXED, actor=ROOT, now=day.now)
        by_hand = "SELECT count(*) FROM alert WHERE status = 'resolved' AND is_resolved_by_hand"
        day.wait_until(WELL - MINUTE / 4)
        assert scalar(runtime, by_hand) == len(chosen)
        day.wait_until(END)

    with runtime.transaction() as session:
        check_sound(session)
        told = timeline(session)
    assert [line[3] for line in told] == ["fired", "resolved", "reopened"] * MACHINES
    assert scalar(runtime, "SELECT count(*) FROM alert WHERE status = 'open'") == MACHINES
