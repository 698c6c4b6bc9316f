"""Who was told of an alert, who was not, and why."""

from dash import dcc, html
from dash.development.base_component import Component

from webapp.alerting.queries import InboxRow
from webapp.alerting.types import Status
from webapp.core.formatting import number
from webapp.notifications.queries import Standing, Telling
from webapp.notifications.wording import Held
from webapp.web.components import icon, when
from webapp.web.components.content import Child
from webapp.web.views.alert_rows import Reader

MESSAGES = "/messages"
EVERYBODY = "Everybody who sees alerts, in the app"
PICTURES = {"firing": "bell", "resolved": "check-check", "acknowledged": "user-check", "held": "bell-off"}


def told(standing: Standing, alert: InboxRow, reader: Reader) -> Component:
    """Return what was told of the alert and what was held back, the newest first, and what is still to come."""
    lines = [_line(each, reader) for each in standing.tellings]
    coming = None if alert.status is Status.RESOLVED else _coming(standing, alert, reader)
    if coming is not None:
        lines.insert(0, coming)
    if not lines:
        words = "Nothing is kept of who was told: it is too long ago."
        return html.P(words, className="mc-quiet")
    return html.Ol(lines, className="mc-told")


def _line(each: Telling, reader: Reader) -> Component:
    is_held = each.state == "held"
    who = f"Nobody, {Held(each.because).label}" if is_held else EVERYBODY
    head: list[Child] = [html.Span(who, className="mc-told-who"), when(each.at, zone=reader.zone, now=reader.now)]
    words: list[Child] = [each.text]
    if each.notification_id is not None and each.others:
        link = dcc.Link(_with_others(each.others), href=f"{MESSAGES}#{each.notification_id}")
        words += [" ", link]
    body = html.Div([html.Div(head, className="mc-told-head"), html.P(words)])
    kind = "mc-told-line mc-told-held" if is_held else "mc-told-line"
    return html.Li([icon(PICTURES.get(each.state, "bell")), body], className=kind)


def _coming(standing: Standing, alert: InboxRow, reader: Reader) -> Component | None:
    """Say when an alert is told of for the first time: while its group gathers, or when nothing holds it any more."""
    if standing.next_look_at is None or any(each.state != "held" for each in standing.tellings):
        return None
    is_held = alert.status is not Status.OPEN or alert.muted is not None or alert.is_flapping
    if standing.tellings and is_held:
        return None
    begins = (
        "Nothing holds it any more; it is told at " if standing.tellings else "Its group gathers others and is told at "
    )
    words: list[Child] = [begins, when(standing.next_look_at, zone=reader.zone), "."]
    return html.Li([icon("timer"), html.P(words)], className="mc-told-line mc-told-held")


def _with_others(others: int) -> str:
    return "With 1 other alert." if others == 1 else f"With {number(others)} other alerts."
