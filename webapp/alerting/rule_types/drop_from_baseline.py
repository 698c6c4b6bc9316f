"""Worse than it used to be: a metric against its own mean over the days before."""

from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise
from typing import Annotated, Literal

from msgspec import Meta

from webapp.alerting import wording
from webapp.alerting.rule_type import (
    CURRENT,
    Bound,
    Context,
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
from webapp.core.periods import DAY, HOUR, Window, floor_to
from webapp.metrics.metric import Metric

BEFORE = "before"


class DropParameters(Parameters, frozen=True, kw_only=True):
    direction: Annotated[Literal["drop", "rise"], Meta(description="Which way is bad.")] = "drop"
    days: Annotated[int, Meta(ge=1, le=365, description="How many days before the window are compared with.")] = 30
    baseline_minimum: Annotated[
        int, Meta(ge=0, le=10**9, description="The smallest number of samples that those days must have.")
    ] = 100
    low: Annotated[float, Meta(gt=0, description="A change of more than this is low.")] | None = None
    medium: Annotated[float, Meta(gt=0, description="A change of more than this is medium.")] | None = None
    high: Annotated[float, Meta(gt=0, description="A change of more than this is high.")] | None = None
    critical: Annotated[float, Meta(gt=0, description="A change of more than this is critical.")] | None = None


class DropFromBaseline(RuleType[DropParameters]):
    name, label = "drop_from_baseline", "Drop from baseline"
    description = "Fires while a metric is worse than its mean over the days before, weighted by samples."
    parameters = DropParameters

    def windows(self, parameters: DropParameters, metric: Metric, *, now: datetime) -> Mapping[str, Window]:
        current = current_window(parameters, metric, now=now)
        # To the hour, so that rules and evaluations share what is read.
        end = floor_to(current.start, HOUR)
        return {CURRENT: current, BEFORE: Window(end - parameters.days * DAY, end)}

    def evaluate(self, readings: Readings, parameters: DropParameters, context: Context) -> Verdict:
        current, before = readings.values[CURRENT], readings.values[BEFORE]
        refused = unjudgeable(current, context)
        if refused is not None or current.value is None:
            return refused or Verdict(Condition.NO_DATA)
        needed = Context(context.metric, context.now, max(parameters.baseline_minimum, context.minimum_sample_count))
        unknown = unjudgeable(before, needed)
        if unknown is not None or before.value is None:
            reason = "" if unknown is None else unknown.reason
            return Verdict(Condition.TOO_LITTLE, sample_count=current.sample_count, reason=f"the days before: {reason}")
        is_drop = parameters.direction == "drop"
        change = before.value - current.value if is_drop else current.value - before.value
        found = reached(change, _bounds(parameters), above=True)
        allowed = (found or _bounds(parameters)[0]).at
        return Verdict(
            Condition.MISS if found is None else Condition.HIT,
            severity=None if found is None else found.severity,
            value=current.value,
            threshold=before.value - allowed if is_drop else before.value + allowed,
            operator="<" if is_drop else ">",
            sample_count=current.sample_count,
            reason=current.note or "",
            compared_with=before.value,
        )

    def severities(self, parameters: DropParameters) -> tuple[Severity, ...]:
        return tuple(bound.severity for bound in _bounds(parameters))

    def condition_text(self, parameters: DropParameters, metric: Metric) -> str:
        verb = "drops" if parameters.direction == "drop" else "rises"
        lines = [f"{wording.difference(bound.at, metric)} {bound.severity}" for bound in _bounds(parameters)]
        return f"{metric.label} {verb} by more than {', '.join(lines)} against the {parameters.days} days before"

    def check(self, parameters: DropParameters, metric: Metric) -> None:
        values = [bound.at for bound in _bounds(parameters)]
        if not values:
            raise InvalidInputError("Set a change for at least one severity: low, medium, high or critical.")
        if any(later <= earlier for earlier, later in pairwise(values)):
            raise InvalidInputError("The changes are not in order: a worse severity must need a larger change.")


def _bounds(parameters: DropParameters) -> tuple[Bound, ...]:
    changes = {severity: getattr(parameters, severity.value) for severity in Severity}
    return tuple(Bound(severity, at) for severity, at in changes.items() if at is not None)


RULE_TYPE = DropFromBaseline()
