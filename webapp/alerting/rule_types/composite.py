"""Several conditions in one rule: fires while all of them hold, or while any does.

What is not known decides nothing by itself: one condition that fails settles "all", one that holds settles "any".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Annotated, Literal

from msgspec import Meta

from webapp.alerting import change, wording
from webapp.alerting.conditions import MOST, Part
from webapp.alerting.rule_type import (
    CURRENT,
    Bound,
    Context,
    Look,
    Parameters,
    Readings,
    RuleType,
    Verdict,
    current_window,
    reached,
    unjudgeable,
)
from webapp.alerting.severity import Severity
from webapp.alerting.states import Condition
from webapp.core.errors import InvalidInputError
from webapp.metrics.metric import Metric, Source
from webapp.metrics.registry import METRICS


class CompositeParameters(Parameters, frozen=True, kw_only=True):
    match: Annotated[
        Literal["all", "any"],
        Meta(description="Whether all conditions must hold, as bad as the mildest, or any, as bad as the worst."),
    ] = "all"
    conditions: Annotated[
        tuple[Part, ...], Meta(min_length=1, max_length=MOST, description="Up to five conditions on the same series.")
    ]


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one condition."""

    part: Part
    metric: Metric
    verdict: Verdict

    @property
    def is_hit(self) -> bool:
        return self.verdict.condition is Condition.HIT


class Composite(RuleType[CompositeParameters]):
    name, label = "composite", "Several conditions"
    description = "Fires while all of up to five conditions hold for a series, or while any of them does."
    parameters = CompositeParameters

    def looks(self, parameters: CompositeParameters, metric: Metric, *, now: datetime) -> Mapping[str, Look]:
        found = {CURRENT: Look(current_window(parameters, metric, now=now))}
        for part in parameters.conditions:
            of = _metric_of(part, metric)
            if of.name != metric.name:
                found[of.name] = Look(current_window(parameters, of, now=now), metric=of.name)
        return found

    def evaluate(self, readings: Readings, parameters: CompositeParameters, context: Context) -> Verdict:
        judged = [_judge(part, readings, context) for part in parameters.conditions]
        # The alert shows the rule's own metric; the others are told in words.
        own = next(each for each in judged if each.metric.name == context.metric.name)
        if _is_settled(judged, parameters):
            return _settled(judged, own, parameters)
        unknown = next(each for each in judged if each.verdict.condition not in {Condition.HIT, Condition.MISS})
        reason = f"{unknown.metric.label}: {unknown.verdict.reason}"
        return Verdict(unknown.verdict.condition, sample_count=unknown.verdict.sample_count, reason=reason)

    def severities(self, parameters: CompositeParameters) -> tuple[Severity, ...]:
        ladders = [change.severities(part) for part in parameters.conditions]
        found = {severity for ladder in ladders for severity in ladder}
        if parameters.match == "all":
            ceiling = min(max(ladder) for ladder in ladders)
            found = {severity for severity in found if severity <= ceiling}
        return tuple(sorted(found))

    def condition_text(self, parameters: CompositeParameters, metric: Metric) -> str:
        parts = [_part_text(part, _metric_of(part, metric)) for part in parameters.conditions]
        return (" and " if parameters.match == "all" else " or ").join(parts)

    def check(self, parameters: CompositeParameters, metric: Metric) -> None:
        for number, part in enumerate(parameters.conditions, 1):
            _check(part, metric, f"Condition {number}")
        if all(_metric_of(part, metric).name != metric.name for part in parameters.conditions):
            raise InvalidInputError(f"One condition must be about {metric.label}, the metric that the rule watches.")


def _metric_of(part: Part, own: Metric) -> Metric:
    return METRICS[part.metric] if part.metric else own


def _judge(part: Part, readings: Readings, context: Context) -> Judged:
    metric, bounds = _metric_of(part, context.metric), change.lines_of(part)
    value = readings.values[CURRENT if metric.name == context.metric.name else metric.name]
    refused = unjudgeable(value, context)
    if refused is not None or value.value is None:
        return Judged(part, metric, refused or Verdict(Condition.NO_DATA))
    found = reached(value.value, bounds, above=part.direction == "above")
    verdict = Verdict(
        Condition.MISS if found is None else Condition.HIT,
        severity=None if found is None else found.severity,
        value=value.value,
        threshold=(found or bounds[0]).at,
        operator=_operator(part),
        sample_count=value.sample_count,
    )
    return Judged(part, metric, verdict)


def _is_settled(judged: Sequence[Judged], parameters: CompositeParameters) -> bool:
    conditions = {each.verdict.condition for each in judged}
    deciding = Condition.MISS if parameters.match == "all" else Condition.HIT
    return deciding in conditions or conditions <= {Condition.HIT, Condition.MISS}


def _settled(judged: Sequence[Judged], own: Judged, parameters: CompositeParameters) -> Verdict:
    hits = [each for each in judged if each.is_hit]
    is_hit = len(hits) == len(judged) if parameters.match == "all" else bool(hits)
    severities = [each.verdict.severity for each in hits if each.verdict.severity is not None]
    worst = min if parameters.match == "all" else max
    return Verdict(
        Condition.HIT if is_hit else Condition.MISS,
        severity=worst(severities) if is_hit else None,
        value=own.verdict.value,
        # A line that its value has not passed would say the contrary of what is meant.
        threshold=own.verdict.threshold if own.is_hit else None,
        operator=own.verdict.operator,
        sample_count=own.verdict.sample_count,
        reason="; ".join(_text(each) for each in judged if each is not own and each.is_hit is is_hit),
    )


def _text(judged: Judged) -> str:
    """Return `Memory is 91.0%, > 85%`, or of a condition that does not hold `Memory is 41.0%, not > 85%`."""
    verdict, metric = judged.verdict, judged.metric
    line = wording.bound_text(verdict.operator, verdict.threshold, metric)
    known = "not known" if verdict.value is None else wording.amount(verdict.value, metric)
    return (
        f"{metric.label} is {known}, {'' if judged.is_hit else 'not '}{line}" if line else f"{metric.label} is {known}"
    )


def _part_text(part: Part, metric: Metric) -> str:
    lines = [f"{_operator(part)} {wording.line(each.at, metric)} {each.severity}" for each in change.lines_of(part)]
    return f"{metric.label} {', '.join(lines)}"


def _operator(part: Part) -> str:
    return ">" if part.direction == "above" else "<"


def _check(part: Part, own: Metric, name: str) -> None:
    if part.metric and part.metric not in METRICS:
        raise InvalidInputError(f"{name}: there is no metric '{part.metric}'.")
    metric = _metric_of(part, own)
    if (metric.source is Source.GAUGES) != (own.source is Source.GAUGES):
        raise InvalidInputError(
            f"{name}: {metric.label} and {own.label} are not measured on the same things, machines here and models"
            " there; make two rules."
        )
    bounds: tuple[Bound, ...] = change.lines_of(part)
    if not bounds:
        raise InvalidInputError(f"{name}: set a line for at least one severity: low, medium, high or critical.")
    is_above = part.direction == "above"
    if any((worse.at <= milder.at) if is_above else (worse.at >= milder.at) for milder, worse in pairwise(bounds)):
        raise InvalidInputError(
            f"{name}: the lines are not in order: a worse severity must begin further {part.direction}."
        )


RULE_TYPE = Composite()
