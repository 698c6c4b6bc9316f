"""Models that tell several classes apart or predict numbers, parts of them counted apart, importances of features."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007_tasks_and_segments"
down_revision = "0006_worker"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("rollup", "rollup_delta", "baseline"):
        op.add_column(table, sa.Column("answers", sa.LargeBinary(), nullable=True))
    op.add_column("prediction", sa.Column("scores", sa.ARRAY(sa.Double()), nullable=True))
    for name, empty in (("segment_keys", "[]"), ("importances", "{}")):
        column = sa.Column(name, postgresql.JSONB(), nullable=False, server_default=empty)
        op.add_column("model", column)
        op.alter_column("model", name, server_default=None)
    op.create_table(
        "segment",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("model_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], name=op.f("fk_segment_model_id_model")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment")),
        sa.UniqueConstraint("model_id", "key", "value", name=op.f("uq_segment_model_id_key_value")),
    )


def downgrade() -> None:
    op.drop_table("segment")
    for name in ("importances", "segment_keys"):
        op.drop_column("model", name)
    op.drop_column("prediction", "scores")
    for table in ("baseline", "rollup_delta", "rollup"):
        op.drop_column(table, "answers")
