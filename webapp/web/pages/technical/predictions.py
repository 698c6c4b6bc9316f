"""Technical › Predictions: what was predicted, how often, and any single prediction with what became of it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from dash import ALL, Input, Output, State, ctx, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from webapp.accounts.permissions import Permission
from webapp.catalog.models import Deployment, Task
from webapp.catalog.queries import deployments
from webapp.core.errors import NotFoundError
from webapp.core.formatting import number
from webapp.core.periods import DAY
from webapp.figures import metric_trend, volume
from webapp.figures.predictions import answer_bars, class_shares
from webapp.metrics import queries as metrics
from webapp.metrics.answer_mix import AnswerMix, answer_mix
from webapp.metrics.metric import MetricSeries
from webapp.metrics.places import places
from webapp.telemetry import ahead, baselines
from webapp.telemetry import search as stored
from webapp.telemetry.search import StoredPrediction
from webapp.web.components import cell, empty_state, field, graph, grid, notice, panel, text_input
from webapp.web.page import Page, PageRequest
from webapp.web.pages.technical import frame
from webapp.web.router import LOCATION
from webapp.web.views.prediction_parts import PREDICTION, nothing_chosen, one_prediction, prediction_list
from webapp.web.views.requests import page_request
from webapp.web.views.technical import Technical

PAGE = Page(
    "technical_predictions",
    path="/technical/predictions",
    title="Predictions",
    permission=Permission.DASHBOARDS_TECHNICAL,
    group="Models",
    icon="list",
    order=33,
    filters=frozenset({"model", "range", "version", "segment"}),
)

SEARCH = "predictions-search"
ROWS = "predictions-rows"
DETAIL = "predictions-detail"
LIMIT = 25
LONGEST_TEXT = 200
TITLES = {Task.BINARY: "Scores", Task.MULTICLASS: "Confidence", Task.REGRESSION: "Predicted values"}
BAR_HEIGHT, SMALLEST = 44, 150


@PAGE.layout
def layout(request: PageRequest) -> Component:
    return frame.tab(PAGE, request, lambda view: _body(request, view))


@PAGE.callback(
    Output(ROWS, "children"),
    Input(SEARCH, "value"),
    State(LOCATION, "search"),
    permission=Permission.PREDICTIONS_READ,
    prevent_initial_call=True,
)
def find_predictions(text: object, search: object) -> Component:
    """Show the latest predictions whose id holds the text."""
    request = page_request(PAGE.path, search)
    view = frame.chosen(request)
    wanted = str(text or "").strip()[:LONGEST_TEXT]
    return prediction_list(_latest(request, view, wanted), view.model, view.zone, wanted)


@PAGE.callback(
    Output(DETAIL, "children"),
    Input({"type": PREDICTION, "id": ALL}, "n_clicks"),
    State(LOCATION, "search"),
    permission=Permission.PREDICTIONS_READ,
    prevent_initial_call=True,
)
def show_prediction(_pressed: object, search: object) -> Component:
    """Show one prediction with its outcome and features."""
    chosen = ctx.triggered_id
    if not isinstance(chosen, Mapping) or not ctx.triggered[0]["value"]:
        raise PreventUpdate
    request = page_request(PAGE.path, search)
    view = frame.chosen(request)
    return _detail(request, view, str(chosen.get("id", "")))


def _body(request: PageRequest, view: Technical) -> list[Component]:
    step = max(view.step, DAY) if view.window.duration > timedelta(days=3) else view.step
    name = "flagged_share" if view.model.task is Task.BINARY else None
    with request.transaction() as session:
        found = answer_mix(session, view.model, view.window, now=view.now, **view.part)
        deployed = deployments(session, view.model.id, view.window)
    counts = _by_version(request, view, "prediction_count", step)
    flagged = {} if name is None else _by_version(request, view, name, step)
    parts = [
        grid(
            cell(5, _answers(found, view)),
            cell(7, panel("Volume", _volume(counts, deployed, view), subtitle="by version")),
        )
    ]
    if view.model.task is not Task.REGRESSION:
        parts.append(_classes(found, view))
    if name is not None:
        parts.append(
            panel("Share flagged", _flagged(flagged, deployed, view), subtitle="predicted positive, by version")
        )
    if request.actor.may(Permission.PREDICTIONS_READ):
        parts.append(_raw(request, view))
    return parts


def _by_version(request: PageRequest, view: Technical, name: str, step: timedelta) -> Mapping[str, MetricSeries]:
    with request.transaction() as session:
        found = metrics.version_series(session, view.model, name, view.window, step, now=view.now, segment=view.segment)
    return {version: each for version, each in found.items() if view.version in {None, version}}


def _answers(found: AnswerMix, view: Technical) -> Component:
    title, task = TITLES[view.model.task], view.model.task
    if not any(each.count for each in found.bars):
        words = "Choose a longer time range at the top, or send scores with the predictions."
        nothing = empty_state("No scores in this window", words, picture="chart-line")
        return panel(title, nothing)
    threshold = view.model.threshold if task is Task.BINARY else None
    label = f"Predictions by {'value' if task is Task.REGRESSION else 'score'} and outcome"
    chart = graph(answer_bars(found, task, threshold=threshold), height=280, label=label)
    return panel(title, chart, subtitle=f"{number(found.predictions)} predictions")


def _volume(counts: Mapping[str, MetricSeries], deployed: Sequence[Deployment], view: Technical) -> Component:
    if not counts:
        return empty_state("No predictions in this window", "Choose a longer time range.", picture="chart-line")
    figure = volume(list(counts.values()), deployments=deployed, names=list(counts), zone=view.zone)
    return graph(figure, height=280, label="Predictions over time by version")


def _classes(found: AnswerMix, view: Technical) -> Component:
    if not found.classes:
        nothing = empty_state("No answers in this window", "Choose a longer time range.", picture="chart-line")
        return panel("Answers by class", nothing)
    height = max(SMALLEST, 70 + BAR_HEIGHT * len(found.classes))
    chart = graph(class_shares(found.classes), height=height, label="Share of each class by version")
    return panel("Answers by class", chart, subtitle="each version's own, the newest on top")


def _flagged(flagged: Mapping[str, MetricSeries], deployed: Sequence[Deployment], view: Technical) -> Component:
    if not flagged:
        return empty_state("No predictions in this window", "Choose a longer time range.", picture="chart-line")
    figure = metric_trend(list(flagged.values()), deployments=deployed, title_by=list(flagged), zone=view.zone)
    return graph(figure, height=220, label="Share flagged over time by version")


def _raw(request: PageRequest, view: Technical) -> Component:
    """Return the list of single predictions with its search; an address may name one that is shown at once."""
    asked = request.query.get("prediction", "")[:LONGEST_TEXT]
    shown = _detail(request, view, asked) if asked else nothing_chosen()
    box = text_input(
        SEARCH, type="search", placeholder="prediction id, or a part of it", debounce=0.3, maxlength=LONGEST_TEXT
    )
    found = prediction_list(_latest(request, view, ""), view.model, view.zone, "")
    return grid(
        *_being_stored(request, view),
        cell(
            7,
            panel(
                "Latest predictions",
                html.Div(field("Search by id", box), className="mc-panel-search"),
                html.Div(found, id=ROWS),
                flush=True,
            ),
        ),
        cell(5, html.Div(shown, id=DETAIL, className="mc-sticky")),
    )


def _being_stored(request: PageRequest, view: Technical) -> list[Component]:
    with request.transaction() as session:
        rows = ahead.on_its_way(session, view.model.id)
    if rows is None:
        return []
    words = (
        f"The figures count all {number(rows)} predictions of a file already; single ones can be found"
        " as soon as they are stored, which is going on."
    )
    return [cell(12, notice(words, title="A file is being stored"))]


def _latest(request: PageRequest, view: Technical, text: str) -> Sequence[StoredPrediction]:
    with request.transaction() as session:
        return stored.latest(session, view.model, text=text or None, limit=LIMIT, now=view.now)


def _detail(request: PageRequest, view: Technical, prediction_id: str) -> Component:
    with request.transaction() as session:
        found = stored.find(session, view.model, prediction_id)
        reference = baselines.current(session, [view.model.id]).get(view.model.id)
    if found is None:
        raise NotFoundError(f"There is no prediction '{prediction_id}' of {view.model.title}.")
    known = {} if reference is None else reference.aggregate.features
    return one_prediction(found, view.model, places(found.features, known), view.zone)
