"""Instants as people read them: in their own zone, with UTC on hover."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from dash import html
from dash.development.base_component import Component

from webapp.core import formatting
from webapp.web.components.content import Child


class Entry(Protocol):
    """One thing that happened: when, who did it, what kind of thing, and a sentence."""

    @property
    def at(self) -> datetime: ...
    @property
    def actor(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def text(self) -> str: ...


def when(at: datetime | None, *, zone: str = "UTC", now: datetime | None = None, never: str = "–") -> Component:
    """Return an instant. With `now` it is said as an age, `3 h ago`, and the instant itself is in the hover text."""
    if at is None:
        return html.Span(never, className="mc-quiet")
    local, utc = formatting.instant(at, zone), formatting.utc(at)
    if now is None:
        return html.Time(local, dateTime=at.isoformat(), title=utc, className="mc-time")
    words = "just now" if (now - at).total_seconds() < 60 else f"{formatting.age(now - at)} ago"
    return html.Time(words, dateTime=at.isoformat(), title=f"{local} · {utc}", className="mc-time")


def timeline(entries: Sequence[Entry], *, zone: str = "UTC", now: datetime | None = None) -> Component:
    """Return what happened, in the order given, each with who did it and when."""
    return html.Ol([_entry(each, zone, now) for each in entries], className="mc-timeline")


def _entry(entry: Entry, zone: str, now: datetime | None) -> Component:
    head: list[Child] = [
        html.Span(entry.actor, className="mc-timeline-actor"),
        when(entry.at, zone=zone, now=now),
    ]
    body = [html.Div(head, className="mc-timeline-head"), html.P(entry.text, className="mc-timeline-text")]
    return html.Li(body, className=f"mc-timeline-entry mc-timeline-{entry.kind}")
