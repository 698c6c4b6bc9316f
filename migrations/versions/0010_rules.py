"""How many series a rule leaves out because they are beyond its limit."""

import sqlalchemy as sa
from alembic import op

revision = "0010_rules"
down_revision = "0009_model_health"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rule", sa.Column("left_out", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.alter_column("rule", "left_out", server_default=None)


def downgrade() -> None:
    op.drop_column("rule", "left_out")
