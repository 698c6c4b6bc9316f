"""What happened: slim events keyed by time, outcomes, deltas on their way into rollups, measurements."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    REAL,
    BigInteger,
    Double,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.base import Base


class PredictionRow(Base):
    """One prediction. `id` is its time and a hash of its name: primary key, partition key and idempotency key in one.

    `predicted` and `actual` are 1 for the positive class and 0 for the other; of a multiclass model the place of the
    class in the binning; of a regression the number.
    `features` follows the binning's order: numbers as they are, texts by code, NaN missing, -inf not a number.
    `actual` is the outcome that the rollups have counted.
    """

    __tablename__ = "prediction"
    __table_args__ = (Index(None, "key", "id"), {"postgresql_partition_by": "RANGE (id)"})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[UUID]  # hash of (model, prediction_id): what outcomes are joined by
    at: Mapped[datetime]
    version_id: Mapped[int]
    binning_id: Mapped[int]
    score: Mapped[float | None] = mapped_column(Double)
    predicted: Mapped[float | None] = mapped_column(Double)
    actual: Mapped[float | None] = mapped_column(Double)
    latency_ms: Mapped[float | None] = mapped_column(REAL)
    failed: Mapped[bool]
    features: Mapped[list[float]] = mapped_column(ARRAY(Double))
    prediction_id: Mapped[str]
    segments: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    scores: Mapped[list[float] | None] = mapped_column(ARRAY(Double))  # of a multiclass model: one a class


class PredictionErrorRow(Base):
    """What a failed prediction said."""

    __tablename__ = "prediction_error"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    message: Mapped[str]


class OutcomeRow(Base):
    """The outcome last told for a prediction id of a model, whether or not its prediction has come."""

    __tablename__ = "outcome"
    __table_args__ = (Index(None, "received_at"), Index(None, "model_id", "at"))

    key: Mapped[UUID] = mapped_column(primary_key=True)
    model_id: Mapped[int] = mapped_column(ForeignKey("model.id"))
    prediction_id: Mapped[str]
    actual: Mapped[float] = mapped_column(Double)
    at: Mapped[datetime]
    received_at: Mapped[datetime]
    corrections: Mapped[int] = mapped_column(SmallInteger, default=0)


class OutcomeCorrectionRow(Base):
    """What an outcome was before it was corrected."""

    __tablename__ = "outcome_correction"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[UUID] = mapped_column(index=True)
    former: Mapped[float] = mapped_column(Double)
    actual: Mapped[float] = mapped_column(Double)
    at: Mapped[datetime]


class _Counts:
    """The columns that a rollup and a delta on its way into one share."""

    predictions: Mapped[int] = mapped_column(BigInteger)
    known: Mapped[int] = mapped_column(BigInteger)
    errors: Mapped[int] = mapped_column(BigInteger)
    tp: Mapped[int] = mapped_column(BigInteger)
    fp: Mapped[int] = mapped_column(BigInteger)
    fn: Mapped[int] = mapped_column(BigInteger)
    tn: Mapped[int] = mapped_column(BigInteger)
    flagged: Mapped[int] = mapped_column(BigInteger)  # predicted positive, outcome known or not
    latency_count: Mapped[int] = mapped_column(BigInteger)
    latency_sum_ms: Mapped[float] = mapped_column(Double)
    delay_sum_s: Mapped[float] = mapped_column(Double)  # of known outcomes: how long after the prediction they came
    scores: Mapped[bytes | None] = mapped_column(LargeBinary)
    latencies: Mapped[bytes | None] = mapped_column(LargeBinary)
    features: Mapped[bytes | None] = mapped_column(LargeBinary)
    answers: Mapped[bytes | None] = mapped_column(LargeBinary)  # classes against classes, or the errors of numbers


class RollupRow(_Counts, Base):
    """Counts of one model version and segment over one minute, hour, day or month, in one binning."""

    __tablename__ = "rollup"

    version_id: Mapped[int] = mapped_column(primary_key=True)
    segment_id: Mapped[int] = mapped_column(primary_key=True, default=0)  # 0: everything
    grain: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    bucket: Mapped[datetime] = mapped_column(primary_key=True)
    binning_id: Mapped[int] = mapped_column(primary_key=True)
    updated_at: Mapped[datetime]


class RollupDeltaRow(_Counts, Base):
    """What one batch added (or, for a corrected outcome, took away); folded into rollups by a tick."""

    __tablename__ = "rollup_delta"
    __table_args__ = (Index(None, "version_id", "bucket"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    version_id: Mapped[int] = mapped_column(primary_key=True)  # in the key: what rows are distributed by
    segment_id: Mapped[int] = mapped_column(default=0)
    grain: Mapped[int] = mapped_column(SmallInteger)
    bucket: Mapped[datetime]
    binning_id: Mapped[int]


class SeriesRow(Base):
    """What is measured: a name and its labels, for one model or for the whole service."""

    __tablename__ = "measurement_series"
    __table_args__ = (UniqueConstraint("fingerprint"), Index(None, "name", "model_id"))

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    fingerprint: Mapped[UUID]
    name: Mapped[str]
    model_id: Mapped[int | None] = mapped_column(ForeignKey("model.id"))
    labels: Mapped[dict[str, Any]] = mapped_column(JSONB)


class MeasurementRow(Base):
    """One measured value; the same instant of a series is taken once."""

    __tablename__ = "measurement"

    series_id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    value: Mapped[float] = mapped_column(Double)


class MeasurementRollupRow(Base):
    """A series over one minute, hour or day."""

    __tablename__ = "measurement_rollup"

    series_id: Mapped[int] = mapped_column(primary_key=True)
    grain: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    bucket: Mapped[datetime] = mapped_column(primary_key=True)
    sample_count: Mapped[int] = mapped_column(BigInteger)
    total: Mapped[float] = mapped_column(Double)
    smallest: Mapped[float] = mapped_column(Double)
    largest: Mapped[float] = mapped_column(Double)
    updated_at: Mapped[datetime]


class RefusalRow(Base):
    """How many items were refused, by day, model and reason: nothing is lost without a trace."""

    __tablename__ = "refusal"

    day: Mapped[datetime] = mapped_column(primary_key=True)
    model: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(primary_key=True)
    item_count: Mapped[int] = mapped_column(BigInteger)


class CountedAheadRow(Base):
    """A file whose rows were counted before they are stored; gone when counts and stored rows agree again."""

    __tablename__ = "counted_ahead"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    model_id: Mapped[int] = mapped_column(ForeignKey("model.id"), index=True)
    row_count: Mapped[int] = mapped_column(BigInteger)
    began_at: Mapped[datetime]
    seen_at: Mapped[datetime]  # when its importer last said that it goes on


class FoldLockRow(Base):
    """One row that whoever folds keeps locked, so that two never fold into the same rollup at once."""

    __tablename__ = "fold_lock"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
