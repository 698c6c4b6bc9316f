"""Worse than it used to be: a metric against its own mean, or the median of its days, over the days before."""

from collections.abc import Mapping
from datetime import datetime
from statistics import median
from typing import Annotated, Literal

from msgspec import Meta

from webapp.alerting import change
from webapp.alerting.change import ChangeParameters
from webapp.alerting.rule_type import (
    CURRENT,
    Context,
    Look,
    Readings,
    RuleType,
    Verdict,
    current_window,
    known_among,
    unjudgeable,
)
from webapp.alerting.severity import Severity
from webapp.alerting.states import Condition
from webapp.core.periods import DAY, HOUR, Window, floor_to
from webapp.metrics.metric import Metric, Value, undefined

BEFORE = "before"


class DropParameters(ChangeParameters, frozen=True, kw_only=True):
    days: Annotated[int, Meta(ge=1, le=365, description="How many days before the window are compared with.")] = 30
    average: Annotated[
        Literal["mean", "median"],
        Meta(
            description="The mean of all samples of those days, or the median of the days: one bad day moves it less."
        ),
    ] = "mean"
    baseline_minimum: Annotated[
        int, Meta(ge=0, le=10**9, description="The smallest number of samples that those days must have.")
    ] = 100


class DropFromBaseline(RuleType[DropParameters]):
    name, label = "drop_from_baseline", "Change from baseline"
    description = "Fires while a metric has dropped (or risen) from its mean, or its median day, over the days before."
    parameters = DropParameters

    def looks(self, parameters: DropParameters, metric: Metric, *, now: datetime) -> Mapping[str, Look]:
        current = current_window(parameters, metric, now=now)
        # To the hour, so that rules and evaluations share what is read.
        end = floor_to(current.start, HOUR)
        before = Window(end - parameters.days * DAY, end)
        return {CURRENT: Look(current), BEFORE: Look(before, step=DAY if parameters.average == "median" else None)}

    def evaluate(self, readings: Readings, parameters: DropParameters, context: Context) -> Verdict:
        current = readings.values[CURRENT]
        refused = unjudgeable(current, context)
        if refused is not None or current.value is None:
            return refused or Verdict(Condition.NO_DATA)
        before = readings.values.get(BEFORE) or _median(readings, parameters)
        needed = Context(context.metric, context.now, max(parameters.baseline_minimum, context.minimum_sample_count))
        unknown = unjudgeable(before, needed)
        if unknown is not None or before.value is None:
            reason = "" if unknown is None else unknown.reason
            return Verdict(Condition.TOO_LITTLE, sample_count=current.sample_count, reason=f"the days before: {reason}")
        return change.judge(current, before.value, parameters)

    def severities(self, parameters: DropParameters) -> tuple[Severity, ...]:
        return change.severities(parameters)

    def condition_text(self, parameters: DropParameters, metric: Metric) -> str:
        of = "" if parameters.average == "mean" else "the median of "
        return change.condition_text(parameters, metric, f"against {of}the {parameters.days} days before")

    def check(self, parameters: DropParameters, metric: Metric) -> None:
        change.check(parameters)


def _median(readings: Readings, parameters: DropParameters) -> Value:
    """Return the median of the days with a value, where at least half of them have one."""
    known = known_among(readings.steps[BEFORE])
    samples = sum(each.sample_count for each in known)
    needed = (parameters.days + 1) // 2
    if len(known) < needed:
        return undefined(f"not enough data: {len(known)} of {parameters.days} days are known, {needed} are needed")
    return Value(median(each.value for each in known if each.value is not None), sample_count=samples)


RULE_TYPE = DropFromBaseline()
