"""What the rollups must say, worked out from the raw rows one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import text
from sqlalchemy.orm import Session

from webapp.catalog.models import Model
from webapp.catalog.queries import version_ids
from webapp.core.periods import Window
from webapp.telemetry.aggregate import Aggregate, Tally
from webapp.telemetry.decode import PARTS
from webapp.telemetry.queries import steps, totals
from webapp.telemetry.tiles import snap


@dataclass(frozen=True, slots=True)
class Event:
    at: datetime
    score: float | None
    predicted: float | None
    actual: float | None
    latency_ms: float | None
    failed: bool
    features: Sequence[float]
    told_at: datetime | None


def raw_events(session: Session) -> list[Event]:
    query = text(
        "SELECT p.at, p.score, p.predicted, p.actual, p.latency_ms, p.failed, p.features, o.at AS told_at"
        " FROM prediction p LEFT JOIN outcome o ON o.key = p.key ORDER BY p.id"
    )
    return [Event(*row) for row in session.execute(query)]


def tally_of_events(events: Sequence[Event]) -> Tally:
    """Count as a person would who reads the rows."""

    def those(predicted: int, actual: int) -> int:
        return sum(event.predicted == predicted and event.actual == actual for event in events)

    timed = [event.latency_ms for event in events if event.latency_ms is not None]
    return Tally(
        predictions=len(events),
        known=sum(event.actual is not None for event in events),
        errors=sum(event.failed for event in events),
        tp=those(1, 1),
        fp=those(1, 0),
        fn=those(0, 1),
        tn=those(0, 0),
        flagged=sum(event.predicted == 1 for event in events),
        latency_count=len(timed),
        latency_sum_ms=sum(timed),
        delay_sum_s=sum(
            max((event.told_at - event.at).total_seconds(), 0)
            for event in events
            if event.told_at is not None and event.actual is not None
        ),
    )


def inside(events: Sequence[Event], window: Window) -> list[Event]:
    return [event for event in events if event.at in window]


def total(session: Session, model: Model, window: Window, *, now: datetime, parts: bool = False) -> Aggregate:
    versions = version_ids(session, [model.id])
    return totals(session, versions, window, parts=frozenset(PARTS if parts else ()), now=now)[model.id]


def assert_exact(session: Session, model: Model, window: Window, *, now: datetime, whole: bool = True) -> None:
    """Compare the window, snapped as readers snap it, with a recount of the rows."""
    snapped = snap(window, now=now)
    found = inside(raw_events(session), snapped)
    aggregate = total(session, model, window, now=now, parts=whole)
    assert_same(aggregate.tally, tally_of_events(found))
    if whole and found:
        _assert_same_scores(aggregate, found)
        assert aggregate.latencies is None or int(aggregate.latencies.sum()) == aggregate.tally.latency_count
        for feature in aggregate.features.values():
            assert feature.total == len(found)


def assert_steps_exact(session: Session, model: Model, window: Window, step: timedelta, *, now: datetime) -> None:
    """Compare every step with a recount of the rows in it."""
    events = raw_events(session)
    snapped = snap(window, now=now)
    found = steps(session, version_ids(session, [model.id]), window, step, now=now)[model.id]
    for part, bucket in zip(snapped.steps(step), found, strict=True):
        assert bucket.at == part.start
        assert_same(bucket.aggregate.tally, tally_of_events(inside(events, part)))


def assert_same(found: Tally, expected: Tally) -> None:
    for name in Tally.__slots__:
        wanted = getattr(expected, name)
        assert abs(getattr(found, name) - wanted) <= 1e-6 * max(1.0, abs(wanted)), name


def _assert_same_scores(aggregate: Aggregate, events: Sequence[Event]) -> None:
    scores = aggregate.scores
    assert scores is not None
    for counts, actual in ((scores.everything, None), (scores.positives, 1.0), (scores.negatives, 0.0)):
        chosen = [e.score for e in events if e.score is not None and (actual is None or e.actual == actual)]
        expected, _ = np.histogram(np.array(chosen, dtype=np.float64), scores.edges)
        np.testing.assert_array_equal(counts, expected)
