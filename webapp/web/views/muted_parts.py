"""What mutes an alert, said on its page, and the way to silence it."""

from dash import dcc
from dash.development.base_component import Component

from webapp.accounts.permissions import Permission
from webapp.alerting.queries import AlertDetail
from webapp.web.components import button, notice
from webapp.web.components.content import Child
from webapp.web.views.alert_rows import Reader
from webapp.web.views.alert_view import INBOX, SILENCES

OF_ALERT = "alert"  # of the address of a new silence: the alert that it begins with


def told(alert: AlertDetail, reader: Reader) -> list[Component]:
    """Say why nobody is told of the alert, with the way to what mutes it."""
    muted = alert.muted
    if muted is None:
        return []
    parts: list[Component] = []
    if muted.silence_id is not None:
        until = "" if muted.silenced_until is None else f" until {reader.clock(muted.silenced_until)}"
        words: list[Child] = [f"Silenced by {muted.silenced_by}{until}: {muted.comment} "]
        if reader.who.may(Permission.SILENCES_READ):
            words.append(dcc.Link("Open the silence", href=f"{SILENCES}/{muted.silence_id}"))
        parts.append(notice(words))
    if muted.inhibitor_id is not None:
        link = dcc.Link(muted.inhibitor_title, href=f"{INBOX}/{muted.inhibitor_id}")
        parts.append(notice(["Muted while ", link, " fires."]))
    return parts


def silence_button(alert: AlertDetail) -> Component:
    href = f"{SILENCES}/new?{OF_ALERT}={alert.id}"
    return button("Silence …", picture="bell-off", kind="secondary", href=href)
