"""worker: tables of webapp/worker/tables.py."""

revision = "0006_worker"
down_revision = "0005_reporting"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
