"""The shell around every page: where one is, what one may open, what is going on, and where messages appear."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

from dash import ClientsideFunction, Input, Output, dcc, html, set_props
from dash.development.base_component import Component

from webapp.accounts import users
from webapp.accounts.actor import Actor
from webapp.accounts.permissions import Permission
from webapp.core.errors import UserError
from webapp.web import csrf, frame
from webapp.web.components import icon, menu, segmented
from webapp.web.components.content import Child, attributes
from webapp.web.live import live
from webapp.web.page import CallbackHost, Page
from webapp.web.router import BOTTOM, CONTENT, FILTER_WORDS, FILTERS, LIVE_REFRESH, LOCATION, NAVIGATION, RENDERED
from webapp.web.session import actor, now, runtime

TOASTS = "toasts"  # a dcc.Store: {"text", "tone", "at"}
LIVE_TICK, LIVE_CONTENT = "live-tick", "live-content"
LIVE_STATE, BELL, BELL_SHEET = "live-state", "bell", "bell-sheet"
THEME, THEME_SHOWN = "theme-choice", "theme-shown"
THEMES = (("system", "System"), ("light", "Light"), ("dark", "Dark"))
TICK_SECONDS = 10
NEVER = 24 * 3600 * 1000  # milliseconds of an interval that is switched off


def shell(
    who: Actor,
    pages: Sequence[Page],
    *,
    path: str,
    content: Component,
    rendered: dict[str, Any],
    page: Page | None = None,
) -> Component:
    """Return the frame with the content of a page in it; `pages` are those that the actor may open."""
    query = dict(parse_qsl(str(rendered["href"]).partition("?")[2]))
    controls, words = frame.top_filters(page, path, query)
    choice = rendered.get("kept", {})
    side = [
        _brand(),
        html.Nav(frame.navigation(pages, path, choice), id=NAVIGATION, className="mc-nav", **_named("Pages")),
    ]
    return html.Div(
        [
            *_machinery(rendered),
            html.A("Skip to the content", href=f"#{CONTENT}", className="mc-skip"),
            html.Aside(side, id="side", className="mc-side"),
            html.Div(className="mc-veil", **attributes(data_mc_toggle="nav")),
            html.Div([_top(who, controls, words), _stage(content)], className="mc-main"),
            html.Nav(
                frame.bottom(pages, who, path, choice), id=BOTTOM, className="mc-bottom", **_named("Most used pages")
            ),
            html.Div(id="toast-list", className="mc-toasts", role="status", **attributes(aria_live="polite")),
        ]
    )


def register(app: CallbackHost) -> None:
    """Put the shell's own callbacks on an app."""
    app.callback(
        Output(LIVE_STATE, "children"),
        Output(BELL, "children"),
        Output(BELL_SHEET, "children"),
        Input(LIVE_TICK, "n_intervals"),
        permission=Permission.PROFILE_SELF,
    )(_tick)
    app.callback(Input(THEME, "value"), permission=Permission.PROFILE_SELF, prevent_initial_call=True)(_choose_theme)
    app.clientside_callback(
        ClientsideFunction("shell", "settle"),
        Output(LIVE_CONTENT, "interval"),
        Output(LIVE_CONTENT, "disabled"),
        Input(RENDERED, "data"),
        permission=Permission.PROFILE_SELF,
    )
    app.clientside_callback(
        ClientsideFunction("shell", "refresh"),
        Output(LIVE_REFRESH, "data"),
        Input(LIVE_CONTENT, "n_intervals"),
        permission=Permission.PROFILE_SELF,
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("shell", "theme"),
        Output(THEME_SHOWN, "data"),
        Input(THEME, "value"),
        permission=Permission.PROFILE_SELF,
    )
    app.clientside_callback(
        ClientsideFunction("shell", "toast"), Input(TOASTS, "data"), permission=Permission.PROFILE_SELF
    )


def report(error: UserError) -> None:
    """Show an error that is meant for the person at the screen."""
    notify(error.message, tone="critical")


def notify(text: str, *, tone: str = "good") -> None:
    """Show a message over the page, from inside of a callback; the tone is good, accent or critical."""
    set_props(TOASTS, {"data": {"text": text, "tone": tone, "at": now().timestamp()}})


