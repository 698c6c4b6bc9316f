"""alerting: tables of webapp/alerting/tables.py."""

revision = "0004_alerting"
down_revision = "0003_accounts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
