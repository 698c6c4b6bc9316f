"""reporting: tables of webapp/reporting/tables.py."""

revision = "0005_reporting"
down_revision = "0004_alerting"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
