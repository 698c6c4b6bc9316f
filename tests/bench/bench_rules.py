"""Cycles of ten thousand rules beside a long past, with their commits, and how soon another process goes on.

A real Prometheus is measured in the same run, where Debian's package of it can be had.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.bench import alert_history, prometheus
from tests.bench.run import environment_of, scratch_runtime, show
from webapp.alerting import evaluate
from webapp.alerting.document import RuleDocument, Scope
from webapp.alerting.evaluate import Cycle
from webapp.alerting.records import append_all, insert_all
from webapp.alerting.tables import RuleRow, RuleVersionRow, ScheduleRow
from webapp.alerting.types import AlertType
from webapp.catalog import register
from webapp.core.ids import uuid7
from webapp.runtime import Runtime
from webapp.telemetry.fold import fold
from webapp.telemetry.ingest import accept_predictions
from webapp.telemetry.wire import Prediction

MODELS, RULES, TIMES = 100, 10_000, 5
LINES = {
    "error_rate": 0.1,
    "response_time_mean": 100.0,
    "response_time_p95": 300.0,
    "prediction_count": 50.0,
    "flagged_share": 0.5,
}
SLOT = timedelta(seconds=15)
PROMISE, PEER = "≤ 0.5 s", "Prometheus 2.42: 0.9–1.0 s; bare SQL: 0.03 s"


def run() -> None:
    with scratch_runtime() as runtime:
        start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        load(runtime, start)
        ours, theirs = measure(runtime, start), peer()
        for what, seconds in ours.items():
            told, beside = f"{min(seconds):.2f} s (worst {max(seconds):.2f})", f"; {_told(theirs.get(what))}"
            show(f"{RULES:,} rules × 1 series: {what}", told, PROMISE, PEER + beside)
        _run_often(runtime)
        seconds = failovers(runtime)
        told = f"{statistics.median(seconds):.1f} s (worst {max(seconds):.1f})"
        show("another process evaluates, after a kill -9 in a cycle", told, "≤ 3 s")


def load(runtime: Runtime, now: datetime) -> None:
    """Store the models, the rules, and the alerts of the past."""
    with runtime.job_transaction() as session:
        session.execute(text("SET LOCAL statement_timeout = 0"))
        for number in range(MODELS):
            register.put_model(session, f"model-{number}", now=now)
        store_rules(session, [_document(number) for number in range(RULES)], now=now)
        alert_history.fill(session, now=now)
    with runtime.job_transaction() as session:
        alert_history.settle(session)


def measure(runtime: Runtime, start: datetime) -> dict[str, list[float]]:
    """Time each kind of cycle: nothing to say, all fire, each value changes while all fire, all end."""
    taken: dict[str, list[float]] = {"quiet": [], "all fire": [], "every value changes": [], "all end": []}
    for hour in range(TIMES):  # an hour later what fires is a new episode
        at = start + timedelta(hours=hour)
        _feed(runtime, at, count=2)
        _timed(runtime, at)  # the first one reads the documents
        taken["quiet"].append(_timed(runtime, at + SLOT))
        _feed(runtime, at + 2 * SLOT, count=60, latency_ms=500.0, failing=0.5)
        taken["all fire"].append(_timed(runtime, at + 2 * SLOT, expected=lambda cycle: cycle.fired))
        _feed(runtime, at + 3 * SLOT, count=7, latency_ms=900.0, failing=0.9)
        taken["every value changes"].append(_timed(runtime, at + 3 * SLOT))
        later = at + timedelta(minutes=10)
        _feed(runtime, later, count=2)
        taken["all end"].append(_timed(runtime, later, expected=lambda cycle: cycle.resolved))
    return taken


def peer() -> Mapping[str, Sequence[float]]:
    """Time the same cycles of a Prometheus that keeps them in memory; nothing where there is none."""
    quiet = {
        f'{metric}{{model="model-{number}"}}': line / 2 for number in range(MODELS) for metric, line in LINES.items()
    }
    conditions = [f"{series} > {value * 2}" for series, value in quiet.items()]
    rules = {f"rule_{number}": conditions[number % len(conditions)] for number in range(RULES)}
    taken: dict[str, list[float]] = {"quiet": [], "all fire": [], "every value changes": [], "all end": []}
    with prometheus.running(rules, quiet) as cycle:
        for _ in range(2):
            if cycle is None:
                break
            for (_, seconds), times in zip(taken.items(), (0.5, 5, 9, 0.4), strict=True):
                seconds.append(cycle({series: value * 2 * times for series, value in quiet.items()}))
    return taken


def _told(seconds: Sequence[float] | None) -> str:
    return f"here {min(seconds):.2f} s" if seconds else "here none"


def _timed(runtime: Runtime, at: datetime, *, expected: Callable[[Cycle], int] = lambda cycle: cycle.rules) -> float:
    began = time.perf_counter()
    with runtime.job_transaction() as session:
        cycle = evaluate.evaluate_due(session, now=at)
    taken = time.perf_counter() - began
    assert expected(cycle) == RULES, cycle
    return taken


def _run_often(runtime: Runtime) -> None:
    """Let the rules be due every five seconds: then there is often a cycle to kill."""
    with runtime.job_transaction() as session:
        session.execute(text("UPDATE rule SET interval_seconds = 5 WHERE deleted_at IS NULL"))
        session.execute(text("UPDATE rule_schedule SET interval_seconds = 5, last_slot = NULL"))


def failovers(runtime: Runtime, *, times: int = 5) -> list[float]:
    """Kill whoever evaluates in the middle of it, and return how long it took until another one had evaluated."""
    running = [_worker(runtime) for _ in range(2)]
    try:
        return [_failover(runtime, running) for _ in range(times)]
    finally:
        for process in running:
            process.kill()
            process.wait()


def _failover(runtime: Runtime, running: list["subprocess.Popen[bytes]"]) -> float:
    _wait_for(lambda: _asked(runtime, _IN_A_CYCLE))
    owner = str(_asked(runtime, "SELECT owner FROM job_lease WHERE name = 'evaluate_rules'"))
    victim = next(process for process in running if f":{process.pid}:" in owner)
    before = _asked(runtime, "SELECT max(watched_at) FROM rule_schedule")
    victim.kill()
    began = time.perf_counter()
    _wait_for(lambda: _asked(runtime, "SELECT max(watched_at) FROM rule_schedule") != before)
    taken = time.perf_counter() - began
    victim.wait()
    running[running.index(victim)] = _worker(runtime)
    return taken


def _worker(runtime: Runtime) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "webapp.cli.main", "worker"]
    process = subprocess.Popen(command, env=environment_of(runtime), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    process.stdout.readline()
    return process


def _asked(runtime: Runtime, query: str) -> object:
    with runtime.transaction() as session:
        return session.execute(text(query)).scalar()


def _wait_for(happened: Callable[[], object]) -> None:
    while not happened():
        time.sleep(0.01)


_IN_A_CYCLE = """
SELECT count(*) FROM job_lease WHERE name = 'evaluate_rules' AND started_at < clock_timestamp() - interval '0.1 s'
AND expires_at > clock_timestamp() AND ended_at < started_at
"""


def _feed(runtime: Runtime, at: datetime, *, count: int, latency_ms: float = 20.0, failing: float = 0.0) -> None:
    """Send every model so many predictions just before the instant, folded as the job does meanwhile."""
    with runtime.job_transaction() as session:
        items = [
            Prediction(
                model=f"model-{number}",
                prediction_id=f"{at:%d%H%M%S}-{place}",
                at=at - timedelta(seconds=1) - place * timedelta(milliseconds=100),
                features={},
                score=None if place < count * failing else (0.9 if failing and place % 10 < 9 else 0.1),
                error="down" if place < count * failing else None,
                latency_ms=latency_ms + number % 10,
            )
            for number in range(MODELS)
            for place in range(count)
        ]
        accept_predictions(session, items, now=at)
        while fold(session, now=at):
            pass


def _document(number: int) -> RuleDocument:
    metric, line = list(LINES.items())[number % len(LINES)]
    return RuleDocument(
        name=f"rule {number}",
        type=AlertType.PERFORMANCE_DEGRADATION,
        kind="threshold",
        metric=metric,
        scope=Scope(model=f"model-{number // len(LINES) % MODELS}"),
        parameters={"medium": line, "window_minutes": 5},
        interval_seconds=15,
    )


def store_rules(session: Session, documents: list[RuleDocument], *, now: datetime) -> None:
    """Store many rules at once, as saving them one by one would."""
    saved = {"created_at": now, "created_by": "root", "updated_at": now, "updated_by": "root"}
    rows: list[dict[str, Any]] = [
        {
            "id": uuid7(now),
            "name": document.name,
            "document": msgspec.to_builtins(document),
            "version": 1,
            "interval_seconds": document.interval_seconds,
            "failures": 0,
            "left_out": 0,
            **saved,
        }
        for document in documents
    ]
    insert_all(session, RuleRow, rows)
    versions = [
        {"rule_id": row["id"], "number": 1, "document": row["document"], "saved_at": now, "saved_by": "root"}
        for row in rows
    ]
    append_all(session, RuleVersionRow, versions)
    schedule = {"offset_seconds": 0, "missed_slots": 0, "rule_count": 0, "duration_ms": 0.0}
    intervals = {document.interval_seconds for document in documents}
    append_all(session, ScheduleRow, [{"interval_seconds": seconds, **schedule} for seconds in sorted(intervals)])
