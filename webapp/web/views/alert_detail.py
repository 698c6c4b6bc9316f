"""One alert in full, beside the list and on its own page: what is wrong, the evidence, what to do, what was done."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode
from zlib import crc32

from dash import dcc, html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from webapp.accounts import queries as accounts
from webapp.accounts.permissions import Permission, permissions_of
from webapp.accounts.queries import User
from webapp.alerting import wording
from webapp.alerting.queries import AlertDetail, InboxRow
from webapp.alerting.types import Status
from webapp.catalog import queries as catalog
from webapp.core import formatting
from webapp.figures import alert_evidence
from webapp.metrics.metric import Unit
from webapp.metrics.registry import METRICS
from webapp.notifications.queries import Standing
from webapp.notifications.queries import standing as standing_of
from webapp.web.components import (
    button,
    empty_state,
    facts,
    field,
    graph,
    icon,
    menu,
    severity_badge,
    status_badge,
    text_area,
    timeline,
    when,
)
from webapp.web.components.content import Child, Children, attributes
from webapp.web.views import muted_parts, outside_parts, told_parts
from webapp.web.views.alert_deeds import SNOOZES
from webapp.web.views.alert_rows import Reader, reason_words, since, standing
from webapp.web.views.alert_view import INBOX, MINE
from webapp.web.views.outside_parts import is_outside
from webapp.web.views.why_alert import title_of, why_of

P = Permission
LOOK_CLOSER = {
    "performance": ("/technical/performance", "Model performance", P.DASHBOARDS_TECHNICAL),
    "drift": ("/technical/data", "Data quality", P.DASHBOARDS_TECHNICAL),
    "quality": ("/technical/data", "Data quality", P.DASHBOARDS_TECHNICAL),
    "service": ("/technical/health", "System health", P.DASHBOARDS_TECHNICAL),
    "business": ("/executive", "Executive", P.DASHBOARDS_EXECUTIVE),
}
NUMBERED = re.compile(r"\s*\d+[.)]\s+")
LIVE_MILLISECONDS = 5_000


@dataclass(frozen=True, slots=True)
class Known:
    """An alert with what its page needs beside it."""

    alert: AlertDetail
    currency: str
    responders: Sequence[User]
    telling: Standing
    why: Component | None = None
    has_model: bool = True  # what a source outside calls a model may be none of ours


def known(session: Session, alert: AlertDetail, reader: Reader, *, explain: bool = False) -> Known:
    """Look up what else the page shows: the currency of money, whom the alert can be given to, what explains it."""
    people: Sequence[User] = ()
    if reader.who.may(P.ALERTS_ASSIGN):
        people = [each for each in accounts.users(session) if not each.is_disabled and _responds(each)]
    why = why_of(session, alert, reader) if explain else None
    has_model = not is_outside(alert) or _is_registered(session, alert.model)
    return Known(alert, _currency(session, alert), people, standing_of(session, alert.id), why, has_model)


def detail(prefix: str, shown: Known, reader: Reader) -> list[Component]:
    """Return the parts of an alert; ids begin with the prefix, so that two screens can have one each."""
    alert = shown.alert
    return [
        dcc.Store(id=f"{prefix}-subject", data={"id": str(alert.id), "mark": mark(alert, shown.telling)}),
        dcc.Interval(id=f"live-{prefix}", interval=LIVE_MILLISECONDS),
        html.Div(
            now_part(shown, reader),
            id=f"{prefix}-now",
            className="mc-detail-now",
            **attributes(data_alert=str(alert.id)),
        ),
        html.Div(
            [
                _section("Around the moment", _chart(shown, reader)),
                _causes(shown),
                _section("Recommended steps", *_runbook(alert, reader)),
            ],
            className="mc-detail-facts",
        ),
        html.Div(
            [
                _section("What happened", html.Div(what_happened(alert, reader), id=f"{prefix}-timeline")),
                _section("Who was told", html.Div(who_was_told(shown, reader), id=f"{prefix}-told")),
                _comment_form(prefix, reader),
                _related(alert, reader),
            ],
            className="mc-detail-story",
        ),
    ]


def gone(sentence: str) -> list[Component]:
    """Return what stands in the place of an alert that is not there."""
    return [empty_state("This alert is not there", sentence, button("Open the inbox", kind="secondary", href=INBOX))]


def mark(alert: AlertDetail, telling: Standing) -> int:
    """Return a number that changes when what is shown of the alert does."""
    seen = (alert.status, alert.signal, alert.severity, alert.value_text, alert.assignee, len(alert.timeline))
    return crc32(repr((seen, alert.muted)).encode())


def now_part(shown: Known, reader: Reader) -> list[Component]:
    """Return what may change while one looks: how it stands, the sentence, what can be done, the facts."""
    alert = shown.alert
    badges: list[Child] = [severity_badge(alert.severity), status_badge(alert.status)]
    words = standing(alert, reader)
    if words:
        badges.append(html.Span(words, className="mc-quiet"))
    parts: list[Component] = [
        html.Div(badges, className="mc-detail-badges"),
        html.P(alert.summary, className="mc-detail-summary"),
        *muted_parts.told(alert, reader),
    ]
    deeds = _deeds(shown, reader)
    if deeds:
        holds = attributes(data_id=str(alert.id), data_status=alert.status, role="group", aria_label="What to do")
        parts.append(html.Div(deeds, className="mc-detail-deeds", **holds))
    parts.append(facts(_facts(shown, reader)))
    return parts


def what_happened(alert: AlertDetail, reader: Reader) -> Component:
    if not alert.timeline:
        return html.P("Nothing yet.", className="mc-quiet")
    return timeline(alert.timeline, zone=reader.zone, now=reader.now)


def who_was_told(shown: Known, reader: Reader) -> Component:
    return told_parts.told(shown.telling, shown.alert, reader)


def _deeds(shown: Known, reader: Reader) -> list[Child]:
    """Return the buttons for what this person may do with the alert as it stands."""
    alert, may = shown.alert, reader.who.may
    if alert.status is Status.RESOLVED:
        return []
    made: list[Child] = []
    if may(P.ALERTS_ACKNOWLEDGE) and alert.status is not Status.ACKNOWLEDGED:
        made.append(_act("Acknowledge", "check", "primary", data_mc_act="acknowledge", aria_keyshortcuts="a"))
    if may(P.ALERTS_RESOLVE):
        kind = "primary" if alert.status is Status.ACKNOWLEDGED else "secondary"
        made.append(_act("Resolve …", "check-check", kind, data_mc_act="resolve", aria_keyshortcuts="r"))
    if may(P.ALERTS_ACKNOWLEDGE):
        made.append(_snooze_menu())
    if may(P.ALERTS_ASSIGN):
        made.append(_assign_menu(shown, reader))
    if may(P.SILENCES_WRITE):
        made.append(muted_parts.silence_button(alert))
    if may(P.ALERTS_ACKNOWLEDGE) and alert.status is Status.ACKNOWLEDGED and alert.acknowledged_by != reader.who.name:
        made.append(_act("Take over", "user-check", "quiet", data_mc_act="take_over"))
    if may(P.ALERTS_ACKNOWLEDGE) and alert.status is Status.ACKNOWLEDGED:
        made.append(_act("Take back", "undo-2", "quiet", data_mc_act="unacknowledge"))
    return made


def _act(word: str, picture: str, kind: str, **data: str) -> Component:
    look = f"mc-button mc-button-{kind}"
    return html.Button([icon(picture), word], type="button", className=look, **attributes(**data))


def _snooze_menu() -> Component:
    items = [_item(word, data_mc_act="snooze", data_mc_minutes=str(minutes)) for minutes, word in SNOOZES.items()]
    return menu([icon("alarm-clock"), " Snooze"], *items, name="Snooze for …", kind="deed")


def _assign_menu(shown: Known, reader: Reader) -> Component:
    items = [_item("Me", data_mc_act="assign", data_mc_user=MINE)]
    others = [each for each in shown.responders if each.email != reader.who.email][:30]
    items += [_item(each.name, data_mc_act="assign", data_mc_user=each.email) for each in others]
    if shown.alert.assignee:
        items.append(_item("Nobody", data_mc_act="assign", data_mc_user=""))
    return menu([icon("user-plus"), " Assign"], *items, name="Assign to …", kind="deed")


def _item(word: str, **data: str) -> Component:
    return html.Button(word, type="button", className="mc-menu-item", **attributes(**data))


def _facts(shown: Known, reader: Reader) -> Sequence[tuple[str, Children]]:
    alert = shown.alert
    model: Child = html.Span("–", className="mc-quiet")
    if alert.model:
        link: Child = alert.model
        if shown.has_model:
            link = dcc.Link(alert.model, href=f"/models/{quote(alert.model, safe='')}")
        model = html.Span([link, f" {alert.version}" if alert.version else ""])
    pairs: list[tuple[str, Children]] = [
        *_measured(alert),
        ("Since", html.Span([since(alert.active_at, reader), " · ", when(alert.active_at, zone=reader.zone)])),
        ("Model", model),
        ("Kind", alert.type.label),
        *(outside_parts.origin(alert, reader) if is_outside(alert) else [_rule(alert, reader)]),
        ("Signal", alert.signal.label),
        ("Assigned to", alert.assignee or "nobody"),
    ]
    if alert.status is Status.RESOLVED:
        pairs.append(("Resolved", _resolution(alert, reader)))
    if is_outside(alert):
        return [*pairs, *outside_parts.labels(alert)]
    labels = {key: text for key, text in alert.labels.items() if key not in {"model", "version"}}
    return [*pairs, *((name.capitalize(), text) for name, text in labels.items())]


def _measured(alert: AlertDetail) -> Sequence[tuple[str, Children]]:
    if is_outside(alert) and not alert.metric:
        return [("Value", html.B(alert.value_text))] if alert.value_text else []
    pairs: list[tuple[str, Children]] = [
        ("Measured", html.Span([html.B(alert.value_text or "–"), f" {alert.metric_label}"])),
        ("Threshold", alert.threshold_text or "–"),
        ("Off by", _off_by(alert)),
    ]
    if alert.sample_count:
        pairs.append(("Judged from", f"{formatting.number(alert.sample_count)} samples"))
    return pairs


def _rule(alert: AlertDetail, reader: Reader) -> tuple[str, Children]:
    rule: Child = alert.rule_name
    if reader.who.may(P.RULES_READ):
        rule = dcc.Link(alert.rule_name, href=f"/rules/{alert.rule_id}")
    return "Rule", html.Span([rule, html.Span(f", version {alert.rule_version}", className="mc-quiet")])


def _off_by(alert: AlertDetail) -> str:
    """Return how far the value lies beyond the line, and how much that is of it."""
    metric = METRICS.get(alert.metric)
    if metric is None or alert.value is None or alert.threshold is None:
        return "–"
    off = abs(alert.value - alert.threshold)
    is_above = alert.value > alert.threshold
    words = f"{wording.difference(off, metric)} {'above' if is_above else 'below'} the line"
    if not alert.threshold:
        return words
    relative = formatting.share(off / abs(alert.threshold), 0)
    return f"{words} ({'+' if is_above else formatting.MINUS}{relative})"


def _resolution(alert: AlertDetail, reader: Reader) -> Children:
    words = ", ".join(filter(None, (alert.resolved_by, reason_words(alert.resolve_reason))))
    parts: list[Child] = [words or "by itself", " · ", when(alert.resolved_at, zone=reader.zone)]
    if alert.resolution_note:
        parts.append(html.P(alert.resolution_note, className="mc-detail-note"))
    return html.Div(parts)


def _chart(shown: Known, reader: Reader) -> Component:
    alert = shown.alert
    if is_outside(alert) and not any(point.value is not None for point in alert.evidence):
        return outside_parts.no_chart(alert)
    if not any(point.value is not None for point in alert.evidence):
        return html.P("There are no values around that moment.", className="mc-quiet")
    figure = alert_evidence(
        alert,
        unit=Unit(alert.unit) if alert.unit else Unit.SCORE,
        currency=shown.currency,
        zone=reader.zone,
    )
    bound = f", with the line {alert.threshold_text}" if alert.threshold_text else ""
    return graph(figure, height=220, label=f"{alert.metric_label} around the moment it began{bound}")


def _causes(shown: Known) -> Component:
    alert = shown.alert
    if shown.why is not None:
        return _section(title_of(METRICS.get(alert.metric)), shown.why)
    if not alert.causes:
        return html.Div(hidden=True)
    return _section("Likely causes", html.Ol([html.Li(each) for each in alert.causes], className="mc-detail-list"))


def _runbook(alert: AlertDetail, reader: Reader) -> list[Child]:
    lines = [line for line in alert.runbook.splitlines() if line.strip()]
    parts: list[Child] = []
    if (address := outside_parts.outward(alert.runbook)) is not None:
        parts.append(html.P(address))
    elif not lines and is_outside(alert):
        parts.append(html.P("Its sender gave no steps.", className="mc-quiet"))
    elif not lines:
        parts.append(html.P("The rule has no steps. Who knows what helps can write them there.", className="mc-quiet"))
    elif all(map(NUMBERED.match, lines)):
        steps = [html.Li(_with_code(NUMBERED.sub("", line, count=1))) for line in lines]
        parts.append(html.Ol(steps, className="mc-detail-list"))
    else:
        parts.append(html.P(_with_code(alert.runbook), className="mc-detail-note"))
    closer = _closer(alert, reader)
    return parts if closer is None else [*parts, closer]


def _with_code(text: str) -> list[Child]:
    """Return a text in which what stands between backticks is shown as code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return [text]
    return [html.Code(part) if place % 2 else part for place, part in enumerate(parts) if part]


