"""Charts of a report: the figures of the screens, drawn at the width they are printed."""

from collections.abc import Mapping
from typing import Any

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
