"""A rule replayed over thirty days of fifty models: what the editor waits for."""

import time
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from tests.bench.run import scratch_runtime, show
from tests.factories import ROOT
from webapp.alerting.backtest import backtest
from webapp.alerting.document import RuleDocument
from webapp.alerting.types import AlertType
from webapp.catalog import register
from webapp.telemetry.fold import fold
from webapp.telemetry.ingest import accept_predictions
from webapp.telemetry.wire import Prediction

MODELS, DAYS = 50, 32
HOUR = timedelta(hours=1)
PROMISE = "≤ 2 s"


def run() -> None:
    with scratch_runtime() as runtime:
        now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        with runtime.job_transaction() as session:
            _load(session, now)
        for metric, parameters in (
            ("error_rate", {"high": 0.2, "window_minutes": 60}),
            ("response_time_mean", {"high": 60, "window_minutes": 1440}),
            ("response_time_p95", {"high": 100, "window_minutes": 1440}),
        ):
            taken = []
            for _ in range(3):
                with runtime.job_transaction() as session:
                    began = time.perf_counter()
                    found = backtest(session, _rule(metric, parameters), days=30, actor=ROOT, now=now)
                    taken.append(time.perf_counter() - began)
            told = f"{min(taken):.2f} s ({found.judgements:,} judgements, {found.firings:,} firings)"
            show(f"replay of 30 days × {found.series_count} series: {metric}", told, PROMISE)


def _rule(metric: str, parameters: dict[str, float]) -> RuleDocument:
    return RuleDocument(
        name=metric,
        type=AlertType.PERFORMANCE_DEGRADATION,
        kind="threshold",
        metric=metric,
        parameters=parameters,
    )


def _load(session: Session, now: datetime) -> None:
    for number in range(MODELS):
        register.put_model(session, f"model-{number}", now=now - DAYS * 24 * HOUR)
    for day in range(DAYS):
        items = [
            Prediction(
                model=f"model-{number}",
                prediction_id=f"p-{day}-{hour}-{number}-{place}",
                at=now - day * 24 * HOUR - hour * HOUR - HOUR / 2,
                features={},
                score=None if (day * 24 + hour + number) % 37 == 0 else 0.5,
                error="down" if (day * 24 + hour + number) % 37 == 0 else None,
                latency_ms=20.0 + (hour * number + place) % 90,
            )
            for hour in range(24)
            for number in range(MODELS)
            for place in range(2)
        ]
        accept_predictions(session, items, now=now)
        while fold(session, now=now):
            pass
