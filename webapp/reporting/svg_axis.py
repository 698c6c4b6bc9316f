"""Axes of a static chart: where a value lands on the paper, and which ticks are worth a line."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from webapp.reporting.svg_values import Kind, UnsupportedFigureError, as_number, format_number

HOUR, DAY = 3_600, 86_400
DATE_STEPS = (HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 5 * DAY, 7 * DAY, 14 * DAY)
MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120)
PADDING = 0.06


@dataclass(frozen=True, slots=True)
class Tick:
    at: float  # in pixels
    label: str


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis: its values from `low` to `high` lie from `start` to `end` in pixels."""

    kind: Kind
    low: float
    high: float
    start: float
    end: float
    categories: tuple[str, ...]
    options: dict[str, Any]

    def place(self, value: Any) -> float | None:
        """Return where the value lies, in pixels; None where there is none."""
        if self.kind == "category":
            if isinstance(value, str):
                return self.pixel(self.categories.index(value)) if value in self.categories else None
            return None if value is None else self.pixel(float(value))
        number = as_number(value, self.kind)
        return None if number is None else self.pixel(number)

    def pixel(self, number: float) -> float:
        span = (self.high - self.low) or 1.0
        return self.start + (number - self.low) / span * (self.end - self.start)

    @property
    def unit(self) -> float:
        """Return how many pixels one unit of the axis takes: a category, a second, a one."""
        return abs(self.end - self.start) / ((self.high - self.low) or 1.0)

    def ticks(self, room: int) -> list[Tick]:
        """Return at most about `room` ticks."""
        room = min(room, int(self.options.get("nticks") or room))
        if self.options.get("showticklabels") is False or self.options.get("visible") is False:
            return []
        if self.options.get("tickvals") is not None:
            return self._given_ticks()
        if self.kind == "category":
            every = max(1, math.ceil(len(self.categories) / max(room, 1)))
            shown = list(enumerate(self.categories))[::every]
            return [Tick(self.pixel(index), label) for index, label in shown]
        if self.kind == "date":
            return self._date_ticks(room)
        step = float(self.options.get("dtick") or nice_step(self.high - self.low, room))
        spec, prefix, suffix = (self.options.get(key) or "" for key in ("tickformat", "tickprefix", "ticksuffix"))
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [
            Tick(self.pixel(index * step), f"{prefix}{format_number(index * step, spec, step=step)}{suffix}")
            for index in range(first, last + 1)
        ]

    def _given_ticks(self) -> list[Tick]:
        values = list(self.options["tickvals"])
        labels = list(self.options.get("ticktext") or [str(value) for value in values])
        placed = [(self.place(value), label) for value, label in zip(values, labels, strict=True)]
        return [Tick(at, str(label)) for at, label in placed if at is not None and self._holds(at)]

    def _holds(self, at: float) -> bool:
        return min(self.start, self.end) - 0.5 <= at <= max(self.start, self.end) + 0.5

    def _date_ticks(self, room: int) -> list[Tick]:
        instants, spec = date_ticks(self.low, self.high, room)
        spec = self.options.get("tickformat") or spec
        return [Tick(self.pixel(at.timestamp()), at.strftime(_plain(spec))) for at in instants]


def nice_step(span: float, room: int) -> float:
    """Return the smallest of 1, 2, 2.5 and 5 times a power of ten that needs no more than `room` steps."""
    if span <= 0:
        return 1.0
    rough = span / max(room, 1)
    power: float = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * (1 - 1e-9))


def date_ticks(low: float, high: float, room: int) -> tuple[list[datetime], str]:
    """Return round instants between two, and the format that tells them apart."""
    for step in DATE_STEPS:
        if (high - low) / step <= room:
            spec = "%H:%M" if high - low <= DAY else "%-d %b" if step >= DAY else "%-d %b %H:%M"
            first = math.ceil(low / step) * step
            return [datetime.fromtimestamp(at, UTC) for at in range(int(first), math.floor(high) + 1, step)], spec
    start = datetime.fromtimestamp(low, UTC)
    for months in MONTH_STEPS:
        instants = _month_starts(start, high, months)
        if len(instants) <= room + 1:
            return instants, "%b %Y" if high - low > 300 * DAY else "%b"
    return [], "%Y"


def _month_starts(start: datetime, high: float, step: int) -> list[datetime]:
    at = datetime(start.year, 1, 1, tzinfo=UTC)
    found: list[datetime] = []
    while at.timestamp() <= high:
        if at >= start - timedelta(seconds=1):
            found.append(at)
        index = at.year * 12 + at.month - 1 + step
        at = datetime(index // 12, index % 12 + 1, 1, tzinfo=UTC)
    return found


def domain_of(
    numbers: Sequence[float], options: dict[str, Any], *, kind: Kind, with_zero: bool, margin: float
) -> tuple[float, float]:
    """Return the lowest and highest value an axis shows; `margin` is what bars need beyond their middle."""
    if (given := options.get("range")) is not None and all(bound is not None for bound in given):
        ends = [as_number(bound, kind) for bound in given]
        if ends[0] is not None and ends[1] is not None:
            return ends[0], ends[1]
    low, high = (min(numbers), max(numbers)) if numbers else (0.0, 1.0)
    if kind == "linear":
        low, high = _padded(low, high, with_zero=with_zero or options.get("rangemode") == "tozero", bars=margin > 0)
    low, high = low - margin, high + margin
    if options.get("range") is not None:  # one end is given, the other is found
        ends = [None if bound is None else as_number(bound, kind) for bound in options["range"]]
        low, high = (low if ends[0] is None else ends[0]), (high if ends[1] is None else ends[1])
    if high == low:
        low, high = low - 0.5, high + 0.5
    return (high, low) if options.get("autorange") == "reversed" else (low, high)


def _padded(low: float, high: float, *, with_zero: bool, bars: bool) -> tuple[float, float]:
    if bars:
        return low, high
    if with_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    pad = (high - low) * PADDING
    return low - (pad if low < 0 or not with_zero else 0), high + (pad if high > 0 or not with_zero else 0)


def _plain(spec: str) -> str:
    if "%" not in spec:
        raise UnsupportedFigureError(f"date format {spec!r}")
    return spec.replace("%e", "%-d").replace("\n", " ").replace("<br>", " ")
