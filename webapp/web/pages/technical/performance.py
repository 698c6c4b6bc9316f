"""Technical › Model performance: right and wrong at any threshold, the curves, and accuracy by version over time."""

from collections.abc import Mapping

from dash import Input, Output, State, dcc, html
from dash.development.base_component import Component

from webapp.accounts.permissions import Permission
from webapp.catalog.models import Task
from webapp.catalog.queries import deployments
from webapp.core.formatting import money, number, share
from webapp.figures import (
    calibration_curve,
    confusion_matrix,
    gain_curve,
    precision_recall_curve,
    roc_curve,
    threshold_curve,
)
from webapp.figures.theme import Figure
from webapp.metrics import load
from webapp.metrics import queries as metrics
from webapp.metrics.display import text_of
from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import Value
from webapp.metrics.performance import (
    ESTIMATED,
    Performance,
    ThresholdRow,
    best_threshold,
    confusion_by_version,
    performance,
    performance_metrics,
    performance_of,
)
from webapp.metrics.queries import value_of
from webapp.metrics.registry import METRICS
from webapp.web.components import cell, explanation, facts, graph, grid, panel
from webapp.web.components.content import Children, attributes
from webapp.web.impact import visible_to
from webapp.web.page import Page, PageRequest
from webapp.web.pages.technical import frame
from webapp.web.router import LOCATION
from webapp.web.views import performance_parts as parts
from webapp.web.views.answer_parts import multiclass_body, regression_body
from webapp.web.views.course_parts import no_outcomes
from webapp.web.views.metric_cards import explained, sentence, window_text
from webapp.web.views.performance_parts import Courses
from webapp.web.views.requests import number_in, page_request
from webapp.web.views.segment_table import segment_panels
from webapp.web.views.technical import Technical

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
GAIN = "performance-gain"
NAMES = (*performance_metrics(Task.BINARY), parts.COVERAGE, parts.DELAY)
CALLED = {"roc_auc": "AUC", "average_precision": "average precision", "lift_at_10": "top 10 %:", "ece": "ECE"}


@PAGE.layout
def layout(request: PageRequest) -> Component:
    return frame.tab(PAGE, request, lambda view: _body(request, view))


@PAGE.callback(
    Output(CONFUSION, "figure"),
    Output(ROC, "figure"),
    Output(PRECISION_RECALL, "figure"),
    Output(GAIN, "figure"),
    Output(THRESHOLDS, "figure"),
    Output(AT_THRESHOLD, "children"),
    Input(THRESHOLD, "value"),
    State(LOCATION, "search"),
    prevent_initial_call=True,
)
def move_threshold(value: object, search: object) -> tuple[Figure, Figure, Figure, Figure, Figure, Component]:
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
    found = visible_to(request.actor, found)
    return (
        confusion_matrix(found.confusion),
        roc_curve(found),
        precision_recall_curve(found),
        gain_curve(found),
        threshold_curve(found, currency=view.currency),
        _at_threshold(found, view),
    )


def _body(request: PageRequest, view: Technical) -> list[Component]:
    match view.model.task:
        case Task.BINARY:
            return _binary_body(request, view)
        case Task.MULTICLASS:
            return [*multiclass_body(request, view), *segment_panels(request, view)]
        case Task.REGRESSION:
            return [*regression_body(request, view), *segment_panels(request, view)]


def _binary_body(request: PageRequest, view: Technical) -> list[Component]:
    evidence = _evidence(request, view)
    values = {name: value_of(METRICS[name], evidence) for name in NAMES}
    found = visible_to(request.actor, performance_of(evidence))
    head = parts.cards(values, view)
    if not found.predictions:
        return [*head, no_outcomes(found.predictions)]
    courses = _courses(request, view)
    expected = parts.expected(courses, values, view)
    if not found.known:
        return [*head, no_outcomes(found.predictions), expected]
    return [
        *head,
        expected,
        _decision(found, view),
        _curves(found, values, view),
        parts.by_version(courses, values, view),
        *_confusions(request, view),
        parts.all_metrics(values, view),
        *segment_panels(request, view),
    ]


def _evidence(request: PageRequest, view: Technical) -> Evidence:
    needs = load.Needs.of([*(METRICS[name] for name in NAMES), METRICS["roi"]])
    with request.transaction() as session:
        found = load.evidence(session, [view.model], needs, view.window, now=view.now, **view.part)
    return found[view.model.id]


def _courses(request: PageRequest, view: Technical) -> Courses:
    """Return the metric that the address names, or accuracy, over time."""
    asked = request.query.get("metric")
    name = asked if asked in parts.COURSES else parts.COURSES[0]
    names = (name, ESTIMATED + name, parts.COVERAGE)
    model, window, step, now = view.model, view.window, view.step, view.now
    with request.transaction() as session:
        return Courses(
            METRICS[name],
            metrics.series(session, model, names, window, step, now=now, **view.part),
            metrics.version_series(session, model, name, window, step, now=now, segment=view.segment),
            deployments(session, model.id, window),
        )


