"""Silences and inhibition: what mutes an alert."""

revision = "0012_silences"
down_revision = "0011_held_entries"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Prepared."""


def downgrade() -> None:
    """Prepared."""
