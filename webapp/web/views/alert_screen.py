"""What every screen with alerts on it can do: the stores that its script writes to, the dialog, and the callbacks.

assets/inbox.js listens to buttons and keys for all rows at once and writes what is wanted into a store; a screen says
here what is to be painted anew after a deed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from webapp.accounts.permissions import Permission
from webapp.alerting import queries
from webapp.alerting.bulk import Matching
from webapp.alerting.types import ResolveReason
from webapp.core.errors import InvalidInputError
from webapp.notifications.queries import standing
from webapp.web.components import button, field, modal, select, stack, text_area
from webapp.web.components.content import Child, attributes
from webapp.web.page import Page
from webapp.web.session import actor, now, runtime
from webapp.web.views import alert_deeds
from webapp.web.views.alert_deeds import Result
from webapp.web.views.alert_detail import known, mark, now_part, what_happened, who_was_told
from webapp.web.views.alert_rows import Reader
from webapp.web.views.alert_view import uuid_or_none

P = Permission
KEYS = (
    ("j", "next alert"),
    ("k", "alert before"),
    ("x", "choose it, or not"),
    ("Enter", "open it"),
    ("a", "acknowledge"),
    ("r", "resolve, with a reason"),
    ("s", "snooze for one hour"),
    ("m", "assign to me"),
    ("X", "choose all on the screen; again: all that match"),
    ("z", "undo what you just did"),
    (".", "show what is new"),
    ("/", "search"),
    ("Esc", "close, or choose nothing"),
    ("?", "this help"),
)
MAY = {
    "acknowledge": P.ALERTS_ACKNOWLEDGE,
    "resolve": P.ALERTS_RESOLVE,
    "assign": P.ALERTS_ASSIGN,
}


@dataclass(frozen=True, slots=True)
class Screen:
    """A page with alerts: `repaint` gets what was done and the states, and returns the outputs' values.

    `matching` gets the states too, and returns what "all that match" means on it.
    """

    page: Page
    prefix: str
    outputs: tuple[tuple[str, str], ...]
    states: tuple[tuple[str, str], ...]
    repaint: Callable[..., Sequence[Any]]
    details: str  # the prefix of the ids of an alert in full
    matching: Callable[..., Matching | None] = lambda *_states: None


def machinery(prefix: str, reader: Reader) -> list[Component]:
    """Return what a screen needs beside what one sees; only what this person may use."""
    parts: list[Component] = [html.Div(id=f"{prefix}-said", className="mc-said", **_polite())]
    if reader.who.may(P.ALERTS_ACKNOWLEDGE):
        parts += [dcc.Store(id=f"{prefix}-acknowledge"), dcc.Store(id=f"{prefix}-undo")]
    if reader.who.may(P.ALERTS_ASSIGN):
        parts.append(dcc.Store(id=f"{prefix}-assign"))
    if reader.who.may(P.ALERTS_RESOLVE):
        parts += [dcc.Store(id=f"{prefix}-subject-of-resolve"), _resolve_dialog(prefix)]
    return [*parts, _help(f"{prefix}-help", reader)]


def named(prefix: str, reader: Reader) -> dict[str, Any]:
    """Return the attributes by which the script knows a screen and what may be done on it."""
    may = " ".join(word for word, permission in MAY.items() if reader.who.may(permission))
    return attributes(data_mc_alerts=prefix, data_mc_may=may)


def declare(screen: Screen) -> None:
    """Put the deeds on the screen's page: each asks for its own permission."""
    _declare_work(screen)
    _declare_resolve(screen)
    _declare_comment(screen)
    _declare_living(screen.page, screen.details)


def _declare_work(screen: Screen) -> None:
    @screen.page.callback(
        *_outputs(screen),
        Input(f"{screen.prefix}-acknowledge", "data"),
        *_states(screen),
        permission=P.ALERTS_ACKNOWLEDGE,
        prevent_initial_call=True,
    )
    def work_on(given: dict[str, Any] | None, *states: Any) -> Sequence[Any]:
        return _painted(screen, alert_deeds.work_on(given, screen.matching(*states)), states)

    @screen.page.callback(
        *_outputs(screen),
        Input(f"{screen.prefix}-undo", "data"),
        *_states(screen),
        permission=P.ALERTS_ACKNOWLEDGE,
        prevent_initial_call=True,
    )
    def take_back(given: dict[str, Any] | None, *states: Any) -> Sequence[Any]:
        return _painted(screen, alert_deeds.take_back(given), states)

    @screen.page.callback(
        *_outputs(screen),
        Input(f"{screen.prefix}-assign", "data"),
        *_states(screen),
        permission=P.ALERTS_ASSIGN,
        prevent_initial_call=True,
    )
    def assign(given: dict[str, Any] | None, *states: Any) -> Sequence[Any]:
        return _painted(screen, alert_deeds.assign(given, screen.matching(*states)), states)


