"""One alert on a page of its own: what a link in a message opens, and what a phone shows."""

from collections.abc import Sequence
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from webapp.accounts.permissions import Permission
from webapp.alerting import queries
from webapp.core.errors import NotFoundError
from webapp.web.components import icon, page_header
from webapp.web.components.content import attributes
from webapp.web.page import Page, PageRequest
from webapp.web.session import actor, now, runtime
from webapp.web.views import alert_detail, alert_screen
from webapp.web.views.alert_deeds import Result
from webapp.web.views.alert_rows import Reader
from webapp.web.views.alert_view import INBOX, uuid_or_none

PAGE = Page("alert_detail", path=f"{INBOX}/<alert_id>", title="Alert", permission=Permission.ALERTS_READ)
PREFIX = "alert"
BODY, NAMED = "alert-body", "alert-named"


@PAGE.layout
def layout(request: PageRequest) -> Component:
    reader = Reader(request.actor, request.now)
    with request.transaction() as session:
        alert_id = uuid_or_none(request.params["alert_id"])
        if alert_id is None:
            raise NotFoundError("There is no such alert. The address may be mistyped.")
        alert = queries.alert(session, alert_id, now=request.now)
        body = alert_detail.detail(PREFIX, alert_detail.known(session, alert, reader, explain=True), reader)
    return html.Div(
        [
            html.A([icon("arrow-left"), "Alert inbox"], href=INBOX, className="mc-back", **attributes(data_mc_back="")),
            page_header(alert.title),
            html.Div(body, id=BODY, className="mc-detail mc-detail-page"),
            dcc.Store(id=NAMED, data=str(alert.id)),
            *alert_screen.machinery(PREFIX, reader),
        ],
        **alert_screen.named(PREFIX, reader),
    )


def _repaint(_result: Result, name: str | None) -> Sequence[Any]:
    reader, alert_id = Reader(actor(), now()), uuid_or_none(name)
    if alert_id is None:
        raise NotFoundError("There is no such alert; reload the page.")
    with runtime().transaction() as session:
        shown = alert_detail.known(session, queries.alert(session, alert_id, now=reader.now), reader, explain=True)
    return (alert_detail.detail(PREFIX, shown, reader),)


alert_screen.declare(
    alert_screen.Screen(
        page=PAGE,
        prefix=PREFIX,
        outputs=((BODY, "children"),),
        states=((NAMED, "data"),),
        repaint=_repaint,
        details=PREFIX,
    )
)
