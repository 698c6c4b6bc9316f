"""Keep fewer indexes of alerts that have just fired: each is written ten thousand times in a storm."""

import sqlalchemy as sa
from alembic import op

revision = "0021_lighter_alerts"
down_revision = "0020_plain_deltas"
branch_labels = None
depends_on = None

ACTIVE = sa.text("status <> 'resolved'")
FROM_OUTSIDE = sa.text("status <> 'resolved' AND source_id IS NOT NULL")
TAKEN = sa.text("status IN ('acknowledged', 'snoozed')")


def upgrade() -> None:
    op.drop_index("ix_alert_active_status", "alert")
    op.create_index("ix_alert_taken", "alert", ["status", "severity"], postgresql_where=TAKEN)
    op.drop_index("ix_alert_source_id_active", "alert")
    op.create_index("ix_alert_source_id_active", "alert", ["source_id"], postgresql_where=FROM_OUTSIDE)


def downgrade() -> None:
    op.drop_index("ix_alert_source_id_active", "alert")
    op.create_index("ix_alert_source_id_active", "alert", ["source_id"], postgresql_where=ACTIVE)
    op.drop_index("ix_alert_taken", "alert")
    worst_first: list[str | sa.TextClause] = ["status", sa.text("severity DESC"), sa.text("id DESC")]
    op.create_index("ix_alert_active_status", "alert", worst_first, postgresql_where=ACTIVE)
