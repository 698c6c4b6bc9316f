"""What stands around the list of the inbox: search, filters, what to do with the chosen ones, the alert beside it."""

from dash import html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from webapp.accounts.permissions import Permission
from webapp.alerting import queries
from webapp.core.errors import NotFoundError
from webapp.web.components import icon, text_input
from webapp.web.components.content import Child, attributes
from webapp.web.views import alert_detail
from webapp.web.views.alert_rows import Reader
from webapp.web.views.alert_view import INBOX, InboxView

PANEL_PREFIX = "panel"
TEXT = "inbox-text"


def beside(session: Session, view: InboxView, reader: Reader) -> list[Component]:
    if view.alert is None:
        return []
    try:
        alert = queries.alert(session, view.alert, now=reader.now)
    except NotFoundError as error:
        return alert_detail.gone(error.message)
    shown = alert_detail.known(session, alert, reader, explain=True)
    close = attributes(aria_label="Close", data_mc_beside="close")
    wide = html.A(icon("external-link"), href=f"{INBOX}/{alert.id}", className="mc-tool", title="Open on a page")
    cross = html.Button(icon("x"), type="button", className="mc-tool", **close)
    head = [html.H2(alert.title, id="panel-title", tabIndex="-1"), html.Div([wide, cross], className="mc-beside-tools")]
    return [
        html.Header(head, className="mc-beside-head"),
        html.Div(alert_detail.detail(PANEL_PREFIX, shown, reader), className="mc-detail"),
    ]


def filter_bar(view: InboxView, filters: Component) -> Component:
    search = text_input(
        TEXT, value=view.text, type="search", placeholder="Search", maxlength=200, autocomplete="off", name="q"
    )
    unfold = html.Button(
        [icon("list-filter"), html.Span("Filters")],
        type="button",
        className="mc-button mc-button-secondary mc-narrow-unfold",
        **attributes(data_mc_toggle="narrow", aria_expanded="false", aria_controls="inbox-filters"),
    )
    label = html.Label("Search title, model and sentence", htmlFor=TEXT, className="visually-hidden")
    return html.Div(
        [html.Div([label, search, html.Kbd("/")], className="mc-narrow-search"), unfold, filters],
        className="mc-narrow",
        role="search",
        **attributes(aria_label="Narrow the list"),
    )


def bulk_bar(reader: Reader) -> Component:
    """Return what can be done with the rows that are chosen; the script shows it while there are some."""
    may = reader.who.may
    deeds: list[Child] = []
    if may(Permission.ALERTS_ACKNOWLEDGE):
        deeds.append(_bulk("Acknowledge", "check", "primary", "a", data_mc_act="acknowledge"))
    if may(Permission.ALERTS_ASSIGN):
        deeds.append(_bulk("Assign to me", "user-plus", "secondary", "m", data_mc_act="assign", data_mc_user="mine"))
    if may(Permission.ALERTS_ACKNOWLEDGE):
        deeds.append(_bulk("Snooze 1 h", "alarm-clock", "secondary", "s", data_mc_act="snooze", data_mc_minutes="60"))
    if may(Permission.ALERTS_RESOLVE):
        deeds.append(_bulk("Resolve …", "check-check", "secondary", "r", data_mc_act="resolve"))
    every = html.Button("All shown", type="button", className="mc-link", **attributes(data_mc_choose="all"))
    match = html.Button(
        "All that match", type="button", className="mc-link", hidden=True, **attributes(data_mc_choose="matching")
    )
    none = html.Button("None", type="button", className="mc-link", **attributes(data_mc_choose="none"))
    count = html.Strong("0 chosen", id="inbox-chosen", role="status")
    return html.Div(
        [html.Div([count, every, match, none], className="mc-bulk-count"), html.Div(deeds, className="mc-bulk-deeds")],
        className="mc-bulk",
        role="toolbar",
        **attributes(aria_label="Do something with the chosen alerts"),
    )


def _bulk(word: str, picture: str, kind: str, key: str, **data: str) -> Component:
    content: list[Child] = [icon(picture), word, html.Kbd(key)]
    look = f"mc-button mc-button-{kind}"
    return html.Button(content, type="button", className=look, **attributes(aria_keyshortcuts=key, **data))


def keys_button() -> Component:
    content: list[Child] = [html.Kbd("?"), "Keys"]
    named = attributes(data_mc_help="", aria_keyshortcuts="?")
    return html.Button(content, type="button", className="mc-button mc-button-quiet mc-keys-button", **named)
