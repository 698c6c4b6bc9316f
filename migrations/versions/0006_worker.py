"""worker: tables of webapp/worker/tables.py."""

import sqlalchemy as sa
from alembic import op

from webapp.db.base import UtcDateTime

revision = "0006_worker"
down_revision = "0005_reporting"
branch_labels = None
depends_on = None

INSTANT = UtcDateTime()


def upgrade() -> None:
    op.create_table(
        "job_lease",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("expires_at", INSTANT),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("started_at", INSTANT),
        sa.Column("ended_at", INSTANT),
        sa.Column("outcome", sa.String()),
        sa.Column("sentence", sa.String()),
    )
    op.create_table(
        "job_run",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("sentence", sa.String(), nullable=False),
        sa.Column("duration_ms", sa.Double(), nullable=False),
    )
    op.create_index("ix_job_run_name_started_at", "job_run", ["name", "started_at"])
    op.create_index("ix_job_run_started_at", "job_run", ["started_at"])


def downgrade() -> None:
    op.drop_table("job_run")
    op.drop_table("job_lease")
