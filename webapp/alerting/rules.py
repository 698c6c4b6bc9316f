"""Rules as people keep them: each save is a version with a name and a time, and a pack stands there from the start."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from webapp.accounts import audit
from webapp.accounts.actor import SYSTEM, Actor, ActorKind
from webapp.accounts.permissions import Permission
from webapp.alerting import episodes
from webapp.alerting.document import RuleDocument, Scope, with_defaults
from webapp.alerting.plugins import prepare
from webapp.alerting.rule_pack import RULE_PACK
from webapp.alerting.tables import RuleRow, RuleStateRow, RuleVersionRow, ScheduleRow
from webapp.alerting.types import AutomaticReason
from webapp.alerting.versions import version_numbered, versions
from webapp.catalog.models import Task
from webapp.catalog.tables import ModelRow
from webapp.core.errors import ConflictError, InvalidInputError, NotFoundError
from webapp.core.ids import uuid7
from webapp.metrics.metric import Metric
from webapp.metrics.registry import for_task

__all__ = [
    "RuleDocument",
    "Scope",
    "delete_rule",
    "ensure_rule_pack",
    "pause_rule",
    "restore_rule",
    "resume_rule",
    "save_rule",
]


def save_rule(
    session: Session, document: RuleDocument, *, rule_id: UUID | None = None, actor: Actor, now: datetime
) -> UUID:
    """Store a new rule, or a new version of the one that is named; return its id."""
    _require(actor)
    _refuse_strange_metric(session, document, prepare(document).metric)
    if rule_id is None:
        return _create(session, document, pack_key=None, actor=actor, now=now)
    row = _locked(session, rule_id)
    before = row.document
    plain = msgspec.to_builtins(document)
    if plain == with_defaults(before):
        return rule_id
    _refuse_taken_name(session, document.name, but=rule_id)
    row.document, row.name, row.version = plain, document.name, row.version + 1
    row.interval_seconds = document.interval_seconds
    row.updated_at, row.updated_by = now, actor.name
    row.failures, row.broken_reason, row.retry_at, row.left_out = 0, None, None, 0
    _keep_version(session, row, now=now, by=actor.name)
    if _changes_series(before, plain):
        # What is judged is another thing now: what the former version found ends here.
        _end_alerts(session, [rule_id], AutomaticReason.UPDATED, now=now)
    audit.record(session, "rule.saved", actor=actor, subject=f"rule:{row.name}", now=now, before=before, after=plain)
    session.flush()
    return rule_id


def restore_rule(session: Session, rule_id: UUID, number: int, *, actor: Actor, now: datetime) -> UUID:
    """Make what an earlier version said the newest version; where nothing differs, nothing is saved."""
    _require(actor)
    row = _locked(session, rule_id)
    found = version_numbered(versions(session, rule_id), number)
    before = row.version
    try:
        document = msgspec.convert(found.document, type=RuleDocument)
    except msgspec.ValidationError as error:
        raise InvalidInputError(f"Version {number} no longer fits: {str(error).replace('`', '')}.") from None
    save_rule(session, document, rule_id=rule_id, actor=actor, now=now)
    if row.version != before:
        what = {"version": row.version, "restored_from": number}
        audit.record(session, "rule.restored", actor=actor, subject=f"rule:{row.name}", now=now, after=what)
        session.flush()
    return rule_id


def pause_rule(session: Session, rule_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Stop evaluating the rule; what it has firing is resolved at once. Pausing twice changes nothing."""
    _require(actor)
    row = _locked(session, rule_id)
    if row.paused_at is not None:
        return
    row.paused_at, row.paused_by = now, actor.name
    _end_alerts(session, [rule_id], AutomaticReason.PAUSED, now=now)
    audit.record(session, "rule.paused", actor=actor, subject=f"rule:{row.name}", now=now)
    session.flush()


