"""Rules: what is watched, how bad it is when it happens, and how each rule stands right now."""

from collections.abc import Sequence
from typing import Any

from dash import Input, Output, State, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from webapp.accounts.permissions import Permission
from webapp.alerting import queries
from webapp.alerting import rules as alerting_rules
from webapp.core.errors import InvalidInputError
from webapp.web.components import button, page_header, panel, text_input
from webapp.web.components.content import Child
from webapp.web.layout import notify
from webapp.web.page import Page, PageRequest
from webapp.web.router import LOCATION, query_of
from webapp.web.session import actor, now, runtime
from webapp.web.views import rule_parts
from webapp.web.views.alert_rows import Reader
from webapp.web.views.alert_view import uuid_or_none
from webapp.web.views.rule_parts import RULES

PAGE = Page(
    "rules",
    path=RULES,
    title="Rules",
    permission=Permission.RULES_READ,
    group="Respond",
    icon="list-checks",
    order=20,
    own_query=True,
)
TABLE, TEXT, ASKED, LIVE = "rules-table", "rules-text", "rules-asked", "live-rules"
LIVE_MILLISECONDS = 10_000
WRITE = Permission.RULES_WRITE


@PAGE.layout
def layout(request: PageRequest) -> Component:
    may_write, text = request.actor.may(WRITE), request.query.get("q", "")
    new: list[Child] = [button("New rule", picture="plus", href=f"{RULES}/new")] if may_write else []
    search = text_input(TEXT, value=text, type="search", placeholder="Search", maxlength=200, autocomplete="off")
    label = html.Label("Search rules", htmlFor=TEXT, className="visually-hidden")
    return html.Div(
        [
            page_header("Rules", subtitle="What is watched, and when it becomes an alert.", actions=new),
            html.Div(html.Div([label, search], className="mc-narrow-search"), className="mc-narrow", role="search"),
            panel(None, html.Div(_table(text), id=TABLE, className="mc-rules"), flush=True),
            dcc.Interval(id=LIVE, interval=LIVE_MILLISECONDS),
            *([dcc.Store(id=ASKED)] if may_write else []),
        ]
    )


@PAGE.callback(
    Output(TABLE, "children"),
    Input(LOCATION, "search"),
    Input(LIVE, "n_intervals"),
    State(LOCATION, "pathname"),
    prevent_initial_call=True,
)
def show(search: str | None, _ticks: int | None, path: str | None) -> Sequence[Component]:
    if (path or "").rstrip("/") != RULES:
        raise PreventUpdate
    return _table(query_of(search or "").get("q", ""))


@PAGE.callback(
    Output(TABLE, "children", allow_duplicate=True),
    Input(ASKED, "data"),
    State(LOCATION, "search"),
    permission=WRITE,
    prevent_initial_call=True,
)
def pause_or_resume(asked: dict[str, Any] | None, search: str | None) -> Sequence[Component]:
    """Do what was chosen in the menu of a row."""
    if asked is None:
        raise PreventUpdate
    rule_id, deed = uuid_or_none(asked.get("id")), asked.get("deed")
    verbs = {"pause": alerting_rules.pause_rule, "resume": alerting_rules.resume_rule}
    if rule_id is None or deed not in verbs:
        raise InvalidInputError("This is not a rule; reload the page.")
    with runtime().transaction() as session:
        verbs[str(deed)](session, rule_id, actor=actor(), now=now())
    notify("The rule is paused; what it had firing is resolved." if deed == "pause" else "The rule is watching again.")
    return _table(query_of(search or "").get("q", ""))


def _table(text: str) -> list[Component]:
    with runtime().transaction() as session:
        found = queries.rules(session)
    return rule_parts.table(found, text, Reader(actor(), now()))
