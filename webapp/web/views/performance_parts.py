"""What there is to see of a binary model beside its curves: estimates, each version's confusion, all metrics."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dash import html
from dash.development.base_component import Component

from webapp.catalog.models import Deployment
from webapp.core.formatting import number, share
from webapp.figures import confusion_matrix, estimated_trend, metric_trend
from webapp.metrics.display import number_text, text_of
from webapp.metrics.metric import Metric, MetricSeries, Value
from webapp.metrics.performance import ESTIMATED, Confusion, performance_metrics
from webapp.metrics.registry import METRICS
from webapp.web.components import Column, cell, data_table, empty_state, graph, grid, kpi_row, panel, select
from webapp.web.components.content import Child, attributes
from webapp.web.views import course_parts
from webapp.web.views.course_parts import has_values
from webapp.web.views.metric_cards import explained, metric_card, number_with_explanation, sentence
from webapp.web.views.technical import Technical

CHOICE = "performance-course"
COVERAGE, DELAY = "outcome_coverage", "outcome_delay_mean"
CARDS = ("accuracy", "precision", "recall", "roc_auc")
# Those that are estimated too, as the list offers them.
COURSES = tuple(name for name in ("accuracy", "precision", "recall", "f1", "roc_auc") if ESTIMATED + name in METRICS)
MOST_VERSIONS = 6


@dataclass(frozen=True, slots=True)
class Courses:
    """One metric over time, with what explains it."""

    metric: Metric
    steps: Mapping[str, MetricSeries]  # the metric, its estimate and the coverage, by name
    versions: Mapping[str, MetricSeries]
    deployed: Sequence[Deployment]


def cards(values: Mapping[str, Value], view: Technical) -> list[Component]:
    """Return the numbers of the window; where too few outcomes are known, what is to be expected below them."""
    targets = view.model.targets
    rows = [kpi_row(*(metric_card(name, values[name], view, target=targets.get(name)) for name in CARDS))]
    expected = {name: values[ESTIMATED + name] for name in CARDS}
    is_open = any(values[name].value is None or values[name].provisional for name in CARDS)
    if is_open and any(value.value is not None for value in expected.values()):
        rows.append(kpi_row(*(metric_card(ESTIMATED + name, expected[name], view) for name in CARDS)))
    return rows


def expected(found: Courses, values: Mapping[str, Value], view: Technical) -> Component:
    """Return the metric as it came out and as it was to be expected, and beside it how many outcomes are known."""
    name, estimate = found.metric.name, ESTIMATED + found.metric.name
    realised, estimated, covered = (found.steps[each] for each in (name, estimate, COVERAGE))
    if not any(map(has_values, (realised, estimated))):
        chart: Component = empty_state("Nothing to draw yet", "The course appears with outcomes.", picture="chart-line")
    else:
        figure = estimated_trend(
            realised, estimated, target=view.model.targets.get(name), deployments=found.deployed, zone=view.zone
        )
        chart = graph(figure, height=280, label=f"{found.metric.label}, realised and estimated")
    return grid(
        cell(
            8,
            panel(
                "Realised and estimated",
                chart,
                *_without_estimate(values[estimate], view),
                subtitle="dotted: few outcomes yet",
                actions=[_choice(found.metric), explained(METRICS[estimate], values[estimate], view)],
            ),
        ),
        cell(4, _coverage(covered, found.deployed, values, view)),
    )


def by_version(found: Courses, values: Mapping[str, Value], view: Technical) -> Component:
    """Return the metric over time, a line a version."""
    value = values[found.metric.name]
    return course_parts.by_version(found.metric, found.versions, value, deployed=found.deployed, view=view)


def confusions(found: Mapping[str, Confusion]) -> list[Component]:
    """Return the confusion of each version, where there are several: those with most outcomes."""
    if len(found) < 2:
        return []
    shown = list(found.items())[:MOST_VERSIONS]
    width = 6 if len(shown) == 2 else 4
    several = grid(*(cell(width, _confusion(version, each)) for version, each in shown))
    more = (
        f"the {MOST_VERSIONS} versions with most outcomes" if len(found) > MOST_VERSIONS else "each version by itself"
    )
    subtitle = f"{more}; rows in shares of what really happened"
    return [panel("Right and wrong by version", several, subtitle=subtitle)]


def all_metrics(values: Mapping[str, Value], view: Technical) -> Component:
    """Return every metric of right and wrong with its interval and what it rests on."""
    columns = [
        Column("metric", "Metric"),
        Column("value", "Value", align="right"),
        Column("interval", "95 % interval", align="right"),
        Column("samples", "Counted", align="right"),
        Column("coverage", "Outcomes known", align="right"),
        Column("target", "Target", align="right"),
    ]
    names = [name for name in performance_metrics(view.model.task) if name in values]
    known = [name for name in names if values[name].value is not None]
    table = data_table(columns, [_row(METRICS[name], values[name], view) for name in known], caption="All metrics")
    missing = [(METRICS[name].label, values[name].reason) for name in names if values[name].value is None]
    subtitle = "over the whole window; what is estimated needs no outcomes"
    parts: list[Component] = [html.Div(table, className="mc-dense mc-dense-one")] if known else []
    parts += uncomputed(missing)
    return panel("All metrics", *parts, subtitle=subtitle, flush=True)


def uncomputed(missing: Iterable[tuple[str, str | None]]) -> list[Component]:
    """Say of metrics without a value, as (label, reason), why they have none: those of one reason together."""
    reasons: dict[str, list[str]] = {}
    for label, reason in missing:
        reasons.setdefault(reason or "not computed", []).append(label)
    return [
        html.P(f"{sentence(reason)}: {', '.join(labels)}.", className="mc-help mc-below-table")
        for reason, labels in reasons.items()
    ]


def _choice(chosen: Metric) -> Component:
    """Return the list of metrics; assets/shell.js puts the choice into the address."""
    label = html.Label("Metric", htmlFor=CHOICE, className="visually-hidden")
    options = [(name, METRICS[name].label) for name in COURSES]
    listed = html.Div([label, select(CHOICE, options, chosen.name)])
    return html.Div(listed, className="mc-asked", **attributes(data_mc_query="metric"))


def _without_estimate(value: Value, view: Technical) -> list[Component]:
    """Say what an estimate would need where there is none."""
    if value.value is not None:
        return []
    link = html.A("Choose a baseline with outcomes", href=f"/models/{view.model.name}#baselines")
    return [html.P([f"No estimate: {value.reason}. ", link, "."], className="mc-help")]


def _coverage(
    covered: MetricSeries, deployed: Sequence[Deployment], values: Mapping[str, Value], view: Technical
) -> Component:
    figure = metric_trend([covered], deployments=deployed, zone=view.zone)
    figure["layout"]["yaxis"]["range"] = [0, 1.02]
    body = (
        graph(figure, height=280, label="Share of outcomes known over time")
        if has_values(covered)
        else empty_state("No predictions in this window", "Choose a longer time range.", picture="chart-line")
    )
    delay = values[DELAY]
    words = "" if delay.value is None else f"on average {text_of(delay, METRICS[DELAY])} later"
    return panel(
        METRICS[COVERAGE].label,
        body,
        subtitle=words,
        actions=[number_with_explanation(COVERAGE, values[COVERAGE], view)],
    )


def _confusion(version: str, found: Confusion) -> Component:
    size = found.tp + found.fp + found.fn + found.tn
    right = "" if not size else f" · {share((found.tp + found.tn) / size)} right"
    head = html.H3([html.Span(version), html.Span(f" {number(size)} outcomes{right}", className="mc-second mc-quiet")])
    return html.Div([head, graph(confusion_matrix(found), height=210, label=f"Confusion matrix of {version}")])


def _row(metric: Metric, value: Value, view: Technical) -> Mapping[str, Child]:
    target = view.model.targets.get(metric.name)
    text = html.Span(text_of(value, metric, currency=view.currency), title=value.reason or "")
    return {
        "metric": metric.label,
        "value": html.Span([text, explained(metric, value, view)], className="mc-number"),
        "interval": _interval(metric, value),
        "samples": number(value.sample_count),
        "coverage": "–" if value.coverage is None else share(value.coverage),
        "target": "–" if target is None else number_text(target.target, metric),
    }


def _interval(metric: Metric, value: Value) -> str:
    if value.low is None or value.high is None:
        return "–"
    return f"{number_text(value.low, metric)} – {number_text(value.high, metric)}"
