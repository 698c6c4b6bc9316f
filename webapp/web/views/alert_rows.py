"""The inbox as a list: its tabs with counts, its rows, and what is said where there are none.

What a row needs to be picked and acted on is in data attributes, which assets/inbox.js listens to for all rows at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dash import dcc, html
from dash.development.base_component import Component

from webapp.accounts.actor import Actor
from webapp.accounts.permissions import Permission
from webapp.alerting.queries import COUNTED, RESOLVED_COUNTED, InboxRow, Tab
from webapp.alerting.severity import Severity
from webapp.alerting.types import AlertType, ResolveReason, Signal, Status
from webapp.alerting.views import Muted
from webapp.core import formatting
from webapp.web.components import button, empty_state, icon, pill, severity_badge, status_badge
from webapp.web.components.content import Child, attributes, classes
from webapp.web.views.alert_view import INBOX, SILENCES, TABS, InboxView

RESPONDING = (Permission.ALERTS_ACKNOWLEDGE, Permission.ALERTS_RESOLVE, Permission.ALERTS_ASSIGN)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks at alerts, and when: what they may do decides what they are offered."""

    who: Actor
    now: datetime

    @property
    def zone(self) -> str:
        return self.who.timezone

    @property
    def responds(self) -> bool:
        return any(map(self.who.may, RESPONDING))

    def clock(self, at: datetime) -> str:
        """Return the time of day; with the day, where that is another one."""
        is_today = formatting.day(at, self.zone) == formatting.day(self.now, self.zone)
        return formatting.clock_time(at, self.zone) if is_today else formatting.instant(at, self.zone)


def tabs(view: InboxView, counts: Mapping[Tab, int]) -> Sequence[Component]:
    """Return the states of the work, and what is muted, as links, each with its number."""
    return [_tab(view, name, word, counts.get(name, 0)) for name, word in TABS.items()]


def rows(found: Sequence[InboxRow], view: InboxView, reader: Reader) -> list[Component]:
    """Return the rows; one that has left the tab meanwhile stays in its place, and looks it."""
    return [_row(each, view, reader) for each in found]


def nothing(view: InboxView, evaluated: datetime | None, reader: Reader) -> Component:
    """Say why the list is empty, and what to do next."""
    if view.narrowed_by:
        clear = button("Show all", kind="secondary", href=replace(InboxView(), tab=view.tab).href)
        return empty_state("No alert fits", "Nothing in this tab has all that you ask for.", clear, picture="filter")
    if view.tab != "open":
        words = {
            "acknowledged": "Nobody is at anything.",
            "snoozed": "Nothing is put away.",
            "silenced": "No silence and no other alert mutes anything that is active.",
        }
        return empty_state(f"Nothing {view.tab}", words.get(view.tab, "No alert has been resolved yet."))
    if evaluated is None:
        return empty_state("Nothing is open", "The rules have not been evaluated yet. What they find comes here.")
    sentence = f"All is quiet. The rules were evaluated {formatting.age(reader.now - evaluated)} ago."
    return empty_state("Nothing is open", sentence, picture="circle-check")


def since(at: datetime, reader: Reader) -> Component:
    """Return an age that assets/inbox.js counts on."""
    local = f"{formatting.instant(at, reader.zone)} · {formatting.utc(at)}"
    words = attributes(data_mc_since=at.isoformat())
    return html.Time(
        formatting.age(reader.now - at), dateTime=at.isoformat(), title=local, className="mc-time", **words
    )


def standing(row: InboxRow, reader: Reader) -> str:
    """Return who did what with the alert, in a few words."""
    match row.status:
        case Status.ACKNOWLEDGED:
            at = "" if row.acknowledged_at is None else f", {reader.clock(row.acknowledged_at)}"
            return f"{row.acknowledged_by or 'somebody'}{at}"
        case Status.SNOOZED:
            return "until it gets worse" if row.snoozed_until is None else f"until {reader.clock(row.snoozed_until)}"
        case Status.RESOLVED:
            return ", ".join(filter(None, (row.resolved_by, reason_words(row.resolve_reason))))
        case _:
            return {Signal.OK: "recovered", Signal.NO_DATA: "no data", Signal.ERROR: "cannot be judged"}.get(
                row.signal, ""
            )


def muted_words(muted: Muted, reader: Reader) -> list[Child]:
    """Name the silence, or else the alert that this one follows from."""
    if muted.silence_id is None:
        return ["Muted by ", html.A(muted.inhibitor_title, href=f"{INBOX}/{muted.inhibitor_id}")]
    until = "" if muted.silenced_until is None else f" until {reader.clock(muted.silenced_until)}"
    words = f"Silenced by {muted.silenced_by}{until}"
    if not reader.who.may(Permission.SILENCES_READ):
        return [words]
    return [html.A(words, href=f"{SILENCES}/{muted.silence_id}", title=muted.comment)]


