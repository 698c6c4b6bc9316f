"""Views of the inbox kept under a name, what a deed changed of many alerts, and indexes for a full inbox."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from webapp.db.base import UtcDateTime

revision = "0014_saved_views"
down_revision = "0013_alert_sources"
branch_labels = None
depends_on = None

INSTANT = UtcDateTime()
NOT_MUTED = sa.text("status <> 'resolved' AND silence_id IS NULL AND inhibitor_id IS NULL")
ASSIGNED = sa.text("assignee IS NOT NULL AND status <> 'resolved'")
INBOX: list[str | sa.TextClause] = ["status", sa.text("severity DESC"), sa.text("id DESC")]
NARROWED_BY = ["type", "model", "started_at"]


def upgrade() -> None:
    op.create_table(
        "alert_deed",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("part", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("actor_id", sa.Uuid()),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("changed", pg.JSONB(), nullable=False),
        sa.Column("undone_at", INSTANT),
    )
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("user_id", sa.Uuid(), sa.ForeignKey("user_account.id"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("query", sa.String(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
    )
    op.create_index("ix_saved_view_user_id_name", "saved_view", ["user_id", "name"], unique=True)
    op.create_index("ix_saved_view_is_shared", "saved_view", ["is_shared"])
    op.create_table(
        "default_view",
        sa.Column("user_id", sa.Uuid(), sa.ForeignKey("user_account.id"), primary_key=True),
        sa.Column("view_id", sa.Uuid(), sa.ForeignKey("saved_view.id"), nullable=False),
    )
    op.create_index("ix_default_view_view_id", "default_view", ["view_id"])
    op.drop_index("ix_alert_unmuted_status", "alert")
    op.create_index("ix_alert_unmuted_status", "alert", [*INBOX, *NARROWED_BY], postgresql_where=NOT_MUTED)
    for name in ("assignee", "assignee_email"):
        op.create_index(f"ix_alert_{name}_lower", "alert", [sa.text(f"lower({name})")], postgresql_where=ASSIGNED)


def downgrade() -> None:
    for name in ("assignee", "assignee_email"):
        op.drop_index(f"ix_alert_{name}_lower", "alert")
    op.drop_index("ix_alert_unmuted_status", "alert")
    op.create_index("ix_alert_unmuted_status", "alert", INBOX, postgresql_where=NOT_MUTED)
    for table in ("default_view", "saved_view", "alert_deed"):
        op.drop_table(table)
