"""Alerts from outside: the sources that send them, and alerts that have no rule of ours."""

revision = "0013_alert_sources"
down_revision = "0012_silences"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Prepared."""


def downgrade() -> None:
    """Prepared."""
