"""The alert inbox: what fires, who is at it, and what is done about it, one alert or many at a time.

Rows never move by themselves: what has left the tab stays in its place and looks it, what is new is only counted,
until the person asks for the list anew.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dash import Input, Output, Patch, State, ctx, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from webapp.accounts.permissions import Permission
from webapp.alerting import queries
from webapp.alerting.bulk import Matching
from webapp.alerting.queries import InboxFilters
from webapp.web.components import page_header, panel
from webapp.web.components.content import attributes
from webapp.web.page import Page, PageRequest
from webapp.web.router import LOCATION, query_of
from webapp.web.session import actor, now, runtime, shared
from webapp.web.views import alert_rows, alert_screen, inbox_list, inbox_parts, inbox_views
from webapp.web.views.alert_deeds import Result
from webapp.web.views.alert_rows import Reader
from webapp.web.views.alert_view import INBOX, InboxView, read_view
from webapp.web.views.inbox_list import Listing, Painted

PAGE = Page(
    "alert_inbox",
    path=INBOX,
    title="Alert inbox",
    permission=Permission.ALERTS_READ,
    group="Respond",
    icon="inbox",
    order=10,
    own_query=True,
)
PREFIX = "inbox"
ROWS, MORE, TABS, FILTERS, NEW = "inbox-rows", "inbox-more", "inbox-tabs", "inbox-filters", "inbox-new"
SHOWN = "inbox-shown"  # a dcc.Store of the Listing
PANEL, PANEL_SHOWN = "inbox-panel", "inbox-panel-shown"
REFRESH, MORE_WANTED = "inbox-refresh", "inbox-more-wanted"  # stores that assets/inbox.js writes to
LIVE = "live-inbox"
LIVE_MILLISECONDS = 5_000
Held = dict[str, Any] | None  # a Listing, as the browser holds it


@PAGE.layout
def layout(request: PageRequest) -> Component:
    reader = Reader(request.actor, request.now)
    with request.transaction() as session:
        view, begins = inbox_views.opening(session, request.query, request.actor)
        painted = inbox_list.fresh(session, view, reader)
        beside = inbox_parts.beside(session, view, reader)
        views, dialogs = inbox_views.choice(session, view, request.actor), inbox_views.dialogs(session, request.actor)
    narrow = html.Div(painted.filters, id=FILTERS, className="mc-narrow-filters")
    return html.Div(
        [
            html.Div(painted.new, id=NEW, className="mc-new-place"),
            page_header("Alert inbox", actions=[views, inbox_parts.keys_button()]),
            html.Nav(painted.tabs, id=TABS, className="mc-tabs", **attributes(aria_label="States")),
            inbox_parts.filter_bar(view, narrow),
            html.Div([_list(painted, reader), _aside(beside)], className="mc-split"),
            dcc.Store(id=SHOWN, data=painted.listing.as_data()),
            dcc.Store(id=PANEL_SHOWN, data=_name_of(view)),
            dcc.Store(id=REFRESH),
            dcc.Store(id=MORE_WANTED),
            dcc.Interval(id=LIVE, interval=LIVE_MILLISECONDS),
            *alert_screen.machinery(PREFIX, reader),
            *dialogs,
        ],
        className="mc-inbox",
        **alert_screen.named(PREFIX, reader),
        **({} if begins is None else attributes(data_mc_begins=begins)),
    )


@PAGE.callback(
    Output(ROWS, "children"),
    Output(MORE, "children"),
    Output(TABS, "children"),
    Output(FILTERS, "children"),
    Output(NEW, "children"),
    Output(SHOWN, "data"),
    Input(LOCATION, "search"),
    Input(REFRESH, "data"),
    State(LOCATION, "pathname"),
    State(SHOWN, "data"),
    prevent_initial_call=True,
)
def show(search: str | None, _again: float | None, path: str | None, shown: Held) -> Sequence[Any]:
    """Show the list anew: another view in the address, or the same one when the person asks for it."""
    view, reader = _view(search), Reader(actor(), now())
    if not _is_here(path) or (ctx.triggered_id == LOCATION and Listing.read(shown).view == view.list_href):
        raise PreventUpdate
    with runtime().transaction() as session:
        return _all_of(inbox_list.fresh(session, view, reader))


@PAGE.callback(
    Output(PANEL, "children"),
    Output(PANEL_SHOWN, "data"),
    Input(LOCATION, "search"),
    State(LOCATION, "pathname"),
    State(PANEL_SHOWN, "data"),
    prevent_initial_call=True,
)
def open_beside(search: str | None, path: str | None, shown: str | None) -> Sequence[Any]:
    """Show the alert that the address names beside the list, or nothing."""
    view = _view(search)
    if not _is_here(path) or shown == _name_of(view):
        raise PreventUpdate
    with runtime().transaction() as session:
        return inbox_parts.beside(session, view, Reader(actor(), now())), _name_of(view)


@PAGE.callback(
    Output(ROWS, "children", allow_duplicate=True),
    Output(MORE, "children", allow_duplicate=True),
    Output(SHOWN, "data", allow_duplicate=True),
    Input(MORE_WANTED, "data"),
    State(LOCATION, "search"),
    State(SHOWN, "data"),
    prevent_initial_call=True,
)
def show_more(wanted: float | None, search: str | None, shown: Held) -> Sequence[Any]:
    view, reader, before = _view(search), Reader(actor(), now()), Listing.read(shown)
    if not wanted or before.next is None or before.view != view.list_href:
        raise PreventUpdate
    with runtime().transaction() as session:
        page, listing = inbox_list.next_page(session, view, reader, before)
    longer = Patch()
    longer.extend(alert_rows.rows(page.rows, view, reader))
    return longer, inbox_list.more_of(page, listing), listing.as_data()


@PAGE.callback(
    Output(ROWS, "children", allow_duplicate=True),
    Output(MORE, "children", allow_duplicate=True),
    Output(TABS, "children", allow_duplicate=True),
    Output(NEW, "children", allow_duplicate=True),
    Output(SHOWN, "data", allow_duplicate=True),
    Input(LIVE, "n_intervals"),
    State(LOCATION, "search"),
    State(SHOWN, "data"),
    prevent_initial_call=True,
)
def keep_up(_ticks: int | None, search: str | None, shown: Held) -> Sequence[Any]:
    """Bring the numbers and the rows shown up to date. Nothing moves, except where there was nothing."""
    view, reader, before = _view(search), Reader(actor(), now()), Listing.read(shown)
    with runtime().transaction() as session:
        filters = view.filters(reader.who, reader.now)
        counts = shared().ask(_question(filters), lambda: queries.counts(session, filters))
        found = inbox_list.news(session, view, reader, before, counts=counts)
        if before.view != view.list_href or (found.new and not before.ids):
            rows, more, tabs, _, new, data = _all_of(inbox_list.fresh(session, view, reader))
            return rows, more, tabs, new, data
    after = inbox_list.told(before, found)
    if after == before:
        raise PreventUpdate
    rows = alert_rows.rows(found.rows, view, reader) if after.marks != before.marks else no_update
    return rows, no_update, alert_rows.tabs(view, found.counts), inbox_list.new_of(found), after.as_data()


def _repaint(result: Result, search: str | None, shown: Held) -> Sequence[Any]:
    """Return the list as it stands after a deed, and the alert beside it, if it was about that one."""
    view, reader, before = _view(search), Reader(actor(), now()), Listing.read(shown)
    question = _question(view.filters(reader.who, reader.now))
    with runtime().transaction() as session:
        beside = inbox_parts.beside(session, view, reader) if view.alert in result.ids else no_update
        if result.is_all:  # What was done with the whole list is not left standing in it.
            painted = inbox_list.fresh(session, view, reader)
            shared().put(question, painted.counts)
            return painted.rows, painted.more, painted.tabs, painted.new, painted.listing.as_data(), beside
        found = inbox_list.news(session, view, reader, before)
    shared().put(question, found.counts)
    rows, tabs = alert_rows.rows(found.rows, view, reader), alert_rows.tabs(view, found.counts)
    return rows, no_update, tabs, inbox_list.new_of(found), inbox_list.told(before, found).as_data(), beside


def _matching(search: str | None, shown: Held) -> Matching | None:
    return inbox_list.matching(_view(search), Reader(actor(), now()), Listing.read(shown))


def _question(filters: InboxFilters) -> tuple[str, InboxFilters]:
    """Name the question that all browsers with the same filters ask: the tabs' numbers do not depend on the tab."""
    return "counts", replace(filters, tab="all_open")


