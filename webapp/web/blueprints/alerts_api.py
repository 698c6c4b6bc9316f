"""Alerts over HTTP: read the inbox, and do what people do there, one at a time or many."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from flask import Blueprint, Response, request
from msgspec import Meta
from sqlalchemy.orm import Session

from webapp.accounts.actor import Actor
from webapp.accounts.permissions import Permission
from webapp.alerting import lifecycle, queries
from webapp.alerting.severity import Severity
from webapp.alerting.types import AlertType, ResolveReason, Status
from webapp.alerting.views import AlertDetail, InboxFilters
from webapp.core.errors import FieldError, InvalidInputError, UserError
from webapp.web import api
from webapp.web.gate import requires
from webapp.web.session import actor, now, runtime

BLUEPRINT = Blueprint("alerts_api", __name__, url_prefix=f"{api.PREFIX}/alerts")
P = Permission
Text = Annotated[str, Meta(max_length=lifecycle.MAX_TEXT)]
Instant = Annotated[datetime, Meta(tz=True)]
Reason = Annotated[str, Meta(max_length=40, description=f"One of {', '.join(ResolveReason)}.")]
BULK_LIMIT = 1_000


class Resolution(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why an alert is closed. "wont_fix" needs a note."""

    reason: Reason
    note: Text = ""


