"""Moving too fast: a metric against itself a while ago."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from msgspec import Meta

from webapp.alerting import change, wording
from webapp.alerting.change import ChangeParameters, Direction
from webapp.alerting.rule_type import (
    CURRENT,
    Context,
    Look,
    Readings,
    RuleType,
    Verdict,
    current_window,
    unjudgeable,
)
from webapp.alerting.severity import Severity
from webapp.alerting.states import Condition
from webapp.core.periods import MINUTE, Window
from webapp.metrics.metric import Metric

BEFORE = "before"


class RateParameters(ChangeParameters, frozen=True, kw_only=True):
    direction: Annotated[Direction, Meta(description="Which way is bad.")] = "rise"
    over_minutes: Annotated[
        int, Meta(ge=1, le=30 * 1440, description="How long ago the value is that the present one is compared with.")
    ] = 60


class RateOfChange(RuleType[RateParameters]):
    name, label = "rate_of_change", "Rate of change"
    description = "Fires while a metric has moved by more than so much within a time, in its unit or in percent."
    parameters = RateParameters

    def looks(self, parameters: RateParameters, metric: Metric, *, now: datetime) -> Mapping[str, Look]:
        current, ago = current_window(parameters, metric, now=now), parameters.over_minutes * MINUTE
        return {CURRENT: Look(current), BEFORE: Look(Window(current.start - ago, current.end - ago))}

    def evaluate(self, readings: Readings, parameters: RateParameters, context: Context) -> Verdict:
        current, before = readings.values[CURRENT], readings.values[BEFORE]
        refused = unjudgeable(current, context)
        if refused is not None or current.value is None:
            return refused or Verdict(Condition.NO_DATA)
        unknown = unjudgeable(before, context)
        if unknown is not None or before.value is None:
            ago = wording.span(parameters.over_minutes * MINUTE)
            reason = f"{ago} ago: {'' if unknown is None else unknown.reason}"
            return Verdict(Condition.TOO_LITTLE, sample_count=current.sample_count, reason=reason)
        return change.judge(current, before.value, parameters)

    def severities(self, parameters: RateParameters) -> tuple[Severity, ...]:
        return change.severities(parameters)

    def condition_text(self, parameters: RateParameters, metric: Metric) -> str:
        return change.condition_text(parameters, metric, f"within {wording.span(parameters.over_minutes * MINUTE)}")

    def check(self, parameters: RateParameters, metric: Metric) -> None:
        change.check(parameters)


RULE_TYPE = RateOfChange()
