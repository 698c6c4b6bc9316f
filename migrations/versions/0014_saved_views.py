"""Views of the inbox that people keep under a name, and what a deed changed of many alerts, for the way back."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from webapp.db.base import UtcDateTime

revision = "0014_saved_views"
down_revision = "0013_alert_sources"
branch_labels = None
depends_on = None

INSTANT = UtcDateTime()


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


def downgrade() -> None:
    for table in ("default_view", "saved_view", "alert_deed"):
        op.drop_table(table)
