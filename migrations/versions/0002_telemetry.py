"""What happened: events, outcomes, rollups and the deltas on their way into them, measurements."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from webapp.db.base import UtcDateTime

revision = "0002_telemetry"
down_revision = "0001_catalog"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fold_lock",
        sa.Column("id", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fold_lock")),
    )
    op.create_table(
        "measurement",
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("series_id", "at", name=op.f("pk_measurement")),
    )
    op.create_table(
        "measurement_rollup",
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("grain", sa.SmallInteger(), nullable=False),
        sa.Column("bucket", UtcDateTime(), nullable=False),
        sa.Column("sample_count", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.Double(), nullable=False),
        sa.Column("smallest", sa.Double(), nullable=False),
        sa.Column("largest", sa.Double(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("series_id", "grain", "bucket", name=op.f("pk_measurement_rollup")),
    )
    op.create_table(
        "outcome_correction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("former", sa.Double(), nullable=False),
        sa.Column("actual", sa.Double(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcome_correction")),
    )
    op.create_index(op.f("ix_outcome_correction_key"), "outcome_correction", ["key"], unique=False)
    op.create_table(
        "prediction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("binning_id", sa.Integer(), nullable=False),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("predicted", sa.Double(), nullable=True),
        sa.Column("actual", sa.Double(), nullable=True),
        sa.Column("latency_ms", sa.REAL(), nullable=True),
        sa.Column("failed", sa.Boolean(), nullable=False),
        sa.Column("features", sa.ARRAY(sa.Double()), nullable=False),
        sa.Column("prediction_id", sa.String(), nullable=False),
        sa.Column("segments", sa.ARRAY(sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prediction")),
        postgresql_partition_by="RANGE (id)",
    )
    op.create_index(op.f("ix_prediction_key_id"), "prediction", ["key", "id"], unique=False)
    op.create_table(
        "prediction_error",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prediction_error")),
    )
    op.create_table(
        "refusal",
        sa.Column("day", UtcDateTime(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("item_count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "model", "kind", "reason", name=op.f("pk_refusal")),
    )
    op.create_table(
        "rollup",
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("segment_id", sa.Integer(), nullable=False),
        sa.Column("grain", sa.SmallInteger(), nullable=False),
        sa.Column("bucket", UtcDateTime(), nullable=False),
        sa.Column("binning_id", sa.Integer(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("predictions", sa.BigInteger(), nullable=False),
        sa.Column("known", sa.BigInteger(), nullable=False),
        sa.Column("errors", sa.BigInteger(), nullable=False),
        sa.Column("tp", sa.BigInteger(), nullable=False),
        sa.Column("fp", sa.BigInteger(), nullable=False),
        sa.Column("fn", sa.BigInteger(), nullable=False),
        sa.Column("tn", sa.BigInteger(), nullable=False),
        sa.Column("flagged", sa.BigInteger(), nullable=False),
        sa.Column("latency_count", sa.BigInteger(), nullable=False),
        sa.Column("latency_sum_ms", sa.Double(), nullable=False),
        sa.Column("delay_sum_s", sa.Double(), nullable=False),
        sa.Column("scores", sa.LargeBinary(), nullable=True),
        sa.Column("latencies", sa.LargeBinary(), nullable=True),
        sa.Column("features", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("version_id", "segment_id", "grain", "bucket", "binning_id", name=op.f("pk_rollup")),
    )
    op.create_table(
        "rollup_delta",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("segment_id", sa.Integer(), nullable=False),
        sa.Column("grain", sa.SmallInteger(), nullable=False),
        sa.Column("bucket", UtcDateTime(), nullable=False),
        sa.Column("binning_id", sa.Integer(), nullable=False),
        sa.Column("predictions", sa.BigInteger(), nullable=False),
        sa.Column("known", sa.BigInteger(), nullable=False),
        sa.Column("errors", sa.BigInteger(), nullable=False),
        sa.Column("tp", sa.BigInteger(), nullable=False),
        sa.Column("fp", sa.BigInteger(), nullable=False),
        sa.Column("fn", sa.BigInteger(), nullable=False),
        sa.Column("tn", sa.BigInteger(), nullable=False),
        sa.Column("flagged", sa.BigInteger(), nullable=False),
        sa.Column("latency_count", sa.BigInteger(), nullable=False),
        sa.Column("latency_sum_ms", sa.Double(), nullable=False),
        sa.Column("delay_sum_s", sa.Double(), nullable=False),
        sa.Column("scores", sa.LargeBinary(), nullable=True),
        sa.Column("latencies", sa.LargeBinary(), nullable=True),
        sa.Column("features", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", "version_id", name=op.f("pk_rollup_delta")),
    )
    op.create_index(op.f("ix_rollup_delta_version_id_bucket"), "rollup_delta", ["version_id", "bucket"], unique=False)
    op.create_table(
        "measurement_series",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("fingerprint", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("model_id", sa.Integer(), nullable=True),
        sa.Column("labels", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], name=op.f("fk_measurement_series_model_id_model")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measurement_series")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_measurement_series_fingerprint")),
    )
    op.create_index(
        op.f("ix_measurement_series_name_model_id"), "measurement_series", ["name", "model_id"], unique=False
    )
    op.create_table(
        "outcome",
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("model_id", sa.Integer(), nullable=False),
        sa.Column("prediction_id", sa.String(), nullable=False),
        sa.Column("actual", sa.Double(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("corrections", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], name=op.f("fk_outcome_model_id_model")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_outcome")),
    )
    op.create_index(op.f("ix_outcome_model_id_at"), "outcome", ["model_id", "at"], unique=False)
    op.create_index(op.f("ix_outcome_received_at"), "outcome", ["received_at"], unique=False)
    op.execute("INSERT INTO fold_lock (id) VALUES (1)")
    # Deltas live for seconds: vacuum by count, not by share of a table that is usually empty.
    op.execute("ALTER TABLE rollup_delta SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)")


def downgrade() -> None:
    op.drop_index(op.f("ix_outcome_received_at"), table_name="outcome")
    op.drop_index(op.f("ix_outcome_model_id_at"), table_name="outcome")
    op.drop_table("outcome")
    op.drop_index(op.f("ix_measurement_series_name_model_id"), table_name="measurement_series")
    op.drop_table("measurement_series")
    op.drop_index(op.f("ix_rollup_delta_version_id_bucket"), table_name="rollup_delta")
    op.drop_table("rollup_delta")
    op.drop_table("rollup")
    op.drop_table("refusal")
    op.drop_table("prediction_error")
    op.drop_index(op.f("ix_prediction_key_id"), table_name="prediction")
    op.drop_table("prediction")
    op.drop_index(op.f("ix_outcome_correction_key"), table_name="outcome_correction")
    op.drop_table("outcome_correction")
    op.drop_table("measurement_rollup")
    op.drop_table("measurement")
    op.drop_table("fold_lock")
