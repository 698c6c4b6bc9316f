"""Courses over time that every kind of model has: a metric with a line a version, and what stands in its place."""

from collections.abc import Mapping, Sequence

from dash.development.base_component import Component

from webapp.catalog.models import Deployment
from webapp.core.formatting import number
from webapp.figures import metric_trend
from webapp.metrics.metric import Metric, MetricSeries, Value
from webapp.web.components import empty_state, graph, panel
from webapp.web.views.metric_cards import explained
from webapp.web.views.technical import Technical


def by_version(
    metric: Metric,
    versions: Mapping[str, MetricSeries],
    value: Value,
    *,
    deployed: Sequence[Deployment],
    view: Technical,
    title: str | None = None,
) -> Component:
    """Return the metric over time, a line a version; `value` is that of the whole window."""
    if any(map(has_values, versions.values())):
        figure = metric_trend(
            list(versions.values()),
            target=view.model.targets.get(metric.name),
            deployments=deployed,
            title_by=list(versions),
            zone=view.zone,
        )
        body = graph(figure, height=280, label=f"{metric.label} over time by version")
    else:
        body = empty_state("No outcomes yet", "The course appears when outcomes arrive.", picture="chart-line")
    return panel(
        title or f"{metric.label} over time",
        body,
        subtitle="by version; dotted where few outcomes are known; upright lines are deployments",
        actions=[explained(metric, value, view)],
    )


def has_values(series: MetricSeries) -> bool:
    return any(point.value.value is not None for point in series.points)


def no_outcomes(predictions: int) -> Component:
    """Say why there is no right and wrong yet, and what to do."""
    if not predictions:
        words = "Choose a longer time range at the top, or another version."
        return empty_state("No predictions in this window", words, picture="chart-line")
    words = (
        f"{number(predictions)} predictions wait for what really happened. Send outcomes with the same prediction ids,"
        " and right and wrong appear here."
    )
    return empty_state("No outcomes yet", words, picture="chart-line")
