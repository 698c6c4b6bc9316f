"""The sources of alerts from outside: added, changed, given new secrets, disabled and deleted by people, and audited.

A secret is returned once, by the verb that made it. What is stored of it is a hash, and, where its sender signs, the
secret itself under seal.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from webapp.accounts import audit
from webapp.accounts.actor import Actor
from webapp.accounts.permissions import Permission
from webapp.alerting import episodes
from webapp.alerting.outside import source_formats
from webapp.alerting.outside.source_format import Keys, SourceFormat, hash_of
from webapp.alerting.severity import Severity
from webapp.alerting.tables import AlertSourceRow
from webapp.alerting.types import AutomaticReason
from webapp.core.errors import ConflictError, FieldError, InvalidInputError, NotFoundError, UserError
from webapp.core.ids import uuid7
from webapp.core.registry import discover
from webapp.core.secrets import Vault
from webapp.db.unique import only_once

FORMER_WORKS_FOR = timedelta(hours=24)
NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
HEADER = re.compile(r"[A-Za-z0-9-]{1,100}")
MOST_SEVERITIES, LONGEST_LABEL = 50, 200


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """What people set of a source. Without a timestamp header given, it is the format's own."""

    name: str
    format: str
    severity_label: str = "severity"
    severities: Mapping[str, Severity] = field(default_factory=dict)
    model_label: str = "model"
    timestamp_header: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A source as people see it: without its secrets."""

    id: UUID
    name: str
    format: str
    severity_label: str
    severities: Mapping[str, Severity]
    model_label: str
    timestamp_header: str
    created_at: datetime
    created_by: str
    rotated_at: datetime | None
    former_until: datetime | None
    disabled_at: datetime | None
    last_received_at: datetime | None
    accepted: int
    duplicates: int
    refused: int
    refused_at: datetime | None
    refused_because: str | None


@dataclass(frozen=True, slots=True, repr=False)
class NewSecret:
    """The only moment at which a secret is known."""

    source: Source
    text: str


@dataclass(frozen=True, slots=True)
class Sender:
    """A source as its requests are looked at: what it is called inside, how it speaks, what it proves itself with."""

    id: UUID
    format: SourceFormat
    keys: Keys


@cache
def formats() -> Mapping[str, SourceFormat]:
    """Return every format by its name."""
    found = discover(source_formats, "FORMAT").values()
    return MappingProxyType({each.name: each for each in found if isinstance(each, SourceFormat)})


def add(session: Session, given: SourceSettings, *, vault: Vault, actor: Actor, now: datetime) -> NewSecret:
    """Make a source; its secret is shown this once."""
    actor.require(Permission.SOURCES_WRITE)
    form = _checked(given)
    taken = f"There is a source '{given.name}' already; choose another name."
    if _named(session, given.name) is not None:
        raise ConflictError(taken)
    secret, header = form.new_secret(), given.timestamp_header
    row = AlertSourceRow(
        id=uuid7(now),
        name=given.name,
        format=form.name,
        secret_hash=hash_of(secret),
        secret_sealed=vault.seal(secret) if form.signs else None,
        timestamp_header=form.timestamp_header if header is None else header,
        severity_label=given.severity_label,
        severities=dict(given.severities),
        model_label=given.model_label,
        created_at=now,
        created_by=actor.name,
        accepted=0,
        duplicates=0,
        refused=0,
    )
    with only_once(session, taken):
        session.add(row)
    _audit(session, "added", row, actor=actor, now=now, after=_told(row))
    return NewSecret(_source(row), secret)


def change(session: Session, source_id: UUID, given: SourceSettings, *, actor: Actor, now: datetime) -> Source:
    """Set what a source's labels mean. Its name and format stay: its address and its secret depend on them."""
    actor.require(Permission.SOURCES_WRITE)
    row = _row(session, source_id)
    _checked(given)
    if (given.name, given.format) != (row.name, row.format):
        raise InvalidInputError("The name and the format of a source do not change; make another one.")
    before = _told(row)
    row.severity_label, row.model_label = given.severity_label, given.model_label
    row.severities = dict(given.severities)
    if given.timestamp_header is not None:
        row.timestamp_header = given.timestamp_header
    _audit(session, "changed", row, actor=actor, now=now, before=before, after=_told(row))
    return _source(row)


