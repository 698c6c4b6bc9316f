"""Whether the model was right: over predictions whose outcome is known, with intervals and the confusion matrix."""

from collections.abc import Mapping, Sequence

from webapp.catalog.models import Task
from webapp.core import formatting
from webapp.figures.answers import class_confusion, error_histogram
from webapp.figures.confusion import confusion_matrix
from webapp.figures.trends import metric_trend
from webapp.metrics.headlines import KINDS
from webapp.metrics.multiclass_report import ClassReport
from webapp.metrics.registry import METRICS
from webapp.metrics.regression_report import ErrorReport
from webapp.reporting.document import Block, Chart, Column, Pair, Paragraph, Table
from webapp.reporting.drawing import chart, settled
from webapp.reporting.facts import Facts, ModelFacts
from webapp.reporting.section import Section
from webapp.reporting.wording import NOTHING, bound, change, headline_words, interval, text

QUALITY: Mapping[Task, Sequence[str]] = {
    Task.BINARY: ("accuracy", "precision", "recall", "specificity", "f1", "roc_auc"),
    Task.MULTICLASS: ("accuracy", "macro_f1", "macro_precision", "macro_recall", "roc_auc_ovr", "mcc_multiclass"),
    Task.REGRESSION: ("mae", "rmse", "bias", "mape", "r2", "error_p90", "over_forecast_share"),
}
SERVICE = ("prediction_count", "error_rate", "response_time_mean", "response_time_p95", "availability", "missing_share")
TRENDS: Mapping[Task, Sequence[str]] = {
    Task.BINARY: ("precision", "recall"),
    Task.MULTICLASS: ("macro_precision", "macro_recall"),
    Task.REGRESSION: ("mae",),
}
HEIGHT, SQUARE = 200, 300


def build(facts: Facts) -> Sequence[Block]:
    if facts.only is None:
        return [_all_models(facts)]
    each = facts.only
    blocks: list[Block] = [
        Paragraph(coverage_words(facts, each)),
        _metrics(facts, each, QUALITY[each.model.task], "Quality"),
    ]
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
    trend = _trend(facts, each)
    if each.classes is not None and each.classes.known:
        return _of_classes(each.classes, trend)
    if each.errors is not None and each.errors.known:
        return _beside(_of_errors(each.errors), trend)
    performance = each.performance
    if performance is None or not performance.known:
        return []
    counts = performance.confusion
    words = (
        f"Confusion matrix at the threshold {formatting.number(performance.threshold, 2)}:"
        f" {counts.tp} found, {counts.fp} false alarms, {counts.fn} missed, {counts.tn} rightly left."
    )
    matrix = chart(confusion_matrix(counts), "Confusion matrix", words, height=HEIGHT, is_half=True)
    return _beside(matrix, trend)


def _beside(left: Chart, right: Chart | None) -> list[Block]:
    return [left] if right is None else [Pair(left, right)]


def _of_classes(found: ClassReport, trend: Chart | None) -> list[Block]:
    """Return what was taken for what, and the most frequent mix-ups in words."""
    words = f"What was taken for what, of {formatting.number(found.known)} known answers."
    square = chart(class_confusion(found.square), "What was taken for what", words, height=SQUARE)
    columns = (
        Column("Mix-up", share=6),
        Column("Times", is_number=True, share=2),
        Column("Of the first", is_number=True, share=2),
    )
    rows = tuple(
        (f"{each.actual} taken for {each.predicted}", formatting.number(each.count), formatting.share(each.share))
        for each in found.mix_ups
    )
    mixed = Table("Most frequent mix-ups", columns, rows, empty="Nothing was mixed up.")
    return [square, mixed, *([trend] if trend is not None else [])]


def _of_errors(found: ErrorReport) -> Chart:
    low, middle, high = (formatting.measured(error) for _, error in found.quantiles)
    words = (
        f"Errors of {formatting.number(found.known)} predictions: median {middle}, nine in ten from {low} to {high}."
    )
    return chart(error_histogram(found), "Errors", words, height=HEIGHT, is_half=True)


def _trend(facts: Facts, each: ModelFacts) -> Chart | None:
    names = [name for name in TRENDS[each.model.task] if name in METRICS]
    series = [(each.trends or {}).get(name) for name in names]
    known = [settled(one) for one in series if one is not None]
    drawn = [one for one in known if any(point.value.value is not None for point in one.points)]
    if not drawn:
        return None
    figure = metric_trend(drawn, zone=facts.zone)
    first, *others = (one.metric.label for one in drawn)
    title = " and ".join([first, *(label[0].lower() + label[1:] for label in others)]) + " by day"
    is_half = each.model.task is not Task.MULTICLASS
    return chart(figure, title, f"{title} in {facts.period.label}.", height=HEIGHT, is_half=is_half)


def _all_models(facts: Facts) -> Table:
    return _of_one_kind(facts) if all(each.decides for each in facts.models) else _of_all_kinds(facts)


def _of_all_kinds(facts: Facts) -> Table:
    """Return each model with what its kind is judged by: columns of one kind would be empty for the others."""
    columns = (
        Column("Model", share=4),
        Column("Answers", share=3),
        Column("Predictions", is_number=True, share=3),
        Column("Outcomes", is_number=True, share=2),
        Column("How good", share=4),
        Column("Drift", is_number=True, share=2),
        Column("Errors", is_number=True, share=2),
    )
    rows = tuple(
        (
            each.short_title,
            KINDS[each.model.task],
            formatting.number(each.predictions),
            text(each.value("outcome_coverage"), "outcome_coverage"),
            headline_words(each),
            text(each.value("drift_score"), "drift_score"),
            text(each.value("error_rate"), "error_rate"),
        )
        for each in facts.models
    )
    return Table("All models", columns, rows, empty="There are no models yet.")


def _of_one_kind(facts: Facts) -> Table:
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
