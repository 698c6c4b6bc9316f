"""What a rule saw when it fired: the values before and after, and the line that they crossed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from webapp.core.formatting import number
from webapp.figures import theme
from webapp.figures.axes import close_to_the_top, instants, note_inside, unit_axis
from webapp.figures.trends import HINT, dots
from webapp.metrics.metric import Unit

if TYPE_CHECKING:
    from webapp.alerting.queries import AlertDetail

FEW_ENOUGH_FOR_DOTS = 60
ROOM = 0.2  # of the span, above and below


def alert_evidence(
    detail: "AlertDetail", *, unit: Unit = Unit.SCORE, currency: str = "USD", zone: str = "UTC"
) -> dict[str, Any]:
    """Return the evidence of an alert as a line with its threshold and the instant at which it began."""
    points = detail.evidence
    values = [point.value for point in points]
    colour = theme.categorical(0)
    line = theme.line(
        instants((point.at for point in points), zone),
        values,
        "Value",
        colour,
        **(dots(colour) if len(points) <= FEW_ENOUGH_FOR_DOTS else {}),
        customdata=[_hint(point.value) for point in points],
        hovertemplate=HINT,
    )
    shown = close_up([*values, detail.threshold], unit)
    layout = theme.base_layout(
        xaxis={"type": "date"}, yaxis=unit_axis(unit, currency=currency, range=shown), showlegend=False
    )
    if detail.threshold is not None:
        theme.add_lines(layout, [(detail.threshold, "Threshold", theme.COLOURS.critical)])
    if points:
        theme.add_vertical(layout, instants([detail.started_at], zone)[0], "began", theme.COLOURS.critical)
    note_inside(layout)
    close_to_the_top(layout)
    for note in layout.get("annotations", ()):
        if note.get("yref") != "paper":  # The alert began near the right edge: the line is named at the left one.
            note |= {"x": 0, "xanchor": "left"}
    return {"data": [line], "layout": layout}


def close_up(values: Sequence[float | None], unit: Unit) -> list[float] | None:
    """Return a range around the values and the line: how far off it is matters, not how far from zero."""
    defined = [value for value in values if value is not None]
    if not defined:
        return None
    low, high = min(defined), max(defined)
    room = (high - low) * ROOM or abs(high) * ROOM or 1.0
    bottom = max(0.0, low - room) if low >= 0 else low - room
    return [bottom, min(1.0, high + room) if unit is Unit.SHARE and high <= 1 else high + room]


def _hint(value: float | None) -> str:
    return "no data" if value is None else number(value)
