"""A Plotly figure as a static drawing: lines, areas, markers, bars and heat maps; anything else is refused.

The figures are those of the screens (`webapp/figures`), so that a chart in a report shows what the screen shows. A
browser would draw them too, in four seconds and 700 MB; this takes a millisecond or two.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from webapp.reporting.svg_axis import Axis, domain_of
from webapp.reporting.svg_pen import Pen, plain, shortened, text_width
from webapp.reporting.svg_traces import MARKS, Scene, Trace, bar_margin, check, draw, stacked_extent
from webapp.reporting.svg_values import UnsupportedFigureError, as_number, kind_of

__all__ = ["UnsupportedFigureError", "static_svg"]

Axes = Mapping[str, Axis]

INK, GRID = "#5b6472", "#e3e7ed"
SIZE, SMALL = 11.0, 10.0
LEGEND_ROW = 20.0
TICK_GAP = 8.0


@dataclass(frozen=True, slots=True)
class Frame:
    """The box that the plot itself takes, inside of ticks, titles and legend."""

    left: float
    top: float
    right: float
    bottom: float


def static_svg(figure: Mapping[str, Any], *, width: float, height: float, title: str, description: str) -> str:
    """Return the figure as an SVG document of that size, with its title and description inside for those who listen."""
    traces = [Trace.read(data) for data in figure["data"] if data.get("visible", True) is True]
    layout = figure.get("layout", {})
    for trace in traces:
        check(trace)
    pen = Pen(width, height, title=title, description=description)
    legend = _legend_rows(traces, layout, width)
    frame = _frame(traces, layout, width, height, legend_rows=len(legend))
    axes = _axes(traces, layout, frame)
    _draw_legend(pen, legend, left=frame.left)
    _draw_grid(pen, axes, layout, frame)
    pen.clipped(frame.left - 1, frame.top - 1, frame.right - frame.left + 2, frame.bottom - frame.top + 2)
    _draw_shapes(pen, axes, layout, frame, below=True)
    draw(Scene(pen, axes, layout), traces)
    _draw_shapes(pen, axes, layout, frame, below=False)
    pen.unclipped()
    _draw_ticks(pen, axes, frame)
    _draw_annotations(pen, axes, layout, frame, width=width)
    return pen.finished()


def _axes(traces: Sequence[Trace], layout: Mapping[str, Any], frame: Frame) -> Axes:
    names = sorted({name for trace in traces for name in (trace.x_axis, trace.y_axis)} | {"x", "y"})
    return {name: _axis(name, traces, layout, frame) for name in names}


def _axis(name: str, traces: Sequence[Trace], layout: Mapping[str, Any], frame: Frame) -> Axis:
    options = _options(layout, name)
    is_x = name.startswith("x")
    mine = [trace for trace in traces if (trace.x_axis if is_x else trace.y_axis) == name]
    columns = [trace.x if is_x else trace.y for trace in mine]
    kind = {"date": "date", "category": "category", "linear": "linear"}.get(options.get("type") or "")
    if options.get("type") in {"log", "multicategory"}:
        raise UnsupportedFigureError(f"axis of type {options['type']}")
    kind = kind or next((kind_of(values) for values in columns if any(v is not None for v in values)), "linear")
    low_share, high_share = options.get("domain") or (0.0, 1.0)
    across, down = frame.right - frame.left, frame.bottom - frame.top
    start = frame.left + across * low_share if is_x else frame.bottom - down * low_share
    end = frame.left + across * high_share if is_x else frame.bottom - down * high_share
    if kind == "category":
        categories = _categories(columns, options)
        low, high = -0.5, max(len(categories), 1) - 0.5
        if options.get("autorange") == "reversed":
            low, high = high, low
        return Axis(kind, low, high, start, end, categories, options)
    numbers = [number for values in columns for value in values if (number := as_number(value, kind)) is not None]
    numbers += stacked_extent(mine, layout) if not is_x else []
    measures = any(trace.measures_along("x" if is_x else "y") for trace in mine)
    margin = bar_margin(mine, "x" if is_x else "y", kind)
    low, high = domain_of(numbers, options, kind=kind, with_zero=measures, margin=margin)
    return Axis(kind, low, high, start, end, (), options)


def _categories(columns: Sequence[Sequence[Any]], options: Mapping[str, Any]) -> tuple[str, ...]:
    given = list(options.get("categoryarray") or [])
    return tuple(dict.fromkeys([*given, *(str(value) for values in columns for value in values)]))


def _options(layout: Mapping[str, Any], name: str) -> dict[str, Any]:
    return dict(layout.get(f"{name[0]}axis{name[1:]}") or {})


def _frame(
    traces: Sequence[Trace], layout: Mapping[str, Any], width: float, height: float, *, legend_rows: int
) -> Frame:
    """Leave the room that ticks, axis titles and the legend need, and no more."""
    rough = Frame(0, 0, width, height)
    axes = _axes(traces, layout, rough)
    widest = {
        side: max(
            (text_width(plain(tick.label), SMALL) for axis in _side(axes, side) for tick in axis.ticks(6)),
            default=0.0,
        )
        for side in ("left", "right")
    }
    titled = {side: any(_title(axis) for axis in _side(axes, side)) for side in ("left", "right")}
    left = min(widest["left"], width * 0.34) + TICK_GAP + (16 if titled["left"] else 0) + 2
    right = widest["right"] + (TICK_GAP if widest["right"] else 0) + (16 if titled["right"] else 0) + _last_half(axes)
    has_x_title = any(_title(axis) for name, axis in axes.items() if name.startswith("x"))
    has_x_ticks = any(axis.ticks(4) for name, axis in axes.items() if name.startswith("x"))
    bottom = height - (22 if has_x_ticks else 6) - (16 if has_x_title else 0)
    top = (LEGEND_ROW * legend_rows + 6 if legend_rows else 10) + (6 if _notes_on_top(layout) else 0)
    return Frame(left, top, width - right, bottom)


def _side(axes: Axes, side: str) -> list[Axis]:
    return [
        axis
        for name, axis in axes.items()
        if name.startswith("y") and (axis.options.get("side") == "right") is (side == "right")
    ]


def _last_half(axes: Axes) -> float:
    """Return half of what the last label below the plot takes, so that it is not cut off."""
    ticks = [tick for name, axis in axes.items() if name.startswith("x") for tick in axis.ticks(6)[-1:]]
    return max((text_width(plain(tick.label), SMALL) / 2 for tick in ticks), default=4.0) + 2


def _notes_on_top(layout: Mapping[str, Any]) -> bool:
    return any(note.get("yref") == "paper" and float(note.get("y", 0)) >= 1 for note in layout.get("annotations") or ())


def _title(axis: Axis) -> str:
    title = axis.options.get("title") or ""
    return plain(str(title.get("text") or "") if isinstance(title, Mapping) else str(title))


def _legend_rows(traces: Sequence[Trace], layout: Mapping[str, Any], width: float) -> list[list[Trace]]:
    """Return the traces that need naming, in as many rows as they take."""
    named = [trace for trace in traces if trace.in_legend]
    wanted = layout.get("showlegend")
    if wanted is False or not named or (wanted is None and len(named) < 2):
        return []
    rows: list[list[Trace]] = [[]]
    taken = 0.0
    for trace in named:
        needed = _entry_width(trace)
        if rows[-1] and taken + needed > width - 60:
            rows.append([])
            taken = 0.0
        rows[-1].append(trace)
        taken += needed
    return rows


def _entry_width(trace: Trace) -> float:
    return text_width(shortened(trace.name, SIZE, 170), SIZE) + 40


def _draw_legend(pen: Pen, rows: Sequence[Sequence[Trace]], *, left: float) -> None:
    for number, row in enumerate(rows):
        x, y = left, LEGEND_ROW * number + 13
        for trace in row:
            if trace.kind == "bar" or not trace.has("lines"):
                pen.rectangle(x, y - 8, 10, 10, trace.colour, radius=2, opacity=trace.opacity)
            else:
                pen.line((x, y - 3), (x + 16, y - 3), colour=trace.colour, width=2, dash=trace.dash)
            pen.text(x + 22, y + 1, shortened(trace.name, SIZE, 170), size=SIZE, colour=INK)
            x += _entry_width(trace)


def _draw_grid(pen: Pen, axes: Axes, layout: Mapping[str, Any], frame: Frame) -> None:
    for name, axis in axes.items():
        is_x = name.startswith("x")
        shown = axis.options.get("showgrid", not is_x)
        if shown is False or axis.options.get("visible") is False or axis.options.get("overlaying"):
            continue
        for tick in axis.ticks(_room(axis)):
            ends = (
                ((tick.at, frame.top), (tick.at, frame.bottom))
                if is_x
                else ((frame.left, tick.at), (frame.right, tick.at))
            )
            pen.line(*ends, colour=GRID, width=1)


def _draw_ticks(pen: Pen, axes: Axes, frame: Frame) -> None:
    for name, axis in axes.items():
        is_right = axis.options.get("side") == "right"
        for tick in axis.ticks(_room(axis)):
            if name.startswith("x"):
                room = max(axis.unit - 4, 30) if axis.kind == "category" else 90
                label = shortened(plain(tick.label), SMALL, room)
                pen.text(tick.at, frame.bottom + 16, label, size=SMALL, colour=INK, anchor="middle")
            else:
                x = frame.right + TICK_GAP if is_right else frame.left - TICK_GAP
                label = shortened(plain(tick.label), SMALL, frame.left - TICK_GAP)
                pen.text(x, tick.at + 3.5, label, size=SMALL, colour=INK, anchor="start" if is_right else "end")
        if not (title := _title(axis)):
            continue
        middle = (axis.start + axis.end) / 2
        if name.startswith("x"):
            pen.text(middle, frame.bottom + 32, title, size=SMALL, colour=INK, anchor="middle")
        else:
            x = pen_right(frame) if is_right else 10
            pen.turned_text(x, middle, title, size=SMALL, colour=INK)


def pen_right(frame: Frame) -> float:
    return frame.right + 44


def _room(axis: Axis) -> int:
    """Return how many ticks are legible along an axis."""
    length = abs(axis.end - axis.start)
    if axis.kind == "category":
        widest = max((text_width(plain(label), SMALL) for label in axis.categories), default=1.0)
        is_across = axis.start < axis.end
        return max(2, int(length / (min(widest, 90) + 8 if is_across else 15)))
    if axis.kind == "date":
        return max(2, int(length / 52))
    return max(2, int(length / (70 if axis.start < axis.end else 36)))


def _draw_shapes(pen: Pen, axes: Axes, layout: Mapping[str, Any], frame: Frame, *, below: bool) -> None:
    for shape in layout.get("shapes") or ():
        if (shape.get("layer") == "below") is not below:
            continue
        if shape.get("type") not in {"line", "rect"}:
            raise UnsupportedFigureError(f"shape {shape.get('type')!r}")
        xs = [_along(axes, shape, "x", end, frame) for end in ("x0", "x1")]
        ys = [_along(axes, shape, "y", end, frame) for end in ("y0", "y1")]
        if None in xs or None in ys:
            continue
        (x0, x1), (y0, y1) = xs, ys
        line = shape.get("line") or {}
        if shape.get("type") == "line":
            colour, width = line.get("color") or INK, float(line.get("width") or 1)
            pen.line((x0, y0), (x1, y1), colour=colour, width=width, dash=line.get("dash"))  # type: ignore[arg-type]
        else:
            box = (min(x0, x1), min(y0, y1), abs(x1 - x0), abs(y1 - y0))  # type: ignore[operator, type-var]
            pen.rectangle(*box, shape.get("fillcolor") or "rgba(0,0,0,0)")  # type: ignore[arg-type]


def _along(axes: Axes, entry: Mapping[str, Any], letter: str, key: str, frame: Frame) -> float | None:
    """Return where an end of a shape or note lies: on its axis, or as a share of the paper or the plot."""
    reference, value = str(entry.get(f"{letter}ref") or letter), entry.get(key)
    if reference == "paper" or reference.endswith(" domain"):
        start, end = (frame.left, frame.right) if letter == "x" else (frame.bottom, frame.top)
        return start + (end - start) * float(value or 0)
    axis = axes.get(reference)
    return None if axis is None else axis.place(value)


def _draw_annotations(pen: Pen, axes: Axes, layout: Mapping[str, Any], frame: Frame, *, width: float) -> None:
    for note in layout.get("annotations") or ():
        if note.get("showarrow", True):
            raise UnsupportedFigureError("annotation with an arrow")
        x, y = _along(axes, note, "x", "x", frame), _along(axes, note, "y", "y", frame)
        if x is None or y is None:
            continue
        font = note.get("font") or {}
        lift = {"bottom": -4.0, "top": 12.0, "middle": 3.5}.get(str(note.get("yanchor") or "middle"), 3.5)
        anchor = MARKS.get(str(note.get("xanchor") or "center"), "middle")
        x, y = x + float(note.get("xshift") or 0), y - float(note.get("yshift") or 0) + lift
        room = {"start": frame.right - x + 4, "end": x}.get(anchor, 240.0)
        size = min(float(font.get("size") or SMALL), 12.0)
        text = shortened(plain(str(note.get("text") or "")), size, max(room, 40))
        if anchor == "middle":  # A note on a line near the edge moves inwards rather than being cut.
            half = text_width(text, size) / 2
            x = max(half, min(x, width - half))
        pen.text(x, max(y, 10), text, size=size, colour=font.get("color") or INK, anchor=anchor, halo=True)
