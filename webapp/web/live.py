"""What the top bar says without being asked: how long ago the rules were evaluated, and which alerts are open.

The age is counted on in the browser, which turns it red by itself when nothing is heard any more.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from dash import dcc, html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from webapp.accounts.actor import Actor
from webapp.accounts.permissions import Permission
from webapp.alerting import queries
from webapp.alerting.queries import InboxFilters, InboxRow, OpenSummary
from webapp.core.formatting import age
from webapp.web.components import icon, severity_badge
from webapp.web.components.content import Child, attributes
from webapp.web.session import now, runtime, shared

LATE = timedelta(minutes=3)
NEWEST = 5
MOST_SHOWN = 999


def live(who: Actor) -> tuple[Component, Component, Component]:
    """Return what the live state, the bell and the bell's sheet show at this moment."""
    moment = now()
    with runtime().transaction() as session:
        evaluated = queries.last_evaluation(session)
        if not who.may(Permission.ALERTS_READ):
            return _state(evaluated, moment), _bell(0), html.Div()
        summary, newest = shared().ask("bell", lambda: _active(session))
    return _state(evaluated, moment), _bell(summary.waiting), _sheet(summary, newest, moment)


def _active(session: Session) -> tuple[OpenSummary, Sequence[InboxRow]]:
    newest = queries.inbox(session, InboxFilters(tab="all_open", not_muted=True), limit=NEWEST).rows
    return queries.open_summary(session), newest


def _state(evaluated: datetime | None, moment: datetime) -> Component:
    """The words themselves are written by the script of assets/, every second."""
    known = {"data_evaluated": "" if evaluated is None else evaluated.isoformat(), "data_now": moment.isoformat()}
    return html.Span(
        id="live-words", className="mc-live-words", **attributes(**known, data_late=str(int(LATE.total_seconds())))
    )


def _bell(waiting: int) -> Component:
    """The number is that of the inbox's first tab: what nobody has taken on yet."""
    word = "No open alerts" if waiting == 0 else f"{waiting} open alert{'s' if waiting > 1 else ''}"
    shown = "" if waiting == 0 else str(waiting) if waiting <= MOST_SHOWN else f"{MOST_SHOWN}+"
    count = html.Span(shown, id="bell-count", className="mc-count", **attributes(aria_hidden="true"))
    return html.Span([icon("bell", label=word), count], className="mc-bell", title=word)


def _sheet(summary: OpenSummary, newest: Sequence[InboxRow], moment: datetime) -> Component:
    rows: list[Child] = [_row(each, moment) for each in newest]
    if not rows:
        rows = [html.P("Nothing needs attention.", className="mc-bell-none")]
    head = html.Div(["Active alerts", html.Span(str(summary.total), className="mc-quiet")], className="mc-menu-title")
    every = dcc.Link([icon("inbox"), "Open the inbox"], href="/alerts", className="mc-menu-item")
    line = html.Div(className="mc-menu-line")
    return html.Div([head, html.Div(rows, className="mc-bell-list"), line, every], className="mc-bell-sheet")


def _row(each: InboxRow, moment: datetime) -> Component:
    words = [
        severity_badge(each.severity),
        html.Span(each.title, className="mc-bell-item-title"),
        html.Span(age(moment - each.started_at), className="mc-quiet mc-number"),
    ]
    return dcc.Link(words, href=f"/alerts/{each.id}", className="mc-menu-item", title=each.title)
