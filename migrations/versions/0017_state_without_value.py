"""The last value of a series stands in its alert alone."""

import sqlalchemy as sa
from alembic import op

revision = "0017_state_without_value"
down_revision = "0016_alert_engine"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("rule_state", "value")


def downgrade() -> None:
    op.add_column("rule_state", sa.Column("value", sa.Double(), nullable=True))