def reason_words(reason: str | None) -> str:
    if reason is None:
        return ""
    known = {str(each): each.label.lower() for each in ResolveReason}
    return known.get(reason, reason.replace("_", " "))


def severity_chips(view: InboxView) -> Sequence[Component]:
    """Return the severities as links that add one to the choice, or take it back."""
    return [_chip(view, severity) for severity in reversed(Severity)]


def _chip(view: InboxView, severity: Severity) -> Component:
    chosen = severity in view.severities
    others = tuple(each for each in view.severities if each != severity)
    changed = replace(view, severities=others if chosen else tuple(sorted((*others, severity))))
    state = "chosen" if chosen else "not chosen"
    return dcc.Link(
        [severity_badge(severity), html.Span(f", {state}", className="visually-hidden")],
        href=changed.href,
        className=classes("mc-chip", chosen and "is-current"),
    )


def _tab(view: InboxView, name: Tab, word: str, count: int) -> Component:
    most = RESOLVED_COUNTED if name == "resolved" else COUNTED
    text = f"{most:,}+" if count >= most else f"{count:,}"
    is_current = name == view.tab
    number = html.Span(text, className=classes("mc-tab-count", name == "open" and count > 0 and "is-alarm"))
    href = replace(view, tab=name, alert=None).href
    return dcc.Link([word, " ", number], href=href, className=classes("mc-tab", is_current and "is-current"))


def _row(row: InboxRow, view: InboxView, reader: Reader) -> Component:
    is_settled = not row.stands_in(view.tab)
    # What a source outside sends may come without a number: then its place is empty, and on a phone not there.
    measured: list[Child] = [html.B(row.value_text), f" {row.threshold_text}"] if row.value_text else []
    parts: list[Child] = [_pick(row)] if reader.responds else []
    parts += [
        severity_badge(row.severity),
        _about(row, reader),
        html.Span(measured, className="mc-alert-value mc-number"),
        since(row.resolved_at or row.started_at, reader),
        html.Span(row.assignee or "–", className="mc-alert-assignee", title="Assigned to"),
        html.Span(
            [status_badge(row.status), html.Span(standing(row, reader), className="mc-quiet")],
            className="mc-alert-status",
        ),
    ]
    if (next_deed := _next_deed(row, reader)) is not None:
        parts.append(next_deed)
    look = classes("mc-alert", f"mc-alert-{row.severity}", is_settled and "is-settled")
    return html.Li(parts, className=look, **attributes(data_id=str(row.id), data_status=row.status))


def _about(row: InboxRow, reader: Reader) -> Component:
    link = html.A(row.title, href=f"{INBOX}/{row.id}", className="mc-alert-title")
    # What a source outside sends is called a system failure for want of a better word; who sent it says more.
    is_plain = bool(row.source_name) and row.type is AlertType.SYSTEM_FAILURE
    sent_by = f"from {row.source_name}" if row.source_name else ""
    words = (f"{row.model} {row.version}".strip(), "" if is_plain else row.type.label, sent_by)
    small: list[Child] = [" · ".join(filter(None, words))]
    if row.reopen_count:
        small.append(pill(f"again ({row.reopen_count + 1})", tone="warning"))
    if row.is_flapping:
        small.append(pill("flapping", tone="warning", title="It came and went several times within half an hour"))
    if row.muted is not None:
        small.append(html.Span([icon("bell-off"), *muted_words(row.muted, reader)], className="mc-alert-muted"))
    if row.comment_count:
        comments = f"{row.comment_count} comment{'s' if row.comment_count > 1 else ''}"
        small.append(html.Span([icon("message-square", label=comments), str(row.comment_count)], title=comments))
    return html.Div([link, html.Span(small, className="mc-alert-small")], className="mc-alert-about")


def _pick(row: InboxRow) -> Component:
    state = attributes(aria_checked="false", aria_label=f"Choose {row.title}", data_mc_pick="")
    return html.Button(role="checkbox", type="button", className="mc-pick", tabIndex="-1", **state)


def _next_deed(row: InboxRow, reader: Reader) -> Component | None:
    """Return the button for what comes next. One follows the other in its place, so that no row changes its height."""
    if row.status in {Status.OPEN, Status.SNOOZED} and reader.who.may(Permission.ALERTS_ACKNOWLEDGE):
        return _deed("acknowledge", "Acknowledge", "check", row)
    if row.status is Status.ACKNOWLEDGED and reader.who.may(Permission.ALERTS_RESOLVE):
        return _deed("resolve", "Resolve …", "check-check", row)
    return None


def _deed(deed: str, word: str, picture: str, row: InboxRow) -> Component:
    spoken = html.Span(f" {row.title}", className="visually-hidden")
    content: list[Child] = [icon(picture), html.Span([word, spoken])]
    look = "mc-button mc-button-secondary mc-alert-act"
    return html.Button(content, type="button", className=look, **attributes(data_mc_act=deed))
