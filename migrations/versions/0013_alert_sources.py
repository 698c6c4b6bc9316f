"""Alerts from outside: the sources that send them, and alerts that have no rule of ours."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0013_alert_sources"
down_revision = "0012_silences"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
ACTIVE = sa.text("status <> 'resolved'")


def upgrade() -> None:
    _sources()
    op.alter_column("alert", "rule_id", nullable=True)
    op.add_column("alert", sa.Column("source_id", sa.Uuid(), nullable=True))
    op.create_foreign_key("fk_alert_source_id_alert_source", "alert", "alert_source", ["source_id"], ["id"])
    for name in ("source_name", "source_url"):
        op.add_column("alert", sa.Column(name, sa.String(), nullable=False, server_default=""))
        op.alter_column("alert", name, server_default=None)
    op.create_index("ix_alert_source_id_active", "alert", ["source_id"], postgresql_where=ACTIVE)


def downgrade() -> None:
    """Alerts from outside go: what stood before knows only those of rules."""
    op.execute("ALTER TABLE alert_entry DISABLE TRIGGER alert_entry_only_grows")
    op.execute("DELETE FROM alert_entry USING alert WHERE alert.id = alert_id AND alert.rule_id IS NULL")
    op.execute("ALTER TABLE alert_entry ENABLE TRIGGER alert_entry_only_grows")
    op.execute("DELETE FROM alert WHERE rule_id IS NULL")
    op.drop_index("ix_alert_source_id_active", "alert")
    op.drop_constraint("fk_alert_source_id_alert_source", "alert")
    for name in ("source_url", "source_name", "source_id"):
        op.drop_column("alert", name)
    op.alter_column("alert", "rule_id", nullable=False)
    op.drop_table("alert_source")


def _sources() -> None:
    op.create_table(
        "alert_source",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary()),
        sa.Column("secret_sealed", sa.LargeBinary()),
        sa.Column("former_hash", sa.LargeBinary()),
        sa.Column("former_sealed", sa.LargeBinary()),
        sa.Column("former_until", INSTANT),
        sa.Column("timestamp_header", sa.String(), nullable=False),
        sa.Column("severity_label", sa.String(), nullable=False),
        sa.Column("severities", JSONB(), nullable=False),
        sa.Column("model_label", sa.String(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("rotated_at", INSTANT),
        sa.Column("disabled_at", INSTANT),
        sa.Column("disabled_by", sa.String()),
        sa.Column("deleted_at", INSTANT),
        sa.Column("deleted_by", sa.String()),
        sa.Column("last_received_at", INSTANT),
        sa.Column("accepted", sa.BigInteger(), nullable=False),
        sa.Column("duplicates", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("refused_at", INSTANT),
        sa.Column("refused_because", sa.String()),
    )
    alive = sa.text("deleted_at IS NULL")
    op.create_index("uq_alert_source_name_alive", "alert_source", ["name"], unique=True, postgresql_where=alive)
