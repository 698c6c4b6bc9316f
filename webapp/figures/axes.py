"""What the axes of our charts have in common: a format for each unit, instants in the reader's zone, plain texts."""

import html
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.numbers import get_currency_symbol

from webapp.core.formatting import LOCALE
from webapp.metrics.metric import Point, Unit

TICKS = 5
PADDING = 0.08  # of the span, above and below what is drawn


def unit_axis(unit: Unit, *, currency: str = "USD", **over: Any) -> dict[str, Any]:
    """Return the axis of a unit: how its ticks are written."""
    return {"nticks": TICKS, **_FORMATS.get(unit, {}), **_prefix(unit, currency), **over}


def instants(points: Iterable[datetime], zone: str) -> list[str]:
    """Return instants as the wall clock of the zone shows them; a chart's axis knows no zones."""
    there = ZoneInfo(zone)
    return [at.astimezone(there).replace(tzinfo=None).isoformat(timespec="seconds") for at in points]


def numbers(points: Sequence[Point]) -> list[float | None]:
    return [point.value.value for point in points]


def span(values: Iterable[float | None], unit: Unit) -> list[float] | None:
    """Return an axis range that holds the values with a little room; a share stays between 0 and 1."""
    defined = [value for value in values if value is not None]
    if not defined:
        return None
    low, high = min(defined), max(defined)
    room = (high - low) * PADDING or abs(high) * PADDING or 1.0
    if unit is Unit.SHARE:
        return [max(0.0, low - room), min(1.0, high + room) if high <= 1 else high + room]
    return [min(0.0, low) if low >= 0 else low - room, high + room]


def note_inside(layout: dict[str, Any]) -> None:
    """Move the notes of upright lines into the plot, out of the legend, and away from those of level lines."""
    for note in layout.get("annotations", ()):
        if note.get("yref") == "paper":
            note |= {"yanchor": "top", "xanchor": "right", "xshift": -4}


def close_to_the_top(layout: dict[str, Any]) -> None:
    """Take back the room above a plot that has no legend."""
    layout["margin"] = {**layout["margin"], "t": 10}


def plain(text: str) -> str:
    """Return a text from outside so that a chart shows it as it is: charts read mark-up in labels."""
    return html.escape(text, quote=False)


def shortened(text: str, length: int = 24) -> str:
    """Return a label that fits beside a bar, without losing the end that tells long names apart."""
    if len(text) <= length:
        return plain(text)
    kept = length - 1
    return plain(f"{text[: kept * 2 // 3]}…{text[-(kept - kept * 2 // 3) :]}")


def _prefix(unit: Unit, currency: str) -> dict[str, Any]:
    return {"tickprefix": get_currency_symbol(currency, locale=LOCALE)} if unit is Unit.MONEY else {}


_FORMATS: dict[Unit, dict[str, Any]] = {
    Unit.SHARE: {"tickformat": ".0%"},
    Unit.COUNT: {"tickformat": "~s"},
    Unit.MONEY: {"tickformat": "~s"},
    Unit.MILLISECONDS: {"ticksuffix": " ms", "tickformat": ",.0f"},
    Unit.PERCENT: {"ticksuffix": "%", "tickformat": ",.0f"},
    Unit.MULTIPLE: {"ticksuffix": "×"},
}
