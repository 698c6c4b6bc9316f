"""How well scores tell the classes apart: ROC, precision and recall, calibration, and what each threshold brings."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from webapp.core.formatting import money, multiple, number, share
from webapp.figures import theme
from webapp.figures.axes import close_to_the_top, note_inside, unit_axis
from webapp.figures.trends import HINT, dots
from webapp.metrics.metric import Unit

if TYPE_CHECKING:
    from webapp.metrics.performance import Performance

P = TypeVar("P")
MOST_POINTS = 100  # of a curve


def roc_curve(performance: "Performance") -> dict[str, Any]:
    """Return the share of positives found against the share of negatives flagged, for every threshold."""
    points = _thinned(performance.roc)
    curve = _curve([point.fpr for point in points], [point.tpr for point in points], "ROC", 0)
    curve["customdata"] = [
        f"threshold {number(point.threshold, 3)}: finds {share(point.tpr)}, flags {share(point.fpr)} of the others"
        for point in points
    ]
    chosen = min(performance.roc, key=lambda point: abs(point.threshold - performance.threshold), default=None)
    marks = [] if chosen is None else [_mark(chosen.fpr, chosen.tpr, performance.threshold)]
    layout = _square("Flagged among negatives", "Found among positives")
    return {"data": [_diagonal("Chance"), curve, *marks], "layout": layout}


def precision_recall_curve(performance: "Performance") -> dict[str, Any]:
    """Return how many of the flagged are right against how many of the positives are found."""
    points = _thinned(performance.precision_recall)
    curve = _curve([point.recall for point in points], [point.precision for point in points], "Precision", 1)
    curve["customdata"] = [
        f"threshold {number(point.threshold, 3)}: precision {share(point.precision)}, recall {share(point.recall)}"
        for point in points
    ]
    chosen = min(
        performance.precision_recall, key=lambda point: abs(point.threshold - performance.threshold), default=None
    )
    marks = [] if chosen is None else [_mark(chosen.recall, chosen.precision, performance.threshold)]
    return {"data": [curve, *marks], "layout": _square("Recall", "Precision")}


def gain_curve(performance: "Performance") -> dict[str, Any]:
    """Return which share of the positives is found among the highest scores, for any share of all that is flagged."""
    points = _thinned(performance.gain)
    curve = _curve([point.flagged for point in points], [point.found for point in points], "Gain", 3)
    curve["customdata"] = [
        f"the {share(point.flagged)} with the highest scores hold {share(point.found)} of the positives: "
        + ("no lift" if point.flagged == 0 else f"{multiple(point.found / point.flagged)} as many as by chance")
        for point in points
    ]
    chosen = min(performance.gain, key=lambda point: abs(point.threshold - performance.threshold), default=None)
    marks = [] if chosen is None else [_mark(chosen.flagged, chosen.found, performance.threshold)]
    return {"data": [_diagonal("Chance"), curve, *marks], "layout": _square("Flagged", "Found among positives")}


def calibration_curve(performance: "Performance") -> dict[str, Any]:
    """Return how often it really happened against how likely the model said it was."""
    points = performance.calibration
    curve = _curve(
        [point.mean_score for point in points],
        [point.positive_share for point in points],
        "Observed",
        0,
        with_dots=True,
    )
    curve["customdata"] = [
        f"scores around {number(point.mean_score, 2)}: {share(point.positive_share)} of {number(point.count)} happened"
        for point in points
    ]
    return {"data": [_diagonal("Perfect"), curve], "layout": _square("Mean score", "Share that happened")}


def threshold_curve(performance: "Performance", *, currency: str = "USD") -> dict[str, Any]:
    """Return precision, recall and net benefit for each threshold, and where the chosen one stands."""
    rows = performance.thresholds
    at = [row.threshold for row in rows]
    precision = _curve(at, [row.precision for row in rows], "Precision", 0)
    recall = _curve(at, [row.recall for row in rows], "Recall", 1)
    for trace in (precision, recall):
        trace["customdata"] = [_share_hint(trace["name"], x, y) for x, y in zip(at, trace["y"], strict=True)]
    data = [precision, recall]
    layout = theme.base_layout(
        xaxis={"range": [0, 1], "title": {"text": "Threshold"}},
        yaxis=unit_axis(Unit.SHARE, range=[0, 1.02]),
        showlegend=True,
    )
    if any(row.net_benefit is not None for row in rows):
        benefit = _curve(at, [row.net_benefit for row in rows], "Net benefit", 2)
        benefit["customdata"] = [
            "no value" if row.net_benefit is None else f"{number(row.threshold, 2)}: {money(row.net_benefit, currency)}"
            for row in rows
        ]
        data.append({**benefit, "yaxis": "y2"})
        layout["yaxis2"] = theme.second_axis(**unit_axis(Unit.MONEY, currency=currency))
    theme.add_vertical(layout, performance.threshold, f"chosen {number(performance.threshold, 2)}")
    note_inside(layout)
    return {"data": data, "layout": layout}


def _thinned(points: Sequence[P]) -> Sequence[P]:
    """Leave out points that no eye would miss, but neither end."""
    step = math.ceil(len(points) / MOST_POINTS) or 1
    kept = list(points[::step])
    return kept if not points or kept[-1] == points[-1] else [*kept, points[-1]]


def _curve(
    x: Sequence[float], y: Sequence[float | None], name: str, place: int, *, with_dots: bool = False
) -> dict[str, Any]:
    colour = theme.categorical(place)
    return theme.line(x, y, name, colour, **(dots(colour) if with_dots else {}), hovertemplate=HINT)


def _mark(x: float, y: float, threshold: float) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [x],
        "y": [y],
        "name": f"Threshold {number(threshold, 2)}",
        "marker": {"size": 10, "color": theme.COLOURS.critical},
        "customdata": [f"the threshold {number(threshold, 2)} stands here"],
        "hovertemplate": HINT,
    }


def _diagonal(name: str) -> dict[str, Any]:
    return theme.line([0, 1], [0, 1], name, theme.COLOURS.ink, line={"dash": "dot", "width": 1}, hoverinfo="skip")


def _square(x_title: str, y_title: str) -> dict[str, Any]:
    layout = theme.base_layout(
        xaxis=unit_axis(Unit.SHARE, range=[0, 1], title={"text": x_title}),
        yaxis=unit_axis(Unit.SHARE, range=[0, 1.02], title={"text": y_title}),
        showlegend=False,
    )
    close_to_the_top(layout)
    return layout


def _share_hint(name: str, threshold: float, value: float | None) -> str:
    return f"{name} at {number(threshold, 2)}: {'no value' if value is None else share(value)}"
