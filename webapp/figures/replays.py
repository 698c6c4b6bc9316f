"""What a rule would have seen over the past: its series, and red where it would have fired."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from webapp.core.formatting import number
from webapp.figures import theme
from webapp.figures.axes import instants, plain, unit_axis
from webapp.figures.evidence import close_up
from webapp.figures.trends import HINT
from webapp.metrics.metric import Unit

LADDER = 4  # so many level lines a rule can have, one a severity

if TYPE_CHECKING:
    from webapp.alerting.views import Backtest, BacktestPoint, BacktestSeries


def rule_replay(
    result: "Backtest", *, unit: Unit = Unit.SCORE, currency: str = "USD", zone: str = "UTC"
) -> dict[str, Any]:
    """Return the series that fired most, with the lines; one that moves is shown of a single series only."""
    drawn = [each for each in result.drawn if any(point.value is not None for point in each.points)]
    data = [
        trace
        for place, series in enumerate(drawn)
        for trace in _traces(series, theme.categorical(place), zone, is_first=place == 0)
    ]
    values = [value for series in drawn for value in _values(series.points)]
    bounds = {point.threshold for series in drawn for point in series.points if point.threshold is not None}
    is_level = len(bounds) <= LADDER
    if not is_level and len(drawn) == 1:
        data.append(_moving_line(drawn[0].points, zone))
    if is_level or len(drawn) == 1:
        values += list(bounds)
    layout = theme.base_layout(
        xaxis={"type": "date"}, yaxis=unit_axis(unit, currency=currency, range=close_up(values, unit))
    )
    if is_level:
        theme.add_lines(layout, [(each, "Line", theme.COLOURS.critical) for each in sorted(bounds)])
    return {"data": data, "layout": layout}


def _moving_line(points: Sequence["BacktestPoint"], zone: str) -> dict[str, Any]:
    """Return the line of a rule that compares with the past: it moves with what it compares with."""
    line = {"dash": "dash", "width": 1.5, "shape": "hv"}
    at, bounds = instants((point.at for point in points), zone), [point.threshold for point in points]
    return theme.line(at, bounds, "Line", theme.COLOURS.critical, line=line, hoverinfo="skip")


def _traces(series: "BacktestSeries", colour: str, zone: str, *, is_first: bool) -> list[dict[str, Any]]:
    """Return a line, and over it a broad red one where the rule fires."""
    at = instants((point.at for point in series.points), zone)
    values, name = _values(series.points), plain(series.subject)
    said = [plain(f"{series.subject}: {_said(point)}") for point in series.points]
    firing = [point.value if point.is_firing else None for point in series.points]
    lines = [theme.line(at, values, name, colour, customdata=said, hovertemplate=HINT)]
    if any(value is not None for value in firing):
        broad = {"width": 5, "color": theme.faint(theme.COLOURS.critical, 0.55)}
        marker = {"size": 6, "color": theme.COLOURS.critical}
        over: dict[str, Any] = {
            "mode": "lines+markers",
            "line": broad,
            "marker": marker,
            "legendgroup": "fires",
            "hoverinfo": "skip",
        }
        lines.append(theme.line(at, firing, "Fires", showlegend=is_first, **over))
    return lines


def _values(points: Sequence["BacktestPoint"]) -> list[float | None]:
    return [point.value for point in points]


def _said(point: "BacktestPoint") -> str:
    value = "no data" if point.value is None else number(point.value)
    return f"{value}, fires" if point.is_firing else value
