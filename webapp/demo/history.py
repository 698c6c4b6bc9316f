"""Bringing the company's past in through the door that every service uses; what is there already is left as it is."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.catalog import queries as catalog
from webapp.core.ids import digest, lower_bound
from webapp.core.periods import DAY, Window, floor_to, microseconds
from webapp.demo import machines
from webapp.demo.company import Company, Stream
from webapp.demo.traffic import Instants, Traffic, instants, joined
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
AT_ONCE = 4
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


@dataclass(frozen=True, slots=True)
class Span:
    """What is to be there: everything from the origin until now, and which stretches are counted by the minute."""

    origin: datetime
    now: datetime
    by_minute: Sequence[Window] = ()

    def cut(self, start: datetime, every: timedelta) -> Iterator[Window]:
        """Yield the time from `start` on in parts, cut where counting by the minute begins and ends."""
        edges = sorted({edge for window in self.by_minute for edge in (window.start, window.end)})
        cuts = [start, *(edge for edge in edges if start < edge < self.now), self.now]
        for first, last in pairwise(cuts):
            yield from Window(first, last).steps(every)

    def counted_at(self, part: Window) -> datetime:
        """Return the instant at which a part is counted: in its own time where minutes matter, else now."""
        is_fine = any(part.start in window for window in self.by_minute)
        return part.end if is_fine else self.now


def load(runtime: Runtime, company: Company, span: Span) -> Loaded:
    """Store what happened in the span and is not stored yet; return how much that was.

    One model's events come in the order of time, so what was interrupted goes on where it ended.
    """
    origin, now = span.origin, span.now
    company.train()
    with runtime.ingest_transaction() as session:
        weeks = range((now - origin) // partitions.WEEK + 2)
        partitions.ensure(session, [origin + partitions.WEEK * number for number in weeks])
        for name in company.worlds:
            _deploy(session, company, name, origin=origin, now=now)
    tasks: list[Callable[[], Loaded]] = [
        *(_task(runtime, company, name, span) for name in company.worlds),
        lambda: _load_machines(runtime, company, span),
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


def _task(runtime: Runtime, company: Company, name: str, span: Span) -> Callable[[], Loaded]:
    return lambda: _load_model(runtime, company, name, span)


def _load_model(runtime: Runtime, company: Company, name: str, span: Span) -> Loaded:
    with runtime.ingest_transaction() as session:
        newest = _newest_prediction(session, name)
    loaded, since = Loaded(), span.origin
    if newest is not None:
        since = max(since, newest)
        told = tell(runtime, due(company, name, Window(since - OVERLAP, span.now)), now=span.now)
        loaded = Loaded(outcomes=told)
    for part in span.cut(since, timedelta(days=BATCH / company.worlds[name].a_day)):
        traffic = company.between(name, part)
        if len(traffic):
            loaded += _store(runtime, traffic, now=span.now, counted_at=span.counted_at(part))
    fold_all(runtime, now=span.now)  # while others are still loading
    return loaded


def _store(runtime: Runtime, traffic: Traffic, *, now: datetime, counted_at: datetime) -> Loaded:
    """Store a batch with what has been told about it since: outcomes first, so that each is counted in one step."""
    known = traffic.rows(np.flatnonzero(traffic.told_at <= microseconds(now)))
    with runtime.ingest_transaction() as session:
        told = accept_outcomes(session, known.outcomes(), now=now, limits=LIMITS)
        stored = accept_predictions(session, traffic.predictions(), now=counted_at, limits=LIMITS)
    return Loaded(stored.accepted, told.accepted)


def _load_machines(runtime: Runtime, company: Company, span: Span) -> Loaded:
    with runtime.ingest_transaction() as session:
        since = _newest_measurement(session) or span.origin
    count = 0
    for part in span.cut(since, timedelta(days=10)):
        count += _measure(runtime, company, machines.grid(part), now=span.counted_at(part))
    # The last minutes as densely as the live traffic, or a rule would miss the machines before it begins.
    lately = Window(max(since, span.now - DENSE), span.now)
    count += _measure(runtime, company, machines.grid(lately, machines.LIVE_EVERY), now=span.now)
    return Loaded(measurements=count)


def _measure(runtime: Runtime, company: Company, at: Instants, *, now: datetime) -> int:
    with runtime.ingest_transaction() as session:
        return accept_measurements(session, company.measurements(at), now=now, limits=LIMITS).accepted


def _newest_measurement(session: Session) -> datetime | None:
    """Return when the demo's machines were last heard."""
    query = select(func.max(MeasurementRow.at)).join(SeriesRow, SeriesRow.id == MeasurementRow.series_id)
    return session.scalar(query.where(SeriesRow.labels["instance"].as_string() == machines.INSTANCES[0]))


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
