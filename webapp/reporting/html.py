"""The document as one HTML file: it needs no network, no script and no font of its own, and prints well."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from webapp.reporting.document import Document
from webapp.reporting.glyphs import without_orders

TEMPLATES = Path(__file__).parent / "templates"
MARKS = {"good": "●", "attention": "▲", "critical": "■", "unknown": "○"}
WORDS = {"good": "On target", "attention": "Attention", "critical": "Critical", "unknown": "Unknown"}
ARROWS = {"up": "▲", "down": "▼", "flat": "●"}


def html(document: Document) -> bytes:
    """Return the document as a page; the same document always gives the same bytes."""
    return _template().render(report=document).encode()


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalised,
    )
    environment.globals.update(marks=MARKS, words=WORDS, arrows=ARROWS, drawing=_drawing)
    return environment.get_template("report.html")


def _finalised(value: object) -> object:
    """Take what turns or hides text out of everything that is printed."""
    return without_orders(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _drawing(svg: str) -> Markup:
    """Let a drawing of ours through as mark-up: its texts were escaped when it was made (svg_pen)."""
    return Markup(svg)  # noqa: S704
