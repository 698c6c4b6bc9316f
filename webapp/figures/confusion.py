"""Right and wrong decisions as a square: what was predicted against what really happened."""

from typing import TYPE_CHECKING, Any

from webapp.core.formatting import number, share
from webapp.figures import theme

if TYPE_CHECKING:
    from webapp.metrics.performance import Confusion

PREDICTED = ("Not flagged", "Flagged")
ACTUAL = ("Did not happen", "Did happen")  # from the bottom up
# Opaque and light, so that one dark ink reads in every cell, on a light page and on a dark one.
SCALE = [[0, "#e4ebfb"], [1, "#8db0f7"]]
INK = "#1b2430"


def confusion_matrix(confusion: "Confusion") -> dict[str, Any]:
    """Return the four counts, each coloured by its share of its row: of what did, or did not, happen."""
    counts = ((confusion.tn, confusion.fp), (confusion.fn, confusion.tp))
    shares = [[_part(count, sum(row)) for count in row] for row in counts]
    words = (("rightly left", "false alarm"), ("missed", "found"))
    heatmap = {
        "type": "heatmap",
        "x": list(PREDICTED),
        "y": list(ACTUAL),
        "z": shares,
        "zmin": 0,
        "zmax": 1,
        "colorscale": SCALE,
        "showscale": False,
        "xgap": 4,
        "ygap": 4,
        "text": [
            [f"{number(counts[row][at])}<br>{words[row][at]}<br>{share(shares[row][at])}" for at in range(2)]
            for row in range(2)
        ],
        "texttemplate": "%{text}",
        "textfont": {"color": INK},
        "hoverinfo": "skip",
    }
    layout = theme.base_layout(
        hovermode=False, xaxis={"side": "top", "showgrid": False}, yaxis={"showgrid": False}, showlegend=False
    )
    return {"data": [heatmap], "layout": layout}


def _part(count: int, whole: int) -> float:
    return count / whole if whole else 0.0
