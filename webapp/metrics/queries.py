"""Metrics over a window or by steps of it: the one way to a number for pages, reports, rules and exports.

Steps begin where the window begins; for steps of the calendar let it begin at a full hour or day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from webapp.catalog.models import Model
from webapp.catalog.queries import business
from webapp.core.periods import Window
from webapp.metrics import load
from webapp.metrics.evidence import Evidence
from webapp.metrics.gauge import GAUGES
from webapp.metrics.metric import Metric, MetricSeries, Point, Source, Value, undefined
from webapp.metrics.registry import METRICS, check_names, metric_named
from webapp.metrics.scope import part_of, segments_of, versions_of
from webapp.telemetry import baselines, gauges, queries
from webapp.telemetry.queries import Bucket


def values(
    session: Session,
    models: Sequence[Model],
    names: Sequence[str],
    window: Window,
    *,
    now: datetime,
    version: str | None = None,
    segment: str | None = None,
) -> Mapping[str, Mapping[str, Value]]:
    """Return each metric of each model over the window: model name → metric name → value."""
    check_names(names)
    if not models:
        return {}
    needs = load.Needs.of(METRICS[name] for name in names)
    found = load.evidence(session, models, needs, window, now=now, version=version, segment=segment)
    return {model.name: {name: value_of(METRICS[name], found[model.id]) for name in names} for model in models}


def series(
    session: Session,
    model: Model,
    names: Sequence[str],
    window: Window,
    step: timedelta,
    *,
    now: datetime,
    version: str | None = None,
    segment: str | None = None,
) -> Mapping[str, MetricSeries]:
    """Return each metric by steps of the window; steps in the future are left out."""
    check_names(names)
    groups, chosen = part_of(session, model, version=version, segment=segment)
    found = _stepped(session, model, names, groups, window, step, now=now, segments=chosen)
    return {name: series_of(METRICS[name], found[model.id]) for name in names}


def series_of_each(
    session: Session,
    models: Sequence[Model],
    names: Sequence[str],
    window: Window,
    step: timedelta,
    *,
    now: datetime,
) -> Mapping[str, Mapping[str, MetricSeries]]:
    """Return, for each model, those of the metrics that apply to it by steps: model name → metric name → series.

    What is computed from scalar counts alone is read for all the models at once.
    """
    check_names(names)
    counted = [name for name in names if METRICS[name].source is Source.COUNTS and METRICS[name].group != "business"]
    groups = {number: list(versions) for number, versions in versions_of(session, models).items()}
    seen, least = load.elapsed(window, now), load.least_coverage(session)
    steps = queries.steps(session, groups, seen, step, now=now) if counted else {}
    found: dict[str, dict[str, MetricSeries]] = {}
    for model in models:
        evidence = [
            Evidence(model, _part(bucket.at, step, seen), bucket.aggregate, minimum_coverage=least)
            for bucket in steps.get(model.id, ())
        ]
        applying = [name for name in names if model.task in METRICS[name].tasks]
        others = [name for name in applying if name not in counted]
        found[model.name] = {name: series_of(METRICS[name], evidence) for name in applying if name in counted}
        if others:
            found[model.name] |= series(session, model, others, window, step, now=now)
    return found


def version_series(
    session: Session,
    model: Model,
    name: str,
    window: Window,
    step: timedelta,
    *,
    now: datetime,
    segment: str | None = None,
) -> Mapping[str, MetricSeries]:
    """Return the metric by steps for each version that predicted in the window, in the order they first appeared."""
    metric = metric_named(name)
    names = versions_of(session, [model])[model.id]
    groups = {number: [number] for number in names}
    number = segments_of(session, [model], segment=segment).get(model.id, 0)
    chosen = dict.fromkeys(groups, number)
    found = _stepped(session, model, [name], groups, window, step, now=now, segments=chosen)
    seen = {number for number, steps in found.items() if any(step.aggregate.tally.predictions for step in steps)}
    return {names[number]: series_of(metric, found[number]) for number in names if number in seen}


def instance_series(
    session: Session, model: Model, name: str, window: Window, step: timedelta, *, now: datetime
) -> Mapping[str, MetricSeries]:
    """Return a metric of the machines (cpu, memory, disk, availability) by steps for each instance."""
    metric = metric_named(name)
    if metric.source is not Source.GAUGES:
        return {}
    gauge = GAUGES[name]
    seen = load.elapsed(window, now)
    found = gauges.steps_by_instance(session, gauge, model.id, seen, step, now=now)
    return {
        instance: series_of(
            metric, [Evidence(model, Window(at.at, at.at + step), gauges={gauge: at.gauge}) for at in steps]
        )
        for instance, steps in found.items()
    }


def value_of(metric: Metric, evidence: Evidence) -> Value:
    """Compute the metric; another kind of model, or too small a sample, is a reason, not a number."""
    if evidence.model.task not in metric.tasks:
        return undefined(f"not defined for {evidence.model.task} models")
    value = metric.compute(evidence)
    if value.value is None or value.sample_count >= metric.minimum_sample_count or metric.minimum_sample_count <= 1:
        return value
    reason = f"too few samples ({value.sample_count:,} of at least {metric.minimum_sample_count:,})"
    return undefined(reason, sample_count=value.sample_count, coverage=value.coverage)


def series_of(metric: Metric, steps: Sequence[Evidence]) -> MetricSeries:
    """Return the metric of each step, in the order of the steps."""
    return MetricSeries(metric, tuple(Point(step.window.start, value_of(metric, step)) for step in steps))


def _stepped(
    session: Session,
    model: Model,
    names: Sequence[str],
    groups: Mapping[int, Sequence[int]],
    window: Window,
    step: timedelta,
    *,
    now: datetime,
    segments: Mapping[int, int],
) -> Mapping[int, Sequence[Evidence]]:
    """Return the evidence of each step for each group of versions."""
    least = load.least_coverage(session)
    needs = load.Needs.of(METRICS[name] for name in names)
    seen = load.elapsed(window, now)
    reference = baselines.current(session, [model.id]).get(model.id) if needs.baseline else None
    parameters = business(session, [model.id])[model.id] if needs.money else ()
    measured = _measured(session, needs, model, seen, step, now=now)
    counted = queries.steps(session, groups, seen, step, parts=needs.parts, now=now, segments=segments)

    def evidence(bucket: Bucket, group: int) -> Evidence:
        part = _part(bucket.at, step, seen)
        return Evidence(
            model=model,
            window=part,
            aggregate=bucket.aggregate,
            baseline=reference,
            gauges=measured.get(bucket.at, {}),
            money=load.step_money(
                session,
                groups[group],
                parameters,
                part,
                bucket.aggregate,
                now=now,
                named=needs.parts,
                segment=segments.get(group, 0),
            ),
            minimum_coverage=least,
        )

    return {group: _with_newest([evidence(bucket, group) for bucket in buckets]) for group, buckets in counted.items()}


def _part(at: datetime, step: timedelta, window: Window) -> Window:
    """Return one step of the window; the last one ends with it."""
    return Window(at, max(at, min(at + step, window.end)))


def _measured(
    session: Session, needs: load.Needs, model: Model, window: Window, step: timedelta, *, now: datetime
) -> Mapping[datetime, Mapping[str, gauges.Gauge]]:
    found: dict[datetime, dict[str, gauges.Gauge]] = {}
    if needs.gauges:
        by_name = gauges.steps(session, sorted(needs.gauges), model.id, window, step, now=now)
        for name, steps in by_name.items():
            for measured in steps:
                found.setdefault(measured.at, {})[name] = measured.gauge
    return found


def _with_newest(steps: Sequence[Evidence]) -> Sequence[Evidence]:
    """Give each step the end of the last one that had predictions: as fresh as steps can tell."""
    newest: datetime | None = None
    dated = []
    for step in steps:
        newest = step.window.end if step.aggregate.tally.predictions else newest
        dated.append(replace(step, newest=newest))
    return dated
