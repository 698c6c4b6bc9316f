"""When somebody last looked whether rules are due, and room beside rows whose values change at every evaluation."""

import sqlalchemy as sa
from alembic import op

revision = "0016_alert_engine"
down_revision = "0015_notifications"
branch_labels = None
depends_on = None

# A new version of a row stays on its page, without new entries in each index, while the page has room for all of them.
ROOMY = ("alert", "rule_state")


def upgrade() -> None:
    op.add_column("rule_schedule", sa.Column("watched_at", sa.DateTime(timezone=True), nullable=True))
    for table in ROOMY:
        op.execute(f"ALTER TABLE {table} SET (fillfactor = 50)")


def downgrade() -> None:
    for table in ROOMY:
        op.execute(f"ALTER TABLE {table} RESET (fillfactor)")
    op.drop_column("rule_schedule", "watched_at")