def _declare_resolve(screen: Screen) -> None:
    prefix = screen.prefix

    @screen.page.callback(
        Output(f"{prefix}-resolve-dialog", "is_open"),
        Output(f"{prefix}-resolve-error", "children"),
        Output(f"{prefix}-resolve-note", "value"),
        *_outputs(screen),
        Input(f"{prefix}-resolve-do", "n_clicks"),
        State(f"{prefix}-subject-of-resolve", "data"),
        State(f"{prefix}-resolve-reason", "value"),
        State(f"{prefix}-resolve-note", "value"),
        *_states(screen),
        permission=P.ALERTS_RESOLVE,
        prevent_initial_call=True,
    )
    def resolve(
        clicks: int | None, given: dict[str, Any] | None, reason: str | None, note: str | None, *states: Any
    ) -> Sequence[Any]:
        if not clicks:
            raise PreventUpdate
        try:
            result = alert_deeds.resolve(given, reason, note, screen.matching(*states))
        except InvalidInputError as error:  # It belongs into the dialog, beside what is missing.
            return no_update, error.message, no_update, *[no_update] * (len(screen.outputs) + 1)
        return False, "", "", *_painted(screen, result, states)


def _declare_comment(screen: Screen) -> None:
    details = screen.details

    @screen.page.callback(
        Output(f"{details}-comment-text", "value"),
        *_outputs(screen),
        Input(f"{details}-comment-do", "n_clicks"),
        State(f"{details}-subject", "data"),
        State(f"{details}-comment-text", "value"),
        *_states(screen),
        permission=P.ALERTS_COMMENT,
        prevent_initial_call=True,
    )
    def comment(clicks: int | None, subject: dict[str, Any] | None, text: str | None, *states: Any) -> Sequence[Any]:
        if not clicks:
            raise PreventUpdate
        return "", *_painted(screen, alert_deeds.comment(_subject(subject)[0], text), states)


def _declare_living(page: Page, details: str) -> None:
    """Keep an alert that somebody looks at up to date; what they write and the chart are left alone."""

    @page.callback(
        Output(f"{details}-now", "children"),
        Output(f"{details}-timeline", "children"),
        Output(f"{details}-told", "children"),
        Output(f"{details}-subject", "data"),
        Input(f"live-{details}", "n_intervals"),
        State(f"{details}-subject", "data"),
        prevent_initial_call=True,
    )
    def living(_ticks: int | None, subject: dict[str, Any] | None) -> Sequence[Any]:
        alert_id, seen = _subject(subject)
        reader, number = Reader(actor(), now()), uuid_or_none(alert_id)
        if number is None:
            raise PreventUpdate
        with runtime().transaction() as session:
            alert = queries.alert(session, number, now=reader.now, is_brief=True)
            if mark(alert, standing(session, number)) == seen:
                raise PreventUpdate
            shown = known(session, alert, reader)
        data = {"id": alert_id, "mark": mark(alert, shown.telling)}
        return now_part(shown, reader), what_happened(alert, reader), who_was_told(shown, reader), data


def _painted(screen: Screen, result: Result, states: Sequence[Any]) -> Sequence[Any]:
    return alert_deeds.said(result, now()), *screen.repaint(result, *states)


def _outputs(screen: Screen) -> list[Output]:
    named = [(f"{screen.prefix}-said", "children"), *screen.outputs]
    return [Output(name, prop, allow_duplicate=True) for name, prop in named]


def _states(screen: Screen) -> list[State]:
    return [State(name, prop) for name, prop in screen.states]


def _subject(data: Any) -> tuple[Any, Any]:
    return (data.get("id"), data.get("mark")) if isinstance(data, dict) else (None, None)


def _resolve_dialog(prefix: str) -> Component:
    reasons = [(reason.value, reason.label) for reason in ResolveReason]
    note = text_area(f"{prefix}-resolve-note", rows=3, maxlength=5_000)
    return modal(
        f"{prefix}-resolve-dialog",
        "Resolve",
        stack(
            html.P("An alert whose condition still holds comes back after 15 minutes.", className="mc-quiet"),
            field("Reason", select(f"{prefix}-resolve-reason", reasons, ResolveReason.FIXED.value)),
            field("Note", note, help="Needed for “won't fix”; otherwise as you like."),
            html.P(id=f"{prefix}-resolve-error", className="mc-error", role="alert"),
            gap="small",
        ),
        footer=[
            button("Cancel", kind="secondary", closes=True),
            button("Resolve", id=f"{prefix}-resolve-do", picture="check-check"),
        ],
    )


def _help(component_id: str, reader: Reader) -> Component:
    used = KEYS if reader.responds else [each for each in KEYS if each[0] not in "xXarsmz"]
    lines: list[Child] = [html.Div([html.Dt(html.Kbd(key)), html.Dd(words)]) for key, words in used]
    return modal(component_id, "Keys", html.Dl(lines, className="mc-keys"), size="sm")


def _polite() -> dict[str, Any]:
    return {"role": "status", **attributes(aria_live="polite")}
