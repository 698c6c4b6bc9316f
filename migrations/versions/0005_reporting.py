"""reporting: tables of webapp/reporting/tables.py."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0005_reporting"
down_revision = "0004_alerting"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "report",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("model_id", sa.Integer(), sa.ForeignKey("model.id")),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("period_start", INSTANT, nullable=False),
        sa.Column("period_end", INSTANT, nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("is_final", sa.Boolean(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("status_word", sa.String(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("data_cutoff", INSTANT, nullable=False),
        sa.Column("template_version", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("warnings", pg.JSONB(), nullable=False),
        sa.Column("pdf_standard", sa.String()),
        sa.Column("figures", pg.JSONB(), nullable=False),
        sa.Column("html", sa.LargeBinary(), nullable=False),
        sa.Column("html_size", sa.Integer(), nullable=False),
        sa.Column("pdf", sa.LargeBinary()),
        sa.Column("pdf_size", sa.Integer()),
        sa.UniqueConstraint("kind", "scope", "period", "revision"),
    )
    op.create_index(op.f("ix_report_created_at"), "report", ["created_at"])


def downgrade() -> None:
    op.drop_table("report")
