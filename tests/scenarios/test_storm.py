"""Ten thousand series fire at once and end at once, while whoever writes that down is killed."""

import pytest
from sqlalchemy import text

from tests.factories import NOW
from tests.integration.alerting.helpers import MINUTE, cpu_rule, save
from tests.scenarios.hands import RECORD, Day, check_sound, killed, scalar, wait_for
from webapp.runtime import Runtime
from webapp.telemetry.ingest import accept_measurements
from webapp.telemetry.wire import Measurement

SERIES = 10_000
LONG = "x" * 10_000


@pytest.mark.timeout(180)
def test_a_storm_fires_in_one_cycle_and_ends_in_one_whoever_is_killed(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        watching = {"direction": "above", "high": 90, "window_minutes": 15}
        save(session, cpu_rule(series_limit=SERIES, parameters=watching), now=NOW)
        for at, value in ((NOW + MINUTE / 2, 95.0), (NOW + 20.5 * MINUTE, 20.0)):
            sent = [Measurement("cpu_percent", value, at, {"instance": f"api-{n}"}) for n in range(SERIES)]
            sent.append(Measurement("cpu_percent", value, at, {"instance": LONG}))
            taken = accept_measurements(session, sent, now=NOW + 21 * MINUTE)
            # What is too long to be a label is refused with a sentence, and the others go in.
            assert (taken.accepted, [each.field for each in taken.rejected]) == (SERIES, ["labels"])
        session.execute(text(RECORD))
    day = Day(runtime, speed=60.0)

    with day.workers(2) as running:
        for kind in ("fired", "resolved"):
            killed(runtime, running)
            running.append(day.one_more())
            wait_until_told(runtime, kind)

    with runtime.transaction() as session:
        check_sound(session)
        told = session.execute(
            text("SELECT kind, count(*), count(DISTINCT alert_id), count(DISTINCT at) FROM alert_entry GROUP BY kind")
        )
        assert sorted(tuple(row) for row in told) == [("fired", SERIES, SERIES, 1), ("resolved", SERIES, SERIES, 1)]
        assert session.execute(text("SELECT count(*) FROM rule_state")).scalar() == 0


def wait_until_told(runtime: Runtime, kind: str) -> None:
    wait_for(lambda: scalar(runtime, "SELECT count(*) FROM alert_entry WHERE kind = :kind", kind=kind))
