"""The shell around every page: where one is, what one may open, and where messages appear."""

from collections.abc import Sequence
from typing import Any

from dash import dcc, html, set_props
from dash.development.base_component import Component

from webapp.accounts.actor import Actor
from webapp.core.errors import UserError
from webapp.web.page import CallbackHost, Page
from webapp.web.router import CONTENT, LOCATION, RENDERED

TOASTS = "toasts"


def shell(who: Actor, pages: Sequence[Page], *, path: str, content: Component, rendered: dict[str, Any]) -> Component:
    """Return the frame with a page in it; `pages` are those that the actor may open."""
    return html.Div(
        [
            dcc.Location(id=LOCATION, refresh=False),
            dcc.Store(id=RENDERED, data=rendered),
            html.Nav([dcc.Link(page.title, href=page.path) for page in pages]),
            html.Main(content, id=CONTENT),
            html.Div(id=TOASTS, role="status"),
        ]
    )


def register(app: CallbackHost) -> None:
    """Put the shell's own callbacks on an app."""


def report(error: UserError) -> None:
    """Show an error that is meant for the person at the screen."""
    set_props(TOASTS, {"children": error.message})
