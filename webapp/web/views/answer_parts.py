"""Technical › Model performance of models that tell several classes apart, and of models that predict a number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dash.development.base_component import Component
from sqlalchemy.orm import Session

from webapp.accounts.permissions import Permission
from webapp.catalog.models import Deployment
from webapp.catalog.queries import deployments
from webapp.core.formatting import measured, money, number, share
from webapp.figures import metric_trend
from webapp.figures.answers import class_confusion, confidence_curve, confusion_height, error_histogram, over_and_under
from webapp.metrics import load
from webapp.metrics import queries as metrics
from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import MetricSeries, Value
from webapp.metrics.money import forecast_costs
from webapp.metrics.multiclass_report import ClassReport, ClassRow, MixUp, class_report
from webapp.metrics.registry import METRICS
from webapp.metrics.regression_report import ErrorReport, error_report
from webapp.web.components import (
    Column,
    cell,
    data_table,
    empty_state,
    explanation,
    facts,
    graph,
    grid,
    kpi_row,
    panel,
    stack,
)
from webapp.web.components.content import Child
from webapp.web.page import PageRequest
from webapp.web.views.course_parts import by_version, has_values, no_outcomes
from webapp.web.views.metric_cards import explained, metric_card, number_with_explanation, window_text
from webapp.web.views.technical import Technical

CLASS_CARDS = ("accuracy", "macro_f1", "macro_recall", "roc_auc_ovr")
CLASS_MORE = (
    *("macro_precision", "weighted_f1", "mcc_multiclass", "log_loss_multiclass", "brier_multiclass"),
    *("class_drift", "decision_value"),
)
NUMBER_CARDS = ("mae", "bias", "mape", "r2")
NUMBER_MORE = ("rmse", "error_p50", "error_p90", "over_forecast_share")
BY_CLASS = (
    "precision = TP / (TP + FP) · recall = TP / (TP + FN) · F1 = 2·TP / (2·TP + FP + FN), one class against the rest"
)


@dataclass(frozen=True, slots=True)
class Found:
    """What the screen is made of: counts, values over the window, courses, and deployments that may explain a step."""

    evidence: Evidence
    values: Mapping[str, Value]
    versions: Mapping[str, MetricSeries]
    courses: Mapping[str, MetricSeries]
    deployed: Sequence[Deployment]


def multiclass_body(request: PageRequest, view: Technical) -> list[Component]:
    """Return what there is to see of a model that tells several classes apart."""
    with request.transaction() as session:
        found = _find(session, view, (*CLASS_CARDS, *CLASS_MORE, "ece"), course="accuracy")
    report = class_report(found.evidence)
    cards, trend = _cards(CLASS_CARDS, found, view), _trend("Accuracy over time", "accuracy", found, view)
    if not report.known:
        return [cards, no_outcomes(report.predictions), trend]
    return [
        cards,
        grid(
            cell(7, stack(_square(report), _class_table(report, view))),
            cell(5, stack(_mix_ups(report.mix_ups), _confidence(report, found, view))),
        ),
        panel("More figures", _more(_seen(CLASS_MORE, request), found, view, columns=3)),
        trend,
    ]


def regression_body(request: PageRequest, view: Technical) -> list[Component]:
    """Return what there is to see of a model that predicts a number."""
    with request.transaction() as session:
        names = (*NUMBER_CARDS, *NUMBER_MORE, "prediction_drift", "forecast_cost")
        found = _find(session, view, names, course="mae", beside="bias")
    report = error_report(found.evidence)
    cards, trend = _cards(NUMBER_CARDS, found, view), _trend("Error over time", "mae", found, view)
    if not report.known:
        return [cards, no_outcomes(report.predictions), trend]
    more = panel("More figures", _more(NUMBER_MORE, found, view))
    money_too = [_costs(report, found, view)] if request.actor.may(Permission.IMPACT_READ) else []
    return [
        cards,
        grid(cell(7, _errors(report, found, view)), cell(5, stack(more, *money_too))),
        grid(cell(7, _sides(report, found, view)), cell(5, _bias(found, view))),
        trend,
    ]


def _find(
    session: Session,
    view: Technical,
    names: Sequence[str],
    *,
    course: str,
    beside: str | None = None,
) -> Found:
    """Read once what all of the numbers are computed from."""
    model, window, now = view.model, view.window, view.now
    version, segment = view.version, view.segment
    needs = load.Needs.of([METRICS[name] for name in names])
    found = load.evidence(session, [model], needs, window, now=now, version=version, segment=segment)[model.id]
    courses = [] if beside is None else [beside]
    return Found(
        evidence=found,
        values={name: metrics.value_of(METRICS[name], found) for name in names},
        versions=metrics.version_series(session, model, course, window, view.step, now=now, segment=segment),
        courses=metrics.series(session, model, courses, window, view.step, now=now, version=version, segment=segment),
        deployed=deployments(session, model.id, window),
    )


def _cards(names: Sequence[str], found: Found, view: Technical) -> Component:
    targets = view.model.targets
    return kpi_row(*(metric_card(name, found.values[name], view, target=targets.get(name)) for name in names))


def _more(names: Sequence[str], found: Found, view: Technical, *, columns: int = 1) -> Component:
    """Return what else there is to say, each with its computation; what nobody asked for is left out."""
    shown = [name for name in names if found.values[name].value is not None or METRICS[name].group != "business"]
    rows = [(METRICS[name].label, number_with_explanation(name, found.values[name], view)) for name in shown]
    return facts(rows, columns=columns)


def _seen(names: Sequence[str], request: PageRequest) -> Sequence[str]:
    """Return the metrics that this person may see: money is for those who may know it."""
    may = request.actor.may(Permission.IMPACT_READ)
    return [name for name in names if may or METRICS[name].group != "business"]


def _trend(title: str, name: str, found: Found, view: Technical) -> Component:
    value = found.values[name]
    return by_version(METRICS[name], found.versions, value, deployed=found.deployed, view=view, title=title)


def _square(report: ClassReport) -> Component:
    square = report.square
    figure = graph(class_confusion(square), height=confusion_height(square), label="Real against predicted classes")
    words = f"{number(report.known)} outcomes, coloured by the share of what really happened"
    return panel("What was taken for what", figure, subtitle=words)


def _mix_ups(found: Sequence[MixUp]) -> Component:
    columns = [
        Column("words", "Mix-up"),
        Column("count", "Times", align="right"),
        Column("share", "Of the first", align="right"),
    ]
    rows: list[Mapping[str, Child]] = [
        {
            "words": f"{each.actual} taken for {each.predicted}",
            "count": number(each.count),
            "share": share(each.share),
        }
        for each in found
    ]
    none = empty_state("Nothing was mixed up", "Every known answer was right.", picture="circle-check")
    table = data_table(columns, rows, caption="Most frequent mix-ups", empty=none)
    return panel("Most frequent mix-ups", table, flush=bool(rows))


def _class_table(report: ClassReport, view: Technical) -> Component:
    columns = [
        Column("name", "Class"),
        Column("support", "Happened", align="right"),
        Column("precision", "Precision", align="right"),
        Column("recall", "Recall", align="right"),
        Column("f1", "F1", align="right"),
        Column("auc", "AUC", align="right"),
    ]
    why = explanation(
        BY_CLASS,
        window=window_text(view.window, view.zone),
        sample_count=report.known,
        coverage=report.known / report.predictions if report.predictions else None,
        notes=["AUC: how often a case of the class has a higher score for it than another case (binned)."],
    )
    table = data_table(columns, [_class_row(each) for each in report.classes], caption="Each class, the worst first")
    return panel("By class", table, subtitle="the worst first", actions=[why], flush=True)


def _class_row(row: ClassRow) -> Mapping[str, Child]:
    return {
        "name": row.name,
        "support": number(row.support),
        "precision": _share(row.precision),
        "recall": _share(row.recall),
        "f1": share(row.f1),
        "auc": "–" if row.auc is None else number(row.auc, 3),
    }


def _share(value: Value) -> str:
    return (value.reason or "undefined") if value.value is None else share(value.value)


def _confidence(report: ClassReport, found: Found, view: Technical) -> Component:
    why = explained(METRICS["ece"], found.values["ece"], view)
    if not report.confidence:
        words = "The calibration of the scores appears when the model sends them."
        return panel("Confidence", empty_state("No scores", words, picture="chart-line"), actions=[why])
    figure = graph(confidence_curve(report.confidence), height=300, label="Share of right answers by confidence")
    error = found.values["ece"].value
    words = "dotted: perfect" if error is None else f"dotted: perfect; calibration error {number(error, 3)}"
    return panel("Confidence", figure, subtitle=words, actions=[why])


def _errors(report: ErrorReport, found: Found, view: Technical) -> Component:
    figure = graph(error_histogram(report), height=300, label="Errors of the predictions with their quantiles")
    low, _, high = (error for _, error in report.quantiles)
    words = f"nine in ten between {measured(low)} and {measured(high)}; left too low, right too high"
    return panel("Errors", figure, subtitle=words, actions=[explained(METRICS["bias"], found.values["bias"], view)])


def _sides(report: ErrorReport, found: Found, view: Technical) -> Component:
    figure = graph(over_and_under(report.groups), height=300, label="Share of too high predictions by predicted value")
    name = "over_forecast_share"
    return panel(
        "Too high or too low, by what was predicted",
        figure,
        subtitle="a fair model stands at one half everywhere",
        actions=[explained(METRICS[name], found.values[name], view)],
    )


def _bias(found: Found, view: Technical) -> Component:
    course = found.courses["bias"]
    why = explained(METRICS["bias"], found.values["bias"], view)
    if not has_values(course):
        words = "The course appears when outcomes arrive."
        return panel("Bias over time", empty_state("No outcomes yet", words, picture="chart-line"), actions=[why])
    figure = metric_trend([course], deployments=found.deployed, zone=view.zone)
    body = graph(figure, height=300, label="Bias over time")
    return panel("Bias over time", body, subtitle="above 0 too high, below 0 too low", actions=[why])


def _costs(report: ErrorReport, found: Found, view: Technical) -> Component:
    """Return what was predicted too much and too little, and where costs are set what that came to."""
    value, costs = found.values["forecast_cost"], forecast_costs(found.evidence)
    over, under = measured(report.over), measured(report.under)
    if costs is not None:
        over, under = f"{over} · {money(costs.over, view.currency)}", f"{under} · {money(costs.under, view.currency)}"
    rows: list[tuple[str, Child]] = [("Predicted too much", over), ("Predicted too little", under)]
    rows.append((METRICS["forecast_cost"].label, number_with_explanation("forecast_cost", value, view)))
    words = "sums over the window" if costs is not None else value.reason
    return panel("What errors cost", facts(rows), subtitle=words)