def _closer(alert: AlertDetail, reader: Reader) -> Component | None:
    metric = METRICS.get(alert.metric)
    path, word, permission = LOOK_CLOSER.get("" if metric is None else metric.group, ("", "", P.ALERTS_READ))
    if not path or not reader.who.may(permission):
        return None
    href = f"{path}?{urlencode({'model': alert.model})}" if alert.model else path
    return button(f"Open {word}", kind="secondary", small=True, picture="arrow-right", href=href)


def _comment_form(prefix: str, reader: Reader) -> Component:
    if not reader.who.may(P.ALERTS_COMMENT):
        return html.Div(hidden=True)
    text = text_area(f"{prefix}-comment-text", rows=2, maxlength=5_000, placeholder="What did you find out?")
    send = button("Comment", id=f"{prefix}-comment-do", kind="secondary", picture="message-square")
    return html.Div([field("Add a comment", text), html.Div(send, className="mc-form-actions")], className="mc-comment")


def _related(alert: AlertDetail, reader: Reader) -> Component:
    if not alert.related:
        return html.Div(hidden=True)
    return _section("Related", html.Ul([_relative(each, reader) for each in alert.related], className="mc-relatives"))


def _relative(row: InboxRow, reader: Reader) -> Component:
    words: list[Child] = [
        severity_badge(row.severity),
        dcc.Link(row.title, href=f"{INBOX}/{row.id}"),
        html.Span([row.status.label.lower(), " · ", since(row.started_at, reader)], className="mc-quiet"),
    ]
    return html.Li(words)


def _section(title: str, *children: Child) -> Component:
    return html.Section([html.H2(title), *children], className="mc-detail-section")


def _responds(user: User) -> bool:
    return P.ALERTS_ACKNOWLEDGE in permissions_of(user.roles)


def _is_registered(session: Session, name: str) -> bool:
    return any(each.name == name for each in catalog.models(session, retired=True))


def _currency(session: Session, alert: AlertDetail) -> str:
    if alert.unit != Unit.MONEY or not alert.model:
        return "USD"
    found = next((each for each in catalog.models(session, retired=True) if each.name == alert.model), None)
    entries = [] if found is None else catalog.business(session, [found.id])[found.id]
    return entries[-1].currency if entries else "USD"
