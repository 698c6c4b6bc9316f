"""What a rule saw when it fired: the values before and after, and the line that they crossed."""

from typing import TYPE_CHECKING, Any

from webapp.core.formatting import number
from webapp.figures import theme
from webapp.figures.axes import instants, span, unit_axis
from webapp.figures.trends import HINT, dots
from webapp.metrics.metric import Unit

if TYPE_CHECKING:
    from webapp.alerting.queries import AlertDetail

FEW_ENOUGH_FOR_DOTS = 60


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
    shown = [*values, detail.threshold]
    layout = theme.base_layout(
        xaxis={"type": "date"}, yaxis=unit_axis(unit, currency=currency, range=span(shown, unit)), showlegend=False
    )
    if detail.threshold is not None:
        theme.add_lines(layout, [(detail.threshold, "Threshold", theme.COLOURS.critical)])
    if points:
        theme.add_vertical(layout, instants([detail.started_at], zone)[0], "began", theme.COLOURS.critical)
    return {"data": [line], "layout": layout}


def _hint(value: float | None) -> str:
    return "no data" if value is None else number(value)
