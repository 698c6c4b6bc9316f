"""Inhibition: while one alert fires, others that follow from it are muted. The semantics are Alertmanager's.

An alert that matches both sides of a rule is not muted by alerts that do as well, and so none by itself; a source
mutes whether it is muted itself or not.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from webapp.accounts import audit
from webapp.accounts.actor import Actor, ActorKind
from webapp.accounts.permissions import Permission
from webapp.alerting.muting import matchers as matching
from webapp.alerting.muting.matchers import LONGEST_LABEL, Matchers
from webapp.alerting.tables import InhibitionRow
from webapp.core.errors import ConflictError, InvalidInputError, NotFoundError
from webapp.core.ids import uuid7
from webapp.db.unique import only_once

MAX_NAME = 120
MOST_EQUAL = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Inhibition:
    """A rule: what mutes, what is muted, and in which labels the two must be equal."""

    name: str
    source: Matchers
    target: Matchers
    equal: tuple[str, ...] = ()

    def key(self, labels: Mapping[str, str]) -> tuple[str, ...]:
        """Return the values in which source and target must agree; a label that is not there is empty."""
        return tuple(labels.get(name, "") for name in self.equal)


OUTAGE = Inhibition(
    name="An outage says it all",
    source=matching.parse("type=service_unavailable, severity=critical"),
    target=matching.parse('severity=~"low|medium|high"'),
    equal=("model",),
)
"""An example to begin with: for one machine a model, where nothing else is news while it is gone."""


@dataclass(frozen=True, slots=True)
class Source:
    """An alert that fires and matches the source of a rule."""

    id: UUID
    title: str
    severity: int
    is_target_too: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InhibitionView(Inhibition):
    id: UUID
    updated_at: datetime
    updated_by: str


def muting(
    rule: Inhibition, labels: Mapping[str, str], sources: Iterable[Source], *, current: UUID | None = None
) -> Source | None:
    """Return which of the sources with the target's key mutes it: the one that does already, or the worst."""
    if not matching.matches(rule.target, labels):
        return None
    is_source_too = matching.matches(rule.source, labels)
    able = [each for each in sources if not (is_source_too and each.is_target_too)]
    if not able:
        return None
    return min(able, key=lambda each: (each.id != current, -each.severity, each.id))


def inhibitions(session: Session) -> Sequence[InhibitionView]:
    """Return the rules that are not deleted, by name."""
    query = select(InhibitionRow).where(InhibitionRow.deleted_at.is_(None)).order_by(InhibitionRow.name)
    return [view_of(row) for row in session.scalars(query.execution_options(populate_existing=True))]


def inhibition(session: Session, inhibition_id: UUID) -> InhibitionView:
    row = session.get(InhibitionRow, inhibition_id, populate_existing=True)
    if row is None or row.deleted_at is not None:
        raise _missing(inhibition_id)
    return view_of(row)


def save(session: Session, rule: Inhibition, *, inhibition_id: UUID | None = None, actor: Actor, now: datetime) -> UUID:
    """Store a new rule, or what an existing one says now; return its id."""
    _require(actor)
    rule = _checked(rule)
    values = {
        "name": rule.name,
        "source": matching.plain(rule.source),
        "target": matching.plain(rule.target),
        "equal": list(rule.equal),
    }
    if inhibition_id is None:
        return _create(session, values, actor=actor, now=now)
    row = _locked(session, inhibition_id)
    before = {name: getattr(row, name) for name in values}
    if before == values:
        return row.id
    if rule.name != row.name and session.scalar(_named(rule.name)) is not None:
        raise _taken(rule.name)
    with only_once(session, _taken(rule.name).message):
        for name, value in values.items():
            setattr(row, name, value)
        row.updated_at, row.updated_by, row.is_due = now, actor.name, True
    _record(session, "inhibition.saved", rule.name, actor=actor, now=now, before=before, after=values)
    return row.id


def delete(session: Session, inhibition_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Take the rule away; what it mutes is open again within a moment."""
    _require(actor)
    row = _locked(session, inhibition_id)
    row.deleted_at, row.deleted_by, row.is_due = now, actor.name, True
    before = {"name": row.name, "source": row.source, "target": row.target, "equal": row.equal}
    _record(session, "inhibition.deleted", row.name, actor=actor, now=now, before=before, after=None)


def view_of(row: InhibitionRow) -> InhibitionView:
    return InhibitionView(
        id=row.id,
        name=row.name,
        source=matching.stored(row.source),
        target=matching.stored(row.target),
        equal=tuple(row.equal),
        updated_at=row.updated_at,
        updated_by=row.updated_by,
    )


def _create(session: Session, values: dict[str, Any], *, actor: Actor, now: datetime) -> UUID:
    stamps = {"created_at": now, "created_by": actor.name, "updated_at": now, "updated_by": actor.name}
    # Two may save the same name at once: the index decides.
    statement = insert(InhibitionRow).values(id=uuid7(now), is_due=True, **values, **stamps).on_conflict_do_nothing()
    made = session.execute(statement.returning(InhibitionRow.id)).scalar()
    if made is None:
        raise _taken(values["name"])
    _record(session, "inhibition.saved", values["name"], actor=actor, now=now, before=None, after=values)
    return made


def _checked(rule: Inhibition) -> Inhibition:
    name = rule.name.strip()
    if not name:
        raise InvalidInputError("Give the rule a name.")
    if len(name) > MAX_NAME or "\x00" in name:
        raise InvalidInputError(f"The name is a text of at most {MAX_NAME} characters.")
    equal = tuple(dict.fromkeys(each.strip() for each in rule.equal if each.strip()))
    if len(equal) > MOST_EQUAL or any(len(each) > LONGEST_LABEL or "\x00" in each for each in equal):
        raise InvalidInputError(f"Name at most {MOST_EQUAL} labels that must be equal.")
    source, target = matching.checked(rule.source), matching.checked(rule.target)
    return Inhibition(name=name, source=source, target=target, equal=equal)


def _locked(session: Session, inhibition_id: UUID) -> InhibitionRow:
    query = select(InhibitionRow).where(InhibitionRow.id == inhibition_id, InhibitionRow.deleted_at.is_(None))
    row = session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if row is None:
        raise _missing(inhibition_id)
    return row


def _named(name: str) -> Any:
    return select(InhibitionRow.id).where(InhibitionRow.name == name, InhibitionRow.deleted_at.is_(None))


def _taken(name: str) -> ConflictError:
    return ConflictError(f"There is a rule named '{name}' already; choose another name or edit that one.")


def _missing(inhibition_id: UUID) -> NotFoundError:
    return NotFoundError(f"There is no inhibition rule {inhibition_id}; it may have been deleted.")


def _record(
    session: Session,
    action: str,
    name: str,
    *,
    actor: Actor,
    now: datetime,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
) -> None:
    audit.record(session, action, actor=actor, subject=f"inhibition:{name}", now=now, before=before, after=after)
    session.flush()


def _require(actor: Actor) -> None:
    if actor.kind is not ActorKind.SYSTEM:
        actor.require(Permission.RULES_WRITE)
