"""Technical › System health: machines, response times, errors and throughput over time."""

from collections.abc import Mapping, Sequence

from dash.development.base_component import Component

from webapp.accounts.permissions import Permission
from webapp.catalog.models import Deployment
from webapp.catalog.queries import deployments
from webapp.figures import gauge_trend, metric_trend, volume
from webapp.metrics import queries as metrics
from webapp.metrics.metric import MetricSeries
from webapp.metrics.registry import METRICS
from webapp.web.components import cell, empty_state, graph, grid, kpi_row, panel
from webapp.web.page import Page, PageRequest
from webapp.web.pages.technical import frame
from webapp.web.views.metric_cards import metric_card
from webapp.web.views.technical import Technical

PAGE = Page(
    "technical_health",
    path="/technical/health",
    title="System health",
    permission=Permission.DASHBOARDS_TECHNICAL,
    group="Models",
    icon="server",
    order=32,
    filters=frozenset({"model", "range", "version"}),
    live_seconds=30,
)

MACHINES = ("cpu", "memory", "disk")
RESPONSE = ("response_time_mean", "response_time_p50", "response_time_p95", "response_time_p99")
TRAFFIC = ("error_rate", "throughput", "prediction_count")
NUMBERS = ("availability", "response_time_p95", "throughput", "freshness")


@PAGE.layout
def layout(request: PageRequest) -> Component:
    return frame.tab(PAGE, request, lambda view: _body(request, view))


def _body(request: PageRequest, view: Technical) -> list[Component]:
    model, window, step, now = view.model, view.window, view.step, view.now
    with request.transaction() as session:
        values = metrics.values(session, [model], NUMBERS, window, now=now, version=view.version)[model.name]
        found = metrics.series(session, model, (*RESPONSE, *TRAFFIC), window, step, now=now, version=view.version)
        machines = {name: metrics.instance_series(session, model, name, window, step, now=now) for name in MACHINES}
        deployed = deployments(session, model.id, window)
    response = panel(
        "Response time",
        _chart([found[name] for name in RESPONSE], view, deployed=deployed, target="response_time_mean"),
        subtitle="mean, median, and what one request in twenty and in a hundred exceeds",
    )
    errors = panel("Error rate", _chart([found["error_rate"]], view, deployed=deployed, target="error_rate"))
    return [
        kpi_row(*(metric_card(name, values[name], view, target=model.targets.get(name)) for name in NUMBERS)),
        grid(cell(8, response), cell(4, errors)),
        panel("Throughput", _traffic(found["prediction_count"], deployed, view), subtitle="predictions a step"),
        grid(*(cell(4, _machines(name, machines[name], deployed, view)) for name in MACHINES)),
    ]


def _chart(
    series: Sequence[MetricSeries], view: Technical, *, deployed: Sequence[Deployment], target: str
) -> Component:
    if not _has_values(series):
        return _nothing("No predictions in this window", "Times and errors come with the predictions themselves.")
    figure = metric_trend(series, target=view.model.targets.get(target), deployments=deployed, zone=view.zone)
    return graph(figure, height=300, label=f"{series[0].metric.label} over time")


def _traffic(series: MetricSeries, deployed: Sequence[Deployment], view: Technical) -> Component:
    if not _has_values([series]):
        return _nothing("No predictions in this window", "Choose a longer time range at the top.")
    return graph(volume([series], deployments=deployed, zone=view.zone), height=200, label="Predictions over time")


def _machines(
    name: str, by_instance: Mapping[str, MetricSeries], deployed: Sequence[Deployment], view: Technical
) -> Component:
    metric = METRICS[name]
    if not _has_values(list(by_instance.values())):
        body = _nothing("No measurements", f"Send the measurement {name}_percent to see it here.")
        return panel(metric.label, body)
    figure = gauge_trend(
        list(by_instance.values()),
        target=view.model.targets.get(name),
        deployments=deployed,
        names=list(by_instance),
        zone=view.zone,
    )
    subtitle = "by instance" if len(by_instance) > 1 else next(iter(by_instance))
    return panel(metric.label, graph(figure, height=220, label=f"{metric.label} by instance"), subtitle=subtitle)


def _has_values(series: Sequence[MetricSeries]) -> bool:
    return any(point.value.value for each in series for point in each.points) or any(
        point.value.value is not None and point.value.sample_count for each in series for point in each.points
    )


def _nothing(title: str, words: str) -> Component:
    return empty_state(title, words, picture="chart-line")
