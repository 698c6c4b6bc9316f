"""A year of ten million events of a hundred models, counted by the code that counts real ones.

Only the raw rows are left out. One model has nine tenths of the events, spread over the day; the others score their
customers once a day, at noon.
"""

import time
from datetime import datetime

import numpy as np

from tests.bench.run import show
from webapp.catalog import register
from webapp.catalog.models import Business, Model
from webapp.catalog.queries import current_binning
from webapp.core.periods import DAY, floor_to
from webapp.runtime import Runtime
from webapp.telemetry import baselines, deltas
from webapp.telemetry.fold import fold
from webapp.telemetry.rows import Rows

EVENTS, DAYS, FEATURES = 9_000_000, 365, 20
OTHERS, EVENTS_OF_OTHERS = 99, 10_000  # each


def load(runtime: Runtime, *, now: datetime) -> Model:
    """Return a model with a year of events behind it, and a baseline like its first day."""
    began = time.perf_counter()
    rng = np.random.default_rng(7)
    names = [f"feature_{place}" for place in range(FEATURES)]
    with runtime.job_transaction() as session:
        model = register.put_model(session, "bench", now=now, title="Bench")
        versions = [register.ensure_version(session, model.id, f"v{number}", now=now) for number in (1, 2)]
        past = now - DAY * 400
        money = Business(valid_from=past, customer_value=1200, contact_cost=50, running_cost_monthly=25_000)
        register.set_business(session, model.id, money, now=now)
        reference = rng.normal(size=(20_000, FEATURES))
        columns = {name: reference[:, place].tolist() for place, name in enumerate(names)}
        scores = rng.beta(2, 5, 20_000).tolist()
        baselines.create_from_columns(session, model, columns, scores=scores, source="bench", by="bench", now=now)
    for day in range(DAYS):
        with runtime.job_transaction() as session:
            _append_day(session, model, versions[day * 2 // DAYS], floor_to(now, DAY) - DAY * (day + 1), rng, now)
    _load_others(runtime, now=now)
    while True:
        with runtime.job_transaction() as session:
            if not fold(session, now=now):
                break
    with runtime.job_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # What folded deltas leave is cleared by itself within a minute; here a whole year of them has just been folded.
        connection.exec_driver_sql("VACUUM ANALYZE rollup, rollup_delta")
    taken = time.perf_counter() - began
    total = EVENTS + OTHERS * EVENTS_OF_OTHERS
    show(f"counting {total:,} events × {FEATURES} features", f"{taken / total * 1e6:.2f} µs an event")
    return model


def _load_others(runtime: Runtime, *, now: datetime) -> None:
    rng = np.random.default_rng(11)
    names = [f"feature_{place}" for place in range(FEATURES)]
    noon = floor_to(now, DAY) - DAY / 2
    days = np.array([int((noon - DAY * day).timestamp() * 1e6) for day in range(DAYS)])
    for number in range(OTHERS):
        with runtime.job_transaction() as session:
            model = register.put_model(session, f"bench-{number}", now=now, title=f"Bench {number}")
            version = register.ensure_version(session, model.id, "v1", now=now)
            reference = rng.normal(size=(1_000, FEATURES))
            columns = {name: reference[:, place].tolist() for place, name in enumerate(names)}
            scores = rng.beta(2, 5, 1_000).tolist()
            baselines.create_from_columns(session, model, columns, scores=scores, source="bench", by="bench", now=now)
            _append(session, model, version, np.sort(rng.choice(days, EVENTS_OF_OTHERS)), rng, now)


def _append_day(session, model, version, day, rng, now):  # type: ignore[no-untyped-def]
    moments = rng.integers(0, 86_400_000_000, EVENTS // DAYS)
    _append(session, model, version, int(day.timestamp() * 1e6) + np.sort(moments), rng, now)


def _append(session, model, version, at, rng, now):  # type: ignore[no-untyped-def]
    count = len(at)
    score = rng.beta(2, 5, count)
    actual = (rng.random(count) < score).astype(float)
    rows = Rows(
        version_id=np.full(count, version),
        at=at.astype(np.int64),
        score=score,
        predicted=(score >= model.threshold).astype(float),
        actual=np.where(rng.random(count) < 0.9, actual, np.nan),
        latency_ms=rng.lognormal(3, 0.5, count),
        failed=rng.random(count) < 0.01,
        delay_s=np.full(count, 3600.0),
    )
    binning = current_binning(session, model.id)
    features = rng.normal(size=(count, FEATURES)) + 0.2
    deltas.append(session, rows, binning, now_us=int(now.timestamp() * 1e6), features=features)
