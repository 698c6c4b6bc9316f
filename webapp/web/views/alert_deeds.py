"""What people do with alerts from a screen: one, many or all that match, with a result for each, said in a sentence."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from dash import html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from webapp.alerting import bulk, deeds, lifecycle, queries, undo
from webapp.alerting.bulk import BulkResult, Matching, RowResult
from webapp.alerting.deeds import Deed
from webapp.alerting.queries import InboxRow
from webapp.alerting.types import ResolveReason, Status
from webapp.core.errors import InvalidInputError
from webapp.core.periods import MINUTE
from webapp.web.components import icon
from webapp.web.components.content import Child, attributes
from webapp.web.session import actor, now, runtime
from webapp.web.views.alert_rows import Reader, reason_words, standing
from webapp.web.views.alert_view import INBOX, MINE, uuid_or_none

MOST = 1_000  # alerts that are named in one go; who means more means all that match
NAMED = 100  # of those that were refused, so many are named
UNFOLDED = 5  # so few are named without being asked for
REASONS = 3  # in one sentence
PLURALS: Mapping[str, str] = {"was": "were", "is": "are", "has": "have", "stays": "stay"}
PHRASES: Mapping[str, str] = {
    bulk.BUSY: "is being changed by somebody else at this moment; try again",
    undo.CHANGED_SINCE: "has changed since",
    undo.WELL_SINCE: "stays resolved, because its condition does not hold any more",
}
UNTIL_WORSE = 0  # minutes
SNOOZES: Mapping[int, str] = {
    30: "30 minutes",
    60: "1 hour",
    240: "4 hours",
    1440: "1 day",
    10_080: "1 week",
    UNTIL_WORSE: "until it gets worse",
}


@dataclass(frozen=True, slots=True)
class Refused:
    """An alert that somebody or something else was first at, as it stands now; None when it is gone."""

    row: InboxRow | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a deed: for whom it was done, who was first at the others, and whether it can be taken back."""

    verb: str
    ids: frozenset[UUID]
    title: str  # of the alert, where it was one
    done: int
    refused: tuple[Refused, ...]  # the first of them
    refused_count: int
    reasons: tuple[tuple[int, str], ...] = ()  # how many of each; none where they are too many for a sentence
    undo: UUID | None = None
    is_all: bool = False  # all that match, whether they are on the screen or not


def work_on(given: Any, matching: Matching | None = None) -> Result:
    """Acknowledge, take over, take back or snooze, as a screen asks for it: {"deed", "ids", "all", "minutes"}."""
    asked, at, who = _asked(given), now(), actor()
    match asked.get("deed"):
        case "acknowledge":
            return _do("acknowledged", asked, deeds.Acknowledge(), matching)
        case "take_over":
            return _do("yours now", asked, deeds.TakeOver(), matching)
        case "unacknowledge":
            return _do("open again", asked, deeds.Unacknowledge(), matching)
        case "snooze":
            minutes = _minutes(asked.get("minutes"))
            until = None if minutes == UNTIL_WORSE else at + minutes * MINUTE
            verb = f"snoozed until {'it gets worse' if until is None else Reader(who, at).clock(until)}"
            return _do(verb, asked, deeds.Snooze(until), matching)
    raise InvalidInputError("There is no such deed; reload the page.")


def resolve(given: Any, reason: Any, note: Any, matching: Matching | None = None) -> Result:
    """Close alerts, {"ids", "all"}, with a reason and a note."""
    deed = deeds.resolution(_reason(reason), note if isinstance(note, str) else "")
    return _do("resolved", _asked(given), deed, matching)


def assign(given: Any, matching: Matching | None = None) -> Result:
    """Give alerts, {"ids", "all", "user"}, to somebody, to oneself ("mine") or to nobody."""
    asked, who = _asked(given), actor()
    user = asked.get("user")
    named = (who.email or who.name) if user == MINE else user if isinstance(user, str) and user else None
    with runtime().transaction() as session:
        deed = lifecycle.assignment(session, named)
    return _do(f"assigned to {'you' if user == MINE else deed.name or 'nobody'}", asked, deed, matching)


def comment(given: Any, text: Any) -> Result:
    return _do("commented on", {"ids": [given]}, deeds.remark(text if isinstance(text, str) else ""), None)


def take_back(given: Any) -> Result:
    """Put back what a deed, {"deed"}, changed a moment ago."""
    deed_id = uuid_or_none(_asked(given).get("deed"))
    if deed_id is None:
        raise InvalidInputError("There is nothing to take back.")
    done = undo.take_back(runtime().transaction, deed_id, actor=actor(), now=now())
    is_busy = any(row.status == 503 for row in done.rows)  # What somebody else held is offered once more.
    return _result("taken back", done, undo_id=deed_id if is_busy else None, is_all=len(done.rows) > MOST)


def said(result: Result, at: datetime) -> Component:
    """Return what came of it as a message: a sentence, a line for each that was refused, and the way back."""
    parts: list[Child] = [icon("circle-check" if result.done else "octagon-alert"), html.Div(_words(result))]
    if result.undo is not None:
        back = attributes(data_mc_undo=str(result.undo), aria_keyshortcuts="z")
        parts.append(html.Button(["Undo ", html.Kbd("z")], type="button", className="mc-said-undo", **back))
    close = attributes(aria_label="Close the message", data_mc_unsaid="")
    parts.append(html.Button(icon("x"), type="button", className="mc-said-close", **close))
    tone = "good" if not result.refused else "warning" if result.done else "critical"
    return html.Div(parts, className=f"mc-said-card mc-said-{tone}", **attributes(data_mc_said=at.isoformat()))


