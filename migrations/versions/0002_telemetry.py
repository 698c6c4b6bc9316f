"""telemetry: tables of webapp/telemetry/tables.py."""

revision = "0002_telemetry"
down_revision = "0001_catalog"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
