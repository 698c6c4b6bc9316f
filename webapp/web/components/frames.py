"""What holds the rest together: the heading of a page, panels, rows and grids, and what is shown where nothing is."""

from collections.abc import Mapping, Sequence

from dash import dcc, html
from dash.development.base_component import Component

from webapp.web.components.content import Child, Children, ComponentId, attributes, classes, with_id
from webapp.web.components.icons import icon

HEADING = "page-heading"  # where the focus goes when the page changes


def page_header(title: str, *, subtitle: Children = None, actions: Sequence[Child] = ()) -> Component:
    """Return the heading that each page begins with, and what can be done on the whole of it."""
    words: list[Child] = [html.H1(title, id=HEADING, tabIndex="-1")]
    if subtitle is not None:
        words.append(html.P(subtitle, className="mc-subtitle"))
    parts: list[Child] = [html.Div(words, className="mc-page-words")]
    if actions:
        parts.append(html.Div(list(actions), className="mc-actions"))
    return html.Header(parts, className="mc-page-header")


def panel(
    title: str | None,
    *children: Child,
    subtitle: Children = None,
    actions: Sequence[Child] = (),
    id: ComponentId | None = None,
    className: str = "",  # noqa: N803 - as Dash calls it
    flush: bool = False,
) -> Component:
    """Return a framed part of a page. `flush` lets a table or a list reach the frame."""
    head: list[Child] = []
    if title is not None:
        words: list[Child] = [html.H2(title)]
        if subtitle is not None:
            words.append(html.Span(subtitle, className="mc-panel-subtitle"))
        parts: list[Child] = [html.Div(words, className="mc-panel-words")]
        if actions:
            parts.append(html.Div(list(actions), className="mc-actions"))
        head = [html.Header(parts, className="mc-panel-header")]
    body = html.Div(list(children), className="mc-panel-body")
    return html.Section(
        [*head, body], className=classes("mc-panel", flush and "mc-panel-flush", className), **with_id(id)
    )


def empty_state(title: str, sentence: Children, action: Child = None, *, picture: str = "inbox") -> Component:
    """Say that there is nothing, why, and what to do next."""
    parts: list[Child] = [
        html.Span(icon(picture), className="mc-empty-picture"),
        html.H2(title),
        html.P(sentence),
    ]
    if action is not None:
        parts.append(html.Div(action, className="mc-empty-action"))
    return html.Div(parts, className="mc-empty", role="status")


def notice(text: Children, *, tone: str = "accent", title: str | None = None) -> Component:
    """Return a remark in the flow of a page: accent, good, warning or critical."""
    picture = {"good": "circle-check", "warning": "triangle-alert", "critical": "octagon-alert"}.get(tone, "info")
    words: list[Child] = [] if title is None else [html.Strong(title)]
    words.append(html.Div(text))
    return html.Div([icon(picture), html.Div(words)], className=f"mc-notice mc-notice-{tone}", role="note")


def facts(pairs: Mapping[str, Children] | Sequence[tuple[str, Children]], *, columns: int = 1) -> Component:
    """Return names with their values, as a definition list."""
    listed = pairs.items() if isinstance(pairs, Mapping) else pairs
    entries = [html.Div([html.Dt(name), html.Dd(value)]) for name, value in listed]
    return html.Dl(entries, className=f"mc-facts mc-facts-{columns}")


def grid(*cells: Child) -> Component:
    """Lay cells out in twelve columns, that become one on a phone."""
    return html.Div(list(cells), className="mc-grid")


def cell(span: int, *children: Child) -> Component:
    """Return a cell of a grid that is so many twelfths wide: 3, 4, 5, 6, 7, 8, 9 or 12."""
    return html.Div(list(children), className=f"mc-span-{span}")


def stack(*children: Child, gap: str = "normal") -> Component:
    """Put things under each other with the distance of a page (normal) or of a form (small)."""
    return html.Div(list(children), className=f"mc-stack mc-gap-{gap}")


def row(*children: Child) -> Component:
    """Put things beside each other; what does not fit goes below."""
    return html.Div(list(children), className="mc-row")


def tabs(options: Sequence[tuple[str, str]], current: str, *, label: str) -> Component:
    """Return links, as (address, word), of which the one to the current address is marked."""
    links = [
        dcc.Link(word, href=href, className=classes("mc-tab", href == current and "is-current"))
        for href, word in options
    ]
    return html.Nav(links, className="mc-tabs", **attributes(aria_label=label))
