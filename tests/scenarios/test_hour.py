"""An eventful hour, evaluated by 1, 2 and 4 processes that are killed, stopped and given wrong clocks meanwhile."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.conftest import Databases
from tests.factories import NOW
from tests.integration.alerting.helpers import MINUTE, cpu_rule, save
from tests.scenarios.hands import (
    RECORD,
    Day,
    Line,
    check_sound,
    killed,
    looks,
    replayed,
    scalar,
    stopped,
    timeline,
)
from webapp.alerting.types import NoData
from webapp.runtime import Runtime
from webapp.settings import Settings
from webapp.telemetry.ingest import accept_measurements
from webapp.telemetry.wire import Measurement

SLOT, HOUR = timedelta(seconds=30), timedelta(minutes=60)
SPEED = 100.0  # the hour takes 36 seconds
MACHINES = 40
WINDOW = {"direction": "above", "medium": 80, "high": 90, "window_minutes": 1}
pytestmark = pytest.mark.timeout(240)


def values(name: str) -> Sequence[float | None]:
    """Return a value for each half minute of the hour; None where nothing is sent."""
    count = HOUR // SLOT
    match name.split("-")[0]:
        case "crosses":
            return [95.0 if place // 2 % 2 else 20.0 for place in range(count)]  # each minute on another side
        case "stops":
            return [95.0 if 20 <= place < 60 else 20.0 if place < 20 else None for place in range(count)]
        case "again":
            return [95.0 if place // 40 != 1 else 20.0 for place in range(count)]  # fires, ends, fires again
        case _:
            phase = sum(map(ord, name))
            return [55 + 44 * math.sin((place + phase) / (9 + phase % 7)) for place in range(count)]


def fill(session: Session) -> None:
    """Store the hour's values beforehand, and the rules that watch them."""
    names = ["crosses", "stops", "again", *(f"wave-{number}" for number in range(MACHINES))]
    sent = [
        Measurement("cpu_percent", value, NOW + place * SLOT + SLOT / 2, {"instance": name})
        for name in names
        for place, value in enumerate(values(name))
        if value is not None
    ]
    accept_measurements(session, sent, now=NOW + HOUR)
    for document in (
        cpu_rule("plain", interval_seconds=30, parameters=WINDOW),
        cpu_rule("waits", interval_seconds=30, parameters=WINDOW, for_seconds=120),
        cpu_rule("keeps", interval_seconds=30, parameters=WINDOW, keep_firing_for_seconds=180),
        cpu_rule("comes back", interval_seconds=60, parameters={**WINDOW, "recover_at": 50}),
        cpu_rule("says so", interval_seconds=60, parameters=WINDOW, no_data=NoData.ALERT),
    ):
        save(session, document, now=NOW)


@dataclass(frozen=True)
class Hour:
    runtime: Runtime
    told: Sequence[Line]
    alone: Sequence[Line]  # what a single process told that looked at the same instants

    def of(self, rule: str, instance: str) -> list[tuple[str, str | None]]:
        return [(line[3], line[7]) for line in self.told if line[0] == rule and f'"{instance}"' in line[1]]


def opened(databases: Databases) -> Runtime:
    return Runtime.build(Settings(database_url=databases.fresh(), secret_key="x" * 48))


@pytest.fixture(scope="module", params=[1, 2, 4])
def hour(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hour]:
    live, alone = opened(databases), opened(databases)
    for runtime in (live, alone):
        with runtime.transaction() as session:
            fill(session)
    with live.transaction() as session:
        session.execute(text(RECORD))
    pass_the_hour(live, request.param, tmp_path_factory.mktemp("clock") / "seconds")
    with live.transaction() as session:
        told, instants = timeline(session), looks(session)
    yield Hour(live, told, replayed(instants, alone))
    for runtime in (live, alone):
        runtime.dispose()
        databases.drop(str(runtime.settings.database_url))


def pass_the_hour(runtime: Runtime, processes: int, clock: Path) -> None:
    """Let the hour go by; the minutes in which something happens to a process are far apart."""
    clock.write_text("0")
    day = Day(runtime, SPEED)
    with day.workers(processes, clock=clock) as running:
        for minute in (8, 16, 24):
            day.wait_until(NOW + minute * MINUTE)
            killed(runtime, running)
            running.append(day.one_more(clock=clock))
        day.wait_until(NOW + 30 * MINUTE)
        # For longer than a lease lasts; a minute would show the same.
        with stopped(running[0]):
            day.wait_until(NOW + 38 * MINUTE)
        for minute, seconds in ((40, -3600), (45, 3600), (50, 0)):
            day.wait_until(NOW + minute * MINUTE)
            clock.write_text(str(seconds))
        day.wait_until(NOW + HOUR)


def test_nothing_is_doubled_and_nothing_lost(hour: Hour) -> None:
    with hour.runtime.transaction() as session:
        check_sound(session)
    assert len(hour.told) > 500


def test_it_is_what_a_single_process_tells_that_looked_at_the_same_instants(hour: Hour) -> None:
    assert list(hour.told) == list(hour.alone)


def test_the_processes_were_killed_stopped_and_went_on(hour: Hour) -> None:
    longest = scalar(
        hour.runtime,
        "SELECT max(gap) FROM (SELECT at - lag(at) OVER (ORDER BY number) AS gap FROM looked) AS gaps",
    )
    newest = scalar(hour.runtime, "SELECT max(at) FROM looked")
    assert longest < timedelta(seconds=20) * SPEED
    assert newest > NOW + HOUR - timedelta(seconds=2) * SPEED


def test_a_metric_that_crosses_at_every_evaluation_for_an_hour_leaves_four_entries_to_tell(hour: Hour) -> None:
    """The fourth says that it flaps; what is sent is less, because what comes close together is told together."""
    told = hour.of("plain", "crosses")

    assert [kind for kind, held in told if held is None] == ["fired", "resolved", "reopened", "flapping"]
    assert len(told) > 20


def test_a_metric_that_stops_keeps_what_fires_and_is_said_where_the_rule_wants_it(hour: Hour) -> None:
    assert hour.of("plain", "stops") == [("fired", None)]
    assert [kind for kind, _ in hour.of("says so", "stops")] == ["fired"]


def test_what_ends_and_fires_again_soon_is_one_alert_with_three_entries(hour: Hour) -> None:
    assert hour.of("plain", "again") == [("fired", None), ("resolved", None), ("reopened", None)]
