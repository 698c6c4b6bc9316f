"""Charts as plain values: the same function draws a figure on a page and in a report."""

from webapp.figures.business import BusinessMonth, business_impact, money_flow, roi_bars
from webapp.figures.confusion import confusion_matrix
from webapp.figures.curves import calibration_curve, gain_curve, precision_recall_curve, roc_curve, threshold_curve
from webapp.figures.drift import distribution_bars, drift_bars, drift_heatmap
from webapp.figures.evidence import alert_evidence
from webapp.figures.replays import rule_replay
from webapp.figures.trends import estimated_trend, gauge_trend, metric_trend, volume

__all__ = [
    "BusinessMonth",
    "alert_evidence",
    "business_impact",
    "calibration_curve",
    "confusion_matrix",
    "distribution_bars",
    "drift_bars",
    "drift_heatmap",
    "estimated_trend",
    "gain_curve",
    "gauge_trend",
    "metric_trend",
    "money_flow",
    "precision_recall_curve",
    "roc_curve",
    "roi_bars",
    "rule_replay",
    "threshold_curve",
    "volume",
]
