"""Inhibition rules: which alerts are muted while another one fires."""

from dash import html
from dash.development.base_component import Component

from webapp.accounts.permissions import Permission
from webapp.alerting.muting import inhibition
from webapp.web.components import button, page_header, panel
from webapp.web.components.content import Child
from webapp.web.page import Page, PageRequest
from webapp.web.views import inhibition_parts, silence_parts
from webapp.web.views.alert_rows import Reader
from webapp.web.views.silence_parts import INHIBITIONS

PAGE = Page("inhibitions", path=INHIBITIONS, title="Inhibition rules", permission=Permission.RULES_READ)


@PAGE.layout
def layout(request: PageRequest) -> Component:
    reader = Reader(request.actor, request.now)
    with request.transaction() as session:
        found = inhibition.inhibitions(session)
    may_write = request.actor.may(Permission.RULES_WRITE)
    new: list[Child] = [button("New rule", picture="plus", href=f"{INHIBITIONS}/new")] if may_write else []
    words = "While one alert fires, others that follow from it are muted."
    return html.Div(
        [
            page_header("Inhibition rules", subtitle=words, actions=new),
            silence_parts.kinds(INHIBITIONS, reader),
            panel(None, inhibition_parts.table(found, reader), flush=bool(found)),
        ]
    )
