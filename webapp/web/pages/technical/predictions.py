"""Technical › Predictions: what was predicted, how often, and any single prediction with what became of it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from dash import ALL, Input, Output, State, ctx, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from webapp.accounts.permissions import Permission
from webapp.core.errors import NotFoundError
from webapp.core.formatting import duration_ms, number
from webapp.core.periods import DAY
from webapp.figures import metric_trend, score_distribution, volume
from webapp.metrics import queries as metrics
from webapp.metrics.metric import MetricSeries
from webapp.metrics.performance import Performance, performance
from webapp.telemetry import search as stored
from webapp.telemetry.search import StoredPrediction
from webapp.web.components import (
    Column,
    cell,
    data_table,
    empty_state,
    facts,
    field,
    graph,
    grid,
    panel,
    pill,
    text_input,
    when,
)
from webapp.web.page import Page, PageRequest
from webapp.web.pages.technical import frame
from webapp.web.pages.technical.frame import Technical
from webapp.web.router import LOCATION
from webapp.web.views.requests import page_request

PAGE = Page(
    "technical_predictions",
    path="/technical/predictions",
    title="Predictions",
    permission=Permission.DASHBOARDS_TECHNICAL,
    group="Models",
    icon="list",
    order=33,
    filters=frozenset({"model", "range", "version"}),
)

SEARCH = "predictions-search"
ROWS = "predictions-rows"
PREDICTION = "prediction"  # the buttons of the list: {"type": PREDICTION, "id": …}
DETAIL = "predictions-detail"
LIMIT = 25
LONGEST_TEXT = 200


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
    return _list(_latest(request, view, wanted), view, wanted)


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
    return _detail(_one(request, view, str(chosen.get("id", ""))), view)


def _body(request: PageRequest, view: Technical) -> list[Component]:
    step = max(view.step, DAY) if view.window.duration > timedelta(days=3) else view.step
    with request.transaction() as session:
        found = performance(session, view.model, view.window, now=view.now, version=view.version)
        counts = metrics.version_series(session, view.model, "prediction_count", view.window, step, now=view.now)
        flagged = metrics.version_series(session, view.model, "flagged_share", view.window, step, now=view.now)
    parts = [
        grid(
            cell(5, panel("Scores", _scores(found), subtitle=f"{number(found.predictions)} predictions")),
            cell(7, panel("Volume", _volume(counts, view), subtitle="by version")),
        ),
        panel("Share flagged", _flagged(flagged, view), subtitle="predicted positive, by version"),
    ]
    if request.actor.may(Permission.PREDICTIONS_READ):
        parts.append(_raw(request, view))
    return parts


def _scores(found: Performance) -> Component:
    if not any(each.count for each in found.scores):
        return empty_state("No scores in this window", "Choose a longer time range at the top.", picture="chart-line")
    return graph(score_distribution(found), height=280, label="Predictions by score and outcome")


def _volume(counts: Mapping[str, MetricSeries], view: Technical) -> Component:
    if not counts:
        return empty_state("No predictions in this window", "Choose a longer time range.", picture="chart-line")
    figure = volume(list(counts.values()), names=list(counts), zone=view.zone)
    return graph(figure, height=280, label="Predictions over time by version")


def _flagged(flagged: Mapping[str, MetricSeries], view: Technical) -> Component:
    if not flagged:
        return empty_state("No predictions in this window", "Choose a longer time range.", picture="chart-line")
    figure = metric_trend(list(flagged.values()), title_by=list(flagged), zone=view.zone)
    return graph(figure, height=220, label="Share flagged over time by version")


def _raw(request: PageRequest, view: Technical) -> Component:
    """Return the list of single predictions with its search; an address may name one that is shown at once."""
    asked = request.query.get("prediction", "")[:LONGEST_TEXT]
    shown = _detail(_one(request, view, asked), view) if asked else _nothing_chosen()
    box = text_input(
        SEARCH, type="search", placeholder="prediction id, or a part of it", debounce=0.3, maxlength=LONGEST_TEXT
    )
    return grid(
        cell(
            8,
            panel(
                "Latest predictions",
                html.Div(field("Search by id", box), className="mc-panel-search"),
                html.Div(_list(_latest(request, view, ""), view, ""), id=ROWS),
                flush=True,
            ),
        ),
        cell(4, html.Div(shown, id=DETAIL, className="mc-sticky")),
    )


def _nothing_chosen() -> Component:
    return panel(
        "One prediction", empty_state("None chosen", "Press an id to see its features and outcome.", picture="list")
    )


def _latest(request: PageRequest, view: Technical, text: str) -> Sequence[StoredPrediction]:
    with request.transaction() as session:
        return stored.latest(session, view.model, text=text or None, limit=LIMIT, now=view.now)


def _one(request: PageRequest, view: Technical, prediction_id: str) -> StoredPrediction:
    with request.transaction() as session:
        found = stored.find(session, view.model, prediction_id)
    if found is None:
        raise NotFoundError(f"There is no prediction '{prediction_id}' of {view.model.title}.")
    return found


def _list(found: Sequence[StoredPrediction], view: Technical, text: str) -> Component:
    columns = [
        Column("id", "Prediction"),
        Column("at", "When"),
        Column("version", "Version"),
        Column("score", "Score", align="right"),
        Column("decision", "Flagged"),
        Column("outcome", "Outcome"),
    ]
    words = f"No prediction id holds '{text}'." if text else "Predictions appear here as they arrive."
    empty = empty_state("Nothing found" if text else "No predictions yet", words, picture="search")
    rows = [_row(each, view) for each in found]
    return data_table(columns, rows, caption="Latest predictions, the newest first", empty=empty)


def _row(each: StoredPrediction, view: Technical) -> dict[str, Any]:
    button = html.Button(
        each.prediction_id,
        id={"type": PREDICTION, "id": each.prediction_id},
        type="button",
        className="mc-link mc-mono",
    )
    return {
        "id": button,
        "at": when(each.at, zone=view.zone),
        "version": each.version,
        "score": "–" if each.score is None else number(each.score, 3),
        "decision": _decision(each),
        "outcome": _outcome(each),
    }


def _decision(each: StoredPrediction) -> Component | str:
    if each.error is not None:
        return pill("failed", tone="critical")
    return "–" if each.predicted is None else "yes" if each.predicted else "no"


def _outcome(each: StoredPrediction) -> Component:
    """Return what happened, and whether the decision was right."""
    if each.actual is None:
        return pill("open")
    happened = "happened" if each.actual else "did not happen"
    if each.predicted is None:
        return pill(happened)
    return pill(happened, tone="good" if bool(each.predicted) == bool(each.actual) else "critical")


def _detail(each: StoredPrediction, view: Technical) -> Component:
    rows: list[tuple[str, Any]] = [
        ("Made", when(each.at, zone=view.zone)),
        ("Version", f"{each.version} ({each.environment})"),
        ("Score", "–" if each.score is None else number(each.score, 4)),
        ("Flagged", _decision(each)),
        ("Outcome", _outcome(each)),
        ("Outcome came", when(each.outcome_at, zone=view.zone, never="not yet")),
        ("Response time", "–" if each.latency_ms is None else duration_ms(each.latency_ms)),
    ]
    if each.error is not None:
        rows.append(("Error", each.error))
    rows += [(f"Segment {name}", value) for name, value in each.segments.items()]
    rows += [("Corrected", f"{number(one.former)} → {number(one.actual)}") for one in each.corrections]
    features = [(name, _value(value)) for name, value in each.features.items()]
    link = f"/technical/predictions?model={view.model.name}&prediction={each.prediction_id}"
    return panel(
        "One prediction",
        html.P(dcc.Link(each.prediction_id, href=link, className="mc-mono"), title="The address of this prediction"),
        facts(rows),
        html.H3("Features", className="mc-subhead"),
        facts(features) if features else html.P("It was sent without features.", className="mc-quiet"),
    )


def _value(value: float | str | None) -> str:
    if value is None:
        return "missing"
    return value if isinstance(value, str) else number(value)
