"""Unlike this hour of the week: a metric against the median of the same hours in the weeks before."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from statistics import median
from typing import Annotated

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
    check_whole_hours,
    known_among,
    unjudgeable,
    whole_hours,
)
from webapp.alerting.severity import Severity
from webapp.alerting.states import Condition
from webapp.core.errors import InvalidInputError
from webapp.core.periods import Window
from webapp.metrics.metric import Metric

BEFORE = "before"
WEEK = timedelta(days=7)


class SeasonalParameters(ChangeParameters, frozen=True, kw_only=True):
    weeks: Annotated[int, Meta(ge=1, le=26, description="How many weeks back are looked at.")] = 4
    weeks_minimum: Annotated[
        int,
        Meta(ge=1, le=26, description="In how many of them the value must be known; weeks without samples are not."),
    ] = 2


class SeasonalBaseline(RuleType[SeasonalParameters]):
    name, label = "seasonal_baseline", "Same hour of the week"
    description = (
        "Fires while the last whole hours are unlike the same hours of the weeks before: their median is what is usual."
    )
    parameters = SeasonalParameters

    def looks(self, parameters: SeasonalParameters, metric: Metric, *, now: datetime) -> Mapping[str, Look]:
        current = whole_hours(parameters, metric, now=now)
        former = {
            f"{BEFORE} {number}": Look(Window(current.start - number * WEEK, current.end - number * WEEK))
            for number in range(1, parameters.weeks + 1)
        }
        return {CURRENT: Look(current), **former}

    def evaluate(self, readings: Readings, parameters: SeasonalParameters, context: Context) -> Verdict:
        current = readings.values[CURRENT]
        refused = unjudgeable(current, context)
        if refused is not None or current.value is None:
            return refused or Verdict(Condition.NO_DATA)
        former = [value for name, value in readings.values.items() if name != CURRENT]
        known = known_among(former, minimum=context.minimum_sample_count)
        if len(known) < parameters.weeks_minimum:
            reason = (
                f"the weeks before: not enough data: {len(known)} of {parameters.weeks} weeks are known,"
                f" {parameters.weeks_minimum} are needed"
            )
            return Verdict(Condition.TOO_LITTLE, sample_count=current.sample_count, reason=reason)
        usual = median(each.value for each in known if each.value is not None)
        return change.judge(current, usual, parameters)

    def severities(self, parameters: SeasonalParameters) -> tuple[Severity, ...]:
        return change.severities(parameters)

    def condition_text(self, parameters: SeasonalParameters, metric: Metric) -> str:
        weeks = "week" if parameters.weeks == 1 else f"{parameters.weeks} weeks"
        against = f"against the same hour of the {weeks} before"
        return change.condition_text(parameters, metric, against)

    def check(self, parameters: SeasonalParameters, metric: Metric) -> None:
        change.check(parameters)
        check_whole_hours(parameters)
        if parameters.weeks_minimum > parameters.weeks:
            raise InvalidInputError("weeks_minimum: more weeks must be known than are looked at; lower it.")


RULE_TYPE = SeasonalBaseline()
