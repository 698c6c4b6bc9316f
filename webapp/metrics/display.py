"""A metric's value and its change in words, the same on a screen, in a report and in a message."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from webapp.core import formatting
from webapp.metrics.difference import interval
from webapp.metrics.metric import Better, Metric, Unit, Value

NO_DATA = "no data"
MINUTE_MS = 60_000


class Direction(StrEnum):
    UP = "up"
    DOWN = "down"
    FLAT = "flat"


class Tone(StrEnum):
    BETTER = "better"
    WORSE = "worse"
    NEUTRAL = "neutral"
    UNCLEAR = "unclear"  # inside the 95 % interval


@dataclass(frozen=True, slots=True)
class Delta:
    text: str
    direction: Direction
    tone: Tone


def text_of(value: Value, metric: Metric, *, currency: str = "USD") -> str:
    """Return the value with its unit, or the words for there being none."""
    return NO_DATA if value.value is None else number_text(value.value, metric, currency=currency)


def number_text(number: float, metric: Metric, *, currency: str = "USD") -> str:
    """Return a number of the metric, a target for example, with its unit."""
    decimals = 1 if metric.decimals is None else metric.decimals
    match metric.unit:
        case Unit.SHARE:
            return formatting.share(number, decimals)
        case Unit.PERCENT:
            return formatting.percent(number, decimals)
        case Unit.MONEY:
            return formatting.money(number, currency)
        case Unit.MILLISECONDS:
            long = abs(number) >= MINUTE_MS
            return formatting.age(timedelta(milliseconds=number)) if long else formatting.duration_ms(number)
        case Unit.MULTIPLE:
            return formatting.multiple(number)
        case Unit.VALUE:
            return formatting.measured(number)
        case Unit.COUNT | Unit.SCORE:
            return formatting.number(number, metric.decimals)


def interval_text(value: Value, metric: Metric, *, currency: str = "USD") -> str | None:
    """Return the 95 % interval, or None where there is none."""
    if value.low is None or value.high is None:
        return None
    low, high = (number_text(bound, metric, currency=currency) for bound in (value.low, value.high))
    return f"between {low} and {high}"


def delta_of(now: Value, before: Value, metric: Metric, *, currency: str = "USD") -> Delta | None:
    """Return the change between two periods; None where one of them has no value.

    Shares and percentages change by percentage points, scores and errors by their own unit, amounts by percent.
    """
    if now.value is None or before.value is None:
        return None
    change = now.value - before.value
    text = _change_text(change, before.value, metric, currency)
    direction = _direction(change, text)
    return Delta(text, direction, _tone(now, before, change, direction, metric))


def change_text(change: float, metric: Metric, *, currency: str = "USD") -> str:
    """Return a difference in the metric's own unit, with its sign; of a share in percentage points."""
    match metric.unit:
        case Unit.SHARE:
            return formatting.points(change, metric.decimals or 1)
        case Unit.PERCENT:
            return formatting.points(change / 100, metric.decimals or 1)
        case _:
            return formatting.signed(number_text(change, metric, currency=currency))


def _change_text(change: float, before: float, metric: Metric, currency: str) -> str:
    match metric.unit:
        case Unit.SHARE:
            return formatting.points(change, metric.decimals or 1)
        case Unit.PERCENT:
            return formatting.points(change / 100, metric.decimals or 1)
        case Unit.SCORE | Unit.MULTIPLE | Unit.VALUE:
            return formatting.signed(number_text(change, metric))
        case Unit.COUNT | Unit.MONEY | Unit.MILLISECONDS:
            if before == 0:
                return formatting.signed(number_text(change, metric, currency=currency))
            return formatting.signed(formatting.percent(100 * change / abs(before)))


def _direction(change: float, text: str) -> Direction:
    """Return where the change goes; flat where nothing of it is left after rounding."""
    if not any(digit in text for digit in "123456789"):
        return Direction.FLAT
    return Direction.UP if change > 0 else Direction.DOWN


def _tone(now: Value, before: Value, change: float, direction: Direction, metric: Metric) -> Tone:
    if direction is Direction.FLAT:
        return Tone.NEUTRAL
    if _is_within_chance(now, before, metric):
        return Tone.UNCLEAR
    if metric.better is Better.NONE:
        return Tone.NEUTRAL
    return Tone.BETTER if (change > 0) == (metric.better is Better.HIGHER) else Tone.WORSE


def _is_within_chance(now: Value, before: Value, metric: Metric) -> bool:
    """Say whether the 95 % interval of the change holds no change at all."""
    found = interval(before, now, metric)
    return found is not None and found[0] <= 0 <= found[1]
