"""Workers as processes of their own on one database, what is done to them, and what they wrote."""

import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.factories import NOW
from webapp.runtime import Runtime
from webapp.worker.jobs import evaluate_rules

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60.0
# Each look at the schedule that was committed, in its order: what a single process would have to repeat.
RECORD = """
CREATE TABLE looked (number bigserial PRIMARY KEY, at timestamptz NOT NULL, slot timestamptz, interval_seconds int);
CREATE FUNCTION note_look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO looked (at, slot, interval_seconds) VALUES (
        NEW.watched_at, CASE WHEN NEW.last_slot IS DISTINCT FROM OLD.last_slot THEN NEW.last_slot END,
        NEW.interval_seconds);
    RETURN NULL;
END $$;
CREATE TRIGGER note_look AFTER UPDATE OF watched_at ON rule_schedule FOR EACH ROW
    WHEN (NEW.watched_at IS DISTINCT FROM OLD.watched_at) EXECUTE FUNCTION note_look();
"""
Line = tuple[Any, ...]


@dataclass
class Day:
    """A day that goes by faster, on one database: a second after it began is `speed` seconds after `first`."""

    runtime: Runtime
    speed: float
    first: datetime = NOW
    began: datetime | None = None  # when the first workers were ready

    @property
    def now(self) -> datetime:
        assert self.began is not None
        return self.first + (datetime.now(UTC) - self.began) * self.speed

    def wait_until(self, at: datetime) -> None:
        time.sleep(max(0.0, (at - self.now) / timedelta(seconds=self.speed)))

    @contextmanager
    def workers(self, count: int, *, url: str = "", clock: Path | None = None) -> Iterator[list[Popen[str]]]:
        """Let the day begin with so many workers; who is put into the list meanwhile is ended with the others."""
        running = [self._started(url, clock) for _ in range(count)]
        try:
            for process in running:
                self._wait_until_ready(process)
            self.began = datetime.now(UTC)
            for process in running:
                self._begin(process)
            yield running
        finally:
            for process in running:
                end(process)

    def one_more(self, *, url: str = "", clock: Path | None = None) -> Popen[str]:
        process = self._started(url, clock)
        self._wait_until_ready(process)
        self._begin(process)
        return process

    def _started(self, url: str, clock: Path | None) -> Popen[str]:
        named = url or str(self.runtime.settings.database_url)
        command = [sys.executable, "-m", "tests.scenarios.worker", named, self.first.isoformat(), str(self.speed)]
        command += [str(clock)] if clock else []
        return Popen(command, cwd=ROOT, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, text=True)

    def _wait_until_ready(self, process: Popen[str]) -> None:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready", "the worker did not start"

    def _begin(self, process: Popen[str]) -> None:
        assert process.stdin is not None
        assert self.began is not None
        process.stdin.write(f"{self.began.isoformat()}\n")
        process.stdin.flush()


def end(process: Popen[str]) -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()


def killed(runtime: Runtime, running: list[Popen[str]]) -> None:
    """Kill whoever evaluates at a moment when what it wrote is not committed, and take it from the list."""
    wait_for(lambda: is_in_a_cycle(runtime))
    owner = scalar(runtime, "SELECT owner FROM job_lease WHERE name = 'evaluate_rules'")
    victim = next(process for process in running if f":{process.pid}:" in owner)
    end(victim)
    running.remove(victim)


@contextmanager
def stopped(process: Popen[str]) -> Iterator[None]:
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def wait_for(happened: Callable[[], object]) -> float:
    """Wait for what comes by itself and return how many seconds that took; what never comes fails."""
    started = time.monotonic()
    while not happened():
        assert time.monotonic() - started < PATIENCE_SECONDS, "it did not happen in time"
        time.sleep(0.005)
    return time.monotonic() - started


def scalar(runtime: Runtime, query: str, **values: object) -> Any:
    with runtime.transaction() as session:
        return session.execute(text(query), values).scalar()


def is_in_a_cycle(runtime: Runtime) -> bool:
    """Say whether some worker has read where the series stand, or is writing that, and has not committed."""
    return bool(
        scalar(
            runtime,
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL"
            " AND application_name = 'mc-worker' AND query ~ 'rule_state|^(INSERT INTO|UPDATE) alert'",
        )
    )


def timeline(session: Session) -> Sequence[Line]:
    """Return everything that the timelines say, in their order, by rule and series."""
    query = (
        "SELECT a.rule_name, a.labels::text, e.at, e.kind, e.text, e.before, e.after, e.held"
        " FROM alert_entry e JOIN alert a ON a.id = e.alert_id ORDER BY a.rule_name, a.labels::text, e.id"
    )
    return [tuple(row) for row in session.execute(text(query))]


def replayed(looks: Sequence[datetime], runtime: Runtime) -> Sequence[Line]:
    """Return the timelines that one process writes which looks at these instants, on a database with the same input."""
    for at in looks:
        evaluate_rules.run(runtime, at)
    with runtime.transaction() as session:
        return timeline(session)


def looks(session: Session) -> Sequence[datetime]:
    found = session.execute(text("SELECT at FROM looked ORDER BY number")).scalars()
    return list(dict.fromkeys(found))


def check_sound(session: Session) -> None:
    """Nothing is doubled and nothing lost: what fires and ends alternates, and each slot was evaluated once."""
    kinds: defaultdict[Any, list[str]] = defaultdict(list)
    query = "SELECT alert_id, kind FROM alert_entry WHERE kind IN ('fired', 'reopened', 'resolved') ORDER BY id"
    for alert_id, kind in session.execute(text(query)):
        kinds[alert_id].append(kind)
    stands = {
        row.id: row for row in session.execute(text("SELECT id, status, reopen_count, previous_id, labels FROM alert"))
    }
    assert kinds.keys() == stands.keys()
    for alert_id, found in kinds.items():
        assert found == (["fired", *["resolved", "reopened"] * len(found)])[: len(found)], stands[alert_id]
        assert (found[-1] == "resolved") == (stands[alert_id].status == "resolved"), stands[alert_id]
        assert found.count("reopened") == stands[alert_id].reopen_count, stands[alert_id]
    twice = "SELECT count(slot) - count(DISTINCT (slot, interval_seconds)) FROM looked WHERE slot IS NOT NULL"
    assert session.execute(text(twice)).scalar() == 0
    orphans = "SELECT count(*) FROM rule_state s JOIN alert a ON a.id = s.alert_id WHERE s.phase = 'ok'"
    assert session.execute(text(orphans)).scalar() == 0
