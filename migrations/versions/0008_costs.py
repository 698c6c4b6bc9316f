"""What the errors of a forecast cost, and what each answer of several classes is worth."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008_costs"
down_revision = "0007_tasks_and_segments"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "business_parameters", sa.Column("costs", postgresql.JSONB(), nullable=False, server_default=sa.text("'{}'"))
    )
    op.alter_column("business_parameters", "costs", server_default=None)


def downgrade() -> None:
    op.drop_column("business_parameters", "costs")
