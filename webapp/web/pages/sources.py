"""Respond › Sources: who sends alerts from outside, how it was heard lately, and what to set up there."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from dash import ALL, Input, Output, State, ctx, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from webapp.accounts.permissions import Permission
from webapp.alerting.outside import sources
from webapp.alerting.outside.sources import NewSecret, Source, SourceSettings
from webapp.core.errors import InvalidInputError
from webapp.web.components import button, confirm, modal, page_header, panel
from webapp.web.components.content import Child
from webapp.web.layout import notify
from webapp.web.page import Page, PageRequest
from webapp.web.session import actor, now, runtime
from webapp.web.views import source_parts
from webapp.web.views.alert_view import uuid_or_none
from webapp.web.views.outside_parts import SOURCES

PAGE = Page(
    "sources",
    path=SOURCES,
    title="Sources",
    permission=Permission.SOURCES_READ,
    group="Respond",
    icon="webhook",
    order=60,
)
LIST, LIVE, PLACE = "sources-list", "live-sources", "sources-place"
NEW, NEW_OPEN, NEW_BODY, PREFIX = "sources-new", "sources-new-open", "sources-new-body", "sources-new"
ACT, DIALOG, SUBJECT, SURE = "sources-act", "sources-dialog", "sources-subject", "sources-sure"
SAVE, SETTINGS = "sources-save", "sources-set"
WAITING, WAITING_TICK, WAITING_FOR = "sources-waiting", "live-sources-waiting", "sources-waiting-for"
LIST_MILLISECONDS, WAITING_MILLISECONDS = 10_000, 2_000
WRITE = Permission.SOURCES_WRITE
Deed = Callable[..., Any]


@PAGE.layout
def layout(request: PageRequest) -> Component:
    actions: list[Child] = [_add()] if request.actor.may(WRITE) else []
    return html.Div(
        [
            page_header("Sources", subtitle="Programs outside whose alerts join the inbox.", actions=actions),
            panel(None, html.Div(_list(), id=LIST), flush=True),
            dcc.Interval(id=LIVE, interval=LIST_MILLISECONDS),
            html.Div(id=PLACE),
        ]
    )


@PAGE.callback(Output(LIST, "children"), Input(LIVE, "n_intervals"), prevent_initial_call=True)
def refresh(_ticks: int | None) -> Component:
    return _list()


@PAGE.callback(Output(PLACE, "children"), Input(NEW_OPEN, "n_clicks"), permission=WRITE, prevent_initial_call=True)
def ask_for_what(clicks: int | None) -> Component:
    if not clicks:
        raise PreventUpdate
    form = html.Div(source_parts.new_source_form(PREFIX), id=NEW_BODY)
    return modal(NEW, "Add a source", form, is_open=True, size="lg")


@PAGE.callback(
    Output(NEW_BODY, "children"),
    Output(LIST, "children", allow_duplicate=True),
    Input(f"{PREFIX}-make", "n_clicks"),
    State(f"{PREFIX}-name", "value"),
    State(f"{PREFIX}-format", "value"),
    permission=WRITE,
    prevent_initial_call=True,
)
def make(clicks: int | None, name: Any, form: Any) -> tuple[Component, Component]:
    if not clicks:
        raise PreventUpdate
    given = SourceSettings(str(name or "").strip(), str(form or ""))
    with runtime().transaction() as session:
        made = sources.add(session, given, vault=runtime().settings.vault, actor=actor(), now=now())
    return _set_up(made), _list()


@PAGE.callback(
    Output(WAITING, "children"),
    Input(WAITING_TICK, "n_intervals"),
    State(WAITING_FOR, "data"),
    permission=WRITE,
    prevent_initial_call=True,
)
def listen(_ticks: int | None, subject: dict[str, Any] | None) -> Component:
    """Say whether what was just set up has been heard."""
    number, since = uuid_or_none((subject or {}).get("id")), _instant((subject or {}).get("since"))
    if number is None or since is None:
        raise PreventUpdate
    with runtime().transaction() as session:
        found = sources.source(session, number)
    return source_parts.waiting_line(found, since)


@PAGE.callback(
    Output(PLACE, "children", allow_duplicate=True),
    Output(LIST, "children", allow_duplicate=True),
    Input({"type": ACT, "action": ALL, "source": ALL}, "n_clicks"),
    permission=WRITE,
    prevent_initial_call=True,
)
def act(_clicks: Sequence[int | None]) -> tuple[Component | None, Component]:
    """Do what was chosen in the menu of a row, or ask first where it is hard to take back."""
    asked = ctx.triggered_id
    if not asked or not ctx.triggered[0]["value"]:
        raise PreventUpdate
    number = _number(asked["source"])
    with runtime().transaction() as session:
        found = sources.source(session, number)
        match asked["action"]:
            case "enable":
                sources.enable(session, number, actor=actor(), now=now())
                notify(f"{found.name} is heard again.")
            case "end_former":
                sources.end_former_secret(session, number, actor=actor(), now=now())
                notify("The former secret works no longer.")
            case "rotate":
                made = sources.rotate(session, number, vault=runtime().settings.vault, actor=actor(), now=now())
                title = f"The new secret of {found.name}"
                return modal(DIALOG, title, _set_up(made), is_open=True, size="lg"), _list()
            case "settings":
                return _settings_dialog(found), _list()
            case "disable" | "delete":
                return _sure(found, asked["action"]), _list()
    return None, _list()


@PAGE.callback(
    Output(PLACE, "children", allow_duplicate=True),
    Output(LIST, "children", allow_duplicate=True),
    Input(SAVE, "n_clicks"),
    State(SUBJECT, "data"),
    State(f"{SETTINGS}-severity", "value"),
    State(f"{SETTINGS}-words", "value"),
    State(f"{SETTINGS}-model", "value"),
    State(f"{SETTINGS}-header", "value"),
    permission=WRITE,
    prevent_initial_call=True,
)
def save(
    clicks: int | None,
    subject: dict[str, Any] | None,
    severity: str | None,
    words: str | None,
    model: str | None,
    header: str | None,
) -> tuple[None, Component]:
    if not clicks:
        raise PreventUpdate
    number = _number((subject or {}).get("id"))
    with runtime().transaction() as session:
        found = sources.source(session, number)
        given = source_parts.read_settings(found, severity, words, model, header)
        sources.change(session, number, given, actor=actor(), now=now())
    notify("Saved. It counts from the next alert on.")
    return None, _list()


@PAGE.callback(
    Output(PLACE, "children", allow_duplicate=True),
    Output(LIST, "children", allow_duplicate=True),
    Input(SURE, "n_clicks"),
    State(SUBJECT, "data"),
    permission=WRITE,
    prevent_initial_call=True,
)
def end(clicks: int | None, subject: dict[str, Any] | None) -> tuple[None, Component]:
    """Disable or delete what was asked about."""
    if not clicks:
        raise PreventUpdate
    number, deed = _number((subject or {}).get("id")), (subject or {}).get("deed")
    with runtime().transaction() as session:
        if deed == "delete":
            ended = sources.delete(session, number, actor=actor(), now=now())
            resolved = "1 active alert of it is" if ended == 1 else f"{ended:,} active alerts of it are"
            notify("The source is deleted." + (f" {resolved} resolved." if ended else ""))
        else:
            sources.disable(session, number, actor=actor(), now=now())
            notify("Nothing more is taken from it; what it had active is resolved.")
    return None, _list()


def _list() -> Component:
    who = actor()
    with runtime().transaction() as session:
        found = sources.sources(session)
    return source_parts.source_table(found, now=now(), zone=who.timezone, act=_act_id if who.may(WRITE) else None)


def _add() -> Component:
    return button("Add a source", id=NEW_OPEN, picture="plus")


def _act_id(action: str, source: Source) -> dict[str, str]:
    return {"type": ACT, "action": action, "source": str(source.id)}


def _set_up(made: NewSecret) -> Component:
    address = source_parts.address_of(runtime().settings.public_url, made.source)
    since = now()
    return html.Div(
        [
            source_parts.set_up(made, address),
            dcc.Store(id=WAITING_FOR, data={"id": str(made.source.id), "since": since.isoformat()}),
            dcc.Interval(id=WAITING_TICK, interval=WAITING_MILLISECONDS),
            html.Div(source_parts.waiting_line(made.source, since), id=WAITING, role="status"),
        ],
        className="mc-stack mc-gap-small",
    )


def _settings_dialog(source: Source) -> Component:
    return modal(
        DIALOG,
        f"Settings of {source.name}",
        dcc.Store(id=SUBJECT, data={"id": str(source.id)}),
        source_parts.settings_form(SETTINGS, source, source_parts.address_of(runtime().settings.public_url, source)),
        footer=[button("Cancel", kind="secondary", closes=True), button("Save", id=SAVE)],
        is_open=True,
    )


def _sure(source: Source, deed: str) -> Component:
    words = {
        "disable": "Nothing more is taken from it until it is enabled. What it has active is resolved at once.",
        "delete": "Its address and its secret stop working and what it has active is resolved at once."
        " This cannot be taken back.",
    }
    subject = dcc.Store(id=SUBJECT, data={"id": str(source.id), "deed": deed})
    title, action = f"{deed.capitalize()} {source.name}?", f"{deed.capitalize()} it"
    return confirm(DIALOG, title, html.Div([subject, words[deed]]), action=action, action_id=SURE, is_open=True)


def _number(text: Any) -> UUID:
    found = uuid_or_none(text)
    if found is None:
        raise InvalidInputError("This is not a source; reload the page.")
    return found


def _instant(text: Any) -> datetime | None:
    try:
        at = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return at if at is None or at.tzinfo is not None else None
