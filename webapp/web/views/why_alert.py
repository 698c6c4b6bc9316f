"""Why the metric of an alert changed, for the window that it was judged by when it fired."""

from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from webapp.accounts.permissions import Permission
from webapp.alerting.judged import Judged, judged
from webapp.alerting.queries import AlertDetail
from webapp.catalog import queries as catalog
from webapp.core.errors import NotFoundError
from webapp.metrics.metric import Metric
from webapp.metrics.registry import METRICS
from webapp.metrics.why import EXPLAINED
from webapp.web.views.alert_rows import Reader
from webapp.web.views.metric_cards import window_text
from webapp.web.views.why_parts import Closer, Shown, asked, explained_why


def why_of(session: Session, alert: AlertDetail, reader: Reader) -> Component | None:
    """Return the causes of what the alert says, or a sentence why not; nothing where there is nothing to explain."""
    metric = METRICS.get(alert.metric)
    if metric is None or metric.group not in EXPLAINED or not alert.model:
        return None
    try:
        model = catalog.model_named(session, alert.model)
    except NotFoundError:
        return None
    when = judged(session, alert, metric)
    scope = {"version": alert.labels.get("version"), "segment": alert.labels.get("segment")}
    found = asked(session, model, metric.name, when.window, now=reader.now, before=when.before, **scope)
    if isinstance(found, str):
        return html.P(found, className="mc-quiet")
    shown = Shown(found.window, reader.zone)
    words = f"{window_text(found.window, reader.zone)}, with what is known of it today"
    parts = [
        html.P(words, className="mc-quiet mc-why-note"),
        *explained_why(found, shown, _closer(alert, when, reader)),
    ]
    return html.Div(parts, className="mc-why")


def title_of(metric: Metric | None) -> str:
    return "What moved?" if metric is not None and metric.group == "drift" else "Why did it change?"


def _closer(alert: AlertDetail, when: Judged, reader: Reader) -> Closer | None:
    """Return the way to the technical screens, over the days of the window."""
    if not reader.who.may(Permission.DASHBOARDS_TECHNICAL):
        return None
    first, last = (at.astimezone(ZoneInfo(reader.zone)) for at in (when.window.start, when.window.end))
    days = {"model": alert.model, "from": f"{first:%Y-%m-%d}", "to": f"{last:%Y-%m-%d}"}
    part = {name: alert.labels[name] for name in ("version", "segment") if alert.labels.get(name)}
    return Closer(days | part)
