"""Metrics by segment: one reading for all values of a key, and which of them do worse than the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from sqlalchemy.orm import Session

from webapp.catalog.models import Model, Segment
from webapp.catalog.queries import business
from webapp.catalog.queries import segments as known_segments
from webapp.core.errors import NotFoundError
from webapp.core.periods import Window
from webapp.metrics import load
from webapp.metrics.difference import Difference, Verdict, difference
from webapp.metrics.evidence import Evidence, MoneyPeriod
from webapp.metrics.metric import Better, Metric, Value
from webapp.metrics.queries import value_of
from webapp.metrics.registry import METRICS, check_names
from webapp.metrics.scope import versions_of
from webapp.telemetry import baselines, queries
from webapp.telemetry.aggregate import EMPTY, Aggregate


@dataclass(frozen=True, slots=True)
class Part:
    """One segment with what was counted in it."""

    segment: Segment
    aggregate: Aggregate


@dataclass(frozen=True, slots=True)
class Ranked:
    """A segment beside all others of its key together: by the first metric, is it really worse?"""

    segment: Segment
    predictions: int
    values: Mapping[str, Value]
    rest: Value  # the first metric of all others together
    compared: Difference  # from the rest to the segment


def by_segment(
    session: Session,
    model: Model,
    key: str,
    names: Sequence[str],
    window: Window,
    *,
    now: datetime,
    version: str | None = None,
    with_empty: bool = False,
) -> Mapping[str, Mapping[str, Value]]:
    """Return each metric for each value of the key that has predictions in the window: value → name → value.

    With `with_empty` also for those that were seen before and have none in it.
    """
    check_names(names)
    needs = load.Needs.of(METRICS[name] for name in names)
    seen = load.elapsed(window, now)
    reference = baselines.current(session, [model.id]).get(model.id) if needs.baseline else None
    parameters = business(session, [model.id])[model.id] if needs.money else ()
    versions = list(versions_of(session, [model], version=version)[model.id])

    def evidence(part: Part) -> Evidence:
        money: tuple[MoneyPeriod, ...] = load.step_money(
            session,
            versions,
            parameters,
            seen,
            part.aggregate,
            now=now,
            named=needs.parts,
            segment=part.segment.id,
        )
        return Evidence(
            model=model,
            window=seen,
            aggregate=part.aggregate,
            baseline=reference,
            money=money,
            minimum_coverage=load.least_coverage(session),
        )

    counted = parts(session, model, key, window, needs.parts, now=now, version=version, with_empty=with_empty)
    found = {part.segment.value: evidence(part) for part in counted}
    return {value: {name: value_of(METRICS[name], known) for name in names} for value, known in found.items()}


def ranked(
    session: Session,
    model: Model,
    key: str,
    names: Sequence[str],
    window: Window,
    *,
    now: datetime,
    version: str | None = None,
) -> Sequence[Ranked]:
    """Return the values of the key, the worst by the first metric first, each compared with all others together.

    Those of which too little is known to say anything come last.
    """
    check_names(names)
    needs = load.Needs.of(METRICS[name] for name in names)
    seen = load.elapsed(window, now)
    reference = baselines.current(session, [model.id]).get(model.id) if needs.baseline else None
    least, metric = load.least_coverage(session), METRICS[names[0]]
    counted = parts(session, model, key, window, needs.parts, now=now, version=version)

    def values(aggregate: Aggregate) -> Mapping[str, Value]:
        known = Evidence(model, seen, aggregate, reference, minimum_coverage=least)
        return {name: value_of(METRICS[name], known) for name in names}

    rests = others([part.aggregate for part in counted])
    found = []
    for part, rest in zip(counted, rests, strict=True):
        own, remaining = values(part.aggregate), values(rest)[names[0]]
        size = part.aggregate.tally.predictions
        found.append(Ranked(part.segment, size, own, remaining, difference(remaining, own[names[0]], metric)))
    return sorted(found, key=lambda row: _order(row, names[0], metric))


def others(aggregates: Sequence[Aggregate]) -> Sequence[Aggregate]:
    """Return for each aggregate the sum of all the others."""
    before = list(accumulate(aggregates, initial=EMPTY))
    after = list(accumulate(reversed(aggregates), initial=EMPTY))[::-1]
    return [before[place] + after[place + 1] for place in range(len(aggregates))]


def _order(row: Ranked, name: str, metric: Metric) -> tuple[bool, float, str]:
    value = row.values[name].value
    says_little = value is None or row.compared.verdict is Verdict.TOO_LITTLE
    sign = -1.0 if metric.better is Better.LOWER else 1.0
    return says_little, sign * (value or 0.0), row.segment.value


def parts(
    session: Session,
    model: Model,
    key: str,
    window: Window,
    asked: frozenset[str] = frozenset(),
    *,
    now: datetime,
    version: str | None = None,
    with_empty: bool = False,
) -> Sequence[Part]:
    """Return what was counted of each value of the key that has predictions in the window, by value."""
    if key not in model.segment_keys:
        keys = ", ".join(model.segment_keys) or "none yet"
        raise NotFoundError(f"'{key[:64]}' is not a segment key of '{model.name}'; declared are: {keys}.")
    chosen = [segment for segment in known_segments(session, [model.id])[model.id] if segment.key == key]
    versions = list(versions_of(session, [model], version=version)[model.id])
    groups = {segment.id: versions for segment in chosen}
    numbers = {segment.id: segment.id for segment in chosen}
    totals = queries.totals(session, groups, load.elapsed(window, now), parts=asked, now=now, segments=numbers)
    return [
        Part(segment, totals[segment.id]) for segment in chosen if with_empty or totals[segment.id].tally.predictions
    ]
