"""Messages: what people were told about alerts, the newest first, as it went out."""

from dash import dcc, html
from dash.development.base_component import Component

from webapp.accounts.permissions import Permission
from webapp.core.formatting import number
from webapp.notifications.queries import Mention, Notification, notifications
from webapp.web.components import button, empty_state, icon, page_header, panel, when
from webapp.web.components.content import Child, attributes
from webapp.web.page import Page, PageRequest
from webapp.web.views.alert_view import INBOX, uuid_or_none
from webapp.web.views.told_parts import EVERYBODY, MESSAGES, PICTURES

PAGE = Page(
    "messages",
    path=MESSAGES,
    title="Messages",
    permission=Permission.ALERTS_READ,
    group="Respond",
    icon="mail",
    order=25,
)
PER_PAGE = 50
UNFOLDED = 4  # alerts of a message that are shown at once


@PAGE.layout
def layout(request: PageRequest) -> Component:
    before = uuid_or_none(request.query.get("before"))
    with request.transaction() as session:
        found, following = notifications(session, before=before, limit=PER_PAGE)
    turning: list[Child] = []
    if before is not None:
        turning.append(button("Newest", kind="secondary", href=MESSAGES, picture="chevron-left"))
    if following is not None:
        turning.append(button("Older", kind="secondary", href=f"{MESSAGES}?before={following}"))
    listed = html.Ol([_message(each, request) for each in found], className="mc-messages") if found else _nothing()
    return html.Div(
        [
            page_header("Messages", subtitle=f"What was told about alerts, the newest first. To: {EVERYBODY.lower()}."),
            panel(None, listed, flush=True),
            html.Nav(turning, className="mc-turning", **attributes(aria_label="Pages of the messages")),
        ]
    )


def _nothing() -> Component:
    words = "When an alert fires, what people are told of it is kept here. What they are not told stands on the alert."
    return empty_state("Nobody was told anything yet", words, picture="mail")


def _message(each: Notification, request: PageRequest) -> Component:
    """Return one message: of one alert a line that leads to it, of several the line and each of them."""
    single = each.mentions[0] if each.count == 1 and each.mentions else None
    title: Child = each.title if single is None else dcc.Link(each.title, href=f"{INBOX}/{single.alert_id}")
    head: list[Child] = [
        html.H2(title, className="mc-message-title"),
        when(each.at, zone=request.actor.timezone, now=request.now),
    ]
    rest = _mentions(each) if single is None else html.P(single.text, className="mc-quiet")
    body = html.Div([html.Div(head, className="mc-message-head"), rest], className="mc-message-body")
    mark = html.Span(icon(PICTURES[each.status]), className=f"mc-message-mark mc-message-{each.status}")
    return html.Li([mark, body], id=str(each.id), className="mc-message")


def _mentions(each: Notification) -> Component:
    """Return the alerts of a message, folded where they are many."""
    lines: list[Child] = [_mention(mention) for mention in each.mentions]
    more = each.count - len(each.mentions)
    if more > 0:
        lines.append(html.Li(f"and {number(more)} more", className="mc-quiet"))
    listed = html.Ul(lines, className="mc-message-alerts")
    if len(lines) <= UNFOLDED:
        return listed
    return html.Details([html.Summary(f"{number(each.count)} alerts"), listed], className="mc-message-more")


def _mention(mention: Mention) -> Component:
    link = dcc.Link(mention.title, href=f"{INBOX}/{mention.alert_id}")
    return html.Li([link, html.Span(f" {mention.text}", className="mc-quiet")])
