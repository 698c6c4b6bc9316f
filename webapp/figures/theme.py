"""How every chart looks: one palette that reads on light and on dark, no background, no title inside.

A figure is a plain dict of `data` and `layout`. Only scatter, bar and heatmap traces, lines and notes without an arrow
are used, so that a report can draw the same figure as SVG.
"""

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

Figure = dict[str, Any]
Trace = dict[str, Any]
Scale = list[list[Any]]
Mark = tuple[dict[str, Any], dict[str, Any]]  # a shape and the note that names it


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours with a contrast of three to one at least against the panels of both themes."""

    series: tuple[str, ...] = (
        *("#4a7de8", "#14988a", "#d07a1c", "#a660d6", "#d9506b", "#6b8a1f", "#1f8fba", "#a8742a"),
    )
    good: str = "#22936a"
    warning: str = "#c2780f"
    critical: str = "#dc4a4f"
    ink: str = "#7b8699"
    grid: str = "rgba(127,138,158,0.2)"
    clear: str = "rgba(0,0,0,0)"


COLOURS = Palette()
FONT = "Inter, system-ui, sans-serif"
SMALL = 11


class Deployed(Protocol):
    """What a mark on the time axis says: when which version went live."""

    @property
    def at(self) -> datetime: ...
    @property
    def version(self) -> str: ...


def categorical(place: int) -> str:
    """Return the colour of the n-th of several equals."""
    return COLOURS.series[place % len(COLOURS.series)]


def faint(colour: str, opacity: float = 0.14) -> str:
    """Return a colour of the palette (#rrggbb), made transparent: for areas and intervals."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def alarming() -> Scale:
    """Return the colours from harmless to alarming."""
    return [[0.0, faint(COLOURS.good, 0.1)], [0.5, faint(COLOURS.warning, 0.7)], [1.0, faint(COLOURS.critical, 0.95)]]


def base_layout(**over: Any) -> dict[str, Any]:
    """Return the layout that all charts share; what is given goes into it, deep inside of axes too."""
    layout: dict[str, Any] = {
        "paper_bgcolor": COLOURS.clear,
        "plot_bgcolor": COLOURS.clear,
        "font": {"family": FONT, "size": 12, "color": COLOURS.ink},
        "margin": {"l": 44, "r": 12, "t": 24, "b": 32},
        "colorway": list(COLOURS.series),
        "hovermode": "closest",
        "hoverlabel": {"font": {"family": FONT, "size": 12}},
        "showlegend": True,
        "legend": {
            "orientation": "h",
            "xref": "container",
            "x": 0,
            "xanchor": "left",
            "yref": "container",
            "y": 1,
            "yanchor": "top",
            "font": {"size": 12},
        },
        "xaxis": _axis(showgrid=False),
        "yaxis": _axis(),
        "bargap": 0.35,
        "dragmode": False,
    }
    return merged(layout, over)


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return both as one; where both hold a mapping, they are merged in turn."""
    result = dict(base)
    for key, value in over.items():
        former = result.get(key)
        result[key] = merged(former, value) if isinstance(former, Mapping) and isinstance(value, Mapping) else value
    return result


def second_axis(**over: Any) -> dict[str, Any]:
    """Return a y axis on the right, with ticks of its own."""
    return merged(_axis(showgrid=False), {"overlaying": "y", "side": "right", "tickmode": "auto", "nticks": 5, **over})


def line(x: Sequence[Any], y: Sequence[float | None], name: str, colour: str | None = None, **over: Any) -> Trace:
    """Return a line; a gap stays a gap. What else is given goes into the trace as Plotly names it."""
    trace = {
        "type": "scatter",
        "mode": "lines",
        "x": list(x),
        "y": list(y),
        "name": name,
        "connectgaps": False,
        "line": {"color": colour or categorical(0), "width": 2},
    }
    return merged(trace, over)


def threshold_line(value: float | str, label: str, colour: str) -> Mark:
    """Return a dashed line at a height and the note that names it, for `shapes` and `annotations`."""
    across = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": "y", "y0": value, "y1": value}
    note = {"xref": "paper", "x": 1, "xanchor": "right", "yref": "y", "y": value, "yanchor": "bottom"}
    return across | {"line": _dashes(colour)}, note | _words(label, colour)


def upright_line(value: float | str, label: str, colour: str) -> Mark:
    """Return a dashed line at a place of the x axis and the note that names it."""
    upright = {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "xref": "x", "x0": value, "x1": value}
    note = {"yref": "paper", "y": 1, "yanchor": "bottom", "xref": "x", "x": value, "xanchor": "center"}
    return upright | {"line": _dashes(colour)}, note | _words(label, colour)


def deployment_marks(
    deployments: Iterable[Deployed], *, zone: str = "UTC"
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return a line and a note with the version's name for each deployment, on the wall clock of the zone."""
    there = ZoneInfo(zone)
    return [
        upright_line(
            each.at.astimezone(there).replace(tzinfo=None).isoformat(timespec="seconds"), each.version, COLOURS.ink
        )
        for each in deployments
    ]


def add_lines(layout: dict[str, Any], lines: Iterable[tuple[float, str, str]]) -> None:
    """Put lines across a chart: the value, the word and the colour of each."""
    for value, label, colour in lines:
        _add(layout, threshold_line(value, label, colour))


def add_vertical(layout: dict[str, Any], value: float | str, label: str, colour: str = COLOURS.ink) -> None:
    """Put an upright line on a chart."""
    _add(layout, upright_line(value, label, colour))


def add_deployments(layout: dict[str, Any], deployments: Iterable[Deployed], *, zone: str = "UTC") -> None:
    """Put a mark on a chart for each deployment."""
    for mark in deployment_marks(deployments, zone=zone):
        _add(layout, mark)


def _add(layout: dict[str, Any], mark: Mark) -> None:
    layout["shapes"] = [*layout.get("shapes", ()), mark[0]]
    layout["annotations"] = [*layout.get("annotations", ()), mark[1]]


def _dashes(colour: str) -> dict[str, Any]:
    return {"color": colour, "width": 1.5, "dash": "dash"}


def _words(label: str, colour: str) -> dict[str, Any]:
    """A chart reads mark-up in labels, and a version's name may hold anything."""
    return {"text": html.escape(label, quote=False), "showarrow": False, "font": {"size": SMALL, "color": colour}}


def _axis(**over: Any) -> dict[str, Any]:
    return {
        "gridcolor": COLOURS.grid,
        "linecolor": COLOURS.grid,
        "zeroline": False,
        "automargin": True,
        "ticks": "",
        "tickfont": {"size": SMALL},
        "title": {"font": {"size": SMALL}},
        **over,
    }
