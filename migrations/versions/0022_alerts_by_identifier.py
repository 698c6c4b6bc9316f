"""Find alerts by when they began through their identifiers, which carry the instant, without an index of its own."""

from alembic import op

revision = "0022_alerts_by_identifier"
down_revision = "0021_lighter_alerts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_alert_started_at", "alert")


def downgrade() -> None:
    op.create_index("ix_alert_started_at", "alert", ["started_at"])
