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
    data = [_line(series, theme.categorical(place), zone) for place, series in enumerate(drawn)]
    fires = [_fires(series, zone) for series in drawn if any(point.is_firing for point in series.points)]
    data += [theme.merged(trace, {"showlegend": place == 0}) for place, trace in enumerate(fires)]
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


def _line(series: "BacktestSeries", colour: str, zone: str) -> dict[str, Any]:
    at = instants((point.at for point in series.points), zone)
    said = [plain(f"{series.subject}: {_said(point)}") for point in series.points]
    return theme.line(at, _values(series.points), plain(series.subject), colour, customdata=said, hovertemplate=HINT)


def _fires(series: "BacktestSeries", zone: str) -> dict[str, Any]:
    """Return a broad red line over that of the series, where the rule fires."""
    at = instants((point.at for point in series.points), zone)
    values = [point.value if point.is_firing else None for point in series.points]
    broad = {"width": 5, "color": theme.faint(theme.COLOURS.critical, 0.55)}
    marker = {"size": 6, "color": theme.COLOURS.critical}
    over: dict[str, Any] = {"mode": "lines+markers", "line": broad, "marker": marker, "legendgroup": "fires"}
    return theme.line(at, values, "Fires", hoverinfo="skip", **over)


def _values(points: Sequence["BacktestPoint"]) -> list[float | None]:
    return [point.value for point in points]


def _said(point: "BacktestPoint") -> str:
    value = "no data" if point.value is None else number(point.value)
    return f"{value}, fires" if point.is_firing else value
