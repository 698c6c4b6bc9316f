"""Ten thousand series at once: they fire in one cycle and end in one, each told once."""

from datetime import datetime

from sqlalchemy import text

from tests.factories import NOW
from tests.integration.alerting.helpers import MINUTE, cpu_rule, save
from webapp.alerting import evaluate
from webapp.runtime import Runtime
from webapp.telemetry.ingest import accept_measurements
from webapp.telemetry.wire import Measurement

SERIES = 10_000


def feed(runtime: Runtime, value: float, at: datetime) -> None:
    sent = [Measurement("cpu_percent", value, at - MINUTE / 2, {"instance": f"api-{n}"}) for n in range(SERIES)]
    with runtime.ingest_transaction() as session:
        accept_measurements(session, sent, now=at)


def test_a_storm_of_ten_thousand_series_fires_in_one_cycle_and_ends_in_one(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        save(session, cpu_rule(series_limit=SERIES))
    cycles = []
    for minute, value in enumerate((95.0, 20.0), 1):
        feed(runtime, value, NOW + minute * MINUTE)
        with runtime.job_transaction() as session:
            cycles.append(evaluate.evaluate_due(session, now=NOW + minute * MINUTE))

    assert [(cycle.fired, cycle.resolved) for cycle in cycles] == [(SERIES, 0), (0, SERIES)]
    with runtime.transaction() as session:
        told = session.execute(text("SELECT kind, count(*), count(DISTINCT alert_id) FROM alert_entry GROUP BY kind"))
        assert sorted(tuple(row) for row in told) == [("fired", SERIES, SERIES), ("resolved", SERIES, SERIES)]
        assert session.execute(text("SELECT count(*) FROM rule_state")).scalar() == 0
