"""alerting: tables of webapp/alerting/tables.py."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from webapp.db.base import UtcDateTime

revision = "0004_alerting"
down_revision = "0003_accounts"
branch_labels = None
depends_on = None

INSTANT = UtcDateTime()
ACTIVE = sa.text("status <> 'resolved'")
REFUSE = """
CREATE FUNCTION alert_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the timeline of an alert only grows: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$
"""


def upgrade() -> None:
    _rules()
    _states()
    _alerts()
    _alert_indexes()
    _timeline()


def _rules() -> None:
    op.create_table(
        "rule",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("document", pg.JSONB(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("interval_seconds", sa.Integer(), nullable=False),
        sa.Column("pack_key", sa.String(), unique=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("updated_by", sa.String(), nullable=False),
        sa.Column("paused_at", INSTANT),
        sa.Column("paused_by", sa.String()),
        sa.Column("deleted_at", INSTANT),
        sa.Column("deleted_by", sa.String()),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("broken_reason", sa.String()),
        sa.Column("retry_at", INSTANT),
    )
    op.create_index("uq_rule_name_alive", "rule", ["name"], unique=True, postgresql_where=sa.text("deleted_at IS NULL"))
    op.create_table(
        "rule_version",
        sa.Column("rule_id", sa.Uuid(), sa.ForeignKey("rule.id"), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("document", pg.JSONB(), nullable=False),
        sa.Column("saved_at", INSTANT, nullable=False),
        sa.Column("saved_by", sa.String(), nullable=False),
    )
    op.create_table(
        "rule_schedule",
        sa.Column("interval_seconds", sa.Integer(), primary_key=True),
        sa.Column("offset_seconds", sa.Integer(), nullable=False),
        sa.Column("last_slot", INSTANT),
        sa.Column("evaluated_at", INSTANT),
        sa.Column("resumed_at", INSTANT),
        sa.Column("missed_slots", sa.BigInteger(), nullable=False),
        sa.Column("rule_count", sa.Integer(), nullable=False),
        sa.Column("duration_ms", sa.Double(), nullable=False),
    )


def _states() -> None:
    op.create_table(
        "rule_state",
        sa.Column("rule_id", sa.Uuid(), sa.ForeignKey("rule.id"), primary_key=True),
        sa.Column("fingerprint", sa.Uuid(), primary_key=True),
        sa.Column("labels", pg.JSONB(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("condition", sa.String(), nullable=False),
        sa.Column("active_at", INSTANT),
        sa.Column("fired_at", INSTANT),
        sa.Column("keep_since", INSTANT),
        sa.Column("severity", sa.SmallInteger()),
        sa.Column("value", sa.Double()),
        sa.Column("alert_id", sa.Uuid()),
        sa.Column("rule_version", sa.Integer(), nullable=False),
    )
    op.create_index("ix_rule_state_alert_id", "rule_state", ["alert_id"])


def _alerts() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("fingerprint", sa.Uuid(), nullable=False),
        sa.Column("rule_id", sa.Uuid(), sa.ForeignKey("rule.id"), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("rule_name", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("labels", pg.JSONB(), nullable=False),
        sa.Column("metric", sa.String(), nullable=False),
        sa.Column("operator", sa.String(), nullable=False),
        sa.Column("runbook", sa.String(), nullable=False),
        sa.Column("previous_id", sa.Uuid()),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("signal", sa.String(), nullable=False),
        sa.Column("severity", sa.SmallInteger(), nullable=False),
        sa.Column("value", sa.Double()),
        sa.Column("threshold", sa.Double()),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("sample_count", sa.BigInteger(), nullable=False),
        sa.Column("active_at", INSTANT, nullable=False),
        sa.Column("fired_at", INSTANT, nullable=False),
        sa.Column("evaluated_at", INSTANT, nullable=False),
        sa.Column("reopen_count", sa.Integer(), nullable=False),
        sa.Column("flapping_since", INSTANT),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("acknowledged_at", INSTANT),
        sa.Column("acknowledged_by", sa.String()),
        sa.Column("acknowledged_by_id", sa.Uuid()),
        sa.Column("assignee", sa.String()),
        sa.Column("assignee_email", sa.String()),
        sa.Column("snoozed_until", INSTANT),
        sa.Column("snoozed_by", sa.String()),
        sa.Column("comment_count", sa.Integer(), nullable=False),
        sa.Column("resolved_at", INSTANT),
        sa.Column("resolved_by", sa.String()),
        sa.Column("is_resolved_by_hand", sa.Boolean(), nullable=False),
        sa.Column("resolve_reason", sa.String()),
        sa.Column("resolution_note", sa.String()),
    )


def _alert_indexes() -> None:
    op.create_index("ix_alert_active", "alert", [sa.text("severity DESC"), sa.text("id DESC")], postgresql_where=ACTIVE)
    op.create_index(
        "ix_alert_active_status",
        "alert",
        ["status", sa.text("severity DESC"), sa.text("id DESC")],
        postgresql_where=ACTIVE,
    )
    flapping = sa.text("flapping_since IS NOT NULL")
    op.create_index("ix_alert_flapping", "alert", ["flapping_since"], postgresql_where=flapping)
    op.create_index("ix_alert_fingerprint_started_at", "alert", ["fingerprint", sa.text("started_at DESC")])
    op.create_index("ix_alert_resolved", "alert", [sa.text("id DESC")], postgresql_where=sa.text("status = 'resolved'"))
    op.create_index("ix_alert_rule_id_active", "alert", ["rule_id"], postgresql_where=ACTIVE)
    op.create_index("ix_alert_started_at", "alert", ["started_at"])
    op.create_index("uq_alert_active_fingerprint", "alert", ["fingerprint"], unique=True, postgresql_where=ACTIVE)


def _timeline() -> None:
    op.create_table(
        "alert_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("alert_id", sa.Uuid(), sa.ForeignKey("alert.id"), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("actor_kind", sa.String(), nullable=False),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("actor_id", sa.Uuid()),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("before", sa.String()),
        sa.Column("after", sa.String()),
    )
    op.create_index("ix_alert_entry_alert_id_id", "alert_entry", ["alert_id", "id"])
    op.execute(REFUSE)
    op.execute(
        "CREATE TRIGGER alert_entry_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON alert_entry"
        " FOR EACH STATEMENT EXECUTE FUNCTION alert_entry_refuse()"
    )


def downgrade() -> None:
    for table in ("alert_entry", "alert", "rule_state", "rule_schedule", "rule_version", "rule"):
        op.drop_table(table)
    op.execute("DROP FUNCTION alert_entry_refuse()")
