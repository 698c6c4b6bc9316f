"""What a Plotly figure holds, read as plain numbers: columns, instants, colours, and the number formats of its axes."""

import base64
import itertools
import re
from array import array
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any


class UnsupportedFigureError(ValueError):
    """The figure uses something that we do not draw; a report must not show less than the screen without saying so."""


Kind = str  # "date" | "linear" | "category"
_ISO = re.compile(r"\d{4}-\d{2}(-\d{2}([T ]\d{2}:\d{2}.*)?)?$")
_RGBA = re.compile(r"rgba?\(\s*([\d.]+)[,\s]+([\d.]+)[,\s]+([\d.]+)(?:[,\s/]+([\d.]+))?\s*\)")
_NUMBER_FORMAT = re.compile(r"(?P<currency>\$)?(?P<comma>,)?(?:\.(?P<decimals>\d+))?(?P<trim>~)?(?P<type>[%fds])?$")
_TYPED = {"f8": "d", "f4": "f", "i4": "i", "i2": "h", "i1": "b", "u1": "B", "u2": "H", "u4": "I"}
SMALLEST_SI = 1e3


def column(values: Any) -> list[Any]:
    """Return a trace's column as a list: a sequence, an array, or the packed form that Plotly sends to browsers."""
    if values is None:
        return []
    if isinstance(values, Mapping):
        if "shape" in values or values.get("dtype") not in _TYPED:
            raise UnsupportedFigureError(f"packed column of {values.get('dtype')}")
        return list(array(_TYPED[values["dtype"]], base64.b64decode(values["bdata"])))
    return list(values.tolist() if hasattr(values, "tolist") else values)


def matrix(values: Any) -> list[list[Any]]:
    return [column(row) for row in column(values)]


def kind_of(values: Sequence[Any]) -> Kind:
    """Return what kind of axis a column asks for."""
    first = next((value for value in values if value is not None), None)
    if isinstance(first, datetime) or (isinstance(first, str) and _ISO.match(first)):
        return "date"
    return "category" if isinstance(first, str) else "linear"


def as_number(value: Any, kind: Kind) -> float | None:
    """Return a value's place on a date or linear axis; None leaves a gap."""
    if value is None:
        return None
    if kind == "date" and isinstance(value, str | datetime):
        at = value if isinstance(value, datetime) else datetime.fromisoformat(value.replace("Z", "+00:00"))
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    number = float(value)
    return number if number - number == 0 else None


def paint(colour: Any) -> tuple[str, float]:
    """Return a colour and its opacity apart: printers' SVG knows no `rgba()`."""
    if not isinstance(colour, str):
        raise UnsupportedFigureError(f"colour {colour!r}")
    found = _RGBA.fullmatch(colour.strip())
    if not found:
        return colour, 1.0
    red, green, blue = (round(float(found[part])) for part in (1, 2, 3))
    return f"#{red:02x}{green:02x}{blue:02x}", float(found[4] or 1)


def blend(colourscale: Any, position: float) -> tuple[int, int, int]:
    """Return the red, green and blue of a place (0 to 1) on a colour scale of `[[0, colour], …, [1, colour]]`."""
    if not isinstance(colourscale, Sequence) or isinstance(colourscale, str):
        raise UnsupportedFigureError(f"colour scale {colourscale!r}")
    position = min(max(position, 0.0), 1.0)
    stops = [(float(at), rgb(colour)) for at, colour in colourscale]
    for (low, first), (high, second) in itertools.pairwise(stops):
        if position <= high:
            part = (position - low) / (high - low) if high > low else 0.0
            red, green, blue = (round(a + (b - a) * part) for a, b in zip(first, second, strict=True))
            return red, green, blue
    return stops[-1][1]


def rgb(colour: str) -> tuple[int, int, int]:
    """Return the parts of `#rrggbb` or `rgba(…)`, the latter as it looks on white paper."""
    base, opacity = paint(colour)
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", base):
        raise UnsupportedFigureError(f"colour {colour!r}")
    red, green, blue = (round(255 - (255 - int(base[at : at + 2], 16)) * opacity) for at in (1, 3, 5))
    return red, green, blue


def format_number(value: float, spec: str | None, *, step: float = 0.0) -> str:
    """Return a tick's text in the d3 format of the axis, for the formats that our figures use."""
    if not spec:
        decimals = 0 if step >= 1 or step == 0 else min(6, len(f"{step:.6f}".rstrip("0").partition(".")[2]))
        return _signed(f"{value:,.{decimals}f}")
    found = _NUMBER_FORMAT.fullmatch(spec)
    if not found:
        raise UnsupportedFigureError(f"number format {spec!r}")
    currency, comma = found["currency"] or "", found["comma"] or ""
    if found["type"] == "s":
        return currency + _signed(_with_si_suffix(value))
    decimals = int(found["decimals"] or 0)
    if found["type"] == "%":
        return _signed(f"{value * 100:{comma}.{decimals}f}%")
    return currency + _signed(f"{value:{comma}.{decimals}f}")


def _with_si_suffix(value: float) -> str:
    for size, suffix in ((1e9, "B"), (1e6, "M"), (SMALLEST_SI, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{suffix}"
    return f"{value:g}"


def _signed(text: str) -> str:
    """Write a minus as one, and none in front of a zero."""
    if not text.startswith("-"):
        return text
    return text[1:] if not any(digit in text for digit in "123456789") else f"−{text[1:]}"
