"""Silences as components: lists of them, what one would mute now, when it is on, and one in full."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dash import dcc, html
from dash.development.base_component import Component

from webapp.accounts.permissions import Permission
from webapp.alerting.muting import recurrence
from webapp.alerting.muting.matchers import Matchers
from webapp.alerting.muting.silence_queries import SilenceView
from webapp.alerting.muting.silence_times import State
from webapp.alerting.muting.silences import Affected, Plan
from webapp.core import formatting
from webapp.core.periods import DAY, Window
from webapp.web.components import Column, button, data_table, empty_state, facts, notice, panel, tabs, when
from webapp.web.components.content import Child, Children
from webapp.web.views.alert_rows import Reader
from webapp.web.views.alert_view import INBOX, SILENCES

INHIBITIONS = f"{SILENCES}/inhibitions"
END = "silence-end"
COLUMNS = (
    Column("alerts", "Alerts"),
    Column("when", "When", width="24%"),
    Column("by", "By", width="14%"),
    Column("mutes", "Mutes now", align="right", width="10%"),
)
TITLES = {State.ACTIVE: "On now", State.PENDING: "To come", State.ENDED: "Over"}
SHOWN_WINDOWS = 4


def kinds(current: str, reader: Reader) -> Component:
    """Return the tabs over what mutes alerts: for a while, or while another fires."""
    listed = [(SILENCES, "Silences")]
    if reader.who.may(Permission.RULES_READ):
        listed.append((INHIBITIONS, "Inhibition rules"))
    return tabs(listed, current, label="What mutes alerts")


def lists(found: Sequence[SilenceView], reader: Reader) -> list[Component]:
    """Return a panel for each state that there are any of; what is on now always has its own."""
    if not found:
        words = (
            "Nothing is silent. During a deployment or a known outage, a silence keeps its alerts from calling people."
        )
        new = button("New silence", picture="plus", href=f"{SILENCES}/new")
        may_write = reader.who.may(Permission.SILENCES_WRITE)
        return [panel(None, empty_state("No silences", words, new if may_write else None, picture="bell-off"))]
    by_state = {state: [each for each in found if each.state is state] for state in State}
    return [_list(state, listed, reader) for state, listed in by_state.items() if listed or state is State.ACTIVE]


def affected(found: Affected) -> list[Component]:
    """Say what the matchers match at this moment."""
    count = "1 alert" if found.count == 1 else f"{found.count:,} alerts"
    head = html.P([html.Strong(f"Affects {count} now"), f" of {found.active:,} that are active."])
    parts: list[Component] = [head]
    if found.titles:
        lines = [html.Li(title) for title in found.titles]
        rest = found.count - len(found.titles)
        if rest > 0:
            lines.append(html.Li(f"and {rest:,} more", className="mc-quiet"))
        parts.append(html.Ul(lines))
    return parts


def not_yet(sentence: str) -> list[Component]:
    return [html.P(sentence, className="mc-quiet")]


def windows(plan: Plan, reader: Reader) -> list[Component]:
    """Say when it would be on: until when, or which windows come next."""
    if plan.recurrence is None:
        assert plan.ends_at is not None
        starts = plan.starts_at
        words = f"until {formatting.instant(plan.ends_at, reader.zone)}"
        if starts is not None and starts > reader.now:
            words = f"from {formatting.instant(starts, reader.zone)} {words}"
        return [html.P(f"Silent {words}.")]
    on = recurrence.current(plan.recurrence, reader.now)
    following = recurrence.following(plan.recurrence, reader.now, count=SHOWN_WINDOWS)
    head = "On now, until " + reader.clock(on.end) if on else "Next windows, by your clock"
    if not following:
        return [html.P(f"{head}." if on else "No window is to come; look at the days.")]
    return [html.P(f"{head}:" if not on else f"{head}; then:"), html.Ul([html.Li(_span(w, reader)) for w in following])]


def reading(view: SilenceView, reader: Reader) -> Component:
    """Return a silence in full."""
    pairs: list[tuple[str, Children]] = [
        ("Alerts", chips(view.matchers)),
        ("Why", view.comment),
        ("When", html.Div(_when(view, reader), className="mc-silence-when")),
        ("By", view.author),
        ("Mutes now", _muted_link(view)),
        ("Changed", html.Span([when(view.updated_at, zone=reader.zone, now=reader.now), f" by {view.updated_by}"])),
    ]
    if view.ended_at is not None:
        ended: list[Child] = [when(view.ended_at, zone=reader.zone), f" by {view.ended_by}"]
        pairs.append(("Ended", html.Span(ended)))
    return facts(pairs)


def chips(matchers: Matchers) -> Component:
    return html.Span([html.Code(str(each), className="mc-matcher") for each in matchers], className="mc-matchers")


def question(text: str) -> Component:
    return notice(text, tone="warning")


def _list(state: State, found: Sequence[SilenceView], reader: Reader) -> Component:
    if not found:
        return panel(TITLES[state], html.P("Nothing is silent right now.", className="mc-quiet"))
    may_write = reader.who.may(Permission.SILENCES_WRITE)
    columns = [*COLUMNS, Column("act", "", align="right", width="190px")] if may_write else list(COLUMNS)
    if state is State.ENDED:
        # The other columns stay where they stand in the lists above.
        columns = [replace(each, width="24%") if each.key == "by" else each for each in columns if each.key != "mutes"]
    rows = [_row(each, reader, may_write=may_write) for each in found]
    table = data_table(columns, rows, caption=TITLES[state])
    return panel(TITLES[state], table, subtitle=f"{len(found):,}", flush=True, className=f"mc-silences mc-is-{state}")


def _row(view: SilenceView, reader: Reader, *, may_write: bool) -> Mapping[str, Child]:
    link = dcc.Link(chips(view.matchers), href=f"{SILENCES}/{view.id}", className="mc-silence-link")
    return {
        "alerts": html.Span([link, html.Span(view.comment)], className="mc-table-name"),
        "when": html.Span(_when(view, reader), className="mc-silence-when"),
        "by": view.author,
        "mutes": _muted_link(view),
        "act": html.Div(_deeds(view), className="mc-actions") if may_write else None,
    }


def _deeds(view: SilenceView) -> list[Child]:
    if view.state is State.ENDED:
        href = f"{SILENCES}/new?copy={view.id}"
        return [button("Copy", picture="copy", kind="secondary", small=True, href=href)]
    edit = button("Edit", picture="pencil", kind="secondary", small=True, href=f"{SILENCES}/{view.id}")
    return [edit, button("End now", id={"type": END, "silence": str(view.id)}, kind="secondary", small=True)]


def _muted_link(view: SilenceView) -> Child:
    if not view.muted_count:
        return html.Span("nothing" if view.state is State.ACTIVE else "–", className="mc-quiet")
    words = "1 alert" if view.muted_count == 1 else f"{view.muted_count:,} alerts"
    return dcc.Link(words, href=f"{INBOX}?tab=silenced")


def _when(view: SilenceView, reader: Reader) -> list[Child]:
    """Return until when it is on, or what comes next, and by which windows."""
    lines: list[Child] = []
    if view.state is State.ENDED:
        over = min(each for each in (view.ended_at, view.ends_at) if each is not None)
        early = f", by {view.ended_by}" if view.ended_at is not None and over == view.ended_at else ""
        lines.append(html.Span(["ended ", when(over, zone=reader.zone, now=reader.now), early]))
    elif view.until is not None:
        left = formatting.age(view.until - reader.now)
        lines.append(html.Span([html.B(f"until {reader.clock(view.until)}"), f", {left} left"]))
    elif view.upcoming:
        lines.append(html.Span(_span(view.upcoming[0], reader)))
    if view.recurrence_text:
        lines.append(html.Span(view.recurrence_text, className="mc-quiet"))
    return lines


def _span(window: Window, reader: Reader) -> str:
    """Return `10 Mar 2026, 22:00 – 02:00`, with the day of the end where it is a day later or more."""
    start = formatting.instant(window.start, reader.zone)
    is_short = window.duration < DAY
    end = formatting.clock_time(window.end, reader.zone) if is_short else formatting.instant(window.end, reader.zone)
    return f"{start} – {end}"
