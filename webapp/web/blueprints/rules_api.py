"""Rules over HTTP: read them, write them, take them away."""

from collections.abc import Callable
from typing import Annotated

import msgspec
from flask import Blueprint, Response
from msgspec import Meta

from webapp.accounts.permissions import Permission
from webapp.alerting import queries, rules, versions
from webapp.alerting.backtest import LONGEST_DAYS, backtest
from webapp.alerting.document import RuleDocument
from webapp.web import api
from webapp.web.gate import requires
from webapp.web.session import actor, now, runtime

DAYS = 30


class Replay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule, stored or not, and over how many days it is replayed."""

    rule: RuleDocument
    days: Annotated[int, Meta(ge=1, le=LONGEST_DAYS)] = DAYS


BLUEPRINT = Blueprint("rules_api", __name__, url_prefix=f"{api.PREFIX}/rules")


@BLUEPRINT.get("")
@requires(Permission.RULES_READ)
def find() -> Response:
    with runtime().transaction() as session:
        found = queries.rules(session)
    return api.answer({"rules": found, "next": None})


@BLUEPRINT.post("")
@requires(Permission.RULES_WRITE)
@api.takes(RuleDocument)
def create() -> Response:
    document = api.body(RuleDocument)
    with runtime().transaction() as session:
        rule_id = rules.save_rule(session, document, actor=actor(), now=now())
        saved = queries.rule(session, rule_id)
    return api.answer(saved, 201, {"Location": f"{api.PREFIX}/rules/{rule_id}"})


@BLUEPRINT.post("/backtest")
@requires(Permission.RULES_WRITE)
@api.takes(Replay)
def replay() -> Response:
    """Say how often a rule would have fired: its episodes, the series that fired most, what is not known."""
    given = api.body(Replay)
    with runtime().transaction() as session:
        found = backtest(session, given.rule, days=given.days, actor=actor(), now=now())
    return api.answer(found)


@BLUEPRINT.get("/<rule_id>")
@requires(Permission.RULES_READ)
def show(rule_id: str) -> Response:
    with runtime().transaction() as session:
        found = queries.rule(session, api.uuid_of(rule_id, "rule"))
    return api.answer(found)


@BLUEPRINT.put("/<rule_id>")
@requires(Permission.RULES_WRITE)
@api.takes(RuleDocument)
def replace(rule_id: str) -> Response:
    document = api.body(RuleDocument)
    with runtime().transaction() as session:
        number = rules.save_rule(session, document, rule_id=api.uuid_of(rule_id, "rule"), actor=actor(), now=now())
        saved = queries.rule(session, number)
    return api.answer(saved)


@BLUEPRINT.delete("/<rule_id>")
@requires(Permission.RULES_WRITE)
def delete(rule_id: str) -> Response:
    """Take the rule away; what it has firing is resolved at once."""
    with runtime().transaction() as session:
        rules.delete_rule(session, api.uuid_of(rule_id, "rule"), actor=actor(), now=now())
    return Response(status=204)


@BLUEPRINT.post("/<rule_id>/pause")
@requires(Permission.RULES_WRITE)
def pause(rule_id: str) -> Response:
    """Let the rule watch no longer until it is resumed; what it has firing is resolved at once."""
    return _turn(rule_id, rules.pause_rule)


@BLUEPRINT.post("/<rule_id>/resume")
@requires(Permission.RULES_WRITE)
def resume(rule_id: str) -> Response:
    """Let a paused rule watch again."""
    return _turn(rule_id, rules.resume_rule)


def _turn(rule_id: str, verb: Callable[..., None]) -> Response:
    number = api.uuid_of(rule_id, "rule")
    with runtime().transaction() as session:
        verb(session, number, actor=actor(), now=now())
        saved = queries.rule(session, number)
    return api.answer(saved)


@BLUEPRINT.get("/<rule_id>/versions")
@requires(Permission.RULES_READ)
def list_versions(rule_id: str) -> Response:
    """List what the rule said, the newest first, with who saved it and when."""
    with runtime().transaction() as session:
        found = versions.versions(session, api.uuid_of(rule_id, "rule"))
    return api.answer({"versions": found, "next": None})


@BLUEPRINT.get("/<rule_id>/versions/compare")
@requires(Permission.RULES_READ)
def compare_versions(rule_id: str) -> Response:
    """Say in words what differs between version `a` and version `b`, by default the newest and the one before."""
    with runtime().transaction() as session:
        found = versions.versions(session, api.uuid_of(rule_id, "rule"))
    newest = found[0].number
    second = api.integer_arg("b", newest, largest=newest)
    first = api.integer_arg("a", max(second - 1, 1), largest=newest)
    before, after = (versions.version_numbered(found, number) for number in (first, second))
    return api.answer({"a": first, "b": second, "changes": versions.difference(before.document, after.document)})


@BLUEPRINT.post("/<rule_id>/versions/<int:number>/restore")
@requires(Permission.RULES_WRITE)
def restore(rule_id: str, number: int) -> Response:
    """Make what an earlier version said the newest version."""
    identifier = api.uuid_of(rule_id, "rule")
    with runtime().transaction() as session:
        rules.restore_rule(session, identifier, number, actor=actor(), now=now())
        saved = queries.rule(session, identifier)
    return api.answer(saved)
