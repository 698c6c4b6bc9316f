"""Technical › Model performance: right and wrong at any threshold, the curves, and accuracy by version over time."""

from collections.abc import Mapping, Sequence

from dash import Input, Output, State, dcc, html
from dash.development.base_component import Component

from webapp.accounts.permissions import Permission
from webapp.catalog.models import Deployment, Task
from webapp.catalog.queries import deployments
from webapp.core.formatting import money, number, share
from webapp.figures import (
    calibration_curve,
    confusion_matrix,
    metric_trend,
    precision_recall_curve,
    roc_curve,
    threshold_curve,
)
from webapp.figures.theme import Figure
from webapp.metrics import queries as metrics
from webapp.metrics.metric import MetricSeries, Value
from webapp.metrics.performance import Performance, performance
from webapp.metrics.registry import METRICS
from webapp.web.components import cell, empty_state, facts, graph, grid, kpi_row, panel
from webapp.web.components.content import attributes
from webapp.web.page import Page, PageRequest
from webapp.web.pages.technical import frame
from webapp.web.pages.technical.frame import Technical
from webapp.web.router import LOCATION
from webapp.web.views.answer_parts import multiclass_body, regression_body
from webapp.web.views.metric_cards import explained, metric_card, sentence
from webapp.web.views.requests import number_in, page_request
from webapp.web.views.segment_table import segment_panels

PAGE = Page(
    "technical_performance",
    path="/technical/performance",
    title="Model performance",
    permission=Permission.DASHBOARDS_TECHNICAL,
    group="Models",
    icon="activity",
    order=30,
    filters=frozenset({"model", "range", "version", "segment"}),
)

THRESHOLD = "performance-threshold"
CONFUSION = "performance-confusion"
ROC = "performance-roc"
PRECISION_RECALL = "performance-precision-recall"
THRESHOLDS = "performance-thresholds"
AT_THRESHOLD = "performance-at-threshold"
NUMBERS = ("accuracy", "precision", "recall", "roc_auc")


@PAGE.layout
def layout(request: PageRequest) -> Component:
    return frame.tab(PAGE, request, lambda view: _body(request, view))


@PAGE.callback(
    Output(CONFUSION, "figure"),
    Output(ROC, "figure"),
    Output(PRECISION_RECALL, "figure"),
    Output(THRESHOLDS, "figure"),
    Output(AT_THRESHOLD, "children"),
    Input(THRESHOLD, "value"),
    State(LOCATION, "search"),
    prevent_initial_call=True,
)
def move_threshold(value: object, search: object) -> tuple[Figure, Figure, Figure, Figure, Component]:
    """Show what another threshold would have given on the same predictions; nothing is stored."""
    request = page_request(PAGE.path, search)
    threshold = number_in(value, "The threshold", low=0, high=1)
    view = frame.chosen(request)
    with request.transaction() as session:
        found = performance(
            session,
            view.model,
            view.window,
            now=view.now,
            threshold=threshold,
            version=view.version,
            segment=view.segment,
        )
    return (
        confusion_matrix(found.confusion),
        roc_curve(found),
        precision_recall_curve(found),
        threshold_curve(found, currency=view.currency),
        _at_threshold(found, view),
    )


def _body(request: PageRequest, view: Technical) -> list[Component]:
    match view.model.task:
        case Task.BINARY:
            return _binary_body(request, view)
        case Task.MULTICLASS:
            return multiclass_body(request, view)
        case Task.REGRESSION:
            return regression_body(request, view)


def _binary_body(request: PageRequest, view: Technical) -> list[Component]:
    with request.transaction() as session:
        found = performance(session, view.model, view.window, now=view.now, version=view.version, segment=view.segment)
        values = metrics.values(session, [view.model], NUMBERS, view.window, now=view.now, **view.part)
        versions = metrics.version_series(
            session, view.model, "accuracy", view.window, view.step, now=view.now, segment=view.segment
        )
        deployed = deployments(session, view.model.id, view.window)
    numbers = values[view.model.name]
    trend = panel(
        "Accuracy over time",
        _trend(versions, deployed, view),
        subtitle="by version; dotted where few outcomes are known; upright lines are deployments",
        actions=[explained(METRICS["accuracy"], numbers["accuracy"], view)],
    )
    if not found.known:
        return [_numbers(numbers, view), _no_outcomes(found), trend]
    return [_numbers(numbers, view), _decision(found, view), _curves(found), trend, *segment_panels(request, view)]


