"""One silence: its form with what it would mute now, or what is kept of it. `/silences/new` is the same, empty."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from dash import ALL, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from webapp.accounts.permissions import Permission
from webapp.alerting import queries
from webapp.alerting.muting import matchers as matching
from webapp.alerting.muting import silence_queries, silences
from webapp.alerting.muting.silence_queries import SilenceView
from webapp.alerting.muting.silence_times import State as Standing
from webapp.alerting.muting.silences import ConfirmationNeededError
from webapp.core.errors import InvalidInputError, NotFoundError
from webapp.web.components import button, cell, confirm, grid, icon, page_header, panel
from webapp.web.components.content import Child
from webapp.web.layout import notify
from webapp.web.page import Page, PageRequest
from webapp.web.router import LOCATION
from webapp.web.session import actor, now, runtime
from webapp.web.views import silence_deeds, silence_form, silence_parts
from webapp.web.views.alert_rows import Reader
from webapp.web.views.alert_view import INBOX, SILENCES, uuid_or_none
from webapp.web.views.muted_parts import OF_ALERT
from webapp.web.views.silence_form import AFFECTED, FIELD, WINDOWS, Draft

PAGE = Page("silence", path=f"{SILENCES}/<silence_id>", title="Silence", permission=Permission.SILENCES_READ)
NEW, COPY = "new", "copy"
FORM, SUBJECT, SAVE, END = "silence-form", "silence-subject", "silence-save", "silence-end-this"
ASK, QUESTION, SURE = "silence-ask", "silence-question", "silence-sure"
WRITE = Permission.SILENCES_WRITE
FIELDS = {"type": FIELD, "name": ALL}
Ids = list[dict[str, Any]] | None


@PAGE.layout
def layout(request: PageRequest) -> Component:
    reader, asked = Reader(request.actor, request.now), request.params["silence_id"]
    if asked == NEW:
        request.actor.require(WRITE)
        return html.Div(_new(request, reader), className="mc-silence")
    view = _view(asked, reader)
    if view.state is Standing.ENDED or not request.actor.may(WRITE):
        return html.Div(_reading(view, reader), className="mc-silence")
    return html.Div(_editing(view, reader), className="mc-silence")


@PAGE.callback(
    Output(AFFECTED, "children"),
    Output(WINDOWS, "children"),
    Input(FIELDS, "value"),
    State(FIELDS, "id"),
    permission=WRITE,
)
def preview(values: list[Any] | None, ids: Ids) -> Sequence[Any]:
    """Say what it would mute now and when it would be on, while somebody writes."""
    draft, reader = _draft(ids, values), Reader(actor(), now())
    plan, checked = silence_form.read(Draft({**draft.fields, "comment": "?"}), reader)
    times = [] if plan is None else silence_parts.windows(plan, reader)
    try:
        matchers = matching.parse(draft.text("matchers"))
    except InvalidInputError as error:
        is_empty = not draft.text("matchers").strip()
        sentence = "Write here which alerts are meant, to see how many they are." if is_empty else error.message
        return silence_parts.not_yet(sentence), times
    if "when" in checked.errors:
        times = silence_parts.not_yet(checked.errors["when"])
    with runtime().transaction() as session:
        found = silences.affects(session, matchers, now=now())
    return silence_parts.affected(found), times


@PAGE.callback(
    Output(FORM, "children"),
    Output(ASK, "is_open"),
    Output(QUESTION, "children"),
    Output(LOCATION, "pathname", allow_duplicate=True),
    Output(LOCATION, "search", allow_duplicate=True),
    Input(SAVE, "n_clicks"),
    Input(SURE, "n_clicks"),
    State(SUBJECT, "data"),
    State(FIELDS, "id"),
    State(FIELDS, "value"),
    permission=WRITE,
    prevent_initial_call=True,
)
def save(
    clicks: int | None, sure: int | None, subject: dict[str, Any] | None, ids: Ids, values: list[Any] | None
) -> Sequence[Any]:
    """Keep the silence, ask again where it looks like a mistake, or show what is wrong at each field."""
    confirmed = ctx.triggered_id == SURE
    if not (sure if confirmed else clicks):
        raise PreventUpdate
    known = subject or {}
    plan, draft = silence_form.read(_draft(ids, values), Reader(actor(), now()))
    if plan is None:
        return _form(draft, known.get("id")), False, no_update, no_update, no_update
    try:
        notify(silence_deeds.save(plan, uuid_or_none(known.get("id")), confirmed=confirmed))
    except ConfirmationNeededError as asked:
        return _form(draft, known.get("id")), True, asked.message, no_update, no_update
    alert = uuid_or_none(known.get("alert"))
    if alert is not None:  # Back to where it began: the inbox with the alert beside it.
        return no_update, False, no_update, INBOX, f"?alert={alert}"
    return no_update, False, no_update, SILENCES, ""


@PAGE.callback(
    Output(LOCATION, "pathname", allow_duplicate=True),
    Input(END, "n_clicks"),
    State(SUBJECT, "data"),
    permission=WRITE,
    prevent_initial_call=True,
)
def end(clicks: int | None, subject: dict[str, Any] | None) -> str:
    if not clicks:
        raise PreventUpdate
    notify(silence_deeds.end((subject or {}).get("id")))
    return SILENCES


def _new(request: PageRequest, reader: Reader) -> list[Component]:
    draft, alert = silence_form.blank(reader), uuid_or_none(request.query.get(OF_ALERT))
    copied = request.query.get(COPY)
    if alert is not None:
        with request.transaction() as session:
            draft = silence_form.of_alert(queries.alert(session, alert, now=request.now, is_brief=True), reader)
    elif copied is not None:
        draft = silence_form.of_silence(_view(copied, reader), reader)
    subject = {} if alert is None else {"alert": str(alert)}
    return [
        _back(),
        page_header("New silence", subtitle="What it matches still fires, in a tab of its own; nobody is told of it."),
        panel(None, html.Div(_form(draft, None), id=FORM, className="mc-stack mc-gap-small mc-silence-form")),
        *_machinery(subject),
    ]


def _editing(view: SilenceView, reader: Reader) -> list[Component]:
    form = html.Div(
        _form(silence_form.of_silence(view, reader), str(view.id)),
        id=FORM,
        className="mc-stack mc-gap-small mc-silence-form",
    )
    side = panel("How it stands", silence_parts.reading(view, reader))
    end_now: list[Child] = [button("End now", id=END, kind="secondary", picture="bell")]
    return [
        _back(),
        page_header("Silence", subtitle=view.comment, actions=end_now),
        grid(cell(8, panel("The silence", form)), cell(4, side)),
        *_machinery({"id": str(view.id)}),
    ]


def _reading(view: SilenceView, reader: Reader) -> list[Component]:
    copy: list[Child] = []
    if reader.who.may(WRITE):
        copy = [button("Copy", picture="copy", kind="secondary", href=f"{SILENCES}/{NEW}?{COPY}={view.id}")]
    body = silence_parts.reading(view, reader)
    return [_back(), page_header("Silence", subtitle=view.comment, actions=copy), panel(None, body)]


def _form(draft: Draft, silence_id: Any) -> list[Component]:
    word = "Silence" if silence_id is None else "Save"
    footer: list[Child] = [
        button(word, id=SAVE, picture="bell-off" if silence_id is None else None),
        button("Cancel", kind="secondary", href=SILENCES),
    ]
    return silence_form.form(draft, footer)


def _machinery(subject: dict[str, Any]) -> list[Component]:
    sentence = html.P(id=QUESTION)
    return [
        dcc.Store(id=SUBJECT, data=subject),
        confirm(ASK, "Is that what you mean?", sentence, action="Yes, silence", action_id=SURE, kind="primary"),
    ]


def _view(asked: str, reader: Reader) -> SilenceView:
    silence_id: UUID | None = uuid_or_none(asked)
    if silence_id is None:
        raise NotFoundError("There is no such silence. The address may be mistyped.")
    with runtime().transaction() as session:
        return silence_queries.silence(session, silence_id, now=reader.now)


def _back() -> Component:
    return dcc.Link([icon("arrow-left"), "Silences"], href=SILENCES, className="mc-back")


def _draft(ids: Ids, values: list[Any] | None) -> Draft:
    pairs = zip(ids or [], values or [], strict=False)
    return Draft({str(each.get("name")): value for each, value in pairs if each})
