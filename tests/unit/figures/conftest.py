"""Plain values for charts: a week of accuracy, a performance, a drift report."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from webapp.metrics.drift import DriftReport, FeatureDrift, Level
from webapp.metrics.metric import Better, Metric, MetricSeries, Point, Source, Unit, Value, undefined
from webapp.metrics.performance import (
    CalibrationPoint,
    Confusion,
    GainPoint,
    Performance,
    PrPoint,
    RocPoint,
    ScoreBin,
    ThresholdRow,
)

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
ACCURACY = Metric(
    name="accuracy",
    label="Accuracy",
    unit=Unit.SHARE,
    better=Better.HIGHER,
    source=Source.COUNTS,
    group="performance",
    formula="(TP + TN) / known",
    compute=lambda _: undefined("not in this test"),
)


@pytest.fixture
def series() -> Callable[..., MetricSeries]:
    def make(*values: float | None, low_high: tuple[float, float] | None = None) -> MetricSeries:
        low, high = low_high or (None, None)
        points = [
            Point(
                NOON + number * timedelta(days=1),
                undefined("no outcomes yet") if value is None else Value(value, sample_count=100, low=low, high=high),
            )
            for number, value in enumerate(values)
        ]
        return MetricSeries(ACCURACY, tuple(points))

    return make


@pytest.fixture
def performance() -> Performance:
    return Performance(
        threshold=0.5,
        confusion=Confusion(tp=450, fp=180, fn=120, tn=1750),
        predictions=2500,
        known=2500,
        coverage=1.0,
        accuracy=Value(0.88, 2500),
        precision=Value(0.714, 630),
        recall=Value(0.789, 570),
        auc=Value(0.91, 2500),
        auc_bound=0.002,
        roc=(RocPoint(0.0, 0.0, 1.0), RocPoint(0.09, 0.79, 0.5), RocPoint(1.0, 1.0, 0.0)),
        precision_recall=(PrPoint(0.0, 1.0, 1.0), PrPoint(0.79, 0.71, 0.5), PrPoint(1.0, 0.23, 0.0)),
        calibration=(CalibrationPoint(0.1, 0.08, 900), CalibrationPoint(0.9, 0.93, 400)),
        thresholds=(
            ThresholdRow(0.0, 0.23, 1.0, 100_000.0),
            ThresholdRow(0.5, 0.71, 0.79, 508_500.0),
            ThresholdRow(1.0, None, 0.0, 0.0),
        ),
        scores=(ScoreBin(0.0, 0.5, 1870, 120, 1740), ScoreBin(0.5, 1.0, 630, 450, 180)),
        gain=(GainPoint(0.0, 0.0, 1.0), GainPoint(0.252, 0.79, 0.5), GainPoint(1.0, 1.0, 0.0)),
    )


@pytest.fixture
def drift_report() -> DriftReport:
    def feature(name: str, score: float | None, level: Level) -> FeatureDrift:
        value = undefined("no values in the window") if score is None else Value(score, 2000)
        return FeatureDrift(name, "numeric", value, 0.03, 0.2, level, 0.0, 0.0, 0.01, (), 0, 2000)

    return DriftReport(
        method="jensen_shannon",
        features=(
            feature("monthly_charges", 0.71, Level.CRITICAL),
            feature("contract", 0.35, Level.WARNING),
            feature("tenure", 0.02, Level.OK),
            feature("region", None, Level.UNDEFINED),
        ),
        score=Value(0.71, 2000, note="monthly_charges"),
        share=Value(0.5, 4),
        prediction=Value(0.1, 2000),
        baseline=None,
        warning=0.3,
        critical=0.6,
    )


@pytest.fixture
def alert() -> SimpleNamespace:
    """What of an alert the chart looks at."""
    evidence = tuple(
        SimpleNamespace(at=NOON + timedelta(hours=number), value=value) for number, value in enumerate((0.9, None, 0.6))
    )
    return SimpleNamespace(evidence=evidence, threshold=0.7, started_at=NOON + timedelta(hours=2))
