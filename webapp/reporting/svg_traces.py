"""The marks of a static chart: lines with gaps, areas, dots, bars beside or upon each other, and heat maps."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from webapp.reporting.svg_axis import DAY, Axis
from webapp.reporting.svg_pen import Pen, plain, shortened, text_width
from webapp.reporting.svg_values import UnsupportedFigureError, as_number, blend, column, kind_of, matrix

KINDS = frozenset({"scatter", "bar", "heatmap"})
FILLS = frozenset({None, "", "none", "tozeroy", "tonexty"})
BAR_MODES = frozenset({"group", "stack", "relative", "overlay"})
MARKS = {"left": "start", "center": "middle", "right": "end"}
DEFAULT_COLOUR = "#4463d4"
BAR_GAP = 0.28
LABEL = 10.0


@dataclass(frozen=True, slots=True)
class Trace:
    kind: str
    name: str
    x: list[Any]
    y: list[Any]
    x_axis: str
    y_axis: str
    in_legend: bool
    data: Mapping[str, Any]

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> "Trace":
        kind = str(data.get("type") or "scatter")
        name = plain(str(data.get("name") or ""))
        shown = bool(name) and data.get("showlegend", True) is not False and kind != "heatmap"
        x, y = column(data.get("x")), column(data.get("y"))
        if kind == "heatmap" and not (x and y):
            rows = matrix(data.get("z"))
            x, y = x or list(range(len(rows[0]) if rows else 0)), y or list(range(len(rows)))
        axes = (str(data.get("xaxis") or "x"), str(data.get("yaxis") or "y"))
        return cls(kind, name, x or list(range(len(y))), y, *axes, shown, data)

    @property
    def colour(self) -> Any:
        """Return the colour that stands for the trace as a whole."""
        marker = (self.data.get("marker") or {}).get("color")
        line = (self.data.get("line") or {}).get("color")
        first = marker if self.kind == "bar" else line or marker
        return first if isinstance(first, str) else column(first)[0] if first is not None else DEFAULT_COLOUR

    @property
    def dash(self) -> str | None:
        return (self.data.get("line") or {}).get("dash")

    @property
    def opacity(self) -> float:
        return float((self.data.get("marker") or {}).get("opacity", 1)) * float(self.data.get("opacity", 1))

    @property
    def is_across(self) -> bool:
        """Say whether the bars lie on their side."""
        return self.kind == "bar" and self.data.get("orientation") == "h"

    def has(self, mode: str) -> bool:
        default = "lines" if len(self.x) > 20 else "lines+markers"
        return self.kind == "scatter" and mode in str(self.data.get("mode") or default)

    def measures_along(self, letter: str) -> bool:
        """Say whether lengths along the axis mean something, so that zero belongs on it."""
        if self.kind == "bar":
            return letter == ("x" if self.is_across else "y")
        return self.data.get("fill") == "tozeroy" and letter == "y"


@dataclass(frozen=True, slots=True)
class Scene:
    pen: Pen
    axes: Mapping[str, Axis]
    layout: Mapping[str, Any]


def check(trace: Trace) -> None:
    """Refuse what would be drawn differently from the screen."""
    if trace.kind not in KINDS:
        raise UnsupportedFigureError(f"trace of type {trace.kind!r}")
    if trace.data.get("fill") not in FILLS:
        raise UnsupportedFigureError(f"fill {trace.data['fill']!r}")
    if trace.has("text"):
        raise UnsupportedFigureError("texts in a scatter trace")
    shape = (trace.data.get("line") or {}).get("shape") or "linear"
    if trace.kind == "scatter" and shape not in {"linear", "hv"}:
        raise UnsupportedFigureError(f"line shape {shape!r}")


def draw(scene: Scene, traces: Sequence[Trace]) -> None:
    bars = [trace for trace in traces if trace.kind == "bar"]
    for trace in traces:
        if trace.kind == "heatmap":
            _draw_heatmap(scene, trace)
    _draw_bars(scene, bars)
    before: list[tuple[float, float]] = []
    for trace in traces:
        if trace.kind == "scatter":
            before = _draw_scatter(scene, trace, before)


def bar_margin(traces: Sequence[Trace], letter: str, kind: str) -> float:
    """Return what an axis needs beyond the middle of its first and last bar, in its own unit."""
    bars = [trace for trace in traces if trace.kind == "bar" and letter == ("y" if trace.is_across else "x")]
    if not bars and not any(trace.kind == "heatmap" for trace in traces):
        return 0.0
    return _step([trace.x if letter == "x" else trace.y for trace in traces], kind) / 2


def stacked_extent(traces: Sequence[Trace], layout: Mapping[str, Any]) -> list[float]:
    """Return how far the piles of upright bars reach."""
    if layout.get("barmode") not in {"stack", "relative"}:
        return []
    sums: dict[tuple[Any, bool], float] = {}
    for trace in traces:
        if trace.kind == "bar" and not trace.is_across:
            for x, y in zip(trace.x, trace.y, strict=True):
                value = as_number(y, "linear") or 0.0
                sums[x, value < 0] = sums.get((x, value < 0), 0.0) + value
    return list(sums.values())


def _step(columns: Sequence[Sequence[Any]], kind: str) -> float:
    """Return the smallest distance between two places on an axis."""
    places = sorted({n for values in columns for value in values if (n := as_number(value, kind)) is not None})
    gaps = [b - a for a, b in itertools.pairwise(places)]
    return min(gaps, default=float(DAY) if kind == "date" else 1.0)


def _draw_scatter(scene: Scene, trace: Trace, before: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Draw one line with its area and dots; return its points, which the next area may reach down to."""
    x_axis, y_axis = scene.axes[trace.x_axis], scene.axes[trace.y_axis]
    places = [(x_axis.place(x), y_axis.place(y)) for x, y in zip(trace.x, trace.y, strict=True)]
    runs = _runs(places)
    if (trace.data.get("line") or {}).get("shape") == "hv":
        runs = [_stepped(run) for run in runs]
    points = [point for run in runs for point in run]
    if (fill := trace.data.get("fill")) in {"tozeroy", "tonexty"}:
        floor = y_axis.place(max(0.0, min(y_axis.low, y_axis.high)))
        colour = trace.data.get("fillcolor") or "rgba(68,99,212,0.15)"
        for run in runs:
            under = [(run[-1][0], floor), (run[0][0], floor)] if fill == "tozeroy" else list(reversed(before))
            scene.pen.area([*run, *under], colour)
    if trace.has("lines"):
        width = float((trace.data.get("line") or {}).get("width", 2))
        for run in runs:
            if width > 0 and len(run) > 1:
                scene.pen.path(run, colour=trace.colour, width=width, dash=trace.dash)
            elif width > 0:
                scene.pen.dot(*run[0], max(width, 1.5), trace.colour)
    if trace.has("markers"):
        _draw_dots(scene.pen, trace, places)
    return points


