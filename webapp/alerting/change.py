"""How a value is judged against an earlier one: how far it moved, which way, and which line that passes. Pure."""

from functools import lru_cache
from itertools import pairwise
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from webapp.alerting import wording
from webapp.alerting.rule_type import Bound, Parameters, Verdict, reached
from webapp.alerting.severity import Severity
from webapp.alerting.states import Condition
from webapp.core.errors import InvalidInputError
from webapp.metrics.metric import Metric, Value

Direction = Literal["drop", "rise", "either"]
Line = Annotated[float, Meta(gt=0)]
_VERBS = {"drop": "drops", "rise": "rises", "either": "moves"}


class ChangeParameters(Parameters, frozen=True, kw_only=True):
    """What every rule type that compares with an earlier value lets people set."""

    direction: Annotated[Direction, Meta(description="Which way is bad.")] = "drop"
    measured_in: Annotated[
        Literal["units", "percent"],
        Meta(description="Whether changes are in the metric's own unit or in percent of the earlier value."),
    ] = "units"
    low: Annotated[Line | None, Meta(description="A change of more than this is low.")] = None
    medium: Annotated[Line | None, Meta(description="A change of more than this is medium.")] = None
    high: Annotated[Line | None, Meta(description="A change of more than this is high.")] = None
    critical: Annotated[Line | None, Meta(description="A change of more than this is critical.")] = None


def judge(current: Value, before: float, parameters: ChangeParameters) -> Verdict:
    """Compare a value that may be compared with an earlier one."""
    assert current.value is not None
    moved, bounds = current.value - before, lines_of(parameters)
    unit = 1.0 if parameters.measured_in == "units" else abs(before) / 100
    if unit == 0:
        reason = "the earlier value is 0, and of 0 there are no percent"
        return Verdict(Condition.TOO_LITTLE, value=current.value, sample_count=current.sample_count, reason=reason)
    is_wanted = parameters.direction == "either" or (moved < 0) == (parameters.direction == "drop")
    found = reached(abs(moved) / unit, bounds, above=True) if is_wanted else None
    is_down = parameters.direction == "drop" or (parameters.direction == "either" and moved < 0)
    allowed = (found or bounds[0]).at * unit
    return Verdict(
        Condition.MISS if found is None else Condition.HIT,
        severity=None if found is None else found.severity,
        value=current.value,
        threshold=before - allowed if is_down else before + allowed,
        operator="<" if is_down else ">",
        sample_count=current.sample_count,
        reason=current.note or "",
        compared_with=before,
    )


def condition_text(parameters: ChangeParameters, metric: Metric, against: str) -> str:
    """Return `Accuracy drops by more than 5 pp high against …`."""
    lines = ", ".join(f"{_size_text(bound.at, parameters, metric)} {bound.severity}" for bound in lines_of(parameters))
    return f"{metric.label} {_VERBS[parameters.direction]} by more than {lines} {against}"


def check(parameters: ChangeParameters) -> None:
    """Refuse a ladder without a step, or one that does not rise."""
    check_ladder(lines_of(parameters))


def check_ladder(bounds: tuple[Bound, ...]) -> None:
    if not bounds:
        raise InvalidInputError("Set a change for at least one severity: low, medium, high or critical.")
    if any(worse.at <= milder.at for milder, worse in pairwise(bounds)):
        raise InvalidInputError("The changes are not in order: a worse severity must need a larger change.")


@lru_cache(maxsize=10_000)
def lines_of(parameters: msgspec.Struct) -> tuple[Bound, ...]:
    """Return the severities that have a line, the mildest first."""
    lines = {severity: getattr(parameters, severity.value) for severity in Severity}
    return tuple(Bound(severity, at) for severity, at in lines.items() if at is not None)


def severities(parameters: msgspec.Struct) -> tuple[Severity, ...]:
    return tuple(bound.severity for bound in lines_of(parameters))


def _size_text(size: float, parameters: ChangeParameters, metric: Metric) -> str:
    return wording.difference(size, metric) if parameters.measured_in == "units" else f"{wording.as_written(size)}%"
