"""The list of the inbox as it is asked for and kept up to date: what it holds, what is new, what has left it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zlib import crc32

from dash import html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from webapp.accounts import queries as accounts
from webapp.accounts.permissions import Permission, permissions_of
from webapp.alerting import queries
from webapp.alerting.bulk import Matching
from webapp.alerting.queries import InboxPage, InboxRow, Tab
from webapp.alerting.types import AlertType
from webapp.catalog import queries as catalog
from webapp.web.components import button, icon, select
from webapp.web.components.content import Child, attributes
from webapp.web.views import alert_rows
from webapp.web.views.alert_rows import Reader
from webapp.web.views.alert_view import AGES, MINE, InboxView, uuid_or_none

PAGE_SIZE = 50
MOST_SHOWN = 1_000  # rows on one screen; who wants more narrows it down
ANY = "*"
Counts = Mapping[Tab, int]


@dataclass(frozen=True, slots=True)
class Listing:
    """What the list holds, as the browser keeps it between two questions."""

    view: str
    ids: tuple[UUID, ...] = ()
    marks: tuple[int, ...] = ()  # one a row: it changes when the row does
    newest: UUID | None = None
    seen_at: str = ""  # when the list was asked for: who does something with all that match means no later ones
    count: int = 0
    news: str = ""
    next: str | None = None

    @classmethod
    def read(cls, data: Any) -> "Listing":
        """Read what the browser sent back; what does not fit counts as an empty list."""
        if not isinstance(data, dict):
            return cls("")
        listed, count = data.get("ids"), data.get("count")
        ids = [uuid_or_none(each) for each in listed] if isinstance(listed, list) else []
        marks, following = data.get("marks"), data.get("next")
        return cls(
            view=str(data.get("view", "")),
            ids=tuple(each for each in ids[:MOST_SHOWN] if each is not None),
            marks=tuple(each for each in marks if isinstance(each, int)) if isinstance(marks, list) else (),
            newest=uuid_or_none(data.get("newest")),
            seen_at=str(data.get("seen_at", ""))[:40],
            count=count if isinstance(count, int) else 0,
            news=str(data.get("news", "")),
            next=following if isinstance(following, str) else None,
        )

    def as_data(self) -> dict[str, Any]:
        return {
            "view": self.view,
            "ids": [str(each) for each in self.ids],
            "marks": list(self.marks),
            "newest": None if self.newest is None else str(self.newest),
            "seen_at": self.seen_at,
            "count": self.count,
            "news": self.news,
            "next": self.next,
        }


@dataclass(frozen=True, slots=True)
class Painted:
    """The parts of the screen that a list fills."""

    rows: list[Component]
    more: Sequence[Component]
    tabs: Sequence[Component]
    filters: Sequence[Component]
    new: Sequence[Component]
    listing: Listing
    counts: Counts


@dataclass(frozen=True, slots=True)
class News:
    """The same rows as they stand now, and what has happened to the tab around them."""

    rows: Sequence[InboxRow]
    counts: Counts
    new: int
    left: int

    def words(self) -> str:
        """Return what changed in so many words that a change of them is a change of the screen."""
        return repr((sorted(self.counts.items()), self.new, self.left))


def fresh(session: Session, view: InboxView, reader: Reader) -> Painted:
    """Ask for the first page of the view."""
    filters = view.filters(reader.who, reader.now)
    page, counts = queries.inbox(session, filters, limit=PAGE_SIZE), queries.counts(session, filters)
    newest = queries.newest(session, filters, first=page)
    evaluated = None if page.rows else queries.last_evaluation(session)
    nothing_new = News(page.rows, counts, 0, 0)
    listing = Listing(
        view=view.list_href,
        ids=tuple(row.id for row in page.rows),
        marks=tuple(map(_mark, page.rows)),
        newest=newest,
        seen_at=reader.now.isoformat(),
        count=counts[view.tab],
        news=nothing_new.words(),
        next=page.next,
    )
    return Painted(
        rows=alert_rows.rows(page.rows, view, reader),
        more=more_of(page, listing) if page.rows else [alert_rows.nothing(view, evaluated, reader)],
        tabs=alert_rows.tabs(view, counts),
        filters=_filters(session, view, reader),
        new=[],
        listing=listing,
        counts=counts,
    )


def next_page(session: Session, view: InboxView, reader: Reader, before: Listing) -> tuple[InboxPage, Listing]:
    """Ask for the rows that follow those shown."""
    filters = view.filters(reader.who, reader.now)
    page = queries.inbox(session, filters, cursor=before.next, limit=PAGE_SIZE)
    known = set(before.ids)
    added = [row for row in page.rows if row.id not in known]
    listing = replace(
        before,
        ids=(*before.ids, *(row.id for row in added)),
        marks=(*before.marks, *map(_mark, added)),
        next=page.next,
    )
    return InboxPage(added, page.next), listing


def matching(view: InboxView, reader: Reader, shown: Listing) -> Matching | None:
    """Return what "all that match" means: what the list counted when it was asked for."""
    if shown.newest is None or shown.view != view.list_href:
        return None
    try:
        seen_at = datetime.fromisoformat(shown.seen_at)
    except ValueError:
        return None
    if seen_at.tzinfo is None:
        return None
    return Matching(view.filters(reader.who, seen_at), shown.newest, seen_at)


def news(session: Session, view: InboxView, reader: Reader, before: Listing, *, counts: Counts | None = None) -> News:
    """Ask how the rows shown stand by now, and how many there are that are not shown."""
    filters = view.filters(reader.who, reader.now)
    rows, counts = queries.rows(session, before.ids), counts or queries.counts(session, filters)
    left = sum(not row.stands_in(view.tab) for row in rows)
    count = counts[view.tab]
    newer = count if before.newest is None else queries.newer_than(session, filters, before.newest)
    # Some come back under their old name: reopened, or no longer snoozed. Then the tab holds more than it should.
    is_counted = view.tab != "resolved" and count < queries.COUNTED
    returned = count - (before.count - left) if is_counted else 0
    return News(rows, counts, max(newer, returned, 0), left)


def told(before: Listing, found: News) -> Listing:
    """Return what the browser keeps after it was told the news."""
    ids, marks = tuple(row.id for row in found.rows), tuple(map(_mark, found.rows))
    return replace(before, ids=ids, marks=marks, news=found.words())


def more_of(page: InboxPage, listing: Listing) -> list[Component]:
    """Return the way to the rows that follow, or say that these are all; and how many match, for who wants them all."""
    matching = html.Span(hidden=True, **attributes(data_mc_matching=str(listing.count)))
    if page.next is None:
        return [matching]
    if len(listing.ids) >= MOST_SHOWN:
        words = f"These are the first {MOST_SHOWN:,}. Narrow the list to see others."
        return [html.P(words, className="mc-quiet"), matching]
    named = attributes(data_mc_more="")
    return [matching, html.Button("Show more", type="button", className="mc-button mc-button-secondary", **named)]


def new_of(found: News) -> list[Component]:
    """Return a button that counts what a new list would bring, and what would leave it."""
    parts = [f"{found.new:,} new"] if found.new else []
    parts += [f"{found.left:,} done"] if found.left else []
    if not parts:
        return []
    content: list[Child] = [icon("refresh-cw"), " · ".join(parts), html.Span("Refresh", className="mc-new-verb")]
    named = attributes(data_mc_refresh="")
    look = "mc-inbox-new is-new" if found.new else "mc-inbox-new"
    return [html.Button(content, type="button", className=look, title="Show the list anew (.)", **named)]


def _mark(row: InboxRow) -> int:
    """Return a number that changes when what is shown of the row does."""
    seen = (row.status, row.severity, row.value_text, row.threshold_text, row.signal, row.assignee, row.title)
    done = (row.acknowledged_by, row.snoozed_until, row.resolved_by, row.comment_count, row.reopen_count)
    return crc32(repr((seen, done, row.is_flapping, row.muted)).encode())


def _filters(session: Session, view: InboxView, reader: Reader) -> list[Component]:
    models = [(each.name, each.title) for each in catalog.models(session)]
    people = [(MINE, "Mine")]
    if reader.who.may(Permission.ALERTS_ASSIGN):
        responding = [each for each in accounts.users(session) if _responds(each.roles) and not each.is_disabled]
        people += [(each.email, each.name) for each in responding if each.email != reader.who.email]
    kinds = [(each.value, each.label) for each in AlertType]
    ages = [(key, word) for key, (_, word) in AGES.items()]
    return [
        html.Div(alert_rows.severity_chips(view), className="mc-chips", role="group", **_named("Severity")),
        _choice("inbox-type", "Kind", "All kinds", kinds, ",".join(view.types)),
        _choice("inbox-model", "Model", "All models", models, ",".join(view.models)),
        _choice("inbox-assignee", "Assigned to", "Anybody", people, view.assignee),
        _choice("inbox-age", "Began", "Any time", ages, view.age),
        *([button("Show all", kind="quiet", href=InboxView(tab=view.tab).href)] if view.narrowed_by else []),
    ]


def _choice(name: str, label: str, every: str, options: Sequence[tuple[str, str]], value: str) -> Component:
    """Return a list to choose one of; what the address names and the list does not, stays chosen."""
    known = {each for each, _ in options}
    more = [(value, value.replace("_", " ").replace(",", ", "))] if value and value not in known else []
    control = select(name, [(ANY, every), *options, *more], value or ANY)
    return html.Div([html.Label(label, htmlFor=name, className="visually-hidden"), control])


def _responds(roles: Sequence[Any]) -> bool:
    return Permission.ALERTS_ACKNOWLEDGE in permissions_of(roles)


def _named(name: str) -> dict[str, Any]:
    return attributes(aria_label=name)
