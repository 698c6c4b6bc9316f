"""What was told about alerts, to whom, and what was not, with the reason.

The outbox is written by the database together with each entry of a timeline, so that nothing can happen to an alert
without its being looked at, whoever writes the entry.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0015_notifications"
down_revision = "0014_saved_views"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
TABLES = ("notification_alert", "notification", "notification_member", "notification_group", "alert_outbox")
FILL = """
CREATE FUNCTION alert_entry_to_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO alert_outbox (entry_id) SELECT id FROM written;
  RETURN NULL;
END $$
"""
TRIGGER = (
    "CREATE TRIGGER alert_entry_is_told AFTER INSERT ON alert_entry REFERENCING NEW TABLE AS written"
    " FOR EACH STATEMENT EXECUTE FUNCTION alert_entry_to_outbox()"
)


def upgrade() -> None:
    op.create_table("alert_outbox", sa.Column("entry_id", sa.BigInteger(), primary_key=True, autoincrement=False))
    op.execute(FILL)
    op.execute(TRIGGER)
    _groups()
    _ledger()


def downgrade() -> None:
    op.execute("DROP TRIGGER alert_entry_is_told ON alert_entry")
    op.execute("DROP FUNCTION alert_entry_to_outbox()")
    for table in TABLES:
        op.drop_table(table)


def _groups() -> None:
    op.create_table(
        "notification_group",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("key", sa.String(), nullable=False, unique=True),
        sa.Column("labels", pg.JSONB(), nullable=False),
        sa.Column("next_look_at", INSTANT, nullable=False),
        sa.Column("looked_at", INSTANT),
        sa.Column("told_at", INSTANT),
    )
    op.create_index("ix_notification_group_next_look_at", "notification_group", ["next_look_at"])
    op.create_table(
        "notification_member",
        sa.Column("alert_id", sa.Uuid(), sa.ForeignKey("alert.id"), primary_key=True),
        sa.Column("group_id", sa.Uuid(), sa.ForeignKey("notification_group.id"), nullable=False),
        sa.Column("news", sa.String()),
        sa.Column("told_resolved", sa.Boolean()),
        sa.Column("told_severity", sa.SmallInteger()),
        sa.Column("held", sa.String()),
    )
    op.create_index("ix_notification_member_group_id", "notification_member", ["group_id"])


def _ledger() -> None:
    op.create_table(
        "notification",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("labels", pg.JSONB(), nullable=False),
        sa.Column("firing", sa.Integer(), nullable=False),
        sa.Column("resolved", sa.Integer(), nullable=False),
    )
    op.create_table(
        "notification_alert",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("alert_id", sa.Uuid(), sa.ForeignKey("alert.id"), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("notification_id", sa.Uuid(), sa.ForeignKey("notification.id")),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("because", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
    )
    op.create_index("ix_notification_alert_alert_id_id", "notification_alert", ["alert_id", "id"])
    op.create_index("ix_notification_alert_notification_id", "notification_alert", ["notification_id"])
