"""The database is gone for some minutes of a fast day: on return nothing ends and nothing fires for want of data."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.factories import NOW
from tests.integration.alerting.helpers import MINUTE, cpu_rule, save
from tests.scenarios.hands import RECORD, Day, check_sound, scalar, timeline
from tests.scenarios.proxy import proxied
from webapp.alerting.types import NoData
from webapp.runtime import Runtime
from webapp.telemetry.ingest import accept_measurements
from webapp.telemetry.wire import Measurement

SPEED = 90.0
# For 5 real seconds: in those minutes there are more than a lease, an interval and any window that a rule looks at.
CUT, GONE, BACK, END = NOW + 8 * MINUTE, NOW + 11 * MINUTE, NOW + 16 * MINUTE, NOW + 26 * MINUTE
MACHINES = 30


def sent() -> Sequence[Measurement]:
    """Half of the machines are busy all the time; while the database is gone nobody can send anything."""
    step = timedelta(seconds=20)
    return [
        Measurement("cpu_percent", 95.0 if number % 2 else 20.0, NOW + place * step, {"instance": f"api-{number}"})
        for place in range((END - NOW) // step)
        for number in range(MACHINES)
        if not GONE <= NOW + place * step < BACK
    ]


@pytest.mark.parametrize("processes", [1, 2, 4])
def test_an_outage_ends_nothing_and_begins_nothing(runtime: Runtime, processes: int) -> None:
    with runtime.transaction() as session:
        accept_measurements(session, sent(), now=END)
        for no_data in NoData:
            for interval in (15, 60):
                save(session, cpu_rule(f"{no_data} {interval}", no_data=no_data, interval_seconds=interval), now=NOW)
        session.execute(text(RECORD))
    day = Day(runtime, SPEED)

    with proxied(str(runtime.settings.database_url)) as (proxy, url), day.workers(processes, url=url):
        day.wait_until(GONE)
        with proxy.cut():
            day.wait_until(BACK)
        day.wait_until(END)

    with runtime.transaction() as session:
        check_sound(session)
        told = timeline(session)
    assert [line[3] for line in told] == ["fired"] * len(told)
    assert len(told) == 6 * MACHINES // 2
    assert all("no data" not in line[4] for line in told)
    looked = "SELECT count(*) FROM looked WHERE at BETWEEN :first AND :last"
    assert scalar(runtime, looked, first=GONE, last=BACK) == 0
    assert scalar(runtime, looked, first=BACK, last=END) > 10
