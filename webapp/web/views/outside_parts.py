"""What is different about an alert from outside: who sent it, where that one shows it, what is not known of it here."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from dash import dcc, html
from dash.development.base_component import Component

from webapp.accounts.permissions import Permission
from webapp.alerting.outside.source_format import NAME_LABEL
from webapp.alerting.queries import AlertDetail
from webapp.web.components import icon
from webapp.web.components.content import Child, Children
from webapp.web.views.alert_rows import Reader

SOURCES = "/sources"


def is_outside(alert: AlertDetail) -> bool:
    return alert.source_id is not None


def origin(alert: AlertDetail, reader: Reader) -> Sequence[tuple[str, Children]]:
    """Return who sent it, and where that one shows it."""
    named: Child = alert.source_name
    if reader.who.may(Permission.SOURCES_READ):
        named = dcc.Link(alert.source_name, href=f"{SOURCES}#source-{alert.source_name}")
    pairs: list[tuple[str, Children]] = [("Source", named)]
    link = outward(alert.source_url, f"Open in {urlsplit(alert.source_url).hostname}")
    return pairs if link is None else [*pairs, ("Shown at", link)]


def labels(alert: AlertDetail) -> Sequence[tuple[str, Children]]:
    """Return its labels by the names that they have at their sender."""
    said = {"model", "version", NAME_LABEL}
    return [(name, text) for name, text in alert.labels.items() if name not in said]


def no_chart(alert: AlertDetail) -> Component:
    words = f"{alert.source_name} measured this, not we, so there is no chart of it here."
    if alert.metric:
        words = "There are no values of this metric around that moment."
    return html.P(words, className="mc-quiet")


def outward(url: str, words: str = "") -> Component | None:
    """Return a link to a page of somebody else, which learns nothing of us; nothing where it is no address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname or any(each.isspace() for each in url):
        return None
    content = [html.Span(words or url), icon("external-link", label="opens in a new tab")]
    return html.A(content, href=url, target="_blank", rel="noopener noreferrer", className="mc-outward")
