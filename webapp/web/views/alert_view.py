"""What of the inbox is asked for, read from the address and written back, so that a link shows the same view."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar, get_args
from urllib.parse import urlencode
from uuid import UUID

from webapp.accounts.actor import Actor
from webapp.alerting.queries import InboxFilters, Tab
from webapp.alerting.severity import Severity
from webapp.alerting.types import AlertType
from webapp.core.periods import DAY, HOUR, MINUTE, floor_to

INBOX = "/alerts"
SILENCES = "/silences"
TABS: Mapping[Tab, str] = {
    "open": "Open",
    "acknowledged": "Acknowledged",
    "snoozed": "Snoozed",
    "silenced": "Silenced",
    "resolved": "Resolved",
}
AGES: Mapping[str, tuple[timedelta, str]] = {
    "1h": (HOUR, "Last hour"),
    "24h": (DAY, "Last 24 hours"),
    "7d": (7 * DAY, "Last 7 days"),
    "30d": (30 * DAY, "Last 30 days"),
}
MINE = "mine"
PLAIN = "tab=open"
LONGEST = 200
MOST = 20  # names in one parameter of the address


@dataclass(frozen=True, slots=True)
class InboxView:
    """A tab, what it is narrowed to, and the alert that is open beside it."""

    tab: Tab = "open"
    severities: tuple[Severity, ...] = ()
    types: tuple[AlertType, ...] = ()
    models: tuple[str, ...] = ()
    assignee: str = ""
    age: str = ""
    text: str = ""
    alert: UUID | None = None

    @property
    def narrowed_by(self) -> int:
        """Return how many filters narrow the tab."""
        return sum(map(bool, (self.severities, self.types, self.models, self.assignee, self.age, self.text)))

    def filters(self, who: Actor, now: datetime) -> InboxFilters:
        return InboxFilters(
            tab=self.tab,
            severities=self.severities,
            types=self.types,
            models=self.models,
            assignee=(who.email or who.name) if self.assignee == MINE else self.assignee,
            text=self.text,
            # By the minute, so that browsers that look at the same view ask the same question.
            since=floor_to(now - AGES[self.age][0], MINUTE) if self.age else None,
        )

    @property
    def href(self) -> str:
        """Return the address that shows this view."""
        named = {
            "tab": "" if self.tab == "open" else self.tab,
            "severity": ",".join(self.severities),
            "type": ",".join(self.types),
            "model": ",".join(self.models),
            "assignee": self.assignee,
            "age": self.age,
            "q": self.text,
            "alert": "" if self.alert is None else str(self.alert),
        }
        query = urlencode({name: value for name, value in named.items() if value}, safe=",")
        # Without a query the inbox opens with the view that its reader begins with, so what is plain says so.
        return f"{INBOX}?{query or PLAIN}"

    @property
    def list_href(self) -> str:
        """Return the address of the list alone: two views with the same one show the same rows."""
        return replace(self, alert=None).href


def read_view(query: Mapping[str, str]) -> InboxView:
    """Read a view from an address. A word that means nothing (any more) is left out, so that old links still open."""
    tab = query.get("tab", "open")
    age, models = query.get("age", ""), _words(query.get("model", ""))
    return InboxView(
        tab=tab if tab in get_args(Tab) else "open",  # type: ignore[arg-type]
        severities=_known(query.get("severity", ""), Severity),
        types=_known(query.get("type", ""), AlertType),
        models=tuple(models),
        assignee=query.get("assignee", "").strip()[:LONGEST],
        age=age if age in AGES else "",
        text=query.get("q", "").strip()[:LONGEST],
        alert=uuid_or_none(query.get("alert")),
    )


def uuid_or_none(text: object) -> UUID | None:
    try:
        return UUID(text) if isinstance(text, str) else None
    except ValueError:
        return None


Word = TypeVar("Word", bound=StrEnum)


def _known(text: str, words: type[Word]) -> tuple[Word, ...]:
    chosen = set(_words(text))
    return tuple(word for word in words if word.value in chosen)


def _words(text: str) -> list[str]:
    return [word.strip()[:64] for word in text.split(",") if word.strip()][:MOST]
