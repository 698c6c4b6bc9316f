"""Views of the inbox that people keep under a name."""

revision = "0014_saved_views"
down_revision = "0013_alert_sources"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Prepared."""


def downgrade() -> None:
    """Prepared."""
