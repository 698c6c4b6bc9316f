"""Bringing the company's past in through the door that every service uses; what is there already is left as it is."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.catalog import queries as catalog
from webapp.core.ids import digest, lower_bound
from webapp.core.periods import DAY, Window, floor_to
from webapp.demo import machines
from webapp.demo.company import Company, Stream
from webapp.demo.script import microseconds
from webapp.demo.traffic import Traffic, instants, joined
from webapp.runtime import Runtime
from webapp.telemetry import partitions
from webapp.telemetry.fold import fold
from webapp.telemetry.ingest import Limits, accept_deployment, accept_measurements, accept_outcomes, accept_predictions
from webapp.telemetry.tables import MeasurementRow, PredictionRow, SeriesRow
from webapp.telemetry.wire import Deployment

LONGEST_WAIT = timedelta(days=15)  # Every outcome of the demo is told sooner.
OVERLAP = timedelta(hours=1)  # What was told in the last hour before an end is told again: it changes nothing.
DENSE = timedelta(minutes=10)
BATCH = 6_000
AT_ONCE = 3
LIMITS = Limits(outcome_window=timedelta(days=20))


@dataclass(frozen=True, slots=True)
class Loaded:
    predictions: int = 0
    outcomes: int = 0
    measurements: int = 0

    def __add__(self, other: "Loaded") -> "Loaded":
        return Loaded(
            self.predictions + other.predictions,
            self.outcomes + other.outcomes,
            self.measurements + other.measurements,
        )


def load(runtime: Runtime, company: Company, *, origin: datetime, now: datetime) -> Loaded:
    """Store what happened from the origin until now and is not stored yet; return how much that was.

    One model's events come in the order of time, so what was interrupted goes on where it ended.
    """
    company.train()
    with runtime.ingest_transaction() as session:
        weeks = range((now - origin) // partitions.WEEK + 2)
        partitions.ensure(session, [origin + partitions.WEEK * number for number in weeks])
        for name in company.worlds:
            _deploy(session, company, name, origin=origin, now=now)
    tasks: list[Callable[[], Loaded]] = [
        *(_task(runtime, company, name, origin=origin, now=now) for name in company.worlds),
        lambda: _load_machines(runtime, company, origin=origin, now=now),
    ]
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="demo") as pool:
        loaded = sum(pool.map(lambda task: task(), tasks), Loaded())
    fold_all(runtime, now=now)
    return loaded


def fold_all(runtime: Runtime, *, now: datetime) -> int:
    """Fold every pending delta; return how many there were."""
    folded = 0
    while True:
        with runtime.job_transaction() as session:
            count = fold(session, now=now)
        if not count:
            return folded
        folded += count


def due(company: Company, name: str, window: Window) -> Traffic:
    """Return the predictions of both streams whose outcomes are told in the window."""
    found = []
    for stream in Stream:
        first = floor_to(window.start - LONGEST_WAIT, DAY)
        if stream is Stream.LIVE:
            first = max(first, company.midnight)
        for number in range((window.end - first) // DAY + 1):
            traffic = company.day(name, first + number * DAY, stream=stream)
            told = (traffic.told_at >= microseconds(window.start)) & (traffic.told_at < microseconds(window.end))
            found.append(traffic.rows(np.flatnonzero(told)))
    return joined(found)


def tell(runtime: Runtime, traffic: Traffic, *, now: datetime) -> int:
    """Send the outcomes of those predictions of the traffic that are stored; return how many were new."""
    with runtime.ingest_transaction() as session:
        stored = _stored(session, traffic)
        outcomes = [item for item in traffic.outcomes() if item.prediction_id in stored]
        return accept_outcomes(session, outcomes, now=now, limits=LIMITS).accepted


def _task(runtime: Runtime, company: Company, name: str, *, origin: datetime, now: datetime) -> Callable[[], Loaded]:
    return lambda: _load_model(runtime, company, name, origin=origin, now=now)


def _load_model(runtime: Runtime, company: Company, name: str, *, origin: datetime, now: datetime) -> Loaded:
    with runtime.ingest_transaction() as session:
        newest = _newest_prediction(session, name)
    since = origin if newest is None else max(origin, newest)
    loaded = Loaded()
    if newest is not None:
        told = tell(runtime, due(company, name, Window(since - OVERLAP, now)), now=now)
        loaded = Loaded(outcomes=told)
    for traffic in _batches(company, name, Window(since, now)):
        loaded += _store(runtime, traffic, now=now)
    return loaded


def _batches(company: Company, name: str, window: Window) -> Iterator[Traffic]:
    """Yield the model's traffic in stretches of a good batch's size."""
    for part in window.steps(timedelta(days=BATCH / company.worlds[name].a_day)):
        traffic = company.between(name, part)
        if len(traffic):
            yield traffic


def _store(runtime: Runtime, traffic: Traffic, *, now: datetime) -> Loaded:
    """Store a batch with what has been told about it since: outcomes first, so that each is counted in one step."""
    known = traffic.rows(np.flatnonzero(traffic.told_at <= microseconds(now)))
    with runtime.ingest_transaction() as session:
        told = accept_outcomes(session, known.outcomes(), now=now, limits=LIMITS)
        stored = accept_predictions(session, traffic.predictions(), now=now, limits=LIMITS)
    return Loaded(stored.accepted, told.accepted)


def _load_machines(runtime: Runtime, company: Company, *, origin: datetime, now: datetime) -> Loaded:
    with runtime.ingest_transaction() as session:
        newest = session.scalar(
            select(func.max(MeasurementRow.at)).join(SeriesRow, SeriesRow.id == MeasurementRow.series_id)
        )
    count = 0
    lately = max(newest or origin, now - DENSE)
    grids = [machines.grid(part) for part in Window(newest or origin, lately).steps(timedelta(days=10))]
    # The last minutes as densely as the live traffic, or a rule would miss the machines before it begins.
    for at in (*grids, machines.grid(Window(lately, now), machines.LIVE_EVERY)):
        measured = company.measurements(at)
        with runtime.ingest_transaction() as session:
            count += accept_measurements(session, measured, now=now, limits=LIMITS).accepted
    return Loaded(measurements=count)


def _deploy(session: Session, company: Company, name: str, *, origin: datetime, now: datetime) -> None:
    for release in company.worlds[name].releases:
        at = company.midnight + release.at
        if origin <= at <= now:
            deployment = Deployment(model=name, version=release.version, at=at, note=release.note)
            accept_deployment(session, deployment, now=now, limits=LIMITS)


def _newest_prediction(session: Session, name: str) -> datetime | None:
    model = catalog.model_named(session, name)
    versions = catalog.version_ids(session, [model.id])[model.id]
    return session.scalar(select(func.max(PredictionRow.at)).where(PredictionRow.version_id.in_(versions)))


def _stored(session: Session, traffic: Traffic) -> set[str]:
    """Return the names of those predictions of the traffic that are stored."""
    if not len(traffic):
        return set()
    model = catalog.model_named(session, traffic.model)
    first, last = instants(traffic.at[[0, -1]])
    query = select(PredictionRow.prediction_id).where(
        PredictionRow.key.in_([UUID(bytes=digest(model.id, each)) for each in traffic.ids.tolist()]),
        PredictionRow.id.between(lower_bound(first), lower_bound(last + timedelta(seconds=1))),
    )
    return set(session.scalars(query))
