"""What is monitored: models, their versions and deployments, money parameters over time, reference distributions."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.base import Base


class ModelRow(Base):
    """A machine-learning model. Its number is short because every event and rollup carries it."""

    __tablename__ = "model"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    task: Mapped[str] = mapped_column(default="binary")
    status: Mapped[str] = mapped_column(default="unconfirmed")  # unconfirmed | active | retired
    positive_class: Mapped[str] = mapped_column(default="1")
    threshold: Mapped[float] = mapped_column(default=0.5)
    targets: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    owners: Mapped[list[str]] = mapped_column(JSONB, default=list)
    drift_method: Mapped[str] = mapped_column(default="jensen_shannon")
    segment_keys: Mapped[list[str]] = mapped_column(JSONB, default=list)  # counted apart, each with its values
    importances: Mapped[dict[str, float]] = mapped_column(JSONB, default=dict)  # of features, as far as known
    created_at: Mapped[datetime]


class SegmentRow(Base):
    """A part of a model's predictions that is counted apart: those with this value of the key."""

    __tablename__ = "segment"
    __table_args__ = (UniqueConstraint("model_id", "key", "value"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    model_id: Mapped[int] = mapped_column(ForeignKey("model.id"))
    key: Mapped[str]
    value: Mapped[str]


class VersionRow(Base):
    """A version of a model in one environment."""

    __tablename__ = "model_version"
    __table_args__ = (UniqueConstraint("model_id", "name", "environment"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    model_id: Mapped[int] = mapped_column(ForeignKey("model.id"))
    name: Mapped[str]
    environment: Mapped[str] = mapped_column(default="production")
    created_at: Mapped[datetime]


class DeploymentRow(Base):
    """A version went live at an instant: drawn on every chart."""

    __tablename__ = "deployment"
    __table_args__ = (UniqueConstraint("version_id", "at"), Index(None, "model_id", "at"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    model_id: Mapped[int] = mapped_column(ForeignKey("model.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("model_version.id"))
    at: Mapped[datetime]
    note: Mapped[str] = mapped_column(default="")


class BusinessRow(Base):
    """What a prediction is worth, from a date on. Amounts are in whole units of the currency."""

    __tablename__ = "business_parameters"
    __table_args__ = (UniqueConstraint("model_id", "valid_from"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    model_id: Mapped[int] = mapped_column(ForeignKey("model.id"))
    valid_from: Mapped[datetime]
    customer_value: Mapped[float]  # per customer and year
    contact_cost: Mapped[float]  # per contacted customer
    save_rate: Mapped[float] = mapped_column(default=1.0)  # share of contacted churners who stay
    running_cost_monthly: Mapped[float] = mapped_column(default=0.0)
    horizon_months: Mapped[float] = mapped_column(default=12.0)
    currency: Mapped[str] = mapped_column(default="USD")
    costs: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)  # of models of numbers and of several classes


class BinningRow(Base):
    """The bin edges that counts are kept in. A new baseline brings new edges; rollups name the edges they used."""

    __tablename__ = "binning"
    __table_args__ = (Index(None, "model_id", "id"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    model_id: Mapped[int] = mapped_column(ForeignKey("model.id"))
    created_at: Mapped[datetime]
    document: Mapped[bytes] = mapped_column(LargeBinary)  # msgpack of catalog.binning.Binning


class BaselineRow(Base):
    """A reference distribution, counted in its binning, and the instant from which it is compared with."""

    __tablename__ = "baseline"
    __table_args__ = (UniqueConstraint("model_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    model_id: Mapped[int] = mapped_column(ForeignKey("model.id"))
    number: Mapped[int]
    binning_id: Mapped[int] = mapped_column(ForeignKey("binning.id"))
    source: Mapped[str]  # what it was made from, in words
    provisional: Mapped[bool] = mapped_column(default=False)  # made by itself from the first events
    row_count: Mapped[int]
    features: Mapped[bytes] = mapped_column(LargeBinary)  # packed counts, laid out by the binning
    scores: Mapped[bytes] = mapped_column(LargeBinary)
    answers: Mapped[bytes | None] = mapped_column(LargeBinary)
    valid_from: Mapped[datetime]
    created_at: Mapped[datetime]
    created_by: Mapped[str]


class FeatureValueRow(Base):
    """The dictionary of a feature's texts: events keep the short code."""

    __tablename__ = "feature_value"

    model_id: Mapped[int] = mapped_column(ForeignKey("model.id"), primary_key=True)
    feature: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[int] = mapped_column(BigInteger)
    first_seen_at: Mapped[datetime]
