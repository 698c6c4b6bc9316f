"""Rules and their versions, where each series stands, alerts, their timeline, and which slots were evaluated."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Double, ForeignKey, Identity, Index, SmallInteger, and_, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from webapp.core.ids import lower_bound
from webapp.db.base import Base


class RuleRow(Base):
    """A rule as it is now. What it said before stands in its versions; a deleted rule keeps its row for its alerts."""

    __tablename__ = "rule"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    document: Mapped[dict[str, Any]] = mapped_column(JSONB)
    version: Mapped[int]
    interval_seconds: Mapped[int]
    pack_key: Mapped[str | None] = mapped_column(unique=True)  # its name in the rule pack, if it came from there
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    updated_at: Mapped[datetime]
    updated_by: Mapped[str]
    paused_at: Mapped[datetime | None]
    paused_by: Mapped[str | None]
    deleted_at: Mapped[datetime | None]
    deleted_by: Mapped[str | None]
    failures: Mapped[int] = mapped_column(default=0)  # evaluations in a row that raised
    broken_reason: Mapped[str | None]
    retry_at: Mapped[datetime | None]  # a broken rule is not evaluated before
    left_out: Mapped[int] = mapped_column(default=0)  # series beyond the rule's limit, at the last evaluation


Index("uq_rule_name_alive", RuleRow.name, unique=True, postgresql_where=text("deleted_at IS NULL"))


class RuleVersionRow(Base):
    """What a rule said, who saved it and when."""

    __tablename__ = "rule_version"

    rule_id: Mapped[UUID] = mapped_column(ForeignKey("rule.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[dict[str, Any]] = mapped_column(JSONB)
    saved_at: Mapped[datetime]
    saved_by: Mapped[str]


class ScheduleRow(Base):
    """The last slot of an interval that was evaluated. Whoever evaluates keeps the row locked meanwhile."""

    __tablename__ = "rule_schedule"

    interval_seconds: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    offset_seconds: Mapped[int] = mapped_column(default=0)  # slots are k · interval + offset
    last_slot: Mapped[datetime | None]
    evaluated_at: Mapped[datetime | None]
    watched_at: Mapped[datetime | None]  # when somebody last looked whether a slot is due
    resumed_at: Mapped[datetime | None]  # since when somebody has looked without a gap longer than the interval
    missed_slots: Mapped[int] = mapped_column(BigInteger, default=0)
    rule_count: Mapped[int] = mapped_column(default=0)
    duration_ms: Mapped[float] = mapped_column(Double, default=0.0)


class RuleStateRow(Base):
    """Where a series of a rule stands while its condition holds. A series that is well has no row.

    Its last value stands in its alert: an evaluation that finds nothing but another value writes it once.
    """

    __tablename__ = "rule_state"
    __table_args__ = (Index(None, "alert_id"),)

    rule_id: Mapped[UUID] = mapped_column(ForeignKey("rule.id"), primary_key=True)
    fingerprint: Mapped[UUID] = mapped_column(primary_key=True)
    labels: Mapped[dict[str, str]] = mapped_column(JSONB)  # what the fingerprint is made of, for who reads the table
    phase: Mapped[str]
    condition: Mapped[str]
    active_at: Mapped[datetime | None]
    fired_at: Mapped[datetime | None]
    keep_since: Mapped[datetime | None]
    severity: Mapped[int | None] = mapped_column(SmallInteger)
    alert_id: Mapped[UUID | None]
    rule_version: Mapped[int]


class AlertSourceRow(Base):
    """A program outside that sends alerts, how it proves that it is the one, and how it has been heard lately.

    A deleted one keeps its row for its alerts, without its secrets.
    """

    __tablename__ = "alert_source"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    format: Mapped[str]
    secret_hash: Mapped[bytes | None]
    secret_sealed: Mapped[bytes | None]  # where a signature needs the secret itself
    former_hash: Mapped[bytes | None]  # what it had before, which goes on working until `former_until`
    former_sealed: Mapped[bytes | None]
    former_until: Mapped[datetime | None]
    timestamp_header: Mapped[str] = mapped_column(default="")
    severity_label: Mapped[str]
    severities: Mapped[dict[str, str]] = mapped_column(JSONB)  # its words for ours, beside those that everybody uses
    model_label: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    rotated_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    disabled_by: Mapped[str | None]
    deleted_at: Mapped[datetime | None]
    deleted_by: Mapped[str | None]
    last_received_at: Mapped[datetime | None]
    accepted: Mapped[int] = mapped_column(BigInteger, default=0)
    duplicates: Mapped[int] = mapped_column(BigInteger, default=0)
    refused: Mapped[int] = mapped_column(BigInteger, default=0)
    refused_at: Mapped[datetime | None]
    refused_because: Mapped[str | None]


Index("uq_alert_source_name_alive", AlertSourceRow.name, unique=True, postgresql_where=text("deleted_at IS NULL"))


class AlertRow(Base):
    """One episode, from the first firing to its resolution.

    Signal (what the machine sees) and work (what people do) are separate columns: new data never touches the work.
    """

    __tablename__ = "alert"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    fingerprint: Mapped[UUID]  # hash of (rule, labels), or of (source, its own fingerprint)
    rule_id: Mapped[UUID | None] = mapped_column(ForeignKey("rule.id"))  # none where a source outside sent it
    rule_version: Mapped[int]
    rule_name: Mapped[str]  # of an alert from outside: what its sender calls it
    source_id: Mapped[UUID | None] = mapped_column(ForeignKey("alert_source.id"))
    source_name: Mapped[str] = mapped_column(default="")
    source_url: Mapped[str] = mapped_column(default="")  # where its sender shows it; http or https
    type: Mapped[str]
    title: Mapped[str]
    model: Mapped[str] = mapped_column(default="")
    version: Mapped[str] = mapped_column(default="")
    labels: Mapped[dict[str, str]] = mapped_column(JSONB)
    metric: Mapped[str]
    operator: Mapped[str]
    runbook: Mapped[str] = mapped_column(default="")
    previous_id: Mapped[UUID | None]  # the former episode of the same series
    started_at: Mapped[datetime]
    # --- the signal
    signal: Mapped[str]
    severity: Mapped[int] = mapped_column(SmallInteger)
    value: Mapped[float | None] = mapped_column(Double)
    threshold: Mapped[float | None] = mapped_column(Double)
    summary: Mapped[str]
    sample_count: Mapped[int] = mapped_column(BigInteger, default=0)
    active_at: Mapped[datetime]  # since when the condition has held, `for` included
    fired_at: Mapped[datetime]  # the last time that it began to fire
    evaluated_at: Mapped[datetime]
    reopen_count: Mapped[int] = mapped_column(default=0)
    flapping_since: Mapped[datetime | None]
    # --- the work
    status: Mapped[str]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None]
    acknowledged_by_id: Mapped[UUID | None]
    assignee: Mapped[str | None]
    assignee_email: Mapped[str | None]
    snoozed_until: Mapped[datetime | None]
    snoozed_by: Mapped[str | None]
    comment_count: Mapped[int] = mapped_column(default=0)
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[str | None]  # "system" where it was automatic
    is_resolved_by_hand: Mapped[bool] = mapped_column(default=False)
    resolve_reason: Mapped[str | None]
    resolution_note: Mapped[str | None]
    # --- what mutes it, written by `muting` alone
    silence_id: Mapped[UUID | None]
    inhibitor_id: Mapped[UUID | None]  # the alert that mutes it
    muting_looked: Mapped[int | None] = mapped_column(SmallInteger)  # how it stood when `muting` last looked at it


ACTIVE = text("status <> 'resolved'")
MUTED = text("(silence_id IS NOT NULL OR inhibitor_id IS NOT NULL)")
NOT_MUTED = text("silence_id IS NULL AND inhibitor_id IS NULL")
STANDING = text(
    "CASE WHEN status = 'resolved' THEN NULL ELSE severity * 2"
    " + CASE WHEN signal IN ('firing', 'recovering', 'no_data') THEN 1 ELSE 0 END END"
)
"""How an alert stands for muting: its severity, and whether it mutes others. Resolved: not at all."""

NOT_LOOKED_AT = text(f"muting_looked IS DISTINCT FROM ({STANDING.text})")
"""What fired, changed its severity or ended since `muting` looked at it; nobody is told of it before."""

Index("uq_alert_active_fingerprint", AlertRow.fingerprint, unique=True, postgresql_where=ACTIVE)
Index("ix_alert_active", AlertRow.severity.desc(), AlertRow.id.desc(), postgresql_where=ACTIVE)
Index(
    "ix_alert_taken", AlertRow.status, AlertRow.severity, postgresql_where=text("status IN ('acknowledged', 'snoozed')")
)
Index(
    "ix_alert_unmuted_status",
    AlertRow.status,
    AlertRow.severity.desc(),
    AlertRow.id.desc(),
    # What the inbox is narrowed by most: rows that do not fit are passed over without being looked at.
    AlertRow.type,
    AlertRow.model,
    AlertRow.started_at,
    postgresql_where=text(f"{ACTIVE.text} AND {NOT_MUTED.text}"),
)
Index(
    "ix_alert_muted",
    AlertRow.severity.desc(),
    AlertRow.id.desc(),
    postgresql_where=text(f"{ACTIVE.text} AND {MUTED.text}"),
)
Index("ix_alert_not_looked_at", AlertRow.id, postgresql_where=NOT_LOOKED_AT)
Index("ix_alert_silence_id", AlertRow.silence_id, postgresql_where=text("silence_id IS NOT NULL"))
Index("ix_alert_inhibitor_id", AlertRow.inhibitor_id, postgresql_where=text("inhibitor_id IS NOT NULL"))
Index("ix_alert_resolved", AlertRow.id.desc(), postgresql_where=text("status = 'resolved'"))
Index("ix_alert_fingerprint_started_at", AlertRow.fingerprint, AlertRow.started_at.desc())
Index("ix_alert_rule_id_active", AlertRow.rule_id, postgresql_where=ACTIVE)
Index(
    "ix_alert_source_id_active",
    AlertRow.source_id,
    postgresql_where=text(f"{ACTIVE.text} AND source_id IS NOT NULL"),
)
ASSIGNED = text("assignee IS NOT NULL AND status <> 'resolved'")
Index("ix_alert_assignee_email_lower", func.lower(AlertRow.assignee_email), postgresql_where=ASSIGNED)
Index("ix_alert_assignee_lower", func.lower(AlertRow.assignee), postgresql_where=ASSIGNED)
Index("ix_alert_flapping", AlertRow.flapping_since, postgresql_where=text("flapping_since IS NOT NULL"))


def started_since(at: datetime) -> ColumnElement[bool]:
    """Say which alerts began at the instant or later: identifiers sort by it, so that the primary key finds them."""
    return and_(AlertRow.id >= lower_bound(at), AlertRow.started_at >= at)


def started_before(at: datetime) -> ColumnElement[bool]:
    return and_(AlertRow.id < lower_bound(at + timedelta(milliseconds=1)), AlertRow.started_at < at)


class AlertEntryRow(Base):
    """One entry of an alert's timeline. The database refuses to change or delete it."""

    __tablename__ = "alert_entry"
    __table_args__ = (Index(None, "alert_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    alert_id: Mapped[UUID] = mapped_column(ForeignKey("alert.id"))
    at: Mapped[datetime]
    kind: Mapped[str]
    actor_kind: Mapped[str]
    actor_name: Mapped[str]
    actor_id: Mapped[UUID | None]
    text: Mapped[str]
    before: Mapped[str | None]  # the status before and after, where it changed
    after: Mapped[str | None]
    held: Mapped[str | None]  # why nobody is told of it, where nobody is


class SilenceRow(Base):
    """Alerts that nobody is told of for a while: once, or in windows that come again. Ended ones stay.

    What it matches and when it began never change once it has begun: an edit of these ends it and begins another, so
    that what was silent when can still be told.
    """

    __tablename__ = "silence"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    matchers: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    comment: Mapped[str]
    author: Mapped[str]
    author_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    updated_by: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]  # for good; nothing where it comes again without a last day
    recurrence: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    ended_at: Mapped[datetime | None]  # by somebody, before its time
    ended_by: Mapped[str | None]
    due_at: Mapped[datetime | None] = mapped_column(index=True)  # when `muting` has to look at it next


class InhibitionRow(Base):
    """While an alert fires that matches the source, those that match the target and are equal in labels are muted."""

    __tablename__ = "inhibition"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    source: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    target: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    equal: Mapped[list[str]] = mapped_column(JSONB)
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    updated_at: Mapped[datetime]
    updated_by: Mapped[str]
    deleted_at: Mapped[datetime | None]
    deleted_by: Mapped[str | None]
    is_due: Mapped[bool] = mapped_column(default=True)  # `muting` has yet to look at what it says


Index("uq_inhibition_name_alive", InhibitionRow.name, unique=True, postgresql_where=text("deleted_at IS NULL"))


class AlertDeedRow(Base):
    """What one deed changed of many alerts, a row a transaction: which, how they stood, and how it left them."""

    __tablename__ = "alert_deed"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    action: Mapped[str]
    actor_name: Mapped[str]
    actor_id: Mapped[UUID | None]
    count: Mapped[int]
    changed: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)  # [{"ids": […], "before": {…}, "after": {…}}]
    undone_at: Mapped[datetime | None]


class SavedViewRow(Base):
    """What somebody looks at again and again, under a name; a shared one is offered to everybody."""

    __tablename__ = "saved_view"
    __table_args__ = (Index(None, "user_id", "name", unique=True), Index(None, "is_shared"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    name: Mapped[str]
    query: Mapped[str]  # of the inbox, as its address carries it
    is_shared: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class DefaultViewRow(Base):
    """The view with which somebody's inbox opens: one of theirs, or one that is shared."""

    __tablename__ = "default_view"
    __table_args__ = (Index(None, "view_id"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    view_id: Mapped[UUID] = mapped_column(ForeignKey("saved_view.id"))
