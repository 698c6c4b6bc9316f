"""One inhibition rule: its form with what it would mute now. `…/new` is the same, empty or an example."""

from collections.abc import Sequence
from typing import Any

from dash import ALL, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from webapp.accounts.permissions import Permission
from webapp.alerting.muting import inhibition, watch
from webapp.alerting.muting.inhibition import InhibitionView
from webapp.alerting.muting.reads import would_mute
from webapp.core.errors import NotFoundError
from webapp.web.components import button, cell, confirm, grid, icon, page_header, panel
from webapp.web.components.content import Child
from webapp.web.layout import notify
from webapp.web.page import Page, PageRequest
from webapp.web.router import LOCATION
from webapp.web.session import actor, now, runtime
from webapp.web.views import inhibition_parts
from webapp.web.views.alert_rows import Reader
from webapp.web.views.alert_view import uuid_or_none
from webapp.web.views.inhibition_parts import EXAMPLE, FIELD, PREVIEW, Draft
from webapp.web.views.silence_parts import INHIBITIONS, not_yet

PAGE = Page(
    "inhibition", path=f"{INHIBITIONS}/<inhibition_id>", title="Inhibition rule", permission=Permission.RULES_READ
)
NEW = "new"
FORM, SUBJECT, SAVE, DELETE, SURE = (
    *("inhibition-form", "inhibition-subject", "inhibition-save"),
    *("inhibition-delete", "inhibition-delete-sure"),
)
WRITE = Permission.RULES_WRITE
FIELDS = {"type": FIELD, "name": ALL}
Ids = list[dict[str, Any]] | None
Texts = list[str] | None


@PAGE.layout
def layout(request: PageRequest) -> Component:
    reader, asked = Reader(request.actor, request.now), request.params["inhibition_id"]
    may_write = request.actor.may(WRITE)
    if asked == NEW:
        request.actor.require(WRITE)
        draft = inhibition_parts.draft_of(inhibition.OUTAGE) if request.query.get(EXAMPLE) else inhibition_parts.blank()
        return html.Div([_back(), page_header("New inhibition rule"), panel(None, _form_place(draft)), _subject(None)])
    view = _view(request, asked)
    if not may_write:
        body = panel(None, inhibition_parts.reading(view, reader))
        return html.Div([_back(), page_header(view.name), body])
    delete: list[Child] = [button("Delete …", kind="secondary", picture="trash-2", opens=DELETE)]
    sure = confirm(
        DELETE,
        "Delete the rule?",
        "What it mutes is open again at once, and told of.",
        action="Delete it",
        action_id=SURE,
    )
    side = panel("How it stands", inhibition_parts.reading(view, reader))
    form = panel("The rule", _form_place(inhibition_parts.draft_of(view)))
    return html.Div(
        [_back(), page_header(view.name, actions=delete), grid(cell(8, form), cell(4, side)), sure, _subject(asked)]
    )


@PAGE.callback(Output(PREVIEW, "children"), Input(FIELDS, "value"), State(FIELDS, "id"), permission=WRITE)
def preview(values: Texts, ids: Ids) -> Sequence[Component]:
    """Say what the rule would mute at this moment, while somebody writes."""
    draft = _draft(ids, values)
    rule, checked = inhibition_parts.read(Draft({**draft.fields, "name": "?"}))
    if rule is None:
        is_begun = all(draft.fields.get(side, "").strip() for side in inhibition_parts.SIDES)
        first = next(iter(checked.errors.values()))
        return not_yet(first if is_begun else "Write both parts to see what the rule would mute now.")
    with runtime().transaction() as session:
        sources, titles = would_mute(session, rule)
    return inhibition_parts.preview(sources, titles)


@PAGE.callback(
    Output(FORM, "children"),
    Output(LOCATION, "pathname", allow_duplicate=True),
    Output(LOCATION, "search", allow_duplicate=True),
    Input(SAVE, "n_clicks"),
    State(SUBJECT, "data"),
    State(FIELDS, "id"),
    State(FIELDS, "value"),
    permission=WRITE,
    prevent_initial_call=True,
)
def save(clicks: int | None, subject: str | None, ids: Ids, values: Texts) -> Sequence[Any]:
    if not clicks:
        raise PreventUpdate
    rule, draft = inhibition_parts.read(_draft(ids, values))
    if rule is None:
        return _form(draft), no_update, no_update
    with runtime().transaction() as session:
        inhibition.save(session, rule, inhibition_id=uuid_or_none(subject), actor=actor(), now=now())
        changed = watch.catch_up(session, now=now())
    alerts = "1 alert is" if changed == 1 else f"{changed:,} alerts are"
    notify(f"The rule counts from now on. {alerts} muted, or no longer.")
    return no_update, INHIBITIONS, ""


@PAGE.callback(
    Output(LOCATION, "pathname", allow_duplicate=True),
    Input(SURE, "n_clicks"),
    State(SUBJECT, "data"),
    permission=WRITE,
    prevent_initial_call=True,
)
def delete(clicks: int | None, subject: str | None) -> str:
    number = uuid_or_none(subject)
    if not clicks or number is None:
        raise PreventUpdate
    with runtime().transaction() as session:
        inhibition.delete(session, number, actor=actor(), now=now())
        watch.catch_up(session, now=now())
    notify("The rule is gone; what it muted is open again.")
    return INHIBITIONS


def _view(request: PageRequest, asked: str) -> InhibitionView:
    number = uuid_or_none(asked)
    if number is None:
        raise NotFoundError("There is no such rule. The address may be mistyped.")
    with request.transaction() as session:
        return inhibition.inhibition(session, number)


def _form_place(draft: Draft) -> Component:
    return html.Div(_form(draft), id=FORM, className="mc-stack mc-gap-small mc-silence-form")


def _form(draft: Draft) -> list[Component]:
    cancel = button("Cancel", kind="secondary", href=INHIBITIONS)
    return inhibition_parts.form(draft, [button("Save", id=SAVE), cancel])


def _subject(inhibition_id: str | None) -> Component:
    return dcc.Store(id=SUBJECT, data=inhibition_id)


def _back() -> Component:
    return dcc.Link([icon("arrow-left"), "Inhibition rules"], href=INHIBITIONS, className="mc-back")


def _draft(ids: Ids, values: Texts) -> Draft:
    pairs = zip(ids or [], values or [], strict=False)
    return Draft({str(each.get("name")): value or "" for each, value in pairs if each})
