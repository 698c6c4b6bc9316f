"""What people do with alerts from a screen: one or many at once, with a result for each, said in a sentence."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from dash import html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from sqlalchemy.orm import Session

from webapp.alerting import lifecycle, queries
from webapp.alerting.queries import AlertDetail, InboxRow
from webapp.alerting.types import ResolveReason, Status
from webapp.core.errors import ConflictError, InvalidInputError, NotFoundError
from webapp.core.periods import MINUTE
from webapp.web.components import icon
from webapp.web.components.content import Child, attributes
from webapp.web.session import actor, now, runtime
from webapp.web.views.alert_rows import Reader, reason_words, standing
from webapp.web.views.alert_view import MINE, uuid_or_none

MOST = 1_000  # alerts in one go
UNTIL_WORSE = 0  # minutes
SNOOZES: Mapping[int, str] = {
    30: "30 minutes",
    60: "1 hour",
    240: "4 hours",
    1440: "1 day",
    10_080: "1 week",
    UNTIL_WORSE: "until it gets worse",
}
Deed = Callable[[Session, UUID], AlertDetail]


@dataclass(frozen=True, slots=True)
class Refused:
    """An alert that somebody or something else was first at, as it stands now; None when it is gone."""

    row: InboxRow | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a deed: for whom it was done, who was first at the others, and what can be taken back."""

    verb: str
    ids: tuple[UUID, ...]
    done: tuple[AlertDetail, ...]
    refused: tuple[Refused, ...]
    undo: tuple[UUID, ...] = ()


def work_on(given: Any) -> Result:
    """Acknowledge, take over, take back or snooze, as a screen asks for it: {"deed", "ids", "minutes"}."""
    asked, at, who = _asked(given), now(), actor()
    ids = _ids(asked)
    match asked.get("deed"):
        case "acknowledge":
            result = _do("acknowledged", ids, lambda s, each: lifecycle.acknowledge(s, each, actor=who, now=at))
            fresh = tuple(each.id for each in result.done if each.acknowledged_at == at)
            return replace(result, undo=fresh)
        case "take_over":
            return _do("yours now", ids, lambda s, each: lifecycle.take_over(s, each, actor=who, now=at))
        case "unacknowledge":
            return _do("open again", ids, lambda s, each: lifecycle.unacknowledge(s, each, actor=who, now=at))
        case "snooze":
            minutes = _minutes(asked.get("minutes"))
            until = None if minutes == UNTIL_WORSE else at + minutes * MINUTE
            verb = f"snoozed until {'it gets worse' if until is None else Reader(who, at).clock(until)}"
            return _do(verb, ids, lambda s, each: lifecycle.snooze(s, each, until=until, actor=who, now=at))
    raise InvalidInputError("There is no such deed; reload the page.")


def resolve(given: Any, reason: Any, note: Any) -> Result:
    """Close alerts, {"ids"}, with a reason and a note."""
    who, at, why = actor(), now(), _reason(reason)
    text = note if isinstance(note, str) else ""
    return _do(
        "resolved",
        _ids(_asked(given)),
        lambda s, each: lifecycle.resolve(s, each, reason=why, note=text, actor=who, now=at),
    )


def assign(given: Any) -> Result:
    """Give alerts, {"ids", "user"}, to somebody, to oneself ("mine") or to nobody."""
    asked, who, at = _asked(given), actor(), now()
    user = asked.get("user")
    named = (who.email or who.name) if user == MINE else user if isinstance(user, str) and user else None
    result = _do("assigned", _ids(asked), lambda s, each: lifecycle.assign(s, each, user=named, actor=who, now=at))
    name = (result.done[0].assignee if result.done else None) or "nobody"
    return replace(result, verb=f"assigned to {'you' if user == MINE else name}")


def comment(given: Any, text: Any) -> Result:
    who, at = actor(), now()
    remark = text if isinstance(text, str) else ""
    ids = _ids({"ids": [given]})
    return _do("commented on", ids, lambda s, each: lifecycle.comment(s, each, text=remark, actor=who, now=at))


def said(result: Result, at: datetime) -> Component:
    """Return what came of it as a message: a sentence, a line for each that was refused, and the way back."""
    parts: list[Child] = [icon("circle-check" if result.done else "octagon-alert"), html.Div(_words(result))]
    if result.undo:
        undo = attributes(data_mc_undo=",".join(map(str, result.undo)))
        parts.append(html.Button(["Undo ", html.Kbd("z")], type="button", className="mc-said-undo", **undo))
    close = attributes(aria_label="Close the message", data_mc_unsaid="")
    parts.append(html.Button(icon("x"), type="button", className="mc-said-close", **close))
    tone = "good" if not result.refused else "warning" if result.done else "critical"
    return html.Div(parts, className=f"mc-said-card mc-said-{tone}", **attributes(data_mc_said=at.isoformat()))


def sentence(result: Result) -> str:
    """Return the outcome: `3 acknowledged, 1 was acknowledged by Omar at 12:03`."""
    if len(result.ids) == 1:
        if result.done:
            return f"{result.done[0].title}: {result.verb}."
        return f"{_title(result.refused[0])} {result.refused[0].sentence}. Nothing was changed."
    parts = [f"{len(result.done):,} {result.verb}"] if result.done else []
    parts += [f"{count:,} {words}" for words, count in Counter(each.sentence for each in result.refused).items()]
    return ", ".join(parts) + "."


def _words(result: Result) -> list[Child]:
    words: list[Child] = [html.P(sentence(result))]
    if result.refused and len(result.ids) > 1:
        lines = [html.Li(f"{_title(each)} {each.sentence}.") for each in result.refused[:20]]
        words.append(html.Details([html.Summary("Which?"), html.Ul(lines)]))
    return words


def _title(refused: Refused) -> str:
    return "The alert" if refused.row is None else refused.row.title


def _do(verb: str, ids: Sequence[UUID], deed: Deed) -> Result:
    """Do it to each by itself: one that is refused stops no other. What is wrong with the deed itself stops all."""
    done, refused = [], []
    with runtime().transaction() as session:
        # In one order for everybody, so that two of these never wait for each other in a circle.
        for each in sorted(ids):
            try:
                with session.begin_nested():
                    done.append(deed(session, each))
            except (ConflictError, NotFoundError) as error:
                refused.append((each, error.message))
        rows = {row.id: row for row in queries.rows(session, [each for each, _ in refused])}
    reader = Reader(actor(), now())
    told = tuple(_refusal(rows.get(each), message, reader) for each, message in refused)
    return Result(verb, tuple(ids), tuple(done), told)


def _refusal(row: InboxRow | None, message: str, reader: Reader) -> Refused:
    """Name who was first in the reader's own time."""
    if row is None:
        return Refused(None, "is not there any more")
    if row.status is Status.ACKNOWLEDGED and row.acknowledged_at is not None:
        return Refused(row, f"was acknowledged by {row.acknowledged_by} at {reader.clock(row.acknowledged_at)}")
    if row.status is Status.RESOLVED and row.resolved_at is not None:
        by = row.resolved_by or reason_words(row.resolve_reason) or "itself"
        return Refused(row, f"was resolved by {by} at {reader.clock(row.resolved_at)}")
    if row.status is Status.SNOOZED:
        return Refused(row, f"is snoozed {standing(row, reader)}".rstrip())
    return Refused(row, f"could not be changed: {message.rstrip('.')}")


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
