"""Charts of a report: the figures of the screens, drawn at the width they are printed."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from webapp.metrics.metric import MetricSeries, undefined
from webapp.reporting.document import Chart
from webapp.reporting.svg import static_svg

FULL, HALF = 660.0, 312.0  # of the paper's width, in the drawing's own pixels


def chart(
    figure: Mapping[str, Any], title: str, description: str, *, height: float = 210, is_half: bool = False
) -> Chart:
    """Return the figure as a chart with its title above it and its description for those who do not see it."""
    width = HALF if is_half else FULL
    return Chart(
        title, description, static_svg(figure, width=width, height=height, title=title, description=description)
    )


def settled(series: MetricSeries) -> MetricSeries:
    """Return the series without the steps that are mostly unknown: on a few first outcomes a line goes anywhere."""
    points = tuple(
        replace(point, value=undefined("too few outcomes yet")) if point.value.provisional else point
        for point in series.points
    )
    return replace(series, points=points)
