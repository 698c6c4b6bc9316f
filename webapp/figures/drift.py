"""How far data has moved from its reference: a bar a feature, a map of days, and one feature's two distributions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from webapp.catalog.models import Deployment
from webapp.core.formatting import day, number, share
from webapp.figures import theme
from webapp.figures.axes import close_to_the_top, instants, plain, shortened, unit_axis
from webapp.figures.trends import HINT, bars
from webapp.metrics.metric import Point, Unit, Value, undefined

if TYPE_CHECKING:
    from webapp.metrics.drift import Distribution, DriftReport, FeatureDrift

WORDS = {"ok": "Stable", "warning": "Moved", "critical": "Moved far", "undefined": "Not comparable"}
LARGEST = 25  # bars that still have room for their names
ROOM = 1.2  # beyond the last line, for its name on a phone
MOST_LABELS, LAST_LABELS = 24, 3
NOT_COUNTED = undefined("it did not arrive")


def drift_bars(
    report: "DriftReport", *, features: Sequence["FeatureDrift"] | None = None, largest: int = LARGEST
) -> dict[str, Any]:
    """Return a bar a feature, the first on top, with the lines from which it counts as moved and a mark at its floor.

    The features are those with the highest scores unless some are given.
    """
    chosen = report.features if features is None else features
    shown = [each for each in chosen if each.score.value is not None][:largest][::-1]
    data = []
    for level, colour in _colours().items():
        here = [each for each in shown if each.level == level]
        if here:
            data.append(_bars(here, WORDS[level], colour))
    if floors := [each for each in shown if each.noise_floor is not None]:
        data.append(_floors(floors))
    highest = max((each.score.value or 0.0 for each in shown), default=0.0)
    layout = theme.base_layout(
        barmode="overlay",
        bargap=0.35,
        xaxis={"range": [0, max(report.critical * ROOM, highest * 1.04)], "nticks": 6},
        yaxis={
            "categoryorder": "array",
            "categoryarray": [shortened(each.name) for each in shown],
            "showgrid": False,
            "automargin": True,
        },
        showlegend=False,
    )
    colours = theme.COLOURS
    theme.add_vertical(layout, report.warning, f"warning {number(report.warning, 2)}", colours.warning)
    theme.add_vertical(layout, report.critical, f"critical {number(report.critical, 2)}", colours.critical)
    return {"data": data, "layout": layout}


def drift_heatmap(
    series: Mapping[str, Sequence[Point]],
    *,
    critical: float,
    deployments: Sequence[Deployment] = (),
    zone: str = "UTC",
    largest: int = LARGEST,
) -> dict[str, Any]:
    """Return feature by day, darker the further it moved; a day without a score stays empty.

    A deployment stands before the day it happened on.
    """
    ranked = sorted(series.items(), key=lambda entry: _peak(entry[1]))[-largest:]
    days = sorted({point.at for _, points in ranked for point in points})  # a feature that came later has fewer
    words = {at: day(at, zone) for at in days}
    rows = [(name, {point.at: point.value for point in points}) for name, points in ranked]
    heatmap = {
        "type": "heatmap",
        "x": instants(days, zone),
        "y": [shortened(name) for name, _ in ranked],
        "z": [[row[at].value if at in row else None for at in days] for _, row in rows],
        "zmin": 0,
        "zmax": critical,
        "colorscale": theme.alarming(),
        "showscale": False,
        "xgap": 1,
        "ygap": 1,
        "customdata": [[_day_hint(name, words[at], row.get(at, NOT_COUNTED)) for at in days] for name, row in rows],
        "hovertemplate": HINT,
    }
    layout = theme.base_layout(
        xaxis={"type": "date", "showgrid": False},
        yaxis={"showgrid": False, "automargin": True},
        showlegend=False,
    )
    marks = _before_their_days(deployments, days)
    theme.add_deployments(layout, marks, zone=zone)
    if not marks:
        close_to_the_top(layout)
    return {"data": [heatmap] if ranked else [], "layout": layout}


def _before_their_days(deployments: Sequence[Deployment], days: Sequence[datetime]) -> list[Deployment]:
    """Move each deployment to where the cell of its day begins: cells are drawn around the start of their day."""
    if len(days) < 2:
        return []
    step = days[1] - days[0]
    starts = [(each, max((day for day in days if day <= each.at), default=None)) for each in deployments]
    return [replace(each, at=start - step / 2) for each, start in starts if start is not None]


def distribution_bars(distribution: "Distribution", *, names: tuple[str, str] = ("Baseline", "Now")) -> dict[str, Any]:
    """Return both distributions side by side, as shares, so that samples of different size compare."""
    shown = [place for place in range(len(distribution.labels)) if _is_seen(distribution, place)]
    if len(shown) > MOST_LABELS:  # the last ones say what is other, new or missing
        shown = shown[: MOST_LABELS - LAST_LABELS] + shown[-LAST_LABELS:]
    labels = [shortened(distribution.labels[place], 16) for place in shown]
    data = [
        bars(
            labels,
            [shares[place] for place in shown],
            name,
            colour,
            customdata=[
                f"{plain(distribution.labels[place])} · {name.lower()}: {share(shares[place])}" for place in shown
            ],
            hovertemplate=HINT,
        )
        for name, shares, colour in (
            (names[0], distribution.baseline, theme.COLOURS.ink),
            (names[1], distribution.current, theme.categorical(0)),
        )
    ]
    layout = theme.base_layout(
        barmode="group",
        bargap=0.2,
        xaxis={"type": "category", "showgrid": False, "automargin": True},
        yaxis=unit_axis(Unit.SHARE, rangemode="tozero"),
        showlegend=True,
    )
    return {"data": data, "layout": layout}


def _is_seen(distribution: "Distribution", place: int) -> bool:
    return distribution.baseline[place] > 0 or distribution.current[place] > 0


def _bars(features: Sequence["FeatureDrift"], name: str, colour: str) -> dict[str, Any]:
    return bars(
        [each.score.value for each in features],
        [shortened(each.name) for each in features],
        name,
        colour,
        orientation="h",
        customdata=[[each.name, _hint(each)] for each in features],
        hovertemplate="%{customdata[1]}<extra></extra>",
    )


def _floors(features: Sequence["FeatureDrift"]) -> dict[str, Any]:
    """Return a mark on each bar: what chance alone gives."""
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "Noise floor",
        "x": [each.noise_floor for each in features],
        "y": [shortened(each.name) for each in features],
        "marker": {
            "symbol": "line-ns",
            "size": 13,
            "color": theme.COLOURS.ink,
            "line": {"width": 2, "color": theme.COLOURS.ink},
        },
        "customdata": [[each.name, _floor_hint(each)] for each in features],
        "hovertemplate": "%{customdata[1]}<extra></extra>",
    }


def _colours() -> dict[str, str]:
    colours = theme.COLOURS
    return {
        "ok": theme.categorical(0),
        "warning": colours.warning,
        "critical": colours.critical,
        "undefined": colours.ink,
    }


def _peak(points: Sequence[Point]) -> float:
    return max((point.value.value or 0.0 for point in points), default=0.0)


def _hint(feature: "FeatureDrift") -> str:
    floor = "" if feature.noise_floor is None else f" · noise up to {number(feature.noise_floor, 3)}"
    return plain(f"{feature.name}: {number(feature.score.value or 0.0, 3)}{floor} · {number(feature.count)} values")


def _floor_hint(feature: "FeatureDrift") -> str:
    return plain(f"{feature.name}: chance alone gives up to {number(feature.noise_floor or 0.0, 3)}")


def _day_hint(name: str, on: str, value: Value) -> str:
    said = (value.reason or "no score") if value.value is None else number(value.value, 3)
    return plain(f"{name} · {on}: {said}")
