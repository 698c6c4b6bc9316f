"""A cycle of a thousand rules with their states written, and what people do in a full inbox."""

from datetime import UTC, datetime, timedelta

from tests.bench.run import scratch_runtime, show
from webapp.accounts.actor import Actor, ActorKind
from webapp.accounts.permissions import Permission
from webapp.alerting import evaluate, lifecycle, queries, rules
from webapp.alerting.document import RuleDocument, Scope
from webapp.alerting.queries import InboxFilters
from webapp.alerting.types import AlertType
from webapp.catalog import register
from webapp.runtime import Runtime
from webapp.telemetry.ingest import accept_measurements, accept_predictions
from webapp.telemetry.wire import Measurement, Prediction

MODELS, RULES = 20, 1000
METRICS = ("error_rate", "response_time_mean", "prediction_count", "drift_score", "flagged_share")
ROOT = Actor(ActorKind.USER, "root", frozenset(Permission))


def run() -> None:
    with scratch_runtime() as runtime:
        now = datetime.now(UTC)
        _load(runtime, now)
        taken, firing = [], 0
        for number in range(12):
            at = now + timedelta(seconds=15 * (number + 1))
            with runtime.job_transaction() as session:
                began = datetime.now(UTC)
                cycle = evaluate.evaluate_due(session, now=at)
            taken.append((datetime.now(UTC) - began).total_seconds() * 1000)
            firing = max(firing, cycle.series)
        middle = sorted(taken[2:])[len(taken[2:]) // 2]
        promise, peer = "≤ 100 ms", "Prometheus 2.42: about 100 ms for 1,000"
        show(f"cycle of {RULES:,} rules ({firing:,} series)", f"{middle:.0f} ms", promise, peer)
        _people(runtime, now + timedelta(minutes=4))


def _load(runtime: Runtime, now: datetime) -> None:
    with runtime.job_transaction() as session:
        for number in range(MODELS):
            register.put_model(session, f"model-{number}", now=now)
        predictions = [
            Prediction(
                model=f"model-{number % MODELS}",
                prediction_id=f"p-{number}",
                at=now - timedelta(seconds=number % 280),
                features={"a": float(number % 97), "b": float(number % 13)},
                score=(number % 100) / 100,
                latency_ms=20.0 + number % 50,
            )
            for number in range(20_000)
        ]
        accept_predictions(session, predictions, now=now)
        measured = [Measurement("cpu_percent", 95.0, now, {"instance": f"api-{number}"}) for number in range(200)]
        accept_measurements(session, measured, now=now)
        for number in range(RULES):
            metric = METRICS[number % len(METRICS)]
            document = RuleDocument(
                name=f"rule {number}",
                type=AlertType.PERFORMANCE_DEGRADATION,
                kind="threshold",
                metric=metric,
                scope=Scope(model=f"model-{number % MODELS}"),
                parameters={"direction": "above", "medium": 0.0001 if number % 49 == 0 else 1e9, "window_minutes": 5},
                interval_seconds=15,
            )
            rules.save_rule(session, document, actor=ROOT, now=now)


def _people(runtime: Runtime, now: datetime) -> None:
    with runtime.transaction() as session:
        began = datetime.now(UTC)
        page = queries.inbox(session, InboxFilters(), cursor=None)
        show("a page of the inbox", f"{(datetime.now(UTC) - began).total_seconds() * 1000:.1f} ms", "≤ 50 ms")
    times = []
    for row in page.rows[:20]:
        with runtime.transaction() as session:
            began = datetime.now(UTC)
            lifecycle.acknowledge(session, row.id, actor=ROOT, now=now)
        times.append((datetime.now(UTC) - began).total_seconds() * 1000)
    if times:
        show("acknowledging one alert", f"{sorted(times)[len(times) // 2]:.1f} ms", "≤ 30 ms", "Alerta: 203 ms")
