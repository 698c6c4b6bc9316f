"""The health of each model as it was last judged."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from webapp.db.base import UtcDateTime

revision = "0009_model_health"
down_revision = "0008_costs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "model_health",
        sa.Column("model_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], name=op.f("fk_model_health_model_id_model")),
        sa.PrimaryKeyConstraint("model_id", name=op.f("pk_model_health")),
    )


def downgrade() -> None:
    op.drop_table("model_health")
