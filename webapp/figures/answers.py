"""Right and wrong answers of models of several classes, and the errors of models of numbers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from webapp.core.formatting import measured, money, month, number, share
from webapp.figures import theme
from webapp.figures.axes import close_to_the_top, note_inside, plain, shortened, unit_axis
from webapp.figures.business import BusinessMonth, month_labels
from webapp.figures.trends import HINT, bars, dots
from webapp.metrics.metric import Unit
from webapp.metrics.registry import METRICS

if TYPE_CHECKING:
    from webapp.metrics.multiclass_report import Square
    from webapp.metrics.performance import CalibrationPoint
    from webapp.metrics.regression_report import ErrorReport, ValueGroup

# Opaque and light, so that one dark ink reads in every cell, on a light page and on a dark one.
RIGHT = [[0, "#e4ebfb"], [1, "#8db0f7"]]
WRONG = [[0, "#faf1ea"], [0.5, "#f0ad7c"], [1, "#e5815a"]]
INK = "#1b2430"
CELL, AROUND = 44, 90  # pixels of a cell and of what stands around the square
READABLE = 8  # Up to so many classes each cell says its share too.


def class_confusion(square: "Square") -> dict[str, Any]:
    """Return real classes against predicted ones, each cell coloured by its share of its row: right blue, wrong red."""
    size = len(square.names)
    shares = [[count / (sum(row) or 1) for count in row] for row in square.cells]
    names = _distinct([shortened(name, 18) for name in square.names])
    right = [[shares[row][at] if row == at else None for at in range(size)] for row in range(size)]
    wrong = [[shares[row][at] if row != at else None for at in range(size)] for row in range(size)]
    text = [[_cell_text(square.cells[row][at], shares[row][at], size) for at in range(size)] for row in range(size)]
    said = [[_cell_hint(square, row, at, shares[row][at]) for at in range(size)] for row in range(size)]
    common = {
        "type": "heatmap",
        "x": names,
        "y": names[::-1],  # from the bottom up
        "zmin": 0,
        "showscale": False,
        "xgap": 3,
        "ygap": 3,
        "text": text[::-1],
        "texttemplate": "%{text}",
        "textfont": {"color": INK},
        "customdata": said[::-1],
        "hovertemplate": HINT,
        "hoverongaps": False,
    }
    layout = theme.base_layout(
        xaxis={"side": "top", "showgrid": False, "title": {"text": "Predicted"}, "type": "category"},
        yaxis={"showgrid": False, "title": {"text": "Really"}, "type": "category"},
        showlegend=False,
    )
    return {
        "data": [
            {**common, "z": right[::-1], "zmax": 1, "colorscale": RIGHT},
            {**common, "z": wrong[::-1], "zmax": 0.5, "colorscale": WRONG},
        ],
        "layout": layout,
    }


def confusion_height(square: "Square") -> int:
    return AROUND + CELL * max(len(square.names), 3)


def confidence_curve(points: Sequence["CalibrationPoint"]) -> dict[str, Any]:
    """Return how often answers were right against how sure the model was of them."""
    perfect = theme.line([0, 1], [0, 1], "Perfect", theme.COLOURS.ink, line={"dash": "dot", "width": 1})
    colour = theme.categorical(0)
    curve = theme.line(
        [point.mean_score for point in points],
        [point.positive_share for point in points],
        "Observed",
        colour,
        **dots(colour),
        customdata=[
            f"about {share(point.mean_score, 0)} sure: {share(point.positive_share)} of {number(point.count)} right"
            for point in points
        ],
        hovertemplate=HINT,
    )
    layout = theme.base_layout(
        xaxis=unit_axis(Unit.SHARE, range=[0, 1.01], title={"text": "How sure the model was"}),
        yaxis=unit_axis(Unit.SHARE, range=[0, 1.02], title={"text": "How often it was right"}),
        showlegend=False,
    )
    close_to_the_top(layout)
    return {"data": [{**perfect, "hoverinfo": "skip"}, curve], "layout": layout}


def error_histogram(report: "ErrorReport") -> dict[str, Any]:
    """Return the errors as bars, too low on the left and too high on the right, with their quantiles."""
    found = report.bars
    middles = [(each.low + each.high) / 2 for each in found]
    colours = [_side_colour(each.low, each.high) for each in found]
    hint = [_error_hint(place, len(found), each.low, each.high, each.count) for place, each in enumerate(found)]
    drawn = bars(middles, [each.count for each in found], "Errors", colours, customdata=hint, hovertemplate=HINT)
    layout = theme.base_layout(
        xaxis={"title": {"text": "Predicted − actual"}, "zeroline": False},
        yaxis=unit_axis(Unit.COUNT, rangemode="tozero"),
        bargap=0.06,
        showlegend=False,
    )
    for part, error in report.quantiles:
        theme.add_vertical(layout, error, "median" if part == 0.5 else f"{number(part * 100)} %")
    note_inside(layout)
    close_to_the_top(layout)
    return {"data": [drawn] if found else [], "layout": layout}


def over_and_under(groups: Sequence["ValueGroup"]) -> dict[str, Any]:
    """Return how often predictions of each height were too high; at one half they are fair."""
    names = [f"{_short(each.low, each)}–{_short(each.high, each)}" for each in groups]
    shares = [each.over / each.count for each in groups]
    hint = [
        f"predicted {name}: {share(part)} of {number(each.count)} too high"
        for name, part, each in zip(names, shares, groups, strict=True)
    ]
    over = bars(names, shares, "Too high", theme.categorical(2), customdata=hint, hovertemplate=HINT)
    under = bars(
        names, [1 - part for part in shares], "Not too high", theme.categorical(0), customdata=hint, hovertemplate=HINT
    )
    layout = theme.base_layout(
        barmode="stack",
        bargap=0.12,
        xaxis={"type": "category", "title": {"text": "Predicted value, groups of about equal size"}},
        yaxis=unit_axis(Unit.SHARE, range=[0, 1]),
        legend={"traceorder": "normal"},
        showlegend=True,
    )
    theme.add_lines(layout, [(0.5, "", theme.COLOURS.ink)])
    return {"data": [over, under], "layout": layout}


def worth_by_month(
    months: Sequence[BusinessMonth], names: Sequence[str], *, currency: str = "USD", zone: str = "UTC"
) -> dict[str, Any]:
    """Return what answers were worth, or cost, by month."""
    labels = month_labels(months, zone)
    data = [
        bars(
            labels,
            [each.value(name).value for each in months],
            METRICS[name].label,
            theme.categorical(place),
            customdata=[_month_hint(each, name, currency, zone) for each in months],
            hovertemplate=HINT,
        )
        for place, name in enumerate(names)
    ]
    layout = theme.base_layout(
        bargap=0.45,
        xaxis={"type": "category", "showgrid": False},
        yaxis=unit_axis(Unit.MONEY, currency=currency, rangemode="tozero"),
        showlegend=len(names) > 1,
    )
    if len(names) < 2:
        close_to_the_top(layout)
    return {"data": data, "layout": layout}


def _month_hint(each: BusinessMonth, name: str, currency: str, zone: str) -> str:
    value, so_far = each.value(name), " so far" if each.in_progress else ""
    said = value.reason if value.value is None else money(value.value, currency)
    return f"{month(each.start, zone)}{so_far}: {METRICS[name].label} {said}"


def _short(bound: float, group: "ValueGroup") -> str:
    """Return a bound without digits that do not tell its group from the next one."""
    return number(bound, 0) if group.high - group.low >= 2 else measured(bound)


def _cell_text(count: int, part: float, size: int) -> str:
    if not count:
        return ""
    return f"{number(count)}<br>{share(part, 0)}" if size <= READABLE else number(count)


def _cell_hint(square: "Square", row: int, column: int, part: float) -> str:
    actual, predicted = square.names[row], square.names[column]
    words = "rightly named" if row == column else f"taken for {predicted}"
    return plain(f"{actual} {words}: {number(square.cells[row][column])} ({share(part)} of {actual})")


def _distinct(labels: Sequence[str]) -> list[str]:
    """Return the labels told apart: two that were shortened to the same would share a row."""
    return [label if labels.index(label) == place else f"{label} ({place + 1})" for place, label in enumerate(labels)]


def _side_colour(low: float, high: float) -> str:
    if low < 0 < high:
        return theme.COLOURS.ink
    return theme.categorical(2) if low >= 0 else theme.categorical(0)


def _error_hint(place: int, count: int, low: float, high: float, amount: int) -> str:
    if place == 0:
        return f"{number(amount)} too low by {measured(-high)} or more"
    if place == count - 1:
        return f"{number(amount)} too high by {measured(low)} or more"
    return f"{number(amount)} with an error from {measured(low)} to {measured(high)}"
