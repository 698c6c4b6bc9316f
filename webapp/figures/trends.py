"""Metrics over time: one line each, with their target, their alarm line and the deployments that may explain a step."""

from collections.abc import Sequence
from typing import Any

from webapp.catalog.models import Deployment, Target
from webapp.core.formatting import number
from webapp.figures import theme
from webapp.figures.axes import close_to_the_top, instants, note_inside, numbers, plain, span, unit_axis
from webapp.metrics.display import text_of
from webapp.metrics.metric import Metric, MetricSeries, Point, Unit

ENOUGH = 30  # samples
FEW = 12  # Up to so many values stand as dots too: a line through them alone would pretend to know what lies between.


def metric_trend(
    series: Sequence[MetricSeries],
    *,
    target: Target | None = None,
    deployments: Sequence[Deployment] = (),
    title_by: Sequence[str] | None = None,
    zone: str = "UTC",
    currency: str = "USD",
) -> dict[str, Any]:
    """Return a line for each series; `title_by` names them where the metrics' labels would not tell them apart.

    A single line shows its 95 % interval as a band. Steps without a value leave a gap; they are never drawn as 0.
    Where too few outcomes are known yet, a line goes on dotted.
    """
    names = list(title_by) if title_by is not None else [each.metric.label for each in series]
    data: list[dict[str, Any]] = []
    if len(series) == 1:
        data += _band(series[0].points, zone, theme.categorical(0))
    for place, (each, name) in enumerate(zip(series, names, strict=True)):
        data += _lines(each, name, theme.categorical(place), zone=zone, currency=currency)
    unit = series[0].metric.unit if series else Unit.SCORE
    layout = theme.base_layout(
        hovermode="x unified",
        xaxis={"type": "date"},
        yaxis=_value_axis(series, target, unit, currency),
        showlegend=len(series) > 1,
    )
    theme.add_lines(layout, target_lines(target))
    theme.add_deployments(layout, deployments, zone=zone)
    note_inside(layout)
    if len(series) < 2:
        close_to_the_top(layout)
    return {"data": data, "layout": layout}


def estimated_trend(
    realised: MetricSeries,
    estimated: MetricSeries,
    *,
    target: Target | None = None,
    deployments: Sequence[Deployment] = (),
    zone: str = "UTC",
) -> dict[str, Any]:
    """Return a metric as it came out, and dashed, with its interval as a band, as it was to be expected."""
    colour = theme.categorical(1)
    dashed = {"line": {"dash": "dash", "width": 1.75}}
    data = _band(estimated.points, zone, colour)
    if any(map(_is_there, numbers(estimated.points))):
        lines = _lines(estimated, "Estimated", colour, zone=zone, currency="USD")
        data += [theme.merged(line, dashed) for line in lines]
    data += _lines(realised, "Realised", theme.categorical(0), zone=zone, currency="USD")
    unit = realised.metric.unit
    drawn = [*numbers(realised.points), *_bounds(estimated.points), *numbers(estimated.points)]
    layout = theme.base_layout(
        hovermode="x unified",
        xaxis={"type": "date"},
        yaxis=unit_axis(unit, range=span([*drawn, *_ends(target)], unit)),
    )
    theme.add_lines(layout, target_lines(target))
    theme.add_deployments(layout, deployments, zone=zone)
    note_inside(layout)
    return {"data": data, "layout": layout}


def gauge_trend(
    series: Sequence[MetricSeries],
    *,
    target: Target | None = None,
    deployments: Sequence[Deployment] = (),
    names: Sequence[str] | None = None,
    zone: str = "UTC",
) -> dict[str, Any]:
    """Return measurements over time, by instance where they are named; the axis begins at 0."""
    figure = metric_trend(series, target=target, deployments=deployments, title_by=names, zone=zone)
    figure["layout"]["yaxis"].update({"rangemode": "tozero", "range": None})
    return figure


def volume(
    series: Sequence[MetricSeries],
    *,
    deployments: Sequence[Deployment] = (),
    names: Sequence[str] | None = None,
    zone: str = "UTC",
) -> dict[str, Any]:
    """Return counts a step as bars, one upon the other where there are several series (versions)."""
    labels = list(names) if names is not None else [each.metric.label for each in series]
    data = [
        bars(
            instants((point.at for point in each.points), zone),
            numbers(each.points),
            plain(label),
            theme.categorical(place),
            customdata=hints(each, label),
            hovertemplate=HINT,
        )
        for place, (each, label) in enumerate(zip(series, labels, strict=True))
    ]
    layout = theme.base_layout(
        xaxis={"type": "date"},
        yaxis=unit_axis(Unit.COUNT, rangemode="tozero"),
        barmode="stack",
        legend={"traceorder": "normal"},
        showlegend=len(series) > 1,
    )
    theme.add_deployments(layout, deployments, zone=zone)
    note_inside(layout)
    if len(series) < 2:
        close_to_the_top(layout)
    return {"data": data, "layout": layout}


