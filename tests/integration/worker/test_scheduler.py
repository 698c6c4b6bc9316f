"""The metronome at work on a real database."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import Connection, event, text

from tests.factories import make_model, make_predictions, prediction
from webapp.core.errors import NotFoundError
from webapp.runtime import Runtime
from webapp.worker import leases, registry, runs, scheduler
from webapp.worker.job import Job
from webapp.worker.leases import LEASE
from webapp.worker.registry import all_jobs

NAMES = {
    "evaluate_rules",
    "expire_data",
    "join_missed",
    "keep_partitions",
    "keep_rule_pack",
    "judge_models",
    "make_baselines",
    "roll_up",
    "self_measure",
}

PATIENCE_SECONDS = 60


def wait_for(happened: Callable[[], object]) -> None:
    """Wait for what comes by itself; a busy machine may take its time, and one that never does it fails."""
    started = time.monotonic()
    while not happened():
        assert time.monotonic() - started < PATIENCE_SECONDS, "it did not happen in time"
        time.sleep(0.05)


def scalar(runtime: Runtime, query: str) -> object:
    with runtime.transaction() as session:
        return session.execute(text(query)).scalar()


@contextmanager
def with_jobs(monkeypatch: pytest.MonkeyPatch, *given: Job) -> Iterator[None]:
    named = {each.name: each for each in given}
    for module in (registry, runs, scheduler):
        monkeypatch.setattr(module, "all_jobs", lambda: named)
    yield


def test_the_jobs_are_found_by_their_files() -> None:
    assert all_jobs().keys() >= NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
def test_each_job_runs_by_hand_at_any_instant(runtime: Runtime, name: str) -> None:
    assert runs.run_now(runtime, name, at=datetime(2026, 3, 10, 12, tzinfo=UTC))


def test_a_job_that_is_not_there_is_a_sentence() -> None:
    with pytest.raises(NotFoundError, match="roll_up"):
        runs.run_now(None, "nothing", at=datetime.now(UTC))  # type: ignore[arg-type]


def test_it_folds_evaluates_and_measures_by_itself_and_stops_soon(runtime: Runtime) -> None:
    now = datetime.now(UTC)
    with runtime.transaction() as session:
        make_model(session, "churn", now=now)
        make_predictions(session, [prediction(f"p-{n}", at=now - timedelta(minutes=1)) for n in range(10)], now=now)

    running = scheduler.start(runtime)
    try:
        wait_for(lambda: scalar(runtime, "SELECT count(*) FROM rollup_delta") == 0)
        wait_for(lambda: scalar(runtime, "SELECT max(rule_count) FROM rule_schedule"))
        wait_for(lambda: scalar(runtime, "SELECT count(*) FROM measurement_series WHERE name = 'up'"))
    finally:
        started = time.monotonic()
        running.stop()

    assert time.monotonic() - started < 25
    assert scalar(runtime, "SELECT count(*) FROM job_lease WHERE outcome = 'failed'") == 0
    before = scalar(runtime, "SELECT sum(attempt) FROM job_lease")
    time.sleep(1.2)
    assert scalar(runtime, "SELECT sum(attempt) FROM job_lease") == before


def test_a_job_that_raises_is_logged_and_the_others_go_on(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[datetime] = []

    def fail(_runtime: Runtime, _at: datetime) -> str:
        raise RuntimeError("the disk is made of cheese")

    def go_on(_runtime: Runtime, at: datetime) -> str:
        ran.append(at)
        return ""

    second = timedelta(seconds=1)
    with with_jobs(monkeypatch, Job("bad", every=second, run=fail), Job("good", every=second, run=go_on)):
        running = scheduler.start(runtime)
        try:
            wait_for(lambda: scalar(runtime, "SELECT count(*) FROM job_run WHERE name = 'bad'"))
            count = len(ran)
            wait_for(lambda: len(ran) > count)
        finally:
            running.stop()

    assert "cheese" in str(scalar(runtime, "SELECT sentence FROM job_run WHERE name = 'bad' LIMIT 1"))
    assert scalar(runtime, "SELECT outcome FROM job_lease WHERE name = 'bad'") == "failed"


def test_of_several_processes_one_does_a_beat_of_a_job(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[datetime] = []

    def note(_runtime: Runtime, at: datetime) -> str:
        ran.append(at)
        return ""

    with with_jobs(monkeypatch, Job("beat", every=timedelta(seconds=1), run=note)):
        running = [scheduler.start(runtime) for _ in range(3)]
        try:
            wait_for(lambda: len(ran) >= 4)
        finally:
            for each in running:
                each.stop()

    # By the instants of the claims: they come in the order in which threads get to write them down.
    assert all(later - earlier >= timedelta(seconds=0.4) for earlier, later in pairwise(sorted(ran)))


def test_a_late_metronome_is_started_anew(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[datetime] = []

    def note(_runtime: Runtime, at: datetime) -> str:
        ran.append(at)
        return ""

    monkeypatch.setattr(scheduler, "LATE_AFTER_SECONDS", 1.0)
    with with_jobs(monkeypatch, Job("beat", every=timedelta(seconds=0.5), run=note)):
        running = scheduler.start(runtime)
        try:
            wait_for(lambda: ran)
            silent = running._metronome
            silent.pause()  # As the wall clock set back would do.
            wait_for(lambda: running._metronome is not silent)
            count = len(ran)
            wait_for(lambda: len(ran) > count)
        finally:
            running.stop()


KILLED = """
import sys, time
from webapp.runtime import Runtime
from webapp.settings import Settings
from webapp.worker import leases, registry, runs, scheduler
from webapp.worker.job import Job
from datetime import timedelta