def _tick(_count: int | None) -> tuple[Component, Component, Component]:
    return live(actor())


def _choose_theme(choice: str) -> None:
    who = actor()
    with runtime().transaction() as session:
        users.update_profile(session, name=who.name, timezone=who.timezone, theme=choice, actor=who, now=now())


def _machinery(rendered: dict[str, Any]) -> Sequence[Component]:
    return [
        dcc.Location(id=LOCATION, refresh=False),
        dcc.Store(id=RENDERED, data=rendered),
        dcc.Store(id=LIVE_REFRESH),
        dcc.Store(id=TOASTS),
        dcc.Store(id=THEME_SHOWN),
        dcc.Interval(id=LIVE_TICK, interval=TICK_SECONDS * 1000),
        dcc.Interval(id=LIVE_CONTENT, interval=NEVER, disabled=True),
    ]


def _brand() -> Component:
    words: list[Child] = [html.Span(className="mc-brand-mark"), html.Span("Mission Control", className="mc-brand-word")]
    return dcc.Link(words, href="/", className="mc-brand", title="Mission Control")


def _top(who: Actor, controls: Sequence[Component], words: str) -> Component:
    unfold = html.Button(
        [html.Span(words, id=FILTER_WORDS), icon("chevron-down")],
        type="button",
        className="mc-filters-button",
        **attributes(data_mc_toggle="filters", aria_expanded="false", aria_controls=FILTERS),
    )
    right: list[Child] = [
        html.Div([html.Span(className="mc-live-dot"), html.Span(id=LIVE_STATE)], className="mc-live", id="live"),
        html.Span(id="live-said", className="visually-hidden", role="status"),
        menu(html.Span(icon("bell"), id=BELL), html.Div(id=BELL_SHEET), name="Open alerts"),
        _user_menu(who),
    ]
    mark = dcc.Link(html.Span(className="mc-brand-mark"), href="/", className="mc-top-brand", title="Mission Control")
    return html.Header(
        [
            mark,
            unfold,
            html.Div(list(controls), id=FILTERS, className="mc-filters", role="search", **_named("What is shown")),
            html.Div(right, className="mc-top-right"),
        ],
        className="mc-top",
    )


def _stage(content: Component) -> Component:
    bones = [
        html.Div(className="mc-bone mc-bone-heading"),
        html.Div([html.Div(className="mc-bone") for _ in range(4)], className="mc-bone-cards"),
        html.Div(className="mc-bone mc-bone-panel"),
    ]
    return html.Div(
        [
            html.Div(className="mc-progress", **attributes(aria_hidden="true")),
            html.Main(content, id=CONTENT, className="mc-content", tabIndex="-1"),
            html.Div(bones, className="mc-skeleton", **attributes(aria_hidden="true")),
        ],
        className="mc-stage",
    )


def _user_menu(who: Actor) -> Component:
    initials = "".join(word[0] for word in who.name.split()[:2]).upper()
    roles = ", ".join(role.label for role in who.roles)
    return menu(
        html.Span(initials, className="mc-face"),
        html.Div(
            [html.Strong(who.name), html.Span(who.email, className="mc-quiet"), html.Span(roles, className="mc-quiet")],
            className="mc-who",
        ),
        html.Div(className="mc-menu-line"),
        html.Div(
            [html.Span("Theme", className="mc-label"), segmented(THEME, THEMES, who.theme, "Theme")],
            className="mc-theme",
        ),
        html.Div(className="mc-menu-line"),
        dcc.Link([icon("user"), "Profile"], href="/profile", className="mc-menu-item"),
        _sign_out(who),
        name="Account",
        kind="user",
    )


def _sign_out(who: Actor) -> Component:
    token = "" if who.session_id is None else csrf.session_token(who.session_id)
    button = html.Button([icon("log-out"), "Sign out"], type="submit", className="mc-menu-item")
    hidden = dcc.Input(type="hidden", name=csrf.FIELD, value=token)
    return html.Form([hidden, button], action="/logout", method="post")


def _named(name: str) -> dict[str, Any]:
    return attributes(aria_label=name)