def _runs(places: Sequence[tuple[float | None, float | None]]) -> list[list[tuple[float, float]]]:
    """Return the stretches without a gap."""
    runs: list[list[tuple[float, float]]] = [[]]
    for x, y in places:
        if x is None or y is None:
            runs.append([])
        else:
            runs[-1].append((x, y))
    return [run for run in runs if run]


def _stepped(run: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    points = [run[0]]
    for (_, level), (x, y) in itertools.pairwise(run):
        points += [(x, level), (x, y)]
    return points


def _draw_dots(pen: Pen, trace: Trace, places: Sequence[tuple[float | None, float | None]]) -> None:
    marker = trace.data.get("marker") or {}
    sizes, colours = marker.get("size", 6), marker.get("color") or trace.colour
    for index, (x, y) in enumerate(places):
        if x is not None and y is not None:
            size = sizes if isinstance(sizes, int | float) else sizes[index]
            pen.dot(x, y, float(size) / 2, _at(colours, index))


def _draw_bars(scene: Scene, bars: Sequence[Trace]) -> None:
    mode = str(scene.layout.get("barmode") or "group")
    if mode not in BAR_MODES:
        raise UnsupportedFigureError(f"barmode {mode!r}")
    beside = len(bars) if mode == "group" else 1
    piles: dict[tuple[Any, bool], float] = {}
    for number, trace in enumerate(bars):
        place = scene.axes[trace.y_axis if trace.is_across else trace.x_axis]
        step = 1.0 if place.kind == "category" else _step([b.y if b.is_across else b.x for b in bars], place.kind)
        thickness = place.unit * step * (1 - float(scene.layout.get("bargap", BAR_GAP))) / beside
        offset = (number % beside - (beside - 1) / 2) * thickness
        for index, (x, y) in enumerate(zip(trace.x, trace.y, strict=True)):
            where, length = (y, x) if trace.is_across else (x, y)
            base = 0.0
            if mode in {"stack", "relative"}:
                key = (where, (as_number(length, "linear") or 0.0) < 0)
                base = piles.get(key, 0.0)
                piles[key] = base + (as_number(length, "linear") or 0.0)
            _draw_bar(scene, trace, index, where=where, base=base, length=length, offset=offset, thickness=thickness)


def _draw_bar(
    scene: Scene, trace: Trace, index: int, *, where: Any, base: float, length: Any, offset: float, thickness: float
) -> None:
    place = scene.axes[trace.y_axis if trace.is_across else trace.x_axis]
    measure = scene.axes[trace.x_axis if trace.is_across else trace.y_axis]
    middle, size = place.place(where), as_number(length, "linear")
    if middle is None or size is None:
        return
    start, end = measure.pixel(base), measure.pixel(base + size)
    low, extent = min(start, end), abs(end - start)
    edge = middle + offset - thickness / 2
    own = thickness * (0.92 if thickness > 6 else 1)
    box = (low, edge, extent, own) if trace.is_across else (edge, low, own, extent)
    colours = (trace.data.get("marker") or {}).get("color") or trace.colour
    scene.pen.rectangle(*box, _at(colours, index), radius=min(2.0, extent / 2), opacity=trace.opacity)
    texts = trace.data.get("text")
    if texts is None or trace.data.get("textposition") == "none":
        return
    label, ink = plain(str(_at(texts, index))), (trace.data.get("textfont") or {}).get("color") or "#333a45"
    if trace.is_across:
        room = max(measure.start, measure.end) - end
        fits = text_width(label, LABEL) + 6 < room
        x, anchor = (end + 5, "start") if fits else (end - 5, "end")
        scene.pen.text(x, middle + offset + 3.5, label, size=LABEL, colour=ink if fits else "#ffffff", anchor=anchor)
    elif text_width(label, LABEL) < thickness + 18:
        scene.pen.text(middle + offset, end - 4, label, size=LABEL, colour=ink, anchor="middle")


def _draw_heatmap(scene: Scene, trace: Trace) -> None:
    x_axis, y_axis = scene.axes[trace.x_axis], scene.axes[trace.y_axis]
    rows = matrix(trace.data.get("z"))
    known = [float(value) for row in rows for value in row if as_number(value, "linear") is not None]
    low = float(trace.data["zmin"] if trace.data.get("zmin") is not None else min(known, default=0.0))
    high = float(trace.data["zmax"] if trace.data.get("zmax") is not None else max(known, default=1.0))
    scale = trace.data.get("colorscale")
    wide = x_axis.unit * (1.0 if x_axis.kind == "category" else _step([trace.x], kind_of(trace.x)))
    tall = y_axis.unit * (1.0 if y_axis.kind == "category" else _step([trace.y], kind_of(trace.y)))
    gap = 1.0 if min(wide, tall) > 8 else 0.2
    texts = matrix(trace.data["text"]) if trace.data.get("text") is not None else None
    for row, y in enumerate(trace.y):
        for position, x in enumerate(trace.x):
            value, middle, level = rows[row][position], x_axis.place(x), y_axis.place(y)
            if middle is None or level is None or as_number(value, "linear") is None:
                continue
            fill = blend(scale, (float(value) - low) / ((high - low) or 1.0))
            colour = "#{:02x}{:02x}{:02x}".format(*fill)
            scene.pen.rectangle(middle - wide / 2 + gap, level - tall / 2 + gap, wide - 2 * gap, tall - 2 * gap, colour)
            if texts is not None:
                _draw_cell_text(scene.pen, str(texts[row][position]), middle, level, fill, room=wide - 6)


def _draw_cell_text(pen: Pen, text: str, x: float, y: float, fill: tuple[int, int, int], *, room: float) -> None:
    """Write in the cell, a line for each `<br>`, in whichever of black and white is read more easily."""
    lines = [plain(line) for line in text.split("<br>")]
    if any(text_width(line, 11.0) > room for line in lines):
        lines = [part for line in lines for part in line.split(" · ")]
    brightness = (0.299 * fill[0] + 0.587 * fill[1] + 0.114 * fill[2]) / 255
    ink = "#1b2430" if brightness > 0.6 else "#ffffff"
    for number, line in enumerate(lines):
        lift = (number - (len(lines) - 1) / 2) * 15 + 4
        bold = 600 if number == 0 else 400
        size = 13.0 if number == 0 and len(lines) > 1 else 11.0
        pen.text(x, y + lift, shortened(line, size, room), size=size, colour=ink, anchor="middle", weight=bold)


def _at(values: Any, index: int) -> Any:
    return values if isinstance(values, str) else column(values)[index]
