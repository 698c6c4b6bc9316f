"""Keep deltas as they are: what is folded within a second is not worth compressing."""

from alembic import op

revision = "0020_plain_deltas"
down_revision = "0019_counted_ahead"
branch_labels = None
depends_on = None

PARTS = ("scores", "latencies", "features", "answers")


def upgrade() -> None:
    _store("EXTERNAL")


def downgrade() -> None:
    _store("EXTENDED")


def _store(how: str) -> None:
    columns = ", ".join(f"ALTER COLUMN {part} SET STORAGE {how}" for part in PARTS)
    op.execute(f"ALTER TABLE rollup_delta {columns}")
