"""Silences: what is silent now, what will be and what was, and the way to a new one."""

from collections.abc import Sequence

from dash import ALL, Input, Output, ctx, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from webapp.accounts.permissions import Permission
from webapp.alerting.muting import silence_queries
from webapp.web.components import button, page_header
from webapp.web.components.content import Child
from webapp.web.layout import notify
from webapp.web.page import Page, PageRequest
from webapp.web.session import actor, now, runtime
from webapp.web.views import silence_deeds, silence_parts
from webapp.web.views.alert_rows import Reader
from webapp.web.views.alert_view import SILENCES
from webapp.web.views.silence_parts import END

PAGE = Page(
    "silences",
    path=SILENCES,
    title="Silences",
    permission=Permission.SILENCES_READ,
    group="Respond",
    icon="bell-off",
    order=15,
)
LISTS, LIVE = "silences-lists", "live-silences"
LIVE_MILLISECONDS = 10_000
WRITE = Permission.SILENCES_WRITE


@PAGE.layout
def layout(request: PageRequest) -> Component:
    reader = Reader(request.actor, request.now)
    may_write = request.actor.may(WRITE)
    new: list[Child] = [button("New silence", picture="plus", href=f"{SILENCES}/new")] if may_write else []
    return html.Div(
        [
            page_header("Silences", subtitle="Alerts that nobody is told of for a while.", actions=new),
            silence_parts.kinds(SILENCES, reader),
            html.Div(_lists(), id=LISTS, className="mc-stack"),
            dcc.Interval(id=LIVE, interval=LIVE_MILLISECONDS),
        ]
    )


@PAGE.callback(Output(LISTS, "children"), Input(LIVE, "n_intervals"), prevent_initial_call=True)
def keep_up(_ticks: int | None) -> Sequence[Component]:
    return _lists()


@PAGE.callback(
    Output(LISTS, "children", allow_duplicate=True),
    Input({"type": END, "silence": ALL}, "n_clicks"),
    permission=WRITE,
    prevent_initial_call=True,
)
def end(_clicks: list[int | None]) -> Sequence[Component]:
    if not ctx.triggered_id or not ctx.triggered[0]["value"]:
        raise PreventUpdate
    notify(silence_deeds.end(ctx.triggered_id["silence"]))
    return _lists()


def _lists() -> list[Component]:
    with runtime().transaction() as session:
        found = silence_queries.silences(session, now=now())
    return silence_parts.lists(found, Reader(actor(), now()))
