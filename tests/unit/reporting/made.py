"""Facts made by hand for sections, rules and renderers: the worked example of the documents, and variations of it."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from webapp.alerting.queries import AlertMonth, InboxRow
from webapp.alerting.severity import Severity
from webapp.alerting.types import AlertType, Signal, Status
from webapp.catalog.models import Business, Model, Task
from webapp.catalog.targets import DEFAULTS
from webapp.core.periods import Window, month
from webapp.figures.business import BusinessMonth
from webapp.metrics.drift import DriftReport, FeatureDrift, Level
from webapp.metrics.intervals import wilson
from webapp.metrics.metric import MetricSeries, Point, Value, undefined
from webapp.metrics.performance import Confusion, Performance, ThresholdRow
from webapp.metrics.registry import METRICS
from webapp.reporting.facts import Facts, ModelFacts
from webapp.reporting.period import ReportPeriod
from webapp.telemetry.baselines import BaselineInfo

MARCH, FEBRUARY = month(2026, 3), month(2026, 2)
NOW = datetime(2026, 4, 1, 6, tzinfo=UTC)
RETURNS = (95_000.0, 110_000.0, 102_000.0, 135_000.0, 118_000.0, 142_000.0)
INVESTMENTS = (25_000.0, 22_000.0, 23_000.0, 26_000.0, 24_000.0, 25_000.0)


def period(*, until: datetime | None = None, zone: str = "UTC") -> ReportPeriod:
    window = MARCH if until is None else Window(MARCH.start, until)
    return ReportPeriod(MARCH, window, FEBRUARY, zone)


def model(**over: Any) -> Model:
    values: dict[str, Any] = {
        "id": 1,
        "name": "churn",
        "title": "Customer churn",
        "task": Task.BINARY,
        "status": "active",
        "positive_class": "1",
        "threshold": 0.5,
        "targets": DEFAULTS,
        "owners": ("ada",),
        "drift_method": "jensen_shannon",
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    return Model(**values | over)


def business(**over: Any) -> Business:
    values: dict[str, Any] = {
        "valid_from": datetime(2026, 1, 1, tzinfo=UTC),
        "customer_value": 1_200.0,
        "contact_cost": 50.0,
    }
    return Business(**values | over)


def share(part: int, whole: int) -> Value:
    low, high = wilson(part, whole)
    return Value(part / whole, sample_count=whole, low=low, high=high, coverage=1.0)


def worked_values(*, tp: int = 450, fp: int = 180, fn: int = 120, tn: int = 1_750) -> dict[str, Value]:
    """Return the figures of the worked example, as the metrics compute them from such counts."""
    total = tp + fp + fn + tn
    revenue, cost = tp * 1_200.0, (tp + fp) * 50.0
    return {
        "prediction_count": Value(float(total), sample_count=total),
        "outcome_coverage": Value(1.0, sample_count=total, coverage=1.0),
        "accuracy": share(tp + tn, total),
        "precision": share(tp, tp + fp),
        "recall": share(tp, tp + fn),
        "roc_auc": Value(0.912, sample_count=total, low=0.9, high=0.924, coverage=1.0),
        "drift_score": Value(0.34, sample_count=total, note="MonthlyCharges"),
        "error_rate": share(4, total),
        "response_time_mean": Value(38.2, sample_count=total),
        "customers_at_risk": Value(float(tp + fp), sample_count=total),
        "customers_saved": Value(
            float(tp), sample_count=total, note="assumes that every flagged churner is saved", coverage=1.0
        ),
        "revenue_protected": Value(revenue, sample_count=total, coverage=1.0),
        "retention_cost": Value(cost, sample_count=total, coverage=1.0),
        "net_benefit": Value(revenue - cost, sample_count=total, coverage=1.0),
        "roi": Value((revenue - cost) / cost * 100, sample_count=total, coverage=1.0),
        "return_multiple": Value(revenue / cost, sample_count=total, coverage=1.0),
        "cost_reduction": Value(1 - (tp + fp) / total, sample_count=total, coverage=1.0),
        "missed_revenue": Value(fn * 1_200.0, sample_count=total, coverage=1.0),
    }


def model_facts(**over: Any) -> ModelFacts:
    values: dict[str, Any] = {
        "model": model(),
        "now": worked_values(),
        "before": worked_values(tp=430, fp=210, fn=140, tn=1_720),
        "business": (business(),),
        "months": months(),
        "trends": {name: trend(name) for name in ("accuracy", "precision", "recall", "prediction_count")},
        "performance": performance(),
        "drift": drift_report(),
    }
    return ModelFacts(**values | over)


def facts(*models: ModelFacts, **over: Any) -> Facts:
    values: dict[str, Any] = {
        "period": period(),
        "models": models or (model_facts(),),
        "alerts": alert_month(),
        "former_alerts": alert_month(opened=1, worst=()),
        "organisation": "Example Telecom",
        "is_portfolio": len(models) > 1,
    }
    return Facts(**values | over)


def silent_facts(**over: Any) -> Facts:
    """Return a month in which nothing arrived."""
    nothing = {name: undefined("no predictions in this window") for name in METRICS}
    nothing["prediction_count"] = Value(0.0)
    silent = model_facts(now=nothing, before=nothing, months=(), trends={}, performance=None, drift=None)
    return facts(silent, alerts=alert_month(opened=0, worst=()), former_alerts=alert_month(opened=0, worst=()), **over)


def months() -> tuple[BusinessMonth, ...]:
    """Return the six months of the documents: 145,000 invested, 702,000 returned."""
    starts = [month(2025, 10), month(2025, 11), month(2025, 12), month(2026, 1), FEBRUARY, MARCH]
    rows = zip(starts, INVESTMENTS, RETURNS, strict=True)
    return tuple(BusinessMonth(window.start, money(spent, returned)) for window, spent, returned in rows)


def money(spent: float, returned: float) -> Mapping[str, Value]:
    return {
        "customers_saved": Value(returned / 1_200),
        "revenue_protected": Value(returned),
        "retention_cost": Value(spent),
        "net_benefit": Value(returned - spent),
        "roi": Value((returned - spent) / spent * 100) if spent else undefined("no investment in this window"),
    }


def trend(name: str) -> MetricSeries:
    middle = {"accuracy": 0.88, "precision": 0.714, "recall": 0.789, "prediction_count": 82.0}[name]
    points = []
    for number in range(31):
        wave = 0.02 * math.sin(number / 3) * (10 if name == "prediction_count" else 1)
        value = Value(middle + wave, sample_count=80, low=middle + wave - 0.05, high=middle + wave + 0.05)
        gap = undefined("no outcomes yet")
        points.append(Point(MARCH.start + timedelta(days=number), gap if number == 12 else value))
    return MetricSeries(METRICS[name], tuple(points))


def performance(**over: Any) -> Performance:
    values: dict[str, Any] = {
        "threshold": 0.5,
        "confusion": Confusion(tp=450, fp=180, fn=120, tn=1_750),
        "predictions": 2_500,
        "known": 2_500,
        "coverage": 1.0,
        "accuracy": share(2_200, 2_500),
        "precision": share(450, 630),
        "recall": share(450, 570),
        "auc": Value(0.912),
        "auc_bound": 0.001,
        "roc": (),
        "precision_recall": (),
        "calibration": (),
        "thresholds": (
            ThresholdRow(0.4, 0.62, 0.88, 559_000.0),
            ThresholdRow(0.5, 0.714, 0.789, 508_500.0),
            ThresholdRow(0.6, 0.8, 0.6, 410_000.0),
        ),
        "scores": (),
    }
    return Performance(**values | over)


def drift_report(scores: Mapping[str, float] | None = None, **over: Any) -> DriftReport:
    scores = scores or {
        "MonthlyCharges": 0.34,
        "Contract": 0.12,
        "tenure": 0.05,
        "TotalCharges": 0.04,
        "PaymentMethod": 0.03,
        "PaperlessBilling": 0.01,
    }
    values: dict[str, Any] = {
        "method": "jensen_shannon",
        "features": tuple(_feature(name, score) for name, score in scores.items()),
        "score": Value(0.34, note="MonthlyCharges"),
        "share": Value(1 / 6),
        "prediction": Value(0.04),
        "baseline": BaselineInfo(
            id=UUID(int=1),
            number=1,
            source="training data",
            row_count=7_043,
            provisional=False,
            valid_from=datetime(2026, 1, 1, tzinfo=UTC),
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
            created_by="ada",
        ),
        "warning": 0.3,
        "critical": 0.6,
    }
    return DriftReport(**values | over)


def _feature(name: str, score: float) -> FeatureDrift:
    level = Level.CRITICAL if score > 0.6 else Level.WARNING if score > 0.3 else Level.OK
    return FeatureDrift(
        name=name,
        kind="numeric",
        score=Value(score, sample_count=2_500),
        noise_floor=0.02,
        psi=None,
        level=level,
        missing_share=0.01,
        baseline_missing_share=0.0,
        out_of_range_share=0.0,
        new_categories=(),
        type_errors=0,
        count=2_500,
    )


def alert_month(**over: Any) -> AlertMonth:
    values: dict[str, Any] = {
        "opened": 3,
        "by_severity": {Severity.HIGH: 1, Severity.MEDIUM: 2},
        "by_type": {AlertType.DATA_DRIFT: 2, AlertType.HIGH_ERROR_RATE: 1},
        "acknowledged": 2,
        "resolved": 2,
        "unresolved": 1,
        "mean_time_to_acknowledge": timedelta(minutes=24),
        "mean_time_to_resolve": timedelta(hours=5),
        "worst": (alert_row(),),
    }
    return AlertMonth(**values | over)


def alert_row(**over: Any) -> InboxRow:
    values: dict[str, Any] = {
        "id": UUID(int=2),
        "title": "Drift of MonthlyCharges in Customer churn",
        "severity": Severity.HIGH,
        "type": AlertType.DATA_DRIFT,
        "status": Status.ACKNOWLEDGED,
        "signal": Signal.FIRING,
        "model": "churn",
        "version": "",
        "rule_id": UUID(int=3),
        "rule_name": "Drift",
        "value": 0.34,
        "value_text": "0.340",
        "threshold_text": "> 0.300",
        "started_at": datetime(2026, 3, 21, 8, 15, tzinfo=UTC),
        "acknowledged_by": "omar",
        "acknowledged_at": datetime(2026, 3, 21, 8, 39, tzinfo=UTC),
        "assignee": "omar",
        "snoozed_until": None,
        "resolved_at": None,
        "resolved_by": None,
        "resolve_reason": None,
        "reopen_count": 0,
        "comment_count": 1,
        "is_flapping": False,
    }
    return InboxRow(**values | over)