def _confusions(request: PageRequest, view: Technical) -> list[Component]:
    if view.version is not None:
        return []
    with request.transaction() as session:
        found = confusion_by_version(session, view.model, view.window, now=view.now, segment=view.segment)
    return parts.confusions(found)


def _decision(found: Performance, view: Technical) -> Component:
    confusion = graph(confusion_matrix(found.confusion), id=CONFUSION, height=280, label="Confusion matrix")
    has_money = _has_money(found)
    brings = graph(
        threshold_curve(found, currency=view.currency),
        id=THRESHOLDS,
        height=280,
        label=f"Precision, recall{' and net benefit' if has_money else ''} by threshold",
    )
    return panel(
        "Decision threshold",
        _slider(found.threshold),
        html.Div(_at_threshold(found, view), id=AT_THRESHOLD),
        grid(cell(5, confusion), cell(7, brings)),
        subtitle=f"try another one; the model decides at {number(view.model.threshold, 2)}",
        actions=[_how_money_is_counted(found, view)] if has_money else (),
    )


def _has_money(found: Performance) -> bool:
    return any(row.net_benefit is not None for row in found.thresholds)


def _how_money_is_counted(found: Performance, view: Technical) -> Component:
    return explanation(
        f"net benefit: {METRICS['net_benefit'].formula}",
        window=window_text(view.window, view.zone),
        sample_count=found.known,
        coverage=found.coverage,
        notes=[
            "As if the threshold had decided the same predictions, valued by the last business parameters in force."
        ],
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
    """Return what the threshold gives in words and, to those who may see it, in money."""
    flagged = found.confusion.tp + found.confusion.fp
    rows: list[tuple[str, Children]] = [
        ("Outcomes known", _coverage(found)),
        ("Accuracy", _number("accuracy", found.accuracy, view)),
        ("Precision", _number("precision", found.precision, view)),
        ("Recall", _number("recall", found.recall, view)),
        ("Flagged", f"{number(flagged)} of {number(found.known)}"),
    ]
    benefit = _row_at(found, found.threshold)
    if benefit is not None and benefit.net_benefit is not None:
        rows.append(("Net benefit", money(benefit.net_benefit, view.currency)))
        rows.append(("Best threshold", _best(found, view)))
    return facts(rows, columns=3)


def _row_at(found: Performance, threshold: float) -> ThresholdRow | None:
    return min(found.thresholds, key=lambda each: abs(each.threshold - threshold), default=None)


def _best(found: Performance, view: Technical) -> Children:
    """Name the threshold that would have brought most, and how much more than the one in use."""
    best, own = best_threshold(found), _row_at(found, view.model.threshold)
    if best is None or own is None or best.net_benefit is None or own.net_benefit is None:
        return "–"
    gain = best.net_benefit - own.net_benefit
    if gain <= 0:
        return f"{number(own.threshold, 2)}, the one in use"
    more = f"{money(gain, view.currency)} more than at {number(own.threshold, 2)}"
    return [html.Strong(number(best.threshold, 2)), html.Span(f": {more}")]


def _number(name: str, value: Value, view: Technical) -> Component:
    return html.Span([html.Span(_text(value)), explained(METRICS[name], value, view)], className="mc-number")


def _text(value: Value) -> str:
    return sentence(value.reason or "undefined") if value.value is None else share(value.value)


def _coverage(found: Performance) -> str:
    known = "–" if found.coverage is None else share(found.coverage)
    return f"{known} of {number(found.predictions)}"


def _curves(found: Performance, values: Mapping[str, Value], view: Technical) -> Component:
    """Return the four curves; what each comes to stands beside its title."""
    bound = "" if found.auc_bound is None else f" ± {number(found.auc_bound, 4)}"
    return grid(
        _curve("ROC", roc_curve(found), "roc_auc", values, view, id=ROC, label="ROC curve", bound=bound),
        _curve(
            "Precision and recall",
            precision_recall_curve(found),
            "average_precision",
            values,
            view,
            id=PRECISION_RECALL,
            label="Precision by recall",
        ),
        _curve("Gain", gain_curve(found), "lift_at_10", values, view, id=GAIN, label="Share found by share flagged"),
        _curve("Calibration", calibration_curve(found), "ece", values, view, label="Observed share by mean score"),
    )


def _curve(
    title: str,
    figure: Figure,
    name: str,
    values: Mapping[str, Value],
    view: Technical,
    *,
    label: str,
    id: str | None = None,
    bound: str = "",
) -> Component:
    metric, value = METRICS[name], values[name]
    said = sentence(value.reason or "") if value.value is None else f"{CALLED[name]} {text_of(value, metric)}{bound}"
    chart = graph(figure, id=id, height=250, label=label)
    return cell(6, panel(title, chart, subtitle=said, actions=[explained(metric, value, view)]))
