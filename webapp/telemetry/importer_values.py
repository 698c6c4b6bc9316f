"""How single values of a file are read: as instants, classes, numbers, texts and values of features."""

import math
from datetime import UTC, date, datetime
from typing import Any


def instant_of(value: Any) -> datetime | str | None:
    """Read a time: ISO 8601 (UTC unless it says otherwise), a date, or seconds or milliseconds since 1970.

    What is none of these is handed on as text, to be refused with its row.
    """
    if value is None or isinstance(value, str):
        return None if value is None else _from_text(value.strip())
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _from_number(float(value))
    return str(value)


def class_of(value: Any, positive: str | None) -> Any:
    """Read a class: 1 or 0 where the positive one is named, else a number where it is one, None for nothing."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if positive is not None:
        return int(text_of(value) == positive)
    number = number_of(value)
    if not isinstance(number, float) or not math.isfinite(number):
        return value
    return int(number) if number.is_integer() else number


def number_of(value: Any) -> Any:
    """Read a text as a number; what is none, and what is no text, is handed on."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value


def text_of(value: Any) -> str | None:
    """Read a value as an id or a name; whole numbers without a point."""
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def feature_of(value: Any) -> Any:
    """Return a value that a feature may have; times, lists and the like as text."""
    return value if value is None or isinstance(value, int | float | str | bool) else str(value)


def _from_text(text: str) -> datetime | str:
    number = number_of(text)
    if isinstance(number, float) and len(text) > len("20260301"):  # ten digits and more are no date without dashes
        return _from_number(number)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _from_number(seconds: float) -> datetime | str:
    try:
        return datetime.fromtimestamp(seconds / 1000 if abs(seconds) > 1e11 else seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return str(seconds)
