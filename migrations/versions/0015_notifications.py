"""What was told about alerts, to whom, and what was not, with the reason."""

revision = "0015_notifications"
down_revision = "0014_saved_views"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Prepared."""


def downgrade() -> None:
    """Prepared."""
