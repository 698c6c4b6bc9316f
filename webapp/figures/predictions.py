"""What a model answers: how its scores or numbers are spread, and how often each class, version by version."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from webapp.catalog.models import Task
from webapp.core.formatting import number, share
from webapp.figures import theme
from webapp.figures.axes import note_inside, plain, shortened, unit_axis
from webapp.figures.trends import HINT, bars
from webapp.metrics.metric import Unit

if TYPE_CHECKING:
    from webapp.metrics.answer_mix import AnswerBar, AnswerMix

WORDS = {
    Task.BINARY: ("Did happen", "Did not happen", "Score"),
    Task.MULTICLASS: ("Right", "Wrong", "Score of the class that was chosen"),
    Task.REGRESSION: ("Too high", "Not too high", "Predicted value"),
}
MOST_CLASSES = 8


def answer_bars(found: "AnswerMix", task: Task, *, threshold: float | None = None) -> dict[str, Any]:
    """Return the counts by score or value, stacked: outcome still open, and the two ways it turned out.

    The threshold is where a binary model decides.
    """
    first, second, title = WORDS[task]
    parts = (
        ("Outcome open", [each.count - each.first - each.second for each in found.bars], theme.COLOURS.ink),
        (second, [each.second for each in found.bars], theme.categorical(0)),
        (first, [each.first for each in found.bars], theme.categorical(2)),
    )
    data = [
        {
            "type": "bar",
            "name": name,
            "x": [(each.low + each.high) / 2 for each in found.bars],
            "width": [each.high - each.low for each in found.bars],
            "y": counts,
            "marker": {"color": colour},
            "customdata": [_hint(each, name, count) for each, count in zip(found.bars, counts, strict=True)],
            "hovertemplate": HINT,
        }
        for name, counts, colour in parts
        if any(counts)
    ]
    layout = theme.base_layout(
        barmode="stack",
        legend={"traceorder": "normal"},
        bargap=0,
        xaxis={"title": {"text": title}, "nticks": 8},
        yaxis=unit_axis(Unit.COUNT, rangemode="tozero"),
        showlegend=True,
    )
    if threshold is not None:
        theme.add_vertical(layout, threshold, "threshold")
        note_inside(layout)
    return {"data": data, "layout": layout}


def class_shares(classes: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    """Return each version's answers as shares of its own, a bar a version, the most frequent classes named."""
    names = _most_frequent(classes)
    versions = list(classes)[::-1]
    data = [
        bars(
            [_share(classes[version], name, names) for version in versions],
            [shortened(version) for version in versions],
            plain(name),
            theme.COLOURS.ink if name == OTHERS else theme.categorical(place),
            orientation="h",
            customdata=[
                plain(f"{version} · {name}: {share(_share(classes[version], name, names))}") for version in versions
            ],
            hovertemplate=HINT,
        )
        for place, name in enumerate(names)
    ]
    layout = theme.base_layout(
        barmode="stack",
        bargap=0.4,
        legend={"traceorder": "normal"},
        xaxis=unit_axis(Unit.SHARE, range=[0, 1]),
        yaxis={"type": "category", "showgrid": False, "automargin": True},
        showlegend=True,
    )
    return {"data": data, "layout": layout}


OTHERS = "others"


def _most_frequent(classes: Mapping[str, Mapping[str, int]]) -> list[str]:
    totals: dict[str, int] = {}
    for counts in classes.values():
        for name, count in counts.items():
            totals[name] = totals.get(name, 0) + count
    ranked = sorted(totals, key=lambda name: -totals[name])
    return ranked if len(ranked) <= MOST_CLASSES else [*ranked[: MOST_CLASSES - 1], OTHERS]


def _share(counts: Mapping[str, int], name: str, named: list[str]) -> float:
    total = sum(counts.values())
    if not total:
        return 0.0
    if name == OTHERS and OTHERS in named:
        return 1 - sum(counts.get(each, 0) for each in named if each != OTHERS) / total
    return counts.get(name, 0) / total


def _hint(each: "AnswerBar", name: str, count: int) -> str:
    return f"{name}: {number(count)} from {number(each.low)} to {number(each.high)}"
