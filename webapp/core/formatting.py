"""The only place that turns numbers and times into text, so that a screen, a report and a message read alike.

The product speaks English, so numbers are written as Python writes them; Babel knows the signs of currencies.
"""

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.numbers import format_currency

LOCALE = "en_US"
MINUS = "−"
_FINEST = 9  # decimals
_LARGEST = 1e15  # Nobody counts the digits of what is larger.


def number(value: float, decimals: int | None = None) -> str:
    """Return 1239 as `1,239`; without `decimals` small numbers keep three significant digits. Huge ones: `1.23e+18`."""
    if abs(value) >= _LARGEST:
        return f"{value:.3g}"
    if decimals is None:
        decimals = 0 if abs(value) >= 100 or float(value).is_integer() else 1 if abs(value) >= 10 else 3
    return f"{value if value > 0 else _settled(value, decimals):,.{decimals}f}"


def measured(value: float) -> str:
    """Return a number in a unit that we do not know with three significant digits: `1,234`, `12.3`, `0.00456`."""
    size = math.floor(math.log10(abs(value))) if value else 0
    return number(value, min(max(2 - size, 0), _FINEST)) if size < 0 or not float(value).is_integer() else number(value)


def share(value: float, decimals: int = 1) -> str:
    """Return 0.88 as `88.0%`."""
    return f"{number(value * 100, decimals)}%"


def percent(value: float, decimals: int = 1) -> str:
    """Return 1614.3, a number of percent, as `1,614.3%`."""
    return f"{number(value, decimals)}%"


def points(delta: float, decimals: int = 1) -> str:
    """Return a change of a share, 0.021, as `+2.1 pp` (percentage points)."""
    return f"{signed(number(delta * 100, decimals))} pp"


def multiple(value: float) -> str:
    """Return 17.14 as `17.1×`."""
    return f"{number(value, 1)}×"


def money(value: float, currency: str) -> str:
    """Return 540000 as `$540,000`; cents only where they matter, below one hundred."""
    decimals = 0 if abs(value) >= 100 or float(value).is_integer() else 2
    pattern = f"¤#,##0.{'0' * decimals}".rstrip(".")
    settled = _settled(value, decimals)
    text: str = format_currency(settled, currency, format=pattern, locale=LOCALE, currency_digits=False)
    return text


def duration_ms(milliseconds: float) -> str:
    """Return 312 as `312 ms`, 1234 as `1.23 s` and 12340 as `12 s`."""
    if abs(milliseconds) >= 1000:
        return f"{number(milliseconds / 1000, 2 if abs(milliseconds) < 10_000 else 0)} s"
    return f"{number(milliseconds, 0 if abs(milliseconds) >= 10 else 1)} ms"


def age(elapsed: timedelta) -> str:
    """Return how long ago in the largest unit that fits: `8 s`, `12 min`, `3 h`, `5 d`."""
    seconds = max(0, int(elapsed.total_seconds()))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def signed(text: str) -> str:
    """Put the sign in front of a formatted number, a plus where it has none."""
    return text if text.startswith(("-", MINUS, "+")) else f"+{text}"


def instant(at: datetime, zone: str = "UTC") -> str:
    return f"{_local(at, zone):%-d %b %Y, %H:%M}"


def day(at: datetime, zone: str = "UTC") -> str:
    return f"{_local(at, zone):%-d %b}"


def clock_time(at: datetime, zone: str = "UTC") -> str:
    return f"{_local(at, zone):%H:%M}"


def month(at: datetime, zone: str = "UTC") -> str:
    return f"{_local(at, zone):%B %Y}"


def utc(at: datetime) -> str:
    """Return the instant as it stands in logs and on hover: `2026-03-10 12:00:00 UTC`."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _local(at: datetime, zone: str) -> datetime:
    return at.astimezone(ZoneInfo(zone))


def _settled(value: float, decimals: int) -> float:
    """Round, and leave no minus in front of a zero."""
    rounded = round(value, decimals)
    return 0.0 if rounded == 0 else rounded
