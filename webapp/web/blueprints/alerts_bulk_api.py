"""One deed for many alerts over HTTP: those that are named, or all that match a view as far as it was seen."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from flask import Blueprint, Response
from msgspec import Meta
from sqlalchemy.orm import Session

from webapp.accounts.permissions import Permission
from webapp.alerting import bulk, deeds, lifecycle, undo
from webapp.alerting.bulk import BulkResult
from webapp.alerting.severity import Severity
from webapp.alerting.types import AlertType, ResolveReason
from webapp.alerting.views import InboxFilters, Tab
from webapp.core.errors import InvalidInputError
from webapp.web import api
from webapp.web.gate import requires
from webapp.web.session import actor, now, runtime

BLUEPRINT = Blueprint("alerts_bulk_api", __name__, url_prefix=f"{api.PREFIX}/alerts/bulk")
P = Permission
Text = Annotated[str, Meta(max_length=deeds.MAX_TEXT)]
Instant = Annotated[datetime, Meta(tz=True)]
UNTIL_WHEN = "Say until when: 'until' is an instant like 2026-03-01T10:00:00Z, or null until it gets worse."


class Matching(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A view as `GET /alerts` was asked for it, with the `newest` and the `seen_at` that it answered."""

    newest: UUID
    seen_at: Instant
    status: Tab = "open"
    severity: Sequence[Severity] = ()
    type: Sequence[AlertType] = ()
    model: Sequence[Annotated[str, Meta(max_length=200)]] = ()
    assignee: Annotated[str, Meta(max_length=320)] = ""
    text: Annotated[str, Meta(max_length=200)] = ""
    since: Instant | None = None


class Bulk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One deed for many alerts, by `ids` or by `matching`; each is done or refused by itself."""

    action: Literal["acknowledge", "take_over", "unacknowledge", "resolve", "snooze", "assign", "comment"]
    ids: Annotated[Sequence[UUID], Meta(max_length=bulk.MOST)] = ()
    matching: Matching | None = None
    reason: Annotated[str, Meta(max_length=40, description=f"One of {', '.join(ResolveReason)}.")] | None = None
    note: Text = ""
    until: Instant | msgspec.UnsetType | None = msgspec.UNSET
    user: Annotated[str, Meta(max_length=320)] | None = None
    text: Text = ""


@BLUEPRINT.post("")
@requires(P.ALERTS_READ)
@api.takes(Bulk)
def act() -> Response:
    """Do one thing to many alerts. The answer says for each what came of it; one that is refused stops no other."""
    given, who, at = api.body(Bulk), actor(), now()
    deeds.require(who, KINDS[given.action].permission)
    with runtime().transaction() as session:
        deed = _deed(session, given, at)
    result = bulk.carry_out(runtime().transaction, _chosen(given), deed, actor=who, now=at)
    return api.answer(_told(result))


@BLUEPRINT.post("/<deed_id>/undo")
@requires(P.ALERTS_READ)
def take_back(deed_id: str) -> Response:
    """Put back what a deed changed, within a minute; an alert that has changed since is left as it is."""
    number = api.uuid_of(deed_id, "deed")
    return api.answer(_told(undo.take_back(runtime().transaction, number, actor=actor(), now=now())))


KINDS: dict[str, type[deeds.Deed]] = {
    "acknowledge": deeds.Acknowledge,
    "take_over": deeds.TakeOver,
    "unacknowledge": deeds.Unacknowledge,
    "resolve": deeds.Resolve,
    "snooze": deeds.Snooze,
    "assign": deeds.Assign,
    "comment": deeds.Comment,
}


def _deed(session: Session, given: Bulk, at: datetime) -> deeds.Deed:
    match given.action:
        case "resolve":
            return deeds.resolution(deeds.reason_of(given.reason or ""), given.note)
        case "snooze":
            if given.until is msgspec.UNSET:
                raise InvalidInputError(UNTIL_WHEN)
            snooze = deeds.Snooze(given.until)
            snooze.check(at)
            return snooze
        case "assign":
            return lifecycle.assignment(session, given.user)
        case "comment":
            return deeds.remark(given.text)
        case "acknowledge":
            return deeds.Acknowledge()
        case "take_over":
            return deeds.TakeOver()
        case "unacknowledge":
            return deeds.Unacknowledge()


def _chosen(given: Bulk) -> Sequence[UUID] | bulk.Matching:
    wanted = given.matching
    if bool(given.ids) == (wanted is not None):
        raise InvalidInputError("Say which alerts: either by 'ids' or by 'matching'.")
    if wanted is None:
        return given.ids
    filters = InboxFilters(
        tab=wanted.status,
        severities=tuple(wanted.severity),
        types=tuple(wanted.type),
        models=tuple(wanted.model),
        assignee=(actor().email or actor().name) if wanted.assignee == "mine" else wanted.assignee,
        text=wanted.text,
        since=wanted.since,
    )
    return bulk.Matching(filters, wanted.newest, wanted.seen_at)


def _told(result: BulkResult) -> dict[str, object]:
    rows = [
        {"id": row.id, "status": row.status, "detail": row.detail} if row.detail else {"id": row.id, "status": 200}
        for row in result.rows
    ]
    return {"deed": result.deed_id, "changed": len(result.changed), "refused": len(result.refused), "results": rows}