def rotate(session: Session, source_id: UUID, *, vault: Vault, actor: Actor, now: datetime) -> NewSecret:
    """Give a new secret. The one before goes on working for a day, so that its sender can be set up in peace."""
    actor.require(Permission.SOURCES_WRITE)
    row = _row(session, source_id)
    form = _form(row.format)
    secret = form.new_secret()
    row.former_hash, row.former_sealed, row.former_until = row.secret_hash, row.secret_sealed, now + FORMER_WORKS_FOR
    row.secret_hash, row.secret_sealed = hash_of(secret), vault.seal(secret) if form.signs else None
    row.rotated_at = now
    _audit(session, "secret_rotated", row, actor=actor, now=now)
    return NewSecret(_source(row), secret)


def reseal(session: Session, *, vault: Vault, actor: Actor, now: datetime) -> int:
    """Seal every secret with the vault's first key; return of how many sources. One that cannot be opened ends it."""
    sealed = or_(AlertSourceRow.secret_sealed.is_not(None), AlertSourceRow.former_sealed.is_not(None))
    rows = session.scalars(select(AlertSourceRow).where(sealed).order_by(AlertSourceRow.id).with_for_update()).all()
    for row in rows:
        try:
            row.secret_sealed = None if row.secret_sealed is None else vault.reseal(row.secret_sealed)
            row.former_sealed = None if row.former_sealed is None else vault.reseal(row.former_sealed)
        except UserError as error:
            raise ConflictError(f"Source '{row.name}': {error.message}") from None
        _audit(session, "secret_resealed", row, actor=actor, now=now)
    return len(rows)


def end_former_secret(session: Session, source_id: UUID, *, actor: Actor, now: datetime) -> Source:
    """Let the secret before the last one work no longer: somebody else may know it."""
    actor.require(Permission.SOURCES_WRITE)
    row = _row(session, source_id)
    row.former_hash = row.former_sealed = row.former_until = None
    _audit(session, "former_secret_ended", row, actor=actor, now=now)
    return _source(row)


def disable(session: Session, source_id: UUID, *, actor: Actor, now: datetime) -> Source:
    """Take nothing from the source any more. What it has active is resolved: nobody would say how it ends."""
    actor.require(Permission.SOURCES_WRITE)
    row = _row(session, source_id)
    if row.disabled_at is None:
        row.disabled_at, row.disabled_by = now, actor.name
        ended = episodes.end_of_source(session, row.id, AutomaticReason.SOURCE_DISABLED, now=now)
        _audit(session, "disabled", row, actor=actor, now=now, after={"resolved": ended})
    return _source(row)


def enable(session: Session, source_id: UUID, *, actor: Actor, now: datetime) -> Source:
    actor.require(Permission.SOURCES_WRITE)
    row = _row(session, source_id)
    if row.disabled_at is not None:
        row.disabled_at = row.disabled_by = None
        _audit(session, "enabled", row, actor=actor, now=now)
    return _source(row)


def delete(session: Session, source_id: UUID, *, actor: Actor, now: datetime) -> int:
    """Take the source away with its secrets; return how many alerts of it were active and are resolved now."""
    actor.require(Permission.SOURCES_WRITE)
    row = _row(session, source_id)
    row.deleted_at, row.deleted_by = now, actor.name
    row.secret_hash = row.secret_sealed = row.former_hash = row.former_sealed = row.former_until = None
    ended = episodes.end_of_source(session, row.id, AutomaticReason.SOURCE_DELETED, now=now)
    _audit(session, "deleted", row, actor=actor, now=now, before=_told(row), after={"resolved": ended})
    return ended


def sources(session: Session) -> Sequence[Source]:
    """Return every source by its name."""
    query = select(AlertSourceRow).where(AlertSourceRow.deleted_at.is_(None)).order_by(AlertSourceRow.name)
    return [_source(row) for row in session.scalars(query.execution_options(populate_existing=True))]


