"""Alerts over HTTP: read the inbox, and do what people do there."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from flask import Blueprint, Response, request
from msgspec import Meta
from sqlalchemy.orm import Session

from webapp.accounts.actor import Actor
from webapp.accounts.permissions import Permission
from webapp.alerting import deeds, lifecycle, queries
from webapp.alerting.severity import Severity
from webapp.alerting.types import AlertType, ResolveReason, Status
from webapp.alerting.views import AlertDetail, InboxFilters
from webapp.core.errors import InvalidInputError
from webapp.web import api
from webapp.web.gate import requires
from webapp.web.session import actor, now, runtime

BLUEPRINT = Blueprint("alerts_api", __name__, url_prefix=f"{api.PREFIX}/alerts")
P = Permission
Text = Annotated[str, Meta(max_length=lifecycle.MAX_TEXT)]
Instant = Annotated[datetime, Meta(tz=True)]
Reason = Annotated[str, Meta(max_length=40, description=f"One of {', '.join(ResolveReason)}.")]


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


@BLUEPRINT.get("")
@requires(P.ALERTS_READ)
def find() -> Response:
    filters, seen_at = _filters(), now()
    limit = api.integer_arg("limit", 50, largest=queries.MAXIMUM_LIMIT)
    with runtime().transaction() as session:
        page = queries.inbox(session, filters, cursor=request.args.get("cursor"), limit=limit)
        counts = queries.counts(session, filters)
        newest = queries.newest(session, filters)  # of the whole tab, on whatever page one is
    # A deed for all that match asks for the last two: nobody acknowledges what came after his list.
    seen = {"newest": newest, "seen_at": seen_at}
    return api.answer({"alerts": page.rows, "next": page.next, "counts": counts, **seen})


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
    reason = deeds.reason_of(given.reason)

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


Deed = Callable[[Session, UUID, Actor], object]


def _do(alert_id: str, deed: Deed) -> Response:
    with runtime().transaction() as session:
        done = deed(session, api.uuid_of(alert_id, "alert"), actor())
    return api.answer(done)


def _filters() -> InboxFilters:
    arguments = request.args
    assignee = arguments.get("assignee", "")
    return InboxFilters(
        tab=_word("status", "open", ("all_open", "silenced", *Status)),
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