def _numbers(values: Mapping[str, Value], view: Technical) -> Component:
    targets = view.model.targets
    return kpi_row(*(metric_card(name, values[name], view, target=targets.get(name)) for name in NUMBERS))


def _no_outcomes(found: Performance) -> Component:
    if not found.predictions:
        return empty_state(
            "No predictions in this window",
            "Choose a longer time range at the top, or another version.",
            picture="chart-line",
        )
    return empty_state(
        "No outcomes yet",
        f"{number(found.predictions)} predictions wait for what really happened. Send outcomes with the same"
        " prediction ids, and right and wrong appear here.",
        picture="chart-line",
    )


def _decision(found: Performance, view: Technical) -> Component:
    confusion = graph(confusion_matrix(found.confusion), id=CONFUSION, height=280, label="Confusion matrix")
    brings = graph(
        threshold_curve(found, currency=view.currency),
        id=THRESHOLDS,
        height=280,
        label="Precision, recall and net benefit by threshold",
    )
    return panel(
        "Decision threshold",
        _slider(found.threshold),
        html.Div(_at_threshold(found, view), id=AT_THRESHOLD),
        grid(cell(5, confusion), cell(7, brings)),
        subtitle=f"try another one; the model decides at {number(view.model.threshold, 2)}",
    )


def _slider(threshold: float) -> Component:
    slider = dcc.Slider(
        id=THRESHOLD,
        min=0,
        max=1,
        step=0.01,
        value=round(threshold, 2),
        marks={0: "0", 0.25: "0.25", 0.5: "0.5", 0.75: "0.75", 1: "1"},
        updatemode="mouseup",
    )
    return html.Div(slider, className="mc-slider", role="group", **attributes(aria_label="Decision threshold"))


def _at_threshold(found: Performance, view: Technical) -> Component:
    """Return what the threshold gives in words and money."""
    row = min(found.thresholds, key=lambda each: abs(each.threshold - found.threshold), default=None)
    benefit = None if row is None else row.net_benefit
    flagged = found.confusion.tp + found.confusion.fp
    return facts(
        [
            ("Outcomes known", _coverage(found)),
            ("Accuracy", _text(found.accuracy)),
            ("Precision", _text(found.precision)),
            ("Recall", _text(found.recall)),
            ("Flagged", f"{number(flagged)} of {number(found.known)}"),
            ("Net benefit", "no business parameters" if benefit is None else money(benefit, view.currency)),
        ],
        columns=3,
    )


def _text(value: Value) -> str:
    return sentence(value.reason or "undefined") if value.value is None else share(value.value)


def _coverage(found: Performance) -> str:
    known = "–" if found.coverage is None else share(found.coverage)
    return f"{known} of {number(found.predictions)}"


def _curves(found: Performance) -> Component:
    bound = "" if found.auc_bound is None else f" ± {number(found.auc_bound, 4)}"
    auc = (found.auc.reason or "undefined") if found.auc.value is None else f"AUC {number(found.auc.value, 3)}{bound}"
    return grid(
        cell(4, panel("ROC", graph(roc_curve(found), id=ROC, height=300, label="ROC curve"), subtitle=auc)),
        cell(
            4,
            panel(
                "Precision and recall",
                graph(precision_recall_curve(found), id=PRECISION_RECALL, height=300, label="Precision by recall"),
            ),
        ),
        cell(
            4,
            panel(
                "Calibration",
                graph(calibration_curve(found), height=300, label="Observed share by mean score"),
                subtitle="dotted: perfect",
            ),
        ),
    )


def _trend(versions: Mapping[str, MetricSeries], deployed: Sequence[Deployment], view: Technical) -> Component:
    if all(point.value.value is None for series in versions.values() for point in series.points):
        return empty_state("No outcomes yet", "Accuracy appears when outcomes arrive.", picture="chart-line")
    figure = metric_trend(
        list(versions.values()),
        target=view.model.targets.get("accuracy"),
        deployments=deployed,
        title_by=list(versions),
        zone=view.zone,
    )
    return graph(figure, height=280, label="Accuracy over time by version")