def sentence(result: Result) -> str:
    """Return the outcome: `3 acknowledged, 1 was acknowledged by Omar at 12:03`."""
    if not result.ids:
        return "Nothing matches any more; nothing was changed."
    if len(result.ids) == 1:
        if result.done:
            return f"{result.title}: {result.verb}."
        return f"{result.title} {result.refused[0].sentence}. Nothing was changed."
    parts = [f"{result.done:,} {result.verb}"] if result.done else []
    return ", ".join(parts + _refusals(result)) + "."


def _refusals(result: Result) -> list[str]:
    """Say what hindered those that were refused, or, where that is too much for a sentence, how many they are."""
    if not result.refused:
        return []
    if result.reasons:
        return [f"{count:,} {_of_several(words) if count > 1 else words}" for count, words in result.reasons]
    return [f"{result.refused_count:,} {'was' if result.refused_count == 1 else 'were'} not"]


def _of_several(words: str) -> str:
    verb, _, rest = words.partition(" ")
    return f"{PLURALS.get(verb, verb)} {rest}"


def _words(result: Result) -> list[Child]:
    words: list[Child] = [html.P(sentence(result))]
    if result.refused and len(result.ids) > 1:
        lines: list[Child] = [html.Li(_line(each)) for each in result.refused]
        if (more := result.refused_count - len(result.refused)) > 0:
            lines.append(html.Li(f"and {more:,} more"))
        folded = html.Details([html.Summary("Which?"), html.Ul(lines)], open=len(lines) <= UNFOLDED)
        words.append(folded)
    return words


def _line(refused: Refused) -> list[Child]:
    if refused.row is None:
        return [f"The alert {refused.sentence}."]
    return [html.A(refused.row.title, href=f"{INBOX}/{refused.row.id}"), f" {refused.sentence}."]


def _do(verb: str, asked: Mapping[str, Any], deed: Deed, matching: Matching | None) -> Result:
    is_all = asked.get("all") is True
    if is_all and matching is None:
        raise InvalidInputError("There is no list here to take all of; reload the page.")
    chosen = matching if is_all and matching is not None else _ids(asked)
    done = bulk.carry_out(runtime().transaction, chosen, deed, actor=actor(), now=now())
    can_undo = bool(done.changed) and not isinstance(deed, deeds.Comment | deeds.Unacknowledge)
    return _result(verb, done, undo_id=done.deed_id if can_undo else None, is_all=is_all)


def _result(verb: str, done: BulkResult, *, undo_id: UUID | None = None, is_all: bool = False) -> Result:
    refused, only = done.refused[:NAMED], [row.id for row in done.rows] if len(done.rows) == 1 else []
    with runtime().transaction() as session:
        rows = {row.id: row for row in queries.rows(session, [*(each.id for each in refused), *only])}
    reader = Reader(actor(), now())
    told = tuple(_refusal(rows.get(each.id), each, reader) for each in refused)
    return Result(
        verb=verb,
        ids=frozenset(row.id for row in done.rows),
        title=rows[only[0]].title if only and only[0] in rows else "The alert",
        done=len(done.done),
        refused=told,
        refused_count=len(done.refused),
        reasons=_reasons(done.refused, told),
        undo=undo_id,
        is_all=is_all,
    )


def _reasons(refused: Sequence[RowResult], told: Sequence[Refused]) -> tuple[tuple[int, str], ...]:
    """Return how many were refused for which reason, where these are few; of very many, if they have all the same."""
    if len(refused) > len(told):
        is_one = len({each.detail for each in refused}) == 1
        return ((len(refused), told[0].sentence),) if is_one else ()
    reasons = Counter(each.sentence for each in told)
    return tuple((count, words) for words, count in reasons.items()) if len(reasons) <= REASONS else ()


def _refusal(row: InboxRow | None, refused: RowResult, reader: Reader) -> Refused:
    """Name who was first in the reader's own time."""
    if row is None:
        return Refused(None, "is not there any more")
    if refused.detail in PHRASES:
        return Refused(row, PHRASES[refused.detail])
    if row.status is Status.ACKNOWLEDGED and row.acknowledged_at is not None:
        return Refused(row, f"was acknowledged by {row.acknowledged_by} at {reader.clock(row.acknowledged_at)}")
    if row.status is Status.RESOLVED and row.resolved_at is not None:
        by = row.resolved_by or reason_words(row.resolve_reason) or "itself"
        return Refused(row, f"was resolved by {by} at {reader.clock(row.resolved_at)}")
    if row.status is Status.SNOOZED:
        return Refused(row, f"is snoozed {standing(row, reader)}".rstrip())
    return Refused(row, f"could not be changed: {refused.detail.rstrip('.')}")


def _asked(given: Any) -> Mapping[str, Any]:
    if not isinstance(given, dict):
        raise PreventUpdate
    return given


def _ids(asked: Mapping[str, Any]) -> list[UUID]:
    listed = asked.get("ids")
    found = [uuid_or_none(each) for each in listed] if isinstance(listed, list) else []
    ids = list(dict.fromkeys(each for each in found if each is not None))
    if not ids:
        raise InvalidInputError("Choose an alert first.")
    if len(ids) > MOST:
        raise InvalidInputError(f"These are {len(ids):,} alerts; do at most {MOST:,} at once.")
    return ids


def _minutes(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value in SNOOZES:
        return value
    raise InvalidInputError("Choose for how long to snooze.")


def _reason(value: Any) -> ResolveReason:
    try:
        return ResolveReason.read(str(value or ""))
    except ValueError:
        raise InvalidInputError("Choose a reason.") from None