def resume_rule(session: Session, rule_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Evaluate the rule again, from its next slot on."""
    _require(actor)
    row = _locked(session, rule_id)
    if row.paused_at is None:
        return
    row.paused_at, row.paused_by = None, None
    row.failures, row.broken_reason, row.retry_at = 0, None, None
    audit.record(session, "rule.resumed", actor=actor, subject=f"rule:{row.name}", now=now)
    session.flush()


def delete_rule(session: Session, rule_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Take the rule away and resolve what it has firing; its versions and alerts stay readable."""
    _require(actor)
    row = _locked(session, rule_id)
    row.deleted_at, row.deleted_by = now, actor.name
    _end_alerts(session, [rule_id], AutomaticReason.RULE_DELETED, now=now)
    audit.record(session, "rule.deleted", actor=actor, subject=f"rule:{row.name}", now=now, before=row.document)
    session.flush()


def ensure_rule_pack(session: Session, *, now: datetime) -> int:
    """Store the rules of the pack that were never there; return how many. Deleted ones stay deleted."""
    known = set(session.scalars(select(RuleRow.pack_key).where(RuleRow.pack_key.is_not(None))))
    taken = set(session.scalars(select(RuleRow.name).where(RuleRow.deleted_at.is_(None))))
    missing = [key for key, document in RULE_PACK.items() if key not in known and document.name not in taken]
    for key in missing:
        _create(session, RULE_PACK[key], pack_key=key, actor=SYSTEM, now=now)
    return len(missing)


def _create(session: Session, document: RuleDocument, *, pack_key: str | None, actor: Actor, now: datetime) -> UUID:
    if pack_key is None:
        _refuse_taken_name(session, document.name, but=None)
    plain: dict[str, Any] = msgspec.to_builtins(document)
    values = {
        "id": uuid7(now),
        "name": document.name,
        "document": plain,
        "version": 1,
        "interval_seconds": document.interval_seconds,
        "pack_key": pack_key,
        "created_at": now,
        "created_by": actor.name,
        "updated_at": now,
        "updated_by": actor.name,
        "failures": 0,
        "left_out": 0,
    }
    # Two may save the same name, or set up the pack, at once: the index decides.
    made = session.execute(insert(RuleRow).values(**values).on_conflict_do_nothing().returning(RuleRow.id)).scalar()
    if made is None:
        if pack_key is not None:
            return values["id"]  # type: ignore[return-value]
        raise _taken(document.name)
    _keep_version(session, session.get_one(RuleRow, made), now=now, by=actor.name)
    audit.record(session, "rule.saved", actor=actor, subject=f"rule:{document.name}", now=now, after=plain)
    session.flush()
    return made


def _keep_version(session: Session, row: RuleRow, *, now: datetime, by: str) -> None:
    session.add(RuleVersionRow(rule_id=row.id, number=row.version, document=row.document, saved_at=now, saved_by=by))
    # Looked for first: to insert it would wait for whoever evaluates and may be waiting for this very rule.
    known = select(ScheduleRow.interval_seconds).where(ScheduleRow.interval_seconds == row.interval_seconds)
    if session.scalar(known) is None:
        schedule = {
            "interval_seconds": row.interval_seconds,
            "offset_seconds": 0,
            "missed_slots": 0,
            "rule_count": 0,
            "duration_ms": 0.0,
        }
        session.execute(insert(ScheduleRow).values(**schedule).on_conflict_do_nothing())


def _locked(session: Session, rule_id: UUID) -> RuleRow:
    query = select(RuleRow).where(RuleRow.id == rule_id, RuleRow.deleted_at.is_(None)).with_for_update()
    row = session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        raise NotFoundError(f"There is no rule {rule_id}; it may have been deleted.")
    return row


def _changes_series(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """A new line or a new `for` judges the same series anew; another metric, kind or scope makes other series."""
    return any(before.get(name) != after.get(name) for name in ("kind", "metric", "scope", "type"))


def _end_alerts(session: Session, rule_ids: Sequence[UUID], reason: AutomaticReason, *, now: datetime) -> None:
    session.flush()
    episodes.end_of_rules(session, rule_ids, reason, now=now)
    session.execute(delete(RuleStateRow).where(RuleStateRow.rule_id.in_(rule_ids)))


def _refuse_strange_metric(session: Session, document: RuleDocument, metric: Metric) -> None:
    """Refuse a metric that the named model can never have; of all models, those that have it are watched."""
    query = select(ModelRow.task).where(ModelRow.name == document.scope.model)
    task = None if document.scope.model is None else session.scalar(query)
    if task is None or Task(task) in metric.tasks:
        return
    instead = ", ".join(each.label for each in for_task(Task(task)).values() if each.group == metric.group)
    raise InvalidInputError(
        f"{metric.label} is not defined for '{document.scope.model}', which is a {task} model;"
        f" choose another metric: {instead or 'of another group'}."
    )


def _refuse_taken_name(session: Session, name: str, *, but: UUID | None) -> None:
    query = select(RuleRow.id).where(RuleRow.name == name, RuleRow.deleted_at.is_(None))
    if but is not None:
        query = query.where(RuleRow.id != but)
    if session.scalar(query) is not None:
        raise _taken(name)


def _taken(name: str) -> ConflictError:
    return ConflictError(f"There is a rule named '{name}' already; choose another name or edit that one.")


def _require(actor: Actor) -> None:
    if actor.kind is not ActorKind.SYSTEM:
        actor.require(Permission.RULES_WRITE)