def hang(runtime, at):
    print("at it", flush=True)
    time.sleep(60)
    return ""

named = {"beat": Job("beat", every=timedelta(seconds=1), run=hang)}
for module in (registry, runs, scheduler):
    module.all_jobs = lambda: named
scheduler.start(Runtime.build(Settings(database_url=sys.argv[1], secret_key="x" * 40)))
time.sleep(60)
"""


def test_after_a_kill_another_process_takes_over_within_three_seconds(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[datetime] = []

    def note(_runtime: Runtime, at: datetime) -> str:
        ran.append(at)
        return ""

    beat = Job("beat", every=timedelta(seconds=1), run=note)
    url = runtime.settings.database_url
    assert url is not None
    process = subprocess.Popen([sys.executable, "-c", KILLED, url], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        assert process.stdout.readline().strip() == "at it"
        # It is at it for longer than a lease lasts: it renews.
        wait_for(lambda: scalar(runtime, f"SELECT expires_at > started_at + interval '{2 * LEASE}' FROM job_lease"))
        process.kill()
        process.wait()
        with with_jobs(monkeypatch, beat):
            running = scheduler.start(runtime)
            try:
                wait_for(lambda: ran)
            finally:
                running.stop()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()

    assert scalar(runtime, "SELECT attempt >= 2 FROM job_lease")
    assert LEASE + scheduler.tick_of(beat) < timedelta(seconds=3), "which is how long it takes, at the most"


def test_a_job_that_was_taken_over_while_its_process_was_stopped_writes_nothing_more(runtime: Runtime) -> None:
    """Stopped between its claim and its work, it comes back with an instant that is of the past."""

    def stopped_for_long(fenced: Runtime, _at: datetime) -> str:
        with runtime.transaction() as session:
            session.execute(text("UPDATE job_lease SET attempt = attempt + 1, owner = 'two'"))
        with fenced.job_transaction() as session:
            session.execute(text("CREATE TABLE written ()"))
        return "written"

    job = Job("beat", every=timedelta(seconds=1), run=stopped_for_long)
    with runtime.transaction() as session:
        leases.ensure_rows(session, ["beat"])

    assert runs.run_if_due(runtime, job, owner="one", holdings=runs.Holdings())

    assert scalar(runtime, "SELECT to_regclass('written')") is None
    assert scalar(runtime, "SELECT outcome FROM job_run") == "lost"
    assert scalar(runtime, "SELECT owner FROM job_lease") == "two"


@pytest.mark.parametrize("name", ["evaluate_rules", "mute_alerts", "notify"])
def test_a_process_that_is_stopped_in_the_middle_gives_back_soon_what_others_wait_for(
    runtime: Runtime, name: str
) -> None:
    """The default is a minute, in which nobody would be told of anything."""
    limits: list[str] = []

    @event.listens_for(runtime.job_engine, "commit")
    def look(connection: Connection) -> None:
        limits.append(connection.exec_driver_sql("SHOW idle_in_transaction_session_timeout").scalar_one())

    runs.run_now(runtime, name)

    assert limits == ["10s"]
