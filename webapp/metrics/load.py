"""Fetching the evidence that metrics ask for, and no more: a handful of statements for any number of models."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from webapp.catalog.models import Business, Model
from webapp.catalog.queries import business
from webapp.core.periods import HOUR, Window, floor_to
from webapp.metrics.evidence import Evidence, MoneyPeriod
from webapp.metrics.gauge import GAUGES
from webapp.metrics.metric import Metric, Source
from webapp.metrics.scope import segments_of, versions_of
from webapp.settings import MINIMUM_COVERAGE
from webapp.telemetry import baselines, gauges, queries
from webapp.telemetry.aggregate import Aggregate

COVERAGE = 0.6
_PARTS = {Source.SCORES: "scores", Source.ANSWERS: "answers", Source.LATENCY: "latencies", Source.FEATURES: "features"}
_OF_MONEY = frozenset({"answers"})  # What money is counted from besides the scalar counts.
_COMPARING = "drift"  # The group of metrics that compare with the baseline.


@dataclass(frozen=True, slots=True)
class Needs:
    """What the metrics read."""

    parts: frozenset[str]
    gauges: frozenset[str]
    baseline: bool
    money: bool
    newest: bool

    @classmethod
    def of(cls, metrics: Iterable[Metric]) -> "Needs":
        asked = list(metrics)
        return cls(
            parts=frozenset(_PARTS[metric.source] for metric in asked if metric.source in _PARTS),
            gauges=frozenset(GAUGES[metric.name] for metric in asked if metric.source is Source.GAUGES),
            baseline=any(metric.needs_baseline or metric.group == _COMPARING for metric in asked),
            money=any(metric.group == "business" for metric in asked),
            newest=any(metric.source is Source.NEWEST for metric in asked),
        )


def least_coverage(session: Session) -> float:
    """Return the share of known outcomes that is enough, as the session's owner has set it."""
    return float(session.info.get(MINIMUM_COVERAGE, COVERAGE))


def evidence(
    session: Session,
    models: Sequence[Model],
    needs: Needs,
    window: Window,
    *,
    now: datetime,
    version: str | None = None,
    segment: str | None = None,
) -> Mapping[int, Evidence]:
    """Return what is known of each model over the window, by the model's number."""
    numbers = [model.id for model in models]
    groups = {number: list(names) for number, names in versions_of(session, models, version=version).items()}
    segments = segments_of(session, models, segment=segment)
    seen = elapsed(window, now)
    totals = queries.totals(session, groups, seen, parts=needs.parts, now=now, segments=segments)
    references = baselines.current(session, numbers) if needs.baseline else {}
    names = sorted(needs.gauges)
    measured = gauges.totals_by_model(session, names, numbers, seen, now=now) if names else {}
    newest = queries.newest(session, groups, before=seen.end, segments=segments) if needs.newest else {}
    parameters = business(session, numbers) if needs.money else {}
    money = _money(session, groups, parameters, seen, totals, now=now, named=needs.parts, segments=segments)
    return {
        model.id: Evidence(
            model=model,
            window=seen,
            aggregate=totals[model.id],
            baseline=references.get(model.id),
            gauges=measured.get(model.id, {}),
            money=money.get(model.id, ()),
            newest=newest.get(model.id),
            minimum_coverage=least_coverage(session),
        )
        for model in models
    }


def elapsed(window: Window, now: datetime) -> Window:
    """Return the part of the window that has passed: what is still to come has no costs and no counts."""
    return Window(min(window.start, now), min(window.end, now))


def money_periods(parameters: Sequence[Business], window: Window) -> Sequence[tuple[Business, Window]]:
    """Cut the window where other money parameters come into force; before the first ones there is no money.

    Parameters hold from a full hour on, because older counts are kept by the hour.
    """
    if not parameters:
        return []
    starts = [floor_to(entry.valid_from, HOUR) for entry in parameters]
    ends = [*starts, window.end][1:]
    cut = [
        (entry, Window(max(start, window.start), min(end, window.end)))
        for entry, start, end in zip(parameters, starts, ends, strict=True)
        if start < window.end and end > window.start
    ]
    return [(entry, part) for entry, part in cut if part.duration]


def _money(
    session: Session,
    groups: Mapping[int, Sequence[int]],
    parameters: Mapping[int, Sequence[Business]],
    window: Window,
    totals: Mapping[int, Aggregate],
    *,
    now: datetime,
    named: frozenset[str],
    segments: Mapping[int, int],
) -> Mapping[int, tuple[MoneyPeriod, ...]]:
    """Return the money periods with their counts: the window's own where it is not cut, else one statement a cut."""
    periods = {number: money_periods(entries, window) for number, entries in parameters.items()}
    parts = {part for cut in periods.values() for _, part in cut if part != window}
    counted: dict[tuple[int, Window], Aggregate] = {(number, window): total for number, total in totals.items()}
    for part in sorted(parts, key=lambda found: (found.start, found.end)):
        asked = {number: groups[number] for number, cut in periods.items() if any(part == own for _, own in cut)}
        own = queries.totals(session, asked, part, parts=_OF_MONEY & named, now=now, segments=segments)
        counted |= {(number, part): total for number, total in own.items()}
    return {
        number: tuple(MoneyPeriod.of(entry, part, counted[number, part]) for entry, part in cut)
        for number, cut in periods.items()
    }


def step_money(
    session: Session,
    versions: Sequence[int],
    parameters: Sequence[Business],
    window: Window,
    aggregate: Aggregate,
    *,
    now: datetime,
    named: frozenset[str] = frozenset(),
    segment: int = 0,
) -> tuple[MoneyPeriod, ...]:
    """Return the money periods of one step, whose counts are known; only a step that is cut asks again."""
    cut = money_periods(parameters, window)
    if [part for _, part in cut] == [window]:
        return (MoneyPeriod.of(cut[0][0], window, aggregate),)
    asked, parts = {0: versions}, _OF_MONEY & named
    return tuple(
        MoneyPeriod.of(
            entry, part, queries.totals(session, asked, part, parts=parts, now=now, segments={0: segment})[0]
        )
        for entry, part in cut
    )
