"""A pen that writes SVG: every text and attribute goes through the XML library, so nothing can break out of it."""

import html
import unicodedata
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as Tree

from webapp.reporting.svg_values import paint

FONT = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"
NARROW, WIDE = frozenset("iIlj.,:;|'!() "), frozenset("mwMW%@—")
DASHES = {"dash": "6 4", "dot": "2 3", "dashdot": "6 3 2 3", "longdash": "10 4"}


class Pen:
    def __init__(self, width: float, height: float, *, title: str, description: str) -> None:
        self.root = Tree.Element("svg")
        self.root.attrib.update(
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "viewBox": f"0 0 {_px(width)} {_px(height)}",
                "width": _px(width),
                "height": _px(height),
                "role": "img",
                "font-family": FONT,
            }
        )
        Tree.SubElement(self.root, "title").text = _clean(title)
        Tree.SubElement(self.root, "desc").text = _clean(description)
        self.at = self.root

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float,
        colour: Any,
        anchor: str = "start",
        weight: int = 400,
        halo: bool = False,
    ) -> None:
        """Write a text; with a halo it stays legible on whatever was drawn before."""
        fill, opacity = paint(colour)
        entry = self._add("text", x=_px(x), y=_px(y), fill=fill, **{"font-size": f"{size:g}", "text-anchor": anchor})
        if opacity < 1:
            entry.set("fill-opacity", f"{opacity:g}")
        if weight != 400:
            entry.set("font-weight", str(weight))
        if halo:
            entry.attrib.update({"stroke": "#ffffff", "stroke-width": "3", "stroke-linejoin": "round"})
            entry.set("paint-order", "stroke")
        entry.text = _clean(text)

    def turned_text(self, x: float, y: float, text: str, *, size: float, colour: Any) -> None:
        self.text(x, y, text, size=size, colour=colour, anchor="middle")
        self.at[-1].set("transform", f"rotate(-90 {_px(x)} {_px(y)})")

    def line(self, start: tuple[float, float], end: tuple[float, float], **style: Any) -> None:
        (x1, y1), (x2, y2) = start, end
        self._stroke(self._add("line", x1=_px(x1), y1=_px(y1), x2=_px(x2), y2=_px(y2)), **style)

    def path(self, points: Sequence[tuple[float, float]], **style: Any) -> None:
        entry = self._add("path", d=_path(points), fill="none")
        entry.attrib.update({"stroke-linejoin": "round", "stroke-linecap": "round"})
        self._stroke(entry, **style)

    def area(self, points: Sequence[tuple[float, float]], colour: Any) -> None:
        self._fill(self._add("path", d=f"{_path(points)}Z"), colour)

    def rectangle(
        self, x: float, y: float, width: float, height: float, colour: Any, *, radius: float = 0, opacity: float = 1
    ) -> None:
        entry = self._add("rect", x=_px(x), y=_px(y), width=_px(max(width, 0)), height=_px(max(height, 0)))
        if radius:
            entry.set("rx", _px(radius))
        self._fill(entry, colour, opacity=opacity)

    def dot(self, x: float, y: float, radius: float, colour: Any) -> None:
        self._fill(self._add("circle", cx=_px(x), cy=_px(y), r=_px(radius)), colour)

    def clipped(self, x: float, y: float, width: float, height: float) -> None:
        """Keep what is drawn from here on inside of a box, until `unclipped`."""
        name = "plot"
        clip = Tree.SubElement(Tree.SubElement(self.root, "defs"), "clipPath", id=name)
        Tree.SubElement(clip, "rect", x=_px(x), y=_px(y), width=_px(width), height=_px(height))
        self.at = Tree.SubElement(self.root, "g", {"clip-path": f"url(#{name})"})

    def unclipped(self) -> None:
        self.at = self.root

    def finished(self) -> str:
        return Tree.tostring(self.root, encoding="unicode")

    def _add(self, tag: str, **attributes: str) -> Tree.Element:
        return Tree.SubElement(self.at, tag, attributes)

    def _fill(self, entry: Tree.Element, colour: Any, *, opacity: float = 1) -> None:
        fill, own = paint(colour)
        opacity *= own
        entry.set("fill", fill)
        if opacity < 1:
            entry.set("fill-opacity", f"{opacity:g}")

    def _stroke(self, entry: Tree.Element, *, colour: Any, width: float = 1.0, dash: str | None = None) -> None:
        stroke, opacity = paint(colour)
        entry.attrib.update({"stroke": stroke, "stroke-width": f"{width:g}"})
        if opacity < 1:
            entry.set("stroke-opacity", f"{opacity:g}")
        if dash and dash != "solid":
            entry.set("stroke-dasharray", DASHES.get(dash, dash.replace("px", "").replace(",", " ")))


def text_width(text: str, size: float) -> float:
    """Return about how wide a text is in Inter; a little too much rather than too little."""
    units = (
        0.33 if c in NARROW else 0.9 if c in WIDE or unicodedata.east_asian_width(c) in "WF" else 0.61 for c in text
    )
    return sum(units) * size


def shortened(text: str, size: float, room: float) -> str:
    """Return the text, with its middle left out where it is too wide: both ends of a name tell most."""
    if text_width(text, size) <= room:
        return text
    kept = len(text)
    while kept > 2 and text_width(text[:kept], size) > room - size:
        kept -= 1
    head = (kept + 1) // 2
    return f"{text[:head]}…{text[len(text) - (kept - head) :]}"


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{_px(x)} {_px(y)}" for x, y in points)


def _px(value: float) -> str:
    text = f"{value:.1f}"
    return text.removesuffix(".0") if text != "-0.0" else "0"


def _clean(text: str) -> str:
    """XML has no control characters, and a text in a chart has no line breaks and turns no neighbour around."""
    return "".join(c if unicodedata.category(c) not in {"Cc", "Cs", "Cf", "Cn"} else " " for c in text)


def plain(text: str) -> str:
    """Return a text of a figure as it is read: Plotly takes mark-up in labels, so figures escape what is none."""
    for tag in ("<b>", "</b>", "<i>", "</i>"):
        text = text.replace(tag, "")
    return html.unescape(text.replace("<br>", " "))
