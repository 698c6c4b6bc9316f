"""Whether the model was right: over predictions whose outcome is known, with intervals and the confusion matrix."""

from collections.abc import Sequence

from webapp.core import formatting
from webapp.figures.confusion import confusion_matrix
from webapp.figures.trends import metric_trend
from webapp.metrics.registry import METRICS
from webapp.reporting.document import Block, Chart, Column, Pair, Paragraph, Table
from webapp.reporting.drawing import chart, settled
from webapp.reporting.facts import Facts, ModelFacts
from webapp.reporting.section import Section
from webapp.reporting.wording import NOTHING, bound, change, interval, text

QUALITY = ("accuracy", "precision", "recall", "specificity", "f1", "roc_auc")
SERVICE = ("prediction_count", "error_rate", "response_time_mean", "response_time_p95", "availability", "missing_share")
HEIGHT = 200


def build(facts: Facts) -> Sequence[Block]:
    if facts.only is None:
        return [_all_models(facts)]
    each = facts.only
    blocks: list[Block] = [Paragraph(coverage_words(facts, each)), _metrics(facts, each, QUALITY, "Quality")]
    blocks += _charts(facts, each)
    blocks.append(_metrics(facts, each, SERVICE, "Volume and service"))
    return blocks


def coverage_words(facts: Facts, each: ModelFacts) -> str:
    """Say for how much of the month the outcomes are known, and what that means for the figures."""
    if each.predictions <= 0:
        return f"No prediction arrived in {facts.period.label}."
    share, total = each.coverage or 0.0, formatting.number(each.predictions)
    if share == 0:
        return f"None of the {total} predictions has an outcome yet: how often they were right is not known."
    known = f"Outcomes are known for {formatting.share(share, 1)} of {total} predictions; quality is measured on these."
    if share < facts.minimum_coverage:
        known += f" Below {formatting.share(facts.minimum_coverage, 0)} the figures are provisional."
    return known


def _metrics(facts: Facts, each: ModelFacts, names: Sequence[str], caption: str) -> Table:
    columns = (
        Column("Metric", share=4),
        Column(facts.period.short, is_number=True, share=2),
        Column("95% interval", is_number=True, share=3),
        Column("Target", is_number=True, share=2),
        Column("Before", is_number=True, share=2),
        Column("Change", is_number=True, share=4),
    )
    return Table(caption, columns, tuple(_row(each, name) for name in names if name in METRICS))


def _row(each: ModelFacts, name: str) -> tuple[str, ...]:
    value, target, metric = each.value(name), each.target(name), METRICS[name]
    delta, _, _, word = change(each, name)
    return (
        metric.label,
        text(value, name, currency=each.currency),
        interval(value, name, currency=each.currency) or NOTHING,
        NOTHING if target is None else bound(target.target, metric, currency=each.currency),
        text(each.former(name), name, currency=each.currency),
        f"{delta} {word}".strip() if delta else NOTHING,
    )


def _charts(facts: Facts, each: ModelFacts) -> list[Block]:
    performance = each.performance
    if performance is None or not performance.known:
        return []
    counts = performance.confusion
    words = (
        f"Confusion matrix at the threshold {formatting.number(performance.threshold, 2)}:"
        f" {counts.tp} found, {counts.fp} false alarms, {counts.fn} missed, {counts.tn} rightly left."
    )
    matrix = chart(confusion_matrix(counts), "Confusion matrix", words, height=HEIGHT, is_half=True)
    trend = _trend(facts, each)
    return [Pair(matrix, trend)] if trend is not None else [matrix]


def _trend(facts: Facts, each: ModelFacts) -> Chart | None:
    series = [(each.trends or {}).get(name) for name in ("precision", "recall")]
    known = [settled(one) for one in series if one is not None]
    drawn = [one for one in known if any(point.value.value is not None for point in one.points)]
    if not drawn:
        return None
    figure = metric_trend(drawn, zone=facts.zone)
    words = f"Precision and recall by day in {facts.period.label}."
    return chart(figure, "Precision and recall by day", words, height=HEIGHT, is_half=True)


def _all_models(facts: Facts) -> Table:
    columns = (
        Column("Model", share=4),
        Column("Predictions", is_number=True, share=3),
        Column("Outcomes", is_number=True, share=2),
        *(Column(METRICS[name].label, is_number=True, share=2) for name in ("accuracy", "precision", "recall")),
        Column("ROC AUC", is_number=True, share=2),
        Column("Drift", is_number=True, share=2),
        Column("Errors", is_number=True, share=2),
    )
    names = ("outcome_coverage", "accuracy", "precision", "recall", "roc_auc", "drift_score", "error_rate")
    rows = tuple(
        (each.short_title, formatting.number(each.predictions), *(text(each.value(name), name) for name in names))
        for each in facts.models
    )
    return Table("All models", columns, rows, empty="There are no models yet.")


SECTION = Section(title="Model performance", order=50, build=build, begins_page=True)
