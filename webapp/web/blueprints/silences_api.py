"""Silences over HTTP: see what is silent, make a silence, change it, end it, ask first what it would mute."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from flask import Blueprint, Response
from msgspec import Meta
from sqlalchemy.orm import Session

from webapp.accounts.permissions import Permission
from webapp.alerting.muting import matchers as matching
from webapp.alerting.muting import silence_queries, silence_times, silences, watch
from webapp.alerting.muting.matchers import Matchers
from webapp.alerting.muting.silences import Plan
from webapp.web import api
from webapp.web.gate import requires
from webapp.web.session import actor, now, runtime

BLUEPRINT = Blueprint("silences_api", __name__, url_prefix=f"{api.PREFIX}/silences")
P = Permission
Instant = Annotated[datetime, Meta(tz=True)]
Clock = Annotated[str, Meta(pattern=r"^\d\d:\d\d$", description="A time of day: 22:30.")]
MatcherText = Annotated[str, Meta(max_length=20_000, description='Like `model=churn, severity=~"high|critical"`.')]


class Matcher(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A condition on one label; the operator is =, !=, =~ or !~. An expression matches the whole value."""

    label: Annotated[str, Meta(max_length=matching.LONGEST_LABEL)]
    operator: Annotated[str, Meta(max_length=2)]
    value: Annotated[str, Meta(max_length=matching.LONGEST_VALUE)]


Given = Annotated[list[Matcher], Meta(max_length=matching.MOST)] | MatcherText


class Recurrence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Windows that come again, by the clock of a zone; each has an end or a duration."""

    days: Annotated[list[str], Meta(min_length=1, max_length=7, description="mon, tue, wed, thu, fri, sat, sun")]
    start: Clock
    zone: Annotated[str, Meta(max_length=60, description="An IANA time zone: Europe/Berlin.")]
    first: date
    last: date | None = None
    end: Clock | None = None
    duration_minutes: Annotated[int, Meta(ge=1, le=1440)] | None = None


class Silence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is silent and why, once until `ends_at` or in windows that come again.

    One that mutes nothing now, or more than half of all active alerts, is refused (409) unless `confirm` is true.
    """

    matchers: Given
    comment: Annotated[str, Meta(max_length=silences.MAX_COMMENT)]
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    recurrence: Recurrence | None = None
    confirm: bool = False


class Preview(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    matchers: Given


@BLUEPRINT.get("")
@requires(P.SILENCES_READ)
def find() -> Response:
    """List silences: those that are on, those to come, and the last hundred that are over."""
    with runtime().transaction() as session:
        found = silence_queries.silences(session, now=now())
    return api.answer({"silences": found, "next": None})


@BLUEPRINT.post("")
@requires(P.SILENCES_WRITE)
@api.takes(Silence)
def create() -> Response:
    """Begin a silence, now or later."""
    given = api.body(Silence)
    plan = _plan(given)
    with runtime().transaction() as session:
        made = silences.create(session, plan, actor=actor(), now=now(), confirmed=given.confirm)
        answer = _shown(session, made)
    return api.answer(answer, 201, {"Location": f"{api.PREFIX}/silences/{made}"})


@BLUEPRINT.post("/preview")
@requires(P.SILENCES_READ)
@api.takes(Preview)
def preview() -> Response:
    """Say how many active alerts the matchers match now, with a few titles, and what would be asked."""
    matchers = _matchers(api.body(Preview).matchers)
    with runtime().transaction() as session:
        found = silences.affects(session, matchers, now=now())
    answer = {"count": found.count, "active": found.active, "titles": found.titles, "question": found.question}
    return api.answer({**answer, "matchers_text": matching.written(matchers)})


@BLUEPRINT.get("/<silence_id>")
@requires(P.SILENCES_READ)
def show(silence_id: str) -> Response:
    with runtime().transaction() as session:
        found = silence_queries.silence(session, api.uuid_of(silence_id, "silence"), now=now())
    return api.answer(found)


@BLUEPRINT.put("/<silence_id>")
@requires(P.SILENCES_WRITE)
@api.takes(Silence)
def replace(silence_id: str) -> Response:
    """Change a silence that is not over. One that has begun and means others now is ended; the answer is its heir."""
    given = api.body(Silence)
    plan = _plan(given)
    number = api.uuid_of(silence_id, "silence")
    with runtime().transaction() as session:
        saved = silences.edit(session, number, plan, actor=actor(), now=now(), confirmed=given.confirm)
        answer = _shown(session, saved)
    return api.answer(answer)


@BLUEPRINT.post("/<silence_id>/end")
@requires(P.SILENCES_WRITE)
def end(silence_id: str) -> Response:
    """End a silence before its time; what still fires under it is open again, and told of."""
    number = api.uuid_of(silence_id, "silence")
    with runtime().transaction() as session:
        silences.end(session, number, actor=actor(), now=now())
        answer = _shown(session, number)
    return api.answer(answer)


def _shown(session: Session, silence_id: UUID) -> Any:
    """Return the silence as it stands, after it has muted what it mutes."""
    watch.catch_up(session, now=now())
    return silence_queries.silence(session, silence_id, now=now())


def _plan(given: Silence) -> Plan:
    recurrence = None if given.recurrence is None else silence_times.read(msgspec.to_builtins(given.recurrence))
    return Plan(
        matchers=_matchers(given.matchers),
        comment=given.comment,
        starts_at=given.starts_at,
        ends_at=given.ends_at,
        recurrence=recurrence,
    )


def _matchers(given: list[Matcher] | str) -> Matchers:
    if isinstance(given, str):
        return matching.parse(given)
    return matching.checked([matching.matcher(each.label, each.operator, each.value) for each in given])
