"""Silences and inhibition: what mutes an alert."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0012_silences"
down_revision = "0011_held_entries"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
STANDING = (
    "CASE WHEN status = 'resolved' THEN NULL ELSE severity * 2"
    " + CASE WHEN signal IN ('firing', 'recovering', 'no_data') THEN 1 ELSE 0 END END"
)
INDEXES = {
    "ix_alert_unmuted_status": (
        ("status", sa.text("severity DESC"), sa.text("id DESC")),
        "status <> 'resolved' AND silence_id IS NULL AND inhibitor_id IS NULL",
    ),
    "ix_alert_muted": (
        (sa.text("severity DESC"), sa.text("id DESC")),
        "status <> 'resolved' AND (silence_id IS NOT NULL OR inhibitor_id IS NOT NULL)",
    ),
    "ix_alert_not_looked_at": (("id",), f"muting_looked IS DISTINCT FROM ({STANDING})"),
    "ix_alert_silence_id": (("silence_id",), "silence_id IS NOT NULL"),
    "ix_alert_inhibitor_id": (("inhibitor_id",), "inhibitor_id IS NOT NULL"),
}


def upgrade() -> None:
    _silences()
    _inhibitions()
    op.add_column("alert", sa.Column("silence_id", sa.Uuid(), nullable=True))
    op.add_column("alert", sa.Column("inhibitor_id", sa.Uuid(), nullable=True))
    op.add_column("alert", sa.Column("muting_looked", sa.SmallInteger(), nullable=True))
    for name, (columns, where) in INDEXES.items():
        op.create_index(name, "alert", list(columns), postgresql_where=sa.text(where))


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, "alert")
    for name in ("muting_looked", "inhibitor_id", "silence_id"):
        op.drop_column("alert", name)
    op.drop_table("inhibition")
    op.drop_table("silence")


def _silences() -> None:
    op.create_table(
        "silence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("matchers", JSONB(), nullable=False),
        sa.Column("comment", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("updated_by", sa.String(), nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=True),
        sa.Column("recurrence", JSONB(), nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_silence"),
    )
    op.create_index("ix_silence_due_at", "silence", ["due_at"])


def _inhibitions() -> None:
    op.create_table(
        "inhibition",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("source", JSONB(), nullable=False),
        sa.Column("target", JSONB(), nullable=False),
        sa.Column("equal", JSONB(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("updated_by", sa.String(), nullable=False),
        sa.Column("deleted_at", INSTANT, nullable=True),
        sa.Column("deleted_by", sa.String(), nullable=True),
        sa.Column("is_due", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_inhibition"),
    )
    where = sa.text("deleted_at IS NULL")
    op.create_index("uq_inhibition_name_alive", "inhibition", ["name"], unique=True, postgresql_where=where)
