"""Nothing comes, or far less than usual: a heartbeat that is missing, an hour with hardly any predictions."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Meta

from webapp.alerting.rule_type import CURRENT, Context, Look, Parameters, Readings, RuleType, Verdict
from webapp.alerting.severity import Severity
from webapp.alerting.states import Condition
from webapp.core import formatting
from webapp.core.errors import InvalidInputError
from webapp.core.periods import DAY, HOUR, Window, floor_to, trailing
from webapp.metrics.metric import Metric, Source, Value

BEFORE = "before"
WEEK = timedelta(days=7)


class AbsenceParameters(Parameters, frozen=True, kw_only=True):
    severity: Annotated[Severity, Meta(description="How bad it is.")] = Severity.CRITICAL
    intervals: Annotated[
        int, Meta(ge=1, le=1000, description="How many samples in a row must be missing (or say 0).")
    ] = 2
    every_seconds: Annotated[int, Meta(ge=1, le=7 * 86_400, description="How often a sample is expected.")] = 60
    forget_after_hours: Annotated[
        int, Meta(ge=1, le=24 * 400, description="A source that is silent for longer is taken as gone for good.")
    ] = 24
    fewer_than: (
        Annotated[float, Meta(gt=0, description="Low volume instead: an hour with fewer than this many.")] | None
    ) = None
    usual_above: Annotated[
        float, Meta(ge=0, description="Low volume counts only where more than this are usual at that hour.")
    ] = 50
    weeks: Annotated[int, Meta(ge=1, le=12, description="How many weeks back the usual hour is looked at.")] = 4


class Absence(RuleType[AbsenceParameters]):
    name, label = "absence", "Absence"
    description = "Fires when samples stop coming, or when an hour has far fewer than the same hour of other weeks."
    parameters = AbsenceParameters

    def looks(self, parameters: AbsenceParameters, metric: Metric, *, now: datetime) -> Mapping[str, Look]:
        if parameters.fewer_than is not None:
            hour = floor_to(now, HOUR)
            last = Window(hour - HOUR, hour)
            former = {
                f"{BEFORE} {number}": Look(Window(last.start - number * WEEK, last.end - number * WEEK))
                for number in range(1, parameters.weeks + 1)
            }
            return {CURRENT: Look(last), **former}
        recent = trailing(now, _silence(parameters))
        if metric.source is Source.GAUGES:
            return {CURRENT: Look(recent)}
        return {CURRENT: Look(recent), BEFORE: Look(trailing(recent.start, DAY))}

    def evaluate(self, readings: Readings, parameters: AbsenceParameters, context: Context) -> Verdict:
        if parameters.fewer_than is not None:
            return _volume(readings, parameters, parameters.fewer_than)
        if context.metric.source is Source.GAUGES:
            return _heartbeat(readings, parameters, context)
        return _flow(readings, parameters, context)

    def severities(self, parameters: AbsenceParameters) -> tuple[Severity, ...]:
        return (parameters.severity,)

    def condition_text(self, parameters: AbsenceParameters, metric: Metric) -> str:
        if parameters.fewer_than is not None:
            few, usual = formatting.number(parameters.fewer_than), formatting.number(parameters.usual_above)
            return f"{metric.label} < {few} in an hour where more than {usual} are usual"
        return f"{metric.label}: nothing for {formatting.age(_silence(parameters))}"

    def check(self, parameters: AbsenceParameters, metric: Metric) -> None:
        if parameters.fewer_than is not None and metric.source is Source.GAUGES:
            raise InvalidInputError(f"{metric.label} is no count, so it has no low volume; leave 'fewer_than' empty.")


def _volume(readings: Readings, parameters: AbsenceParameters, fewer_than: float) -> Verdict:
    count = _count(readings.values[CURRENT])
    former = [_count(value) for name, value in readings.values.items() if name != CURRENT]
    # An hour without any predictions may lie before the model's first day: it says nothing about what is usual.
    known = [each for each in former if each > 0]
    usual = sum(known) / len(known) if known else 0.0
    is_low = count < fewer_than and usual > parameters.usual_above
    return Verdict(
        Condition.HIT if is_low else Condition.MISS,
        severity=parameters.severity if is_low else None,
        value=count,
        threshold=fewer_than,
        operator="<",
        reason=f"{formatting.number(usual, 0)} are usual at this hour of the week" if known else "",
    )


def _heartbeat(readings: Readings, parameters: AbsenceParameters, context: Context) -> Verdict:
    """Judge a gauge of a source: silent since when, or heard and saying 0."""
    if readings.newest is None:
        return Verdict(Condition.NO_DATA, reason="never heard")
    since = max(readings.newest, readings.watched_since or readings.newest)
    silence = context.now - since
    if silence >= _silence(parameters):
        reason = f"nothing heard for {formatting.age(context.now - readings.newest)}"
        return Verdict(Condition.HIT, severity=parameters.severity, reason=reason)
    current = readings.values[CURRENT]
    is_down = current.value == 0 and current.sample_count >= parameters.intervals
    return Verdict(
        Condition.HIT if is_down else Condition.MISS,
        severity=parameters.severity if is_down else None,
        value=current.value,
        sample_count=current.sample_count,
        reason="the last checks failed" if is_down else "",
    )


def _flow(readings: Readings, parameters: AbsenceParameters, context: Context) -> Verdict:
    """Judge a model: it had events on the day before and has none now."""
    recent, before = readings.values[CURRENT], readings.values[BEFORE]
    if not before.sample_count and not recent.sample_count:
        return Verdict(Condition.NO_DATA, reason="nothing came on the day before")
    watched = context.now - (readings.watched_since or context.now - _silence(parameters))
    is_silent = not recent.sample_count and watched >= _silence(parameters)
    return Verdict(
        Condition.HIT if is_silent else Condition.MISS,
        severity=parameters.severity if is_silent else None,
        sample_count=recent.sample_count,
        reason=f"nothing for {formatting.age(_silence(parameters))}" if is_silent else "",
    )


def _count(value: Value) -> float:
    return value.value if value.value is not None else float(value.sample_count)


def _silence(parameters: AbsenceParameters) -> timedelta:
    return timedelta(seconds=parameters.intervals * parameters.every_seconds)


RULE_TYPE = Absence()
