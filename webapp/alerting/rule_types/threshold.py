"""Above or below a line: one line a severity, and optionally a line on the way back."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Literal

from msgspec import Meta

from webapp.alerting import wording
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
from webapp.metrics.metric import Metric


class ThresholdParameters(Parameters, frozen=True, kw_only=True):
    direction: Annotated[Literal["above", "below"], Meta(description="On which side of the line it is bad.")] = "above"
    low: Annotated[float | None, Meta(description="Where low begins.")] = None
    medium: Annotated[float | None, Meta(description="Where medium begins.")] = None
    high: Annotated[float | None, Meta(description="Where high begins.")] = None
    critical: Annotated[float | None, Meta(description="Where critical begins.")] = None
    recover_at: Annotated[
        float | None, Meta(description="Once it fires, it goes on until this line is passed on the way back.")
    ] = None


class Threshold(RuleType[ThresholdParameters]):
    name, label = "threshold", "Threshold"
    description = "Fires while a metric is above (or below) a line. Several lines make one alert that changes severity."
    parameters = ThresholdParameters

    def looks(self, parameters: ThresholdParameters, metric: Metric, *, now: datetime) -> Mapping[str, Look]:
        return {CURRENT: Look(current_window(parameters, metric, now=now))}

    def evaluate(self, readings: Readings, parameters: ThresholdParameters, context: Context) -> Verdict:
        current = readings.values[CURRENT]
        refused = unjudgeable(current, context)
        if refused is not None or current.value is None:
            return refused or Verdict(Condition.NO_DATA)
        above, bounds = parameters.direction == "above", _bounds(parameters)
        found = reached(current.value, bounds, above=above)
        if found is None and context.is_active and _not_back(current.value, parameters):
            found = bounds[0]
        nearest = found or bounds[0]
        return Verdict(
            Condition.MISS if found is None else Condition.HIT,
            severity=None if found is None else found.severity,
            value=current.value,
            threshold=nearest.at,
            operator=">" if above else "<",
            sample_count=current.sample_count,
            reason=current.note or "",
        )

    def severities(self, parameters: ThresholdParameters) -> tuple[Severity, ...]:
        return tuple(bound.severity for bound in _bounds(parameters))

    def condition_text(self, parameters: ThresholdParameters, metric: Metric) -> str:
        operator = ">" if parameters.direction == "above" else "<"
        lines = [f"{operator} {wording.line(bound.at, metric)} {bound.severity}" for bound in _bounds(parameters)]
        return f"{metric.label} {', '.join(lines)}"

    def check(self, parameters: ThresholdParameters, metric: Metric) -> None:
        bounds = _bounds(parameters)
        if not bounds:
            raise InvalidInputError("Set a line for at least one severity: low, medium, high or critical.")
        values = [bound.at for bound in bounds]
        ordered = sorted(values, reverse=parameters.direction == "below")
        if values != ordered or len(set(values)) != len(values):
            side = "above" if parameters.direction == "above" else "below"
            raise InvalidInputError(f"The lines are not in order: a worse severity must begin further {side}.")
        if parameters.recover_at is not None and reached(
            parameters.recover_at, bounds, above=parameters.direction == "above"
        ):
            raise InvalidInputError("The line on the way back lies beyond the first line; it would never be used.")


@lru_cache(maxsize=10_000)
def _bounds(parameters: ThresholdParameters) -> tuple[Bound, ...]:
    """Return the lines that are set, the mildest first."""
    lines = {severity: getattr(parameters, severity.value) for severity in Severity}
    return tuple(Bound(severity, at) for severity, at in lines.items() if at is not None)


def _not_back(value: float, parameters: ThresholdParameters) -> bool:
    if parameters.recover_at is None:
        return False
    if parameters.direction == "above":
        return value > parameters.recover_at
    return value < parameters.recover_at


RULE_TYPE = Threshold()
