"""Files whose rows are counted before they are stored: a model's first numbers do not wait for its rows."""

import sqlalchemy as sa
from alembic import op

revision = "0019_counted_ahead"
down_revision = "0018_narrow_rollups"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "counted_ahead",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("model_id", sa.Integer, sa.ForeignKey("model.id"), nullable=False, index=True),
        sa.Column("row_count", sa.BigInteger, nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("counted_ahead")