def source(session: Session, source_id: UUID) -> Source:
    return _source(_row(session, source_id, lock=False))


def sender(session: Session, name: str, *, vault: Vault, now: datetime) -> Sender | None:
    """Return who sends under the name, with the secrets that work now; a disabled one can still prove itself."""
    row = _named(session, name) if NAME.fullmatch(name) else None
    if row is None or row.secret_hash is None:
        return None
    pairs = [(row.secret_hash, row.secret_sealed)]
    if row.former_hash is not None and row.former_until is not None and row.former_until > now:
        pairs.append((row.former_hash, row.former_sealed))
    opened = tuple(vault.open(sealed) for _, sealed in pairs if sealed is not None)
    return Sender(row.id, _form(row.format), Keys(tuple(each for each, _ in pairs), opened, row.timestamp_header))


def _named(session: Session, name: str) -> AlertSourceRow | None:
    query = select(AlertSourceRow).where(AlertSourceRow.name == name, AlertSourceRow.deleted_at.is_(None))
    return session.scalar(query.execution_options(populate_existing=True))


def _row(session: Session, source_id: UUID, *, lock: bool = True) -> AlertSourceRow:
    query = select(AlertSourceRow).where(AlertSourceRow.id == source_id, AlertSourceRow.deleted_at.is_(None))
    query = query.execution_options(populate_existing=True)
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFoundError("There is no such source; it may have been deleted.")
    return row


def _checked(given: SourceSettings) -> SourceFormat:
    if not NAME.fullmatch(given.name):
        raise _fault("name", "Give the source a name of small letters, digits and hyphens, 63 at most: prod-cluster.")
    for name, label in (("severity_label", given.severity_label), ("model_label", given.model_label)):
        if not 1 <= len(label) <= LONGEST_LABEL or "\x00" in label:
            raise _fault(name, f"Name a label of 1 to {LONGEST_LABEL} characters.")
    words = given.severities
    if len(words) > MOST_SEVERITIES or any(not 1 <= len(word) <= LONGEST_LABEL or "\x00" in word for word in words):
        raise _fault("severities", f"Map {MOST_SEVERITIES} words at most, of 1 to {LONGEST_LABEL} characters.")
    if given.timestamp_header and not HEADER.fullmatch(given.timestamp_header):
        raise _fault("timestamp_header", "The name of a header is made of letters, digits and hyphens.")
    return _form(given.format)


def _form(name: str) -> SourceFormat:
    form = formats().get(name)
    if form is None:
        raise _fault("format", f"There is no format '{name[:40]}'; there are {', '.join(sorted(formats()))}.")
    return form


def _fault(at: str, message: str) -> InvalidInputError:
    return InvalidInputError(message, errors=(FieldError(f"/{at}", message),))


def _told(row: AlertSourceRow) -> dict[str, object]:
    """Return what the audit log holds of a source: nothing secret."""
    names = ("format", "severity_label", "severities", "model_label", "timestamp_header")
    return {name: getattr(row, name) for name in names}


def _audit(
    session: Session,
    deed: str,
    row: AlertSourceRow,
    *,
    actor: Actor,
    now: datetime,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    subject = f"source:{row.name}"
    audit.record(session, f"source.{deed}", actor=actor, subject=subject, now=now, before=before, after=after)


def _source(row: AlertSourceRow) -> Source:
    return Source(
        id=row.id,
        name=row.name,
        format=row.format,
        severity_label=row.severity_label,
        severities={word: Severity(ours) for word, ours in row.severities.items()},
        model_label=row.model_label,
        timestamp_header=row.timestamp_header,
        created_at=row.created_at,
        created_by=row.created_by,
        rotated_at=row.rotated_at,
        former_until=row.former_until,
        disabled_at=row.disabled_at,
        last_received_at=row.last_received_at,
        accepted=row.accepted,
        duplicates=row.duplicates,
        refused=row.refused,
        refused_at=row.refused_at,
        refused_because=row.refused_because,
    )
