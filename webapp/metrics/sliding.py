"""Metrics over windows that slide along the past: its counts are read once by the hour (or the minute) and added up.

What a window comes to is what `queries.values` answers for it, as long as it begins and ends at a full grain; only how
fresh the newest event was is known no better than to the grain.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Protocol, TypeVar

import numpy as np
from sqlalchemy.orm import Session

from webapp.catalog.models import Business, Model
from webapp.catalog.queries import business, segments
from webapp.core.periods import Window
from webapp.metrics import load
from webapp.metrics.evidence import Evidence, MoneyPeriod
from webapp.metrics.metric import Metric, Value
from webapp.metrics.queries import value_of
from webapp.metrics.scope import segments_of, versions_of
from webapp.telemetry import baselines, queries
from webapp.telemetry.aggregate import (
    EMPTY,
    LATENCY_BINS,
    SCORE_SUMS,
    TALLY,
    Aggregate,
    Counts,
    Floats,
    ScoreHistogram,
    scalars_of,
    tallies_of,
)
from webapp.telemetry.reference import Baseline


class Addable(Protocol):
    def __add__(self: "Sum", other: "Sum", /) -> "Sum": ...


Sum = TypeVar("Sum", bound=Addable)


@dataclass(frozen=True, slots=True)
class Track:
    """One series of the past: a model, or a segment of it ("plan=basic"), with its counts one grain after another."""

    model: Model
    segment: str
    aggregates: Sequence[Aggregate]
    baseline: Baseline | None
    parameters: Sequence[Business]


@dataclass(frozen=True, slots=True)
class Past:
    """Everything that was read of a span."""

    span: Window
    grain: timedelta
    tracks: Sequence[Track]
    minimum_coverage: float

    def values(
        self, metric: Metric, length: timedelta, ends: Collection[datetime]
    ) -> Mapping[tuple[str, str], Mapping[datetime, Value]]:
        """Return, by model and segment, the metric over the windows of the length that end at these instants."""
        places = sorted({round((end - self.span.start) / self.grain) for end in ends})
        instants = [self.span.start + place * self.grain for place in places]
        windows = [Window(end - length, end) for end in instants]
        return {
            (track.model.name, track.segment): dict(
                zip(instants, self._along(track, metric, places, windows), strict=True)
            )
            for track in self.tracks
        }

    def _along(self, track: Track, metric: Metric, places: Sequence[int], windows: Sequence[Window]) -> Iterator[Value]:
        """Yield the metric of one track in the windows, which end at the places."""
        width = round(windows[0].duration / self.grain) if windows else 0
        seen = [None if place < 0 else self.span.start + place * self.grain for place in _newest(track.aggregates)]
        for place, window, aggregate in zip(places, windows, self._sums(track, width, places), strict=True):
            evidence = Evidence(
                model=track.model,
                window=window,
                aggregate=aggregate,
                baseline=track.baseline,
                money=self._money(track, window, aggregate),
                newest=seen[place],
                minimum_coverage=self.minimum_coverage,
            )
            yield value_of(metric, evidence)

    def _sums(self, track: Track, width: int, places: Sequence[int]) -> Iterator[Aggregate]:
        if _is_subtractable(track.aggregates):
            return _subtracted(track.aggregates, width, places)
        return slide(track.aggregates, width, places, EMPTY)

    def _money(self, track: Track, window: Window, aggregate: Aggregate) -> tuple[MoneyPeriod, ...]:
        """Return the money periods of a window; one that is cut by new parameters is counted part by part."""
        if not track.parameters:
            return ()
        cut = load.money_periods(track.parameters, window)
        if [part for _, part in cut] == [window]:
            return (MoneyPeriod.of(cut[0][0], window, aggregate),)
        return tuple(MoneyPeriod.of(entry, part, self._total(track, part)) for entry, part in cut)

    def _total(self, track: Track, window: Window) -> Aggregate:
        first, last = ((at - self.span.start) // self.grain for at in (window.start, window.end))
        return sum(track.aggregates[max(first, 0) : last], EMPTY)


def past(
    session: Session,
    models: Sequence[Model],
    metrics: Sequence[Metric],
    span: Window,
    grain: timedelta,
    *,
    now: datetime,
    version: str | None = None,
    segment: str | None = None,
) -> Past:
    """Read what the metrics need of the span, which begins and ends at a full grain, for each model.

    `segment` is one segment, or a key: then each of its values is a track of its own.
    """
    needs = load.Needs.of(metrics)
    numbers = [model.id for model in models]
    versions = versions_of(session, models, version=version)
    chosen = _chosen(session, models, segment)
    groups = {place: list(versions[model.id]) for place, (model, _, _) in enumerate(chosen)}
    of_segment = {place: number for place, (_, _, number) in enumerate(chosen) if number}
    counted = queries.steps(session, groups, span, grain, parts=needs.parts, now=now, segments=of_segment)
    references = baselines.current(session, numbers) if needs.baseline else {}
    parameters = business(session, numbers) if needs.money else {}
    tracks = [
        Track(
            model,
            name,
            [bucket.aggregate for bucket in counted[place]],
            references.get(model.id),
            parameters.get(model.id, ()),
        )
        for place, (model, name, _) in enumerate(chosen)
    ]
    return Past(span, grain, tracks, load.least_coverage(session))


def _chosen(session: Session, models: Sequence[Model], segment: str | None) -> Sequence[tuple[Model, str, int]]:
    """Return each model with each segment that is read apart, and its number; 0 and no name for all predictions."""
    if segment is None:
        return [(model, "", 0) for model in models]
    if "=" in segment:
        numbers = segments_of(session, models, segment=segment)
        return [(model, segment, numbers[model.id]) for model in models]
    known = segments(session, [model.id for model in models])
    return [(model, str(each), each.id) for model in models for each in known[model.id] if each.key == segment]


def _subtracted(aggregates: Sequence[Aggregate], width: int, places: Sequence[int]) -> Iterator[Aggregate]:
    """Yield what was counted in the `width` grains before each place: up to there, less what was before the window."""
    ends = np.asarray(places, dtype=np.int64)
    starts = np.maximum(ends - width, 0)
    tallies = _between([scalars_of(each.tally) for each in aggregates], len(TALLY), starts, ends)
    latencies = _between([each.latencies for each in aggregates], LATENCY_BINS, starts, ends)
    known = [each.scores for each in aggregates]
    edges = next((each.edges for each in known if each is not None), None)
    bins = 0 if edges is None else len(edges) - 1
    counts = _between([None if each is None else each.counts.reshape(-1) for each in known], 3 * bins, starts, ends)
    sums = _between([None if each is None else each.sums for each in known], SCORE_SUMS, starts, ends)
    has_latencies, whole = any(each.latencies is not None for each in aggregates), latencies.astype(np.int64)
    for place, tally in enumerate(tallies_of(tallies)):
        scores = None
        if edges is not None:
            scores = ScoreHistogram(edges, counts[place].astype(np.int64).reshape(3, bins), sums[place])
        of_latency = whole[place] if has_latencies else None
        yield Aggregate(tally, scores, of_latency)


def _between(
    rows: Sequence[Sequence[float] | Counts | Floats | None], width: int, starts: Counts, ends: Counts
) -> Floats:
    """Return the sum of the rows from each start to each end; a row that is None counts nothing."""
    running: Floats = np.zeros((len(rows) + 1, width))
    for place, row in enumerate(rows, 1):
        if row is not None:
            running[place] = row
    np.cumsum(running, axis=0, out=running)
    between: Floats = running[ends] - running[starts]
    return between


def _is_subtractable(aggregates: Sequence[Aggregate]) -> bool:
    """Say whether counts may be taken away again: not moments of features, nor classes that came up in between."""
    edges = [each.scores.edges for each in aggregates if each.scores is not None]
    return all(each.classes is None and each.errors is None and not each.features for each in aggregates) and all(
        each is edges[0] or np.array_equal(each, edges[0]) for each in edges
    )


def slide(items: Sequence[Sum], width: int, places: Sequence[int], nothing: Sum) -> Iterator[Sum]:
    """Yield the sum of the `width` items before each place (places rise), each item being added a few times only.

    A queue of two stacks: `older` holds the sums from each item to its end, `newer` is one running sum behind them.
    """
    older: list[Sum] = []
    newer, start, middle, end = nothing, 0, 0, 0
    for place in places:
        first = max(place - width, 0)
        if first >= end:  # nothing of the former window is in this one
            older, newer, start, middle, end = [], nothing, first, first, first
        while end < place:
            newer, end = newer + items[end], end + 1
        if first > middle:
            older, newer, start, middle = _sums_to_end(items[first:end], nothing), nothing, first, end
        while start < first:
            older.pop()
            start += 1
        yield older[-1] + newer if older else newer


def _sums_to_end(items: Sequence[Sum], nothing: Sum) -> list[Sum]:
    """Return the sums from each item to the end, that of the first item last."""
    return list(accumulate(reversed(items), lambda total, each: each + total, initial=nothing))[1:]


def _newest(aggregates: Sequence[Aggregate]) -> Sequence[int]:
    """Return, for each place between grains, the end of the last grain before it that had predictions; −1 for none."""
    found, last = [-1], -1
    for place, each in enumerate(aggregates, 1):
        last = place if each.tally.predictions else last
        found.append(last)
    return found
