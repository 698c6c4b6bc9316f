"""Why nobody is told of an entry of an alert's timeline: a transition of an alert that flaps."""

import sqlalchemy as sa
from alembic import op

revision = "0011_held_entries"
down_revision = "0010_rules"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("alert_entry", sa.Column("held", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("alert_entry", "held")
