"""Hundreds of features, a page at a time: which are chosen, what is worst first, and how one turns the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dash import html
from dash.development.base_component import Component

from webapp.core.formatting import number
from webapp.metrics.drift import FeatureDrift, Level
from webapp.web.components import check_list, field, select, text_input

PAGE_SIZE = 25
LONGEST_TEXT = 200
ONLY_MOVED = "moved"
OWN_METHOD = "own"  # what the list of methods says for the model's own, which the address leaves out
_RANKS = {Level.CRITICAL: 0, Level.WARNING: 1, Level.OK: 2, Level.UNDEFINED: 3}


@dataclass(frozen=True, slots=True)
class Choice:
    """What the address says about the list of features."""

    method: str = ""  # empty: the model's own
    text: str = ""
    only_moved: bool = False
    page: int = 1

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "Choice":
        page = query.get("page", "")
        return cls(
            method=query.get("method", ""),
            text=query.get("q", "")[:LONGEST_TEXT],
            only_moved=query.get("show") == ONLY_MOVED,
            page=int(page) if page.isascii() and page.isdecimal() and len(page) < 5 else 1,
        )

    @property
    def query(self) -> dict[str, str]:
        """Return what the address says of it; what is usual is empty."""
        return {
            "q": self.text,
            "show": ONLY_MOVED if self.only_moved else "",
            "page": str(self.page) if self.page > 1 else "",
        }


@dataclass(frozen=True, slots=True)
class Turns:
    """Where in the list one is, in words, and the buttons to go on and back."""

    words: str
    buttons: Component


def chosen(features: Sequence[FeatureDrift], choice: Choice) -> list[FeatureDrift]:
    """Return the features whose name holds the text, what moved furthest first."""
    wanted = choice.text.lower()
    found = [
        each
        for each in features
        if wanted in each.name.lower() and (not choice.only_moved or each.level in {Level.WARNING, Level.CRITICAL})
    ]
    return sorted(found, key=lambda each: _RANKS[each.level])  # the rest of the order is the report's


def page_of(found: Sequence[FeatureDrift], choice: Choice) -> Sequence[FeatureDrift]:
    first = (_place(len(found), choice) - 1) * PAGE_SIZE
    return found[first : first + PAGE_SIZE]


def turns(count: int, choice: Choice, kind: str) -> Turns:
    """Return how to turn the page, by buttons with the id {"type": kind, "page": …}."""
    page, last = _place(count, choice), _last(count)
    first = (page - 1) * PAGE_SIZE + 1
    words = f"{number(first)}–{number(min(first + PAGE_SIZE - 1, count))} of {number(count)}"
    if last == 1:
        return Turns(words, html.Div())
    buttons = [
        _turn("Previous", kind, page - 1, is_open=page > 1),
        html.Span(words, className="mc-quiet"),
        _turn("Next", kind, page + 1, is_open=page < last),
    ]
    return Turns(words, html.Div(buttons, className="mc-turns"))


def toolbar(choice: Choice, methods: Sequence[tuple[str, str]], *, method: str, search: str, moved: str) -> Component:
    """Return how drift is measured and which features are listed."""
    box = text_input(
        search, value=choice.text, type="search", placeholder="a part of its name", debounce=0.3, maxlength=LONGEST_TEXT
    )
    known = {name for name, _ in methods}
    return html.Div(
        [
            field("Measured by", select(method, methods, choice.method if choice.method in known else OWN_METHOD)),
            field("Find a feature", box),
            html.Div(
                check_list(moved, [(ONLY_MOVED, "Only what moved")], [ONLY_MOVED] if choice.only_moved else []),
                className="mc-field",
            ),
        ],
        className="mc-toolbar",
        role="search",
    )


def _turn(word: str, kind: str, page: int, *, is_open: bool) -> Component:
    return html.Button(
        word,
        id={"type": kind, "page": page},
        type="button",
        disabled=not is_open,
        className="mc-button mc-button-secondary mc-button-small",
    )


def _place(count: int, choice: Choice) -> int:
    return min(max(choice.page, 1), _last(count))


def _last(count: int) -> int:
    return max(-(-count // PAGE_SIZE), 1)
