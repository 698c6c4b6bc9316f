"""The views of the inbox that people keep: choosing one, keeping the one on the screen, and looking after them."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from sqlalchemy.orm import Session

from webapp.accounts.actor import Actor
from webapp.alerting import saved_views
from webapp.alerting.saved_views import SavedView
from webapp.core.errors import InvalidInputError, UserError
from webapp.web.components import button, check_list, empty_state, field, icon, menu, modal, pill, stack, text_input
from webapp.web.components.content import Child, attributes, classes
from webapp.web.page import Page
from webapp.web.router import LOCATION, query_of
from webapp.web.session import actor, now, runtime
from webapp.web.views.alert_view import INBOX, InboxView, read_view, uuid_or_none

MENU, LISTED, ASKED, FAULT = "inbox-views", "inbox-views-list", "inbox-views-asked", "inbox-views-error"
DIALOG, MANAGE = "inbox-view-dialog", "inbox-views-dialog"
NAME, OPTIONS, SAVE, SAVE_FAULT = "inbox-view-name", "inbox-view-options", "inbox-view-save", "inbox-view-error"
SHARED, BEGIN = "shared", "begin"


def opening(session: Session, query: Mapping[str, str], who: Actor) -> tuple[InboxView, str | None]:
    """Return the view that an address opens, and, where it names none, the address of the view somebody begins with."""
    begins = saved_views.default_query(session, actor=who)
    address = None if begins is None else _view_of(begins).href
    if query or begins is None:
        return read_view(query), address
    return _view_of(begins), address


def choice(session: Session, view: InboxView, who: Actor) -> Component:
    """Return the menu, in a place that is filled anew."""
    return html.Div(_menu(saved_views.views(session, actor=who), view), id=MENU, className="mc-views")


def dialogs(session: Session, who: Actor) -> list[Component]:
    options = check_list(OPTIONS, [(BEGIN, "Begin with it"), (SHARED, "Share it: everybody can choose it")], [])
    called = text_input(NAME, maxlength=saved_views.LONGEST_NAME, autocomplete="off")
    keep = modal(
        DIALOG,
        "Save this view",
        stack(
            field("Name", called, help="A name that you have already gets this view."),
            html.Div(options, role="group", **attributes(aria_label="Options")),
            html.P(id=SAVE_FAULT, className="mc-error", role="alert"),
            gap="small",
        ),
        footer=[button("Cancel", kind="secondary", closes=True), button("Save", id=SAVE, picture="check")],
    )
    manage = modal(
        MANAGE,
        "Views",
        html.P(id=FAULT, className="mc-error", role="alert"),
        html.Div(_list(saved_views.views(session, actor=who)), id=LISTED),
        footer=[button("Done", kind="secondary", closes=True)],
        size="lg",
    )
    return [dcc.Store(id=ASKED), keep, manage]


def declare(page: Page) -> None:
    @page.callback(
        Output(MENU, "children"),
        Input(LOCATION, "search"),
        State(LOCATION, "pathname"),
        prevent_initial_call=True,
    )
    def mark_current(search: str | None, path: str | None) -> Sequence[Component]:
        if (path or "").rstrip("/") != INBOX:
            raise PreventUpdate
        with runtime().transaction() as session:
            return _menu(saved_views.views(session, actor=actor()), read_view(query_of(search or "")))

    @page.callback(
        Output(DIALOG, "is_open"),
        Output(SAVE_FAULT, "children"),
        Output(NAME, "value"),
        Output(OPTIONS, "value"),
        Output(MENU, "children", allow_duplicate=True),
        Output(LISTED, "children", allow_duplicate=True),
        Input(SAVE, "n_clicks"),
        State(NAME, "value"),
        State(OPTIONS, "value"),
        State(LOCATION, "search"),
        prevent_initial_call=True,
    )
    def save(clicks: int | None, name: str | None, options: list[str] | None, search: str | None) -> Sequence[Any]:
        if not clicks:
            raise PreventUpdate
        view, chosen = read_view(query_of(search or "")), options or []
        try:
            found = _keep(name or "", view, is_shared=SHARED in chosen, is_first=BEGIN in chosen)
        except UserError as error:  # It belongs into the dialog, beside what is missing.
            return True, error.message, *[no_update] * 4
        return False, "", "", [], _menu(found, view), _list(found)

    @page.callback(
        Output(MENU, "children", allow_duplicate=True),
        Output(LISTED, "children", allow_duplicate=True),
        Output(FAULT, "children"),
        Input(ASKED, "data"),
        State(LOCATION, "search"),
        prevent_initial_call=True,
    )
    def look_after(asked: dict[str, Any] | None, search: str | None) -> Sequence[Any]:
        if not isinstance(asked, dict):
            raise PreventUpdate
        try:
            with runtime().transaction() as session:
                _change(session, asked, actor())
        except UserError as error:
            return no_update, no_update, error.message
        with runtime().transaction() as session:
            found = saved_views.views(session, actor=actor())
        return _menu(found, read_view(query_of(search or ""))), _list(found), ""


def _keep(name: str, view: InboxView, *, is_shared: bool, is_first: bool) -> Sequence[SavedView]:
    query, who = view.list_href.partition("?")[2], actor()
    with runtime().transaction() as session:
        view_id = saved_views.save(session, name=name, query=query, is_shared=is_shared, actor=who, now=now())
        session.flush()
        if is_first:
            saved_views.begin_with(session, view_id, actor=who)
        return saved_views.views(session, actor=who)


def _change(session: Session, asked: Mapping[str, Any], who: Actor) -> None:
    view_id = uuid_or_none(asked.get("id"))
    if view_id is None:
        raise InvalidInputError("There is no such view; reload the page.")
    match asked.get("deed"):
        case "rename":
            saved_views.rename(session, view_id, name=str(asked.get("name") or ""), actor=who, now=now())
        case "share" | "unshare" as deed:
            saved_views.share(session, view_id, is_shared=deed == "share", actor=who, now=now())
        case "delete":
            saved_views.remove(session, view_id, actor=who, now=now())
        case "begin":
            saved_views.begin_with(session, view_id, actor=who)
        case "begin_plain":
            saved_views.begin_with(session, None, actor=who)
        case _:
            raise InvalidInputError("There is no such deed; reload the page.")
    session.flush()


def _view_of(query: str) -> InboxView:
    return read_view(dict(parse_qsl(query)))


def _menu(found: Sequence[SavedView], view: InboxView) -> list[Component]:
    current = next((each for each in found if _view_of(each.query).list_href == view.list_href), None)
    items: list[Child] = [_item(each, is_current=each is current) for each in found]
    if not found:
        words = "Keep what you look at again and again under a name."
        items.append(html.P(words, className="mc-views-none mc-quiet"))
    items.append(html.Div(className="mc-menu-line"))
    items.append(_opener(DIALOG, "plus", "Save this view …"))
    if found:
        items.append(_opener(MANAGE, "pencil", "Manage views …"))
    label = html.Span("Views" if current is None else current.name, className="mc-views-name")
    return [menu([icon("star"), label], *items, name="Views", kind="deed")]


def _item(each: SavedView, *, is_current: bool) -> Component:
    words: list[Child] = [html.Span(each.name, className="mc-views-name")]
    if each.is_default:
        words.append(pill("first", title="The inbox opens with it"))
    if not each.is_mine:
        words.append(html.Span(f"by {each.author}", className="mc-quiet"))
    look = classes("mc-menu-item", is_current and "is-current")
    return dcc.Link(words, href=_view_of(each.query).href, className=look)


def _opener(dialog: str, picture: str, word: str) -> Component:
    opens = attributes(data_mc_open=dialog)
    return html.Button([icon(picture), word], type="button", className="mc-menu-item", **opens)


def _list(found: Sequence[SavedView]) -> list[Component]:
    if not found:
        return [empty_state("No views yet", "Narrow the inbox to what you look at, and save it as a view.")]
    return [html.Ul([_line(each) for each in found], className="mc-views-list")]


def _line(each: SavedView) -> Component:
    deeds: list[Child] = []
    named: Component
    if each.may_change:
        place: dict[str, str | int] = {"type": "inbox-view-called", "view": str(each.id)}
        called = text_input(place, value=each.name, maxlength=saved_views.LONGEST_NAME, autocomplete="off")
        named = html.Label([html.Span("Name", className="visually-hidden"), called], className="mc-views-called")
        deeds.append(_deed("rename", "Rename", each))
    else:
        named = html.Div([each.name, html.Span(f" by {each.author}", className="mc-quiet")])
    first = ("begin_plain", "Do not begin with it") if each.is_default else ("begin", "Begin with it")
    deeds.append(_deed(*first, each))
    if each.may_change:
        deeds.append(_deed("unshare", "Stop sharing", each) if each.is_shared else _deed("share", "Share", each))
        deeds.append(_deed("delete", "Delete", each))
    return html.Li([named, html.Div(deeds, className="mc-views-deeds")], **attributes(data_view=str(each.id)))


def _deed(deed: str, word: str, each: SavedView) -> Component:
    content: list[Child] = [word, html.Span(f" {each.name}", className="visually-hidden")]
    asked = attributes(data_mc_view=deed)
    return html.Button(content, type="button", className="mc-button mc-button-secondary mc-button-small", **asked)
