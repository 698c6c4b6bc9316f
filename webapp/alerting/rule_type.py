"""What a rule type is: parameters that explain themselves, the windows it needs, and a pure judgement of a series."""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Generic, TypeVar

import msgspec
from msgspec import Meta, Struct

from webapp.alerting.severity import Severity
from webapp.alerting.states import Condition
from webapp.core.errors import InvalidInputError
from webapp.core.periods import HOUR, MINUTE, Window, floor_to, trailing
from webapp.metrics.metric import Metric, Source, Value

CURRENT = "current"


class Parameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every rule type lets people set."""

    window_minutes: (
        Annotated[int, Meta(ge=1, le=400 * 1440, description="Minutes that are judged; empty: as the metric needs.")]
        | None
    ) = None


P = TypeVar("P", bound=Parameters)


@dataclass(frozen=True, slots=True)
class Look:
    """One thing that a judgement reads: a metric over a window, or by steps of it. Unnamed, it is the rule's own."""

    window: Window
    metric: str = ""
    step: timedelta | None = None


class Readings(Struct, frozen=True):
    """What is known of one series: a value for each look that the rule type asked for, or one a step of it.

    `newest` is the instant of the newest sample of a gauge, `watched_since` when we last began to listen without a gap.
    """

    values: Mapping[str, Value]
    newest: datetime | None = None
    watched_since: datetime | None = None
    steps: Mapping[str, Sequence[Value]] = {}  # the earliest first


class Context(Struct, frozen=True):
    """What is judged, and when. `is_active` says that the condition held before: for thresholds with a way back."""

    metric: Metric
    now: datetime
    minimum_sample_count: int = 0
    is_active: bool = False


class Verdict(Struct, frozen=True):
    """The judgement of one series at one instant. `reason` says why there is none, or what else is to be known."""

    condition: Condition
    severity: Severity | None = None
    value: float | None = None
    threshold: float | None = None
    operator: str = ">"
    sample_count: int = 0
    reason: str = ""
    compared_with: float | None = None  # the baseline, where the value is a change from it


class Bound(Struct, frozen=True):
    """A severity and where it begins."""

    severity: Severity
    at: float


class RuleType(ABC, Generic[P]):
    """A plug-in: one file that exports RULE_TYPE."""

    name: ClassVar[str]
    label: ClassVar[str]
    description: ClassVar[str]
    parameters: type[P]

    @abstractmethod
    def looks(self, parameters: P, metric: Metric, *, now: datetime) -> Mapping[str, Look]:
        """Return what a judgement at the instant reads, by name."""

    @abstractmethod
    def evaluate(self, readings: Readings, parameters: P, context: Context) -> Verdict:
        """Judge the series. Pure: the same readings give the same verdict, live and in a replay."""

    @abstractmethod
    def severities(self, parameters: P) -> tuple[Severity, ...]:
        """Return the severities that an alert of the rule can have, the mildest first."""

    @abstractmethod
    def condition_text(self, parameters: P, metric: Metric) -> str:
        """Return the condition as people read it."""

    def check(self, parameters: P, metric: Metric) -> None:
        """Refuse what the types alone cannot: raise InvalidInputError."""

    def parse(self, raw: Mapping[str, Any]) -> P:
        """Read parameters as they come from a form or a document."""
        try:
            return msgspec.convert(dict(raw), type=self.parameters, strict=True)
        except msgspec.ValidationError as error:
            sentence, _, place = str(error).partition(" - at `$.")
            field_name = place.rstrip("`")
            words = sentence.replace("`", "'")
            raise InvalidInputError(f"{field_name}: {words}." if field_name else f"{words}.") from None


@dataclass(frozen=True, slots=True)
class DefaultWindows:
    """How much of the past a metric is judged by, unless the rule says otherwise."""

    of_group: Mapping[str, timedelta] = field(
        default_factory=lambda: {
            "performance": 24 * HOUR,
            "drift": 24 * HOUR,
            "quality": 24 * HOUR,
            "service": 5 * MINUTE,
            "business": HOUR,
        }
    )
    volumes: frozenset[str] = frozenset({"prediction_count", "throughput"})  # judged by whole hours that are over


DEFAULTS = DefaultWindows()


def current_window(parameters: Parameters, metric: Metric, *, now: datetime) -> Window:
    """Return the window that is judged: what the rule says, else what suits the metric."""
    if parameters.window_minutes is not None:
        return trailing(now, parameters.window_minutes * MINUTE)
    if metric.name in DEFAULTS.volumes:
        hour = floor_to(now, HOUR)
        return Window(hour - HOUR, hour)
    if metric.source is Source.GAUGES:
        return trailing(now, 5 * MINUTE)
    return trailing(now, DEFAULTS.of_group.get(metric.group, 24 * HOUR))


def whole_hours(parameters: Parameters, metric: Metric, *, now: datetime) -> Window:
    """Return the window that is compared with older ones, of which only hours are kept: the last whole hours."""
    usual = DEFAULTS.of_group.get(metric.group, HOUR) if metric.source is not Source.GAUGES else HOUR
    minutes = parameters.window_minutes
    length = max(usual if minutes is None else minutes * MINUTE, HOUR)
    end = floor_to(now, HOUR)
    return Window(end - length, end)


def check_whole_hours(parameters: Parameters) -> None:
    if parameters.window_minutes is not None and parameters.window_minutes % 60:
        raise InvalidInputError(
            "window_minutes: older values are kept by the hour, so the window must be whole hours: 60, 120, 1440…"
        )


def unjudgeable(value: Value, context: Context) -> Verdict | None:
    """Return the verdict on a value that must not be compared, or None where it may be."""
    needed = max(context.minimum_sample_count, 0)
    if value.value is None:
        condition = Condition.TOO_LITTLE if value.sample_count else Condition.NO_DATA
        return Verdict(condition, sample_count=value.sample_count, reason=value.reason or "no data")
    if not math.isfinite(value.value):
        return Verdict(Condition.INVALID, sample_count=value.sample_count, reason="the value is not a finite number")
    if value.sample_count < needed:
        reason = f"not enough data: {value.sample_count} of {needed} samples"
        return Verdict(Condition.TOO_LITTLE, value=value.value, sample_count=value.sample_count, reason=reason)
    return None


def reached(value: float, bounds: tuple[Bound, ...], *, above: bool) -> Bound | None:
    """Return the worst bound that the value lies beyond, of bounds that begin with the mildest."""
    for bound in reversed(bounds):
        if value > bound.at if above else value < bound.at:
            return bound
    return None


def known_among(values: Sequence[Value], *, minimum: int = 0) -> Sequence[Value]:
    """Return the values that may be compared: finite, from at least one sample and from as many as are judged."""
    least = max(minimum, 1)
    return [
        each for each in values if each.value is not None and math.isfinite(each.value) and each.sample_count >= least
    ]
