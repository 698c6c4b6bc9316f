"""What is monitored: models, versions, deployments, money parameters, reference distributions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from webapp.db.base import UtcDateTime

revision = "0001_catalog"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "model",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("positive_class", sa.String(), nullable=False),
        sa.Column("threshold", sa.Double(), nullable=False),
        sa.Column("targets", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("owners", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("drift_method", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model")),
        sa.UniqueConstraint("name", name=op.f("uq_model_name")),
    )
    op.create_table(
        "binning",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("model_id", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], name=op.f("fk_binning_model_id_model")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_binning")),
    )
    op.create_index(op.f("ix_binning_model_id_id"), "binning", ["model_id", "id"], unique=False)
    op.create_table(
        "business_parameters",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("model_id", sa.Integer(), nullable=False),
        sa.Column("valid_from", UtcDateTime(), nullable=False),
        sa.Column("customer_value", sa.Double(), nullable=False),
        sa.Column("contact_cost", sa.Double(), nullable=False),
        sa.Column("save_rate", sa.Double(), nullable=False),
        sa.Column("running_cost_monthly", sa.Double(), nullable=False),
        sa.Column("horizon_months", sa.Double(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], name=op.f("fk_business_parameters_model_id_model")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_business_parameters")),
        sa.UniqueConstraint("model_id", "valid_from", name=op.f("uq_business_parameters_model_id_valid_from")),
    )
    op.create_table(
        "feature_value",
        sa.Column("model_id", sa.Integer(), nullable=False),
        sa.Column("feature", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("code", sa.BigInteger(), nullable=False),
        sa.Column("first_seen_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], name=op.f("fk_feature_value_model_id_model")),
        sa.PrimaryKeyConstraint("model_id", "feature", "value", name=op.f("pk_feature_value")),
    )
    op.create_table(
        "model_version",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("model_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], name=op.f("fk_model_version_model_id_model")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_version")),
        sa.UniqueConstraint("model_id", "name", "environment", name=op.f("uq_model_version_model_id_name_environment")),
    )
    op.create_table(
        "baseline",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("model_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("binning_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("features", sa.LargeBinary(), nullable=False),
        sa.Column("scores", sa.LargeBinary(), nullable=False),
        sa.Column("valid_from", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["binning_id"], ["binning.id"], name=op.f("fk_baseline_binning_id_binning")),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], name=op.f("fk_baseline_model_id_model")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_baseline")),
        sa.UniqueConstraint("model_id", "number", name=op.f("uq_baseline_model_id_number")),
    )
    op.create_table(
        "deployment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("model_id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], name=op.f("fk_deployment_model_id_model")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["model_version.id"], name=op.f("fk_deployment_version_id_model_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployment")),
        sa.UniqueConstraint("version_id", "at", name=op.f("uq_deployment_version_id_at")),
    )
    op.create_index(op.f("ix_deployment_model_id_at"), "deployment", ["model_id", "at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_deployment_model_id_at"), table_name="deployment")
    op.drop_table("deployment")
    op.drop_table("baseline")
    op.drop_table("model_version")
    op.drop_table("feature_value")
    op.drop_table("business_parameters")
    op.drop_index(op.f("ix_binning_model_id_id"), table_name="binning")
    op.drop_table("binning")
    op.drop_table("model")
