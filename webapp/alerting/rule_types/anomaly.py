"""Out of the ordinary: a metric many robust deviations from its own median. Nobody has to know where a line should be.

The deviation is 1.4826 times the median distance from the median, which a few outliers in the history do not move;
of values that scatter normally it is their standard deviation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean, median
from typing import Annotated, Literal

from msgspec import Meta

from webapp.alerting import change, wording
from webapp.alerting.change import Line
from webapp.alerting.rule_type import (
    CURRENT,
    Context,
    Look,
    Parameters,
    Readings,
    RuleType,
    Verdict,
    check_whole_hours,
    known_among,
    reached,
    unjudgeable,
    whole_hours,
)
from webapp.alerting.severity import Severity
from webapp.alerting.states import Condition
from webapp.core import formatting
from webapp.core.errors import InvalidInputError
from webapp.core.periods import DAY, MINUTE, Window
from webapp.metrics.metric import Metric, Value

HISTORY = "history"
OF_MEDIAN_DISTANCE = 1.4826  # makes both the standard deviation where values scatter normally
OF_MEAN_DISTANCE = 1.2533
NOTHING = 1e-9  # what is left over when equal numbers are computed in different ways
_SIDES = {"above": "above", "below": "below", "either": "away from"}


class AnomalyParameters(Parameters, frozen=True, kw_only=True):
    direction: Annotated[Literal["above", "below", "either"], Meta(description="On which side it is bad.")] = "either"
    days: Annotated[int, Meta(ge=1, le=90, description="How many days before the window say what is ordinary.")] = 30
    history_minimum: Annotated[
        int, Meta(ge=5, le=2_000, description="How many windows of them must have a value that may be compared.")
    ] = 14
    least_change: Annotated[
        float, Meta(ge=0, description="A smaller difference from the median is never out of the ordinary.")
    ] = 0.0
    low: Annotated[Line | None, Meta(description="From more than this many deviations on it is low.")] = None
    medium: Annotated[Line | None, Meta(description="From more than this many deviations on it is medium.")] = None
    high: Annotated[Line | None, Meta(description="From more than this many deviations on it is high.")] = None
    critical: Annotated[Line | None, Meta(description="From more than this many deviations on it is critical.")] = None


@dataclass(frozen=True, slots=True)
class Ordinary:
    """What a history says is ordinary."""

    middle: float
    deviation: float
    count: int


class Anomaly(RuleType[AnomalyParameters]):
    name, label = "anomaly", "Anomaly"
    description = (
        "Fires while the last whole hours are far from the median of windows of the same length over the days before,"
        " in robust deviations: 3 are unusual, 5 are hardly ever chance."
    )
    parameters = AnomalyParameters

    def looks(self, parameters: AnomalyParameters, metric: Metric, *, now: datetime) -> Mapping[str, Look]:
        current = whole_hours(parameters, metric, now=now)
        count = parameters.days * DAY // current.duration
        history = Window(current.start - count * current.duration, current.start)
        return {CURRENT: Look(current), HISTORY: Look(history, step=current.duration)}

    def evaluate(self, readings: Readings, parameters: AnomalyParameters, context: Context) -> Verdict:
        current = readings.values[CURRENT]
        refused = unjudgeable(current, context)
        if refused is not None or current.value is None:
            return refused or Verdict(Condition.NO_DATA)
        known = known_among(readings.steps[HISTORY], minimum=context.minimum_sample_count)
        if len(known) < parameters.history_minimum:
            needed = parameters.history_minimum
            return _unknown(current, f"the days before: not enough data: {len(known)} windows are known of {needed}")
        ordinary = ordinary_of([each.value for each in known if each.value is not None], parameters)
        if ordinary.deviation == 0:
            return _unknown(current, "its history never varies; set least_change to say which difference counts")
        return _judged(current, current.value, ordinary, parameters)

    def severities(self, parameters: AnomalyParameters) -> tuple[Severity, ...]:
        return change.severities(parameters)

    def condition_text(self, parameters: AnomalyParameters, metric: Metric) -> str:
        lines = ", ".join(f"{wording.as_written(each.at)} {each.severity}" for each in change.lines_of(parameters))
        least = parameters.least_change
        at_least = f", and at least {wording.difference(least, metric)}," if least else ""
        days = "day" if parameters.days == 1 else f"{parameters.days} days"
        side = _SIDES[parameters.direction]
        return f"{metric.label} is more than {lines} robust deviations{at_least} {side} its median of the {days} before"

    def check(self, parameters: AnomalyParameters, metric: Metric) -> None:
        change.check_ladder(change.lines_of(parameters))
        check_whole_hours(parameters)
        if parameters.window_minutes is not None:
            count = parameters.days * DAY // (parameters.window_minutes * MINUTE)
            if count < parameters.history_minimum:
                raise InvalidInputError(
                    f"days: {parameters.days} days hold {count} windows of that length, and history_minimum asks for"
                    f" {parameters.history_minimum}; look further back."
                )


def ordinary_of(history: Sequence[float], parameters: AnomalyParameters) -> Ordinary:
    """Return the middle and the deviation of a history; where most values are the same, by the mean distance."""
    middle = median(history)
    distances = [abs(each - middle) for each in history]
    deviation, by_mean = OF_MEDIAN_DISTANCE * median(distances), OF_MEAN_DISTANCE * fmean(distances)
    if deviation <= NOTHING * max(abs(middle), by_mean):
        deviation = by_mean if by_mean > NOTHING * abs(middle) else 0.0
    # So that the first line is not passed by less than the least change.
    floor = parameters.least_change / change.lines_of(parameters)[0].at
    return Ordinary(middle, max(deviation, floor), len(history))


def _judged(current: Value, value: float, ordinary: Ordinary, parameters: AnomalyParameters) -> Verdict:
    moved, bounds = value - ordinary.middle, change.lines_of(parameters)
    is_below = parameters.direction == "below" or (parameters.direction == "either" and moved < 0)
    distance = (-moved if is_below else moved) / ordinary.deviation
    found = reached(distance, bounds, above=True)
    allowed = (found or bounds[0]).at * ordinary.deviation
    side = "below" if moved < 0 else "above"
    off = formatting.number(abs(moved) / ordinary.deviation, 1)
    return Verdict(
        Condition.MISS if found is None else Condition.HIT,
        severity=None if found is None else found.severity,
        value=value,
        threshold=ordinary.middle - allowed if is_below else ordinary.middle + allowed,
        operator="<" if is_below else ">",
        sample_count=current.sample_count,
        reason=f"{off} robust deviations {side} the median of {ordinary.count} windows",
        compared_with=ordinary.middle,
    )


def _unknown(current: Value, reason: str) -> Verdict:
    return Verdict(Condition.TOO_LITTLE, sample_count=current.sample_count, reason=reason)


RULE_TYPE = Anomaly()
