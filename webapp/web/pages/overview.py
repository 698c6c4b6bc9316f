"""Mission control: every model as a tile with its health and why, and the whole at one glance."""

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

from dash import dcc, html
from dash.development.base_component import Component

from webapp.accounts.permissions import Permission
from webapp.alerting.queries import InboxRow, OpenSummary
from webapp.catalog.models import Model
from webapp.core.formatting import number
from webapp.metrics.display import text_of
from webapp.metrics.health import HealthState, overall
from webapp.metrics.metric import MetricSeries, Value
from webapp.metrics.registry import METRICS
from webapp.web.components import (
    health_badge,
    kpi_card,
    kpi_row,
    page_header,
    panel,
    pill,
    severity_badge,
    sparkline,
    stack,
)
from webapp.web.filters import read_filters
from webapp.web.page import Page, PageRequest
from webapp.web.views.first_steps import Progress, first_steps
from webapp.web.views.fleet import combined
from webapp.web.views.metric_cards import metric_card, sentence, standing
from webapp.web.views.wall import SHOWN, Fleet, gather, on_tile

PAGE = Page(
    "overview",
    path="/",
    title="Mission control",
    permission=Permission.DASHBOARDS_OVERVIEW,
    group="Overview",
    icon="radar",
    order=10,
    filters=frozenset({"range"}),
    live_seconds=15,
)

ORDER = (HealthState.CRITICAL, HealthState.ATTENTION, HealthState.UNKNOWN, HealthState.HEALTHY)


@PAGE.layout
def layout(request: PageRequest) -> Component:
    filters = read_filters(request, all_models=True)
    if not filters.models:
        return _nothing_yet(request)
    with request.transaction() as session:
        fleet = gather(
            session, filters.models, filters.window, filters.step, zone=request.actor.timezone, now=request.now
        )
    return stack(
        page_header("Mission control", subtitle=_summary(fleet)),
        _fleet_numbers(fleet),
        html.Div([_tile(model, fleet) for model in _worst_first(fleet)], className="mc-tiles"),
        *_next_steps(request, fleet),
    )


def _nothing_yet(request: PageRequest) -> Component:
    return stack(
        page_header("Mission control", subtitle="Nothing is watched yet. Four steps lead to the first model."),
        panel("First steps", first_steps(Progress(), model=None, actor=request.actor, now=request.now)),
    )


def _next_steps(request: PageRequest, fleet: Fleet) -> list[Component]:
    """Lead the first model on until it is compared with a baseline."""
    if fleet.progress is None or fleet.progress.is_watched:
        return []
    steps = first_steps(fleet.progress, model=fleet.models[0].name, actor=request.actor, now=request.now)
    return [panel("First steps", steps)]


def _summary(fleet: Fleet) -> Component:
    """Return the health of the whole with the counts: the worst model speaks for all."""
    worst = overall(fleet.health.values())
    return html.Span([health_badge(worst.state), html.Span(worst.reason)], className="mc-inline")


def _fleet_numbers(fleet: Fleet) -> Component:
    everything = combined(fleet.values, SHOWN, currencies=frozenset())
    courses = fleet.courses
    return kpi_row(
        metric_card("prediction_count", everything["prediction_count"], fleet, course=courses.get("prediction_count")),
        _accuracy(everything, fleet, courses.get("accuracy")),
        metric_card("error_rate", everything["error_rate"], fleet, course=courses.get("error_rate")),
        _open_alerts(fleet.open),
    )


def _accuracy(everything: Mapping[str, Value], fleet: Fleet, course: MetricSeries | None) -> Component:
    """Return the accuracy of those that have one; where no model has, how many outcomes are known."""
    counted = [model for model in fleet.models if "accuracy" in fleet.values[model.name]]
    if not counted:
        return metric_card("outcome_coverage", everything["outcome_coverage"], fleet)
    label = (
        "Accuracy, all models"
        if len(counted) == len(fleet.models)
        else f"Accuracy, {len(counted)} of {len(fleet.models)}"
    )
    return metric_card("accuracy", everything["accuracy"], fleet, label=label, course=course)


def _open_alerts(summary: OpenSummary) -> Component:
    said = ", ".join(
        f"{number(count)} {severity.label.lower()}"
        for severity, count in sorted(summary.by_severity.items(), reverse=True)
        if count
    )
    state = "good" if not summary.total else "critical" if summary.worst == "critical" else "warning"
    return kpi_card(
        "Open alerts", number(summary.total), note=said or "Nothing needs you.", state=state, href="/alerts"
    )


def _worst_first(fleet: Fleet) -> Sequence[Model]:
    return sorted(fleet.models, key=lambda model: (ORDER.index(fleet.health[model.name].state), model.title))


def _tile(model: Model, fleet: Fleet) -> Component:
    values, state = fleet.values[model.name], fleet.health[model.name]
    numbers = [part for name in on_tile(model) for part in _tile_number(model, name, values[name])]
    return html.Article(
        [
            _head(model.name, model.title, state.state),
            _reason(state.reason),
            html.Dl(numbers, className="mc-tile-numbers"),
            _volume(tuple(fleet.volumes[model.name])),
            _foot(model, fleet.alerts.get(model.name, ())),
        ],
        className=f"mc-panel mc-tile mc-tile-{state.state}",
    )


# What is the same on many tiles, or each time, is made once: a hundred tiles are drawn four times a minute a person.
@lru_cache(maxsize=1_000)
def _head(name: str, title: str, state: HealthState) -> Component:
    link = dcc.Link(title, href=f"/technical/performance?model={name}")
    return html.Header([html.H2(link, className="mc-tile-title"), health_badge(state)], className="mc-tile-head")


@lru_cache(maxsize=1_000)
def _reason(reason: str) -> Component:
    return html.P(sentence(reason), className="mc-tile-reason")


@lru_cache(maxsize=1_000)
def _volume(steps: tuple[float, ...]) -> Component:
    return sparkline(steps)


@cache
def _label(name: str) -> Component:
    return html.Dt(METRICS[name].label)


@cache
def _quiet_foot() -> Component:
    return html.Footer([html.Span("No open alerts", className="mc-quiet")], className="mc-tile-foot")


def _tile_number(model: Model, name: str, value: Value) -> tuple[Component, Component]:
    """Return a number with its name before it, without a box around both: a hundred tiles have four of them each."""
    return _label(name), _number(text_of(value, METRICS[name]), value.reason or "", _tone(model, name, value))


@lru_cache(maxsize=4_000)
def _number(text: str, reason: str, tone: str) -> Component:
    return html.Dd(text, title=reason, className=tone)


def _tone(model: Model, name: str, value: Value) -> str:
    reached = standing(value, model.targets.get(name), METRICS[name].better)
    return f"mc-tone-{reached}" if reached in {"warning", "critical"} else "mc-quiet" if reached == "unknown" else ""


def _foot(model: Model, alerts: Sequence[InboxRow]) -> Component:
    if model.status == "unconfirmed":
        told: list[Component] = [dcc.Link(pill("Complete this model", tone="accent"), href=f"/models/{model.name}")]
    elif alerts:
        word = "1 open alert" if len(alerts) == 1 else f"{len(alerts)} open alerts"
        link = dcc.Link(word, href=f"/alerts?model={model.name}")
        told = [severity_badge(max(each.severity for each in alerts)), link]
    else:
        return _quiet_foot()
    return html.Footer(told, className="mc-tile-foot")
