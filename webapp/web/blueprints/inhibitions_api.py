"""Inhibition rules over HTTP: which alerts are muted while another one fires."""

from typing import Annotated
from uuid import UUID

import msgspec
from flask import Blueprint, Response
from msgspec import Meta

from webapp.accounts.permissions import Permission
from webapp.alerting.muting import inhibition, watch
from webapp.alerting.muting import matchers as matching
from webapp.alerting.muting.inhibition import Inhibition
from webapp.web import api
from webapp.web.gate import requires
from webapp.web.session import actor, now, runtime

BLUEPRINT = Blueprint("inhibitions_api", __name__, url_prefix=f"{api.PREFIX}/inhibitions")
MatcherText = Annotated[str, Meta(max_length=20_000, description='Like `type=service_unavailable, severity="high"`.')]
Label = Annotated[str, Meta(max_length=matching.LONGEST_LABEL)]


class InhibitionRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """While an alert fires that matches `source`, those that match `target` and are equal in the labels are muted."""

    name: Annotated[str, Meta(max_length=inhibition.MAX_NAME)]
    source: MatcherText
    target: MatcherText
    equal: Annotated[list[Label], Meta(max_length=inhibition.MOST_EQUAL)] = []


@BLUEPRINT.get("")
@requires(Permission.RULES_READ)
def find() -> Response:
    with runtime().transaction() as session:
        found = inhibition.inhibitions(session)
    return api.answer({"inhibitions": found, "next": None})


@BLUEPRINT.post("")
@requires(Permission.RULES_WRITE)
@api.takes(InhibitionRule)
def create() -> Response:
    made = _save(None)
    return api.answer(made, 201, {"Location": f"{api.PREFIX}/inhibitions/{made.id}"})


@BLUEPRINT.get("/<inhibition_id>")
@requires(Permission.RULES_READ)
def show(inhibition_id: str) -> Response:
    with runtime().transaction() as session:
        found = inhibition.inhibition(session, api.uuid_of(inhibition_id, "inhibition rule"))
    return api.answer(found)


@BLUEPRINT.put("/<inhibition_id>")
@requires(Permission.RULES_WRITE)
@api.takes(InhibitionRule)
def replace(inhibition_id: str) -> Response:
    return api.answer(_save(api.uuid_of(inhibition_id, "inhibition rule")))


@BLUEPRINT.delete("/<inhibition_id>")
@requires(Permission.RULES_WRITE)
def delete(inhibition_id: str) -> Response:
    """Take the rule away; what it mutes is open again."""
    with runtime().transaction() as session:
        inhibition.delete(session, api.uuid_of(inhibition_id, "inhibition rule"), actor=actor(), now=now())
        watch.catch_up(session, now=now())
    return Response(status=204)


def _save(inhibition_id: UUID | None) -> inhibition.InhibitionView:
    given = api.body(InhibitionRule)
    rule = Inhibition(
        name=given.name,
        source=matching.parse(given.source),
        target=matching.parse(given.target),
        equal=tuple(given.equal),
    )
    with runtime().transaction() as session:
        saved = inhibition.save(session, rule, inhibition_id=inhibition_id, actor=actor(), now=now())
        watch.catch_up(session, now=now())
        return inhibition.inhibition(session, saved)