class Snooze(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Until when it is put away; null: until its severity rises."""

    until: Instant | None


class Assignment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who has it now, by e-mail address or name; null takes it back."""

    user: Annotated[str, Meta(max_length=320)] | None


class Comment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: Text


class Bulk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One deed for many alerts; each is done or refused by itself."""

    action: Literal["acknowledge", "take_over", "unacknowledge", "resolve", "snooze", "assign", "comment"]
    ids: Annotated[list[UUID], Meta(min_length=1, max_length=BULK_LIMIT)]
    reason: Reason | None = None
    note: Text = ""
    until: Instant | msgspec.UnsetType | None = msgspec.UNSET
    user: Annotated[str, Meta(max_length=320)] | None = None
    text: Text = ""


NEEDED: Mapping[str, Permission] = {
    "acknowledge": P.ALERTS_ACKNOWLEDGE,
    "take_over": P.ALERTS_ACKNOWLEDGE,
    "unacknowledge": P.ALERTS_ACKNOWLEDGE,
    "resolve": P.ALERTS_RESOLVE,
    "snooze": P.ALERTS_ACKNOWLEDGE,
    "assign": P.ALERTS_ASSIGN,
    "comment": P.ALERTS_COMMENT,
}


@BLUEPRINT.get("")
@requires(P.ALERTS_READ)
def find() -> Response:
    filters = _filters()
    limit = api.integer_arg("limit", 50, largest=queries.MAXIMUM_LIMIT)
    with runtime().transaction() as session:
        page = queries.inbox(session, filters, cursor=request.args.get("cursor"), limit=limit)
        counts = queries.counts(session, filters)
    return api.answer({"alerts": page.rows, "next": page.next, "counts": counts})


@BLUEPRINT.get("/<alert_id>")
@requires(P.ALERTS_READ)
def show(alert_id: str) -> Response:
    with runtime().transaction() as session:
        found = queries.alert(session, api.uuid_of(alert_id, "alert"), now=now())
    return api.answer(found)


@BLUEPRINT.post("/<alert_id>/acknowledge")
@requires(P.ALERTS_ACKNOWLEDGE)
def acknowledge(alert_id: str) -> Response:
    return _do(alert_id, lambda session, number, who: lifecycle.acknowledge(session, number, actor=who, now=now()))


@BLUEPRINT.post("/<alert_id>/take-over")
@requires(P.ALERTS_ACKNOWLEDGE)
def take_over(alert_id: str) -> Response:
    """Carry on what somebody else acknowledged."""
    return _do(alert_id, lambda session, number, who: lifecycle.take_over(session, number, actor=who, now=now()))


@BLUEPRINT.post("/<alert_id>/unacknowledge")
@requires(P.ALERTS_ACKNOWLEDGE)
def unacknowledge(alert_id: str) -> Response:
    return _do(alert_id, lambda session, number, who: lifecycle.unacknowledge(session, number, actor=who, now=now()))


@BLUEPRINT.post("/<alert_id>/resolve")
@requires(P.ALERTS_RESOLVE)
@api.takes(Resolution)
def resolve(alert_id: str) -> Response:
    given = api.body(Resolution)
    reason = _reason(given.reason)

    def deed(session: Session, number: UUID, who: Actor) -> AlertDetail:
        return lifecycle.resolve(session, number, reason=reason, note=given.note, actor=who, now=now())

    return _do(alert_id, deed)


@BLUEPRINT.post("/<alert_id>/snooze")
@requires(P.ALERTS_ACKNOWLEDGE)
@api.takes(Snooze)
def snooze(alert_id: str) -> Response:
    given = api.body(Snooze)
    return _do(alert_id, lambda s, number, who: lifecycle.snooze(s, number, until=given.until, actor=who, now=now()))


@BLUEPRINT.post("/<alert_id>/assign")
@requires(P.ALERTS_ASSIGN)
@api.takes(Assignment)
def assign(alert_id: str) -> Response:
    given = api.body(Assignment)
    return _do(alert_id, lambda s, number, who: lifecycle.assign(s, number, user=given.user, actor=who, now=now()))


@BLUEPRINT.post("/<alert_id>/comment")
@requires(P.ALERTS_COMMENT)
@api.takes(Comment)
def comment(alert_id: str) -> Response:
    given = api.body(Comment)
    return _do(alert_id, lambda s, number, who: lifecycle.comment(s, number, text=given.text, actor=who, now=now()))


@BLUEPRINT.post("/bulk")
@requires(P.ALERTS_READ)
@api.takes(Bulk)
def bulk() -> Response:
    """Do one thing to many alerts. The answer says for each what came of it; one that is refused stops no other."""
    given, who = api.body(Bulk), actor()
    who.require(NEEDED[given.action])
    deed = _bulk_deed(given)
    results: dict[UUID, dict[str, Any]] = {}
    with runtime().transaction() as session:
        # In one order for everybody, so that two of these never wait for each other in a circle.
        for alert_id in sorted(set(given.ids)):
            try:
                deed(session, alert_id, who)  # It refuses before it writes.
                results[alert_id] = {"id": alert_id, "status": 200}
            except UserError as error:
                results[alert_id] = {"id": alert_id, "status": error.status, "detail": error.message}
    return api.answer({"results": [results[alert_id] for alert_id in dict.fromkeys(given.ids)]})


Deed = Callable[[Session, UUID, Actor], object]


def _do(alert_id: str, deed: Deed) -> Response:
    with runtime().transaction() as session:
        done = deed(session, api.uuid_of(alert_id, "alert"), actor())
    return api.answer(done)


def _bulk_deed(given: Bulk) -> Deed:
    at = now()
    match given.action:
        case "acknowledge":
            return lambda session, number, who: lifecycle.acknowledge(session, number, actor=who, now=at)
        case "take_over":
            return lambda session, number, who: lifecycle.take_over(session, number, actor=who, now=at)
        case "unacknowledge":
            return lambda session, number, who: lifecycle.unacknowledge(session, number, actor=who, now=at)
        case "assign":
            return lambda session, number, who: lifecycle.assign(session, number, user=given.user, actor=who, now=at)
        case "comment":
            return lambda session, number, who: lifecycle.comment(session, number, text=given.text, actor=who, now=at)
        case "resolve":
            reason = _reason(given.reason or "")
            return lambda session, number, who: lifecycle.resolve(
                session, number, reason=reason, note=given.note, actor=who, now=at
            )
        case "snooze":
            until = given.until
            if until is msgspec.UNSET:
                message = (
                    "Say until when: 'until' is an instant like 2026-03-01T10:00:00Z, or null until it gets worse."
                )
                raise InvalidInputError(message)
            return lambda session, number, who: lifecycle.snooze(session, number, until=until, actor=who, now=at)


def _reason(text: str) -> ResolveReason:
    try:
        return ResolveReason.read(text)
    except ValueError:
        message = f"Say why: one of {', '.join(ResolveReason)}"
        raise InvalidInputError(f"{message}.", errors=(FieldError("/reason", message),)) from None


def _filters() -> InboxFilters:
    arguments = request.args
    assignee = arguments.get("assignee", "")
    return InboxFilters(
        tab=_word("status", "open", ("all_open", *Status)),
        severities=tuple(Severity(_one_of("severity", word, Severity)) for word in arguments.getlist("severity")),
        types=tuple(AlertType(_one_of("type", word, AlertType)) for word in arguments.getlist("type")),
        models=tuple(arguments.getlist("model")),
        assignee=(actor().email or actor().name) if assignee == "mine" else assignee,
        text=arguments.get("text", "")[:200],
        since=api.instant_arg("since"),
    )


def _word(name: str, default: str, allowed: tuple[str, ...]) -> Any:
    return _one_of(name, request.args.get(name, default), allowed)


def _one_of(name: str, word: str, allowed: Any) -> str:
    words = [str(each) for each in allowed]
    if word not in words:
        raise InvalidInputError(f"'{name}' is '{word[:40]}'; it is one of {', '.join(words)}.")
    return word
