"""The scores a model gives, and how they fall apart once the outcomes are known."""

from typing import TYPE_CHECKING, Any

from webapp.core.formatting import number
from webapp.figures import theme
from webapp.figures.axes import note_inside, unit_axis
from webapp.figures.trends import HINT
from webapp.metrics.metric import Unit

if TYPE_CHECKING:
    from webapp.metrics.performance import Performance, ScoreBin


def score_distribution(performance: "Performance") -> dict[str, Any]:
    """Return the counts by score, stacked: outcome still open, known negative, known positive."""
    bins = performance.scores
    parts = (
        ("Outcome open", [each.count - each.positives - each.negatives for each in bins], theme.COLOURS.ink),
        ("Did not happen", [each.negatives for each in bins], theme.categorical(0)),
        ("Did happen", [each.positives for each in bins], theme.categorical(2)),
    )
    data = [
        {
            "type": "bar",
            "name": name,
            "x": [(each.low + each.high) / 2 for each in bins],
            "width": [each.high - each.low for each in bins],
            "y": counts,
            "marker": {"color": colour},
            "customdata": [_hint(each, name, count) for each, count in zip(bins, counts, strict=True)],
            "hovertemplate": HINT,
        }
        for name, counts, colour in parts
        if any(counts)
    ]
    layout = theme.base_layout(
        barmode="stack",
        legend={"traceorder": "normal"},
        bargap=0,
        xaxis={"range": [0, 1], "title": {"text": "Score"}},
        yaxis=unit_axis(Unit.COUNT, rangemode="tozero"),
        showlegend=True,
    )
    theme.add_vertical(layout, performance.threshold, "threshold")
    note_inside(layout)
    return {"data": data, "layout": layout}


def _hint(each: "ScoreBin", name: str, count: int) -> str:
    return f"{name}: {number(count)} with a score from {number(each.low, 2)} to {number(each.high, 2)}"