HINT = "%{customdata}<extra></extra>"


def dots(colour: str) -> dict[str, Any]:
    """Return what makes a line show its values as dots too."""
    return {"mode": "lines+markers", "marker": {"color": colour, "size": 6}}


def bars(x: Sequence[Any], y: Sequence[Any], name: str, colour: str | list[str], **over: Any) -> dict[str, Any]:
    """Return bars; what else is given goes into the trace as Plotly names it."""
    trace = {"type": "bar", "x": list(x), "y": list(y), "name": name, "marker": {"color": colour, "opacity": 0.85}}
    return theme.merged(trace, over)


def hints(series: MetricSeries, name: str, *, currency: str = "USD") -> list[str]:
    """Return what a point says when it is pointed at: the value, and how many samples it rests on."""
    return [_hint(series.metric, point, name, currency=currency) for point in series.points]


def target_lines(target: Target | None) -> list[tuple[float, str, str]]:
    """Return the lines of a target: what should be reached, and where alarm begins."""
    if target is None:
        return []
    return [
        (target.target, "Target", theme.COLOURS.good),
        (target.critical, "Critical", theme.COLOURS.critical),
    ]


def _lines(series: MetricSeries, name: str, colour: str, *, zone: str, currency: str) -> list[dict[str, Any]]:
    """Return the line, and where its values are provisional a dotted one from the last value that is not."""
    at = instants((point.at for point in series.points), zone)
    said = hints(series, name, currency=currency)
    settled = [None if point.value.provisional else point.value.value for point in series.points]
    solid = _line(at, settled, plain(name), colour, said)
    open_ended = _provisional(series.points)
    if not any(map(_is_there, open_ended)):
        return [solid]
    has_solid = any(map(_is_there, settled))
    dotted = {"line": {"dash": "dot", "width": 1.5}, "opacity": 0.7, "showlegend": not has_solid}
    rest = theme.merged(_line(at, open_ended, plain(name), colour, said), dotted)
    return [solid, rest] if has_solid else [rest]


def _line(at: list[str], values: list[float | None], name: str, colour: str, said: list[str]) -> dict[str, Any]:
    shape = dots(colour) if _is_sparse(values) else {}
    return theme.line(at, values, name, colour, **shape, customdata=said, hovertemplate=HINT)


def _provisional(points: Sequence[Point]) -> list[float | None]:
    """Return the provisional values, with the settled one before each stretch of them to start from."""
    shown: list[float | None] = []
    for place, point in enumerate(points):
        follows = place + 1 < len(points) and points[place + 1].value.provisional
        shown.append(point.value.value if point.value.provisional or follows else None)
    return shown if any(point.value.provisional for point in points) else [None] * len(points)


def _is_there(value: float | None) -> bool:
    return value is not None


def _band(points: Sequence[Point], zone: str, colour: str) -> list[dict[str, Any]]:
    """Return the interval as two invisible lines with the space between them filled."""
    sure = [point for point in points if _is_sure(point)]
    if not sure:
        return []
    at = instants((point.at for point in sure), zone)
    edge = {"type": "scatter", "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False, "x": at}
    low = [point.value.low for point in sure]
    high = [point.value.high for point in sure]
    return [{**edge, "y": low}, {**edge, "y": high, "fill": "tonexty", "fillcolor": theme.faint(colour)}]


def _is_sure(point: Point) -> bool:
    """Say whether the interval is worth an area; that of a handful of samples is as wide as the chart."""
    value = point.value
    return value.low is not None and value.high is not None and value.sample_count >= ENOUGH and not value.provisional


def _value_axis(series: Sequence[MetricSeries], target: Target | None, unit: Unit, currency: str) -> dict[str, Any]:
    values = [value for each in series for value in numbers(each.points)]
    if len(series) == 1:
        values += _bounds(series[0].points)
    return unit_axis(unit, currency=currency, range=span([*values, *_ends(target)], unit))


def _bounds(points: Sequence[Point]) -> list[float | None]:
    return [bound for point in points if _is_sure(point) for bound in (point.value.low, point.value.high)]


def _ends(target: Target | None) -> list[float]:
    return [] if target is None else [target.target, target.critical]


def _is_sparse(values: Sequence[float | None]) -> bool:
    """Say whether a bare line would hide something: few values, or one that stands alone between gaps."""
    defined = [value is not None for value in values]
    if sum(defined) <= FEW:
        return True
    around = [False, *defined, False]
    return any(here and not around[at] and not around[at + 2] for at, here in enumerate(defined))


def _hint(metric: Metric, point: Point, name: str, *, currency: str) -> str:
    value = text_of(point.value, metric, currency=currency)
    basis = point.value.reason or f"{number(point.value.sample_count)} samples"
    if point.value.provisional:
        basis += ", provisional"
    return plain(f"{name}: {value} · {basis}")