inbox_views.declare(PAGE)
alert_screen.declare(
    alert_screen.Screen(
        page=PAGE,
        prefix=PREFIX,
        outputs=(
            *((name, "children") for name in (ROWS, MORE, TABS, NEW)),
            (SHOWN, "data"),
            (PANEL, "children"),
        ),
        states=((LOCATION, "search"), (SHOWN, "data")),
        repaint=_repaint,
        matching=_matching,
        details=inbox_parts.PANEL_PREFIX,
    )
)


def _all_of(painted: Painted) -> tuple[Any, ...]:
    """Return the list in the order of the outputs of `show`."""
    data = painted.listing.as_data()
    return painted.rows, painted.more, painted.tabs, painted.filters, painted.new, data


def _view(search: Any) -> InboxView:
    """Read the view of an address; what a browser made up counts as none."""
    return read_view(query_of(search if isinstance(search, str) else ""))


def _is_here(path: str | None) -> bool:
    """Say whether the address is still that of the inbox: on the way to another page its query changes as well."""
    return (path or "").rstrip("/") == INBOX


def _name_of(view: InboxView) -> str:
    return "" if view.alert is None else str(view.alert)


def _list(painted: Painted, reader: Reader) -> Component:
    ordered = html.Ol(painted.rows, id=ROWS, className="mc-alerts", **attributes(aria_label="Alerts"))
    more = html.Div(painted.more, id=MORE, className="mc-more")
    bulk = [inbox_parts.bulk_bar(reader)] if reader.responds else []
    return html.Div([*bulk, panel(None, ordered, more, flush=True)], className="mc-list-side")


def _aside(beside: Sequence[Component]) -> Component:
    return html.Aside(beside, id=PANEL, className="mc-beside", **attributes(aria_label="The alert"))
