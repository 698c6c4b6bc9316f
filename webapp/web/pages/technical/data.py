"""Technical › Data quality: which feature moved, how far above chance, what its values look like, what did not come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from dash import ALL, Input, Output, State, ctx, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from webapp.accounts.permissions import Permission
from webapp.catalog.models import Deployment
from webapp.catalog.queries import deployments
from webapp.core.errors import UserError
from webapp.core.formatting import number, share
from webapp.core.periods import DAY
from webapp.drift.registry import METHODS, method_named
from webapp.figures import distribution_bars, drift_bars, drift_heatmap
from webapp.metrics.drift import (
    FeatureDrift,
    Study,
    courses,
    distribution_of,
    score_distribution,
    steps,
    study,
)
from webapp.metrics.feature_quality import FeatureQuality, quality, renamed
from webapp.metrics.metric import Point
from webapp.web.components import cell, empty_state, facts, graph, grid, panel, stack
from webapp.web.page import Page, PageRequest
from webapp.web.pages.technical import frame
from webapp.web.router import LOCATION, RENDERED, query_of, rendered
from webapp.web.session import runtime
from webapp.web.views import arrival_parts, drift_parts, feature_list, quality_parts
from webapp.web.views.feature_list import ONLY_MOVED, OWN_METHOD, PAGE_SIZE, Choice
from webapp.web.views.metric_cards import sentence
from webapp.web.views.quality_parts import FEATURE, probability, score_text, state_pill
from webapp.web.views.requests import page_request
from webapp.web.views.technical import Technical

PAGE = Page(
    "technical_data",
    path="/technical/data",
    title="Data quality",
    permission=Permission.DASHBOARDS_TECHNICAL,
    group="Models",
    icon="database",
    order=31,
    filters=frozenset({"model", "range", "version", "segment"}),
)

BARS, DETAIL, FEATURES = "data-drift-bars", "data-feature-detail", "data-features"
METHOD, SEARCH, MOVED = "data-method", "data-search", "data-moved"
TURN = "data-turn"  # the buttons that turn the page: {"type": TURN, "page": …}
BAR_HEIGHT, SMALLEST, SMALLEST_BARS = 26, 220, 260


@dataclass(frozen=True, slots=True)
class Look:
    """What the tab shows: the study of the window, its features' quality, and those that are listed."""

    view: Technical
    choice: Choice
    study: Study
    qualities: Mapping[str, FeatureQuality]
    chosen: Sequence[FeatureDrift]
    listed: Sequence[FeatureDrift]
    courses: Mapping[str, Sequence[Point]]
    deployed: Sequence[Deployment]
    renamings: Sequence[Any] = ()


@PAGE.layout
def layout(request: PageRequest) -> Component:
    return frame.tab(PAGE, request, lambda view: _body(request, view))


@PAGE.callback(
    Output(LOCATION, "search", allow_duplicate=True),
    Input(METHOD, "value"),
    State(LOCATION, "search"),
    prevent_initial_call=True,
)
def choose_method(method: object, search: object) -> str:
    """Put the method into the address, which shows the page anew."""
    query = query_of(search if isinstance(search, str) else "")
    wanted = "" if method == OWN_METHOD else str(method or "")
    if query.get("method", "") == wanted:
        raise PreventUpdate
    return _search(query, method=method_named(wanted).name if wanted else "", page="")


@PAGE.callback(
    Output(FEATURES, "children"),
    Output(LOCATION, "search", allow_duplicate=True),
    Output(RENDERED, "data", allow_duplicate=True),
    Input(SEARCH, "value"),
    Input(MOVED, "value"),
    Input({"type": TURN, "page": ALL}, "n_clicks"),
    State(LOCATION, "search"),
    State(RENDERED, "data"),
    prevent_initial_call=True,
)
def list_features(text: object, moved: object, _turned: object, search: object, shown: object) -> tuple[Any, ...]:
    """Show other features in place, and put the choice into the address without showing the whole page anew."""
    turned = ctx.triggered_id
    if isinstance(turned, Mapping) and not ctx.triggered[0]["value"]:
        raise PreventUpdate
    request = page_request(PAGE.path, search)
    choice = replace(
        Choice.read(request.query),
        text=str(text or "").strip()[: feature_list.LONGEST_TEXT],
        only_moved=isinstance(moved, list) and ONLY_MOVED in moved,
        page=_page_turned_to(turned),
    )
    view = frame.chosen(request)
    look = _look(request, view, choice)
    address = _search(request.query, **choice.query)
    before = shown if isinstance(shown, dict) else {}
    kept = rendered(PAGE.path, address, PAGE.title, page=PAGE, before=before)
    return _features(look), address, kept


@PAGE.callback(
    Output(DETAIL, "children"),
    Input(BARS, "clickData"),
    Input({"type": FEATURE, "name": ALL, "table": ALL}, "n_clicks"),
    State(LOCATION, "search"),
    prevent_initial_call=True,
)
def show_feature(clicked: object, _pressed: object, search: object) -> Component:
    """Show the reference and the current distribution of the feature whose bar or row was chosen."""
    name = _chosen(clicked)
    if name is None:
        raise PreventUpdate
    request = page_request(PAGE.path, search)
    view = frame.chosen(request)
    found = _study(request, view, Choice.read(request.query))
    feature = next((each for each in found.report.features if each.name == name), None)
    if feature is None:
        raise UserError("This feature has no values in the window; choose another one.")
    return _detail(found, feature, quality(found.current.features, found.known)[name])


def _chosen(clicked: object) -> str | None:
    """Return the feature's name out of the button or the bar that was pressed last."""
    triggered = ctx.triggered_id
    if isinstance(triggered, Mapping):
        pressed = ctx.triggered[0]["value"] if ctx.triggered else None
        return str(triggered.get("name", "")) if pressed else None
    match clicked:
        case {"points": [{"customdata": [str(name), *_]}, *_]}:
            return name
        case _:
            return None


def _page_turned_to(turned: object) -> int:
    page = turned.get("page") if isinstance(turned, Mapping) else 1
    return int(page) if isinstance(page, int) or (isinstance(page, str) and page.isdecimal()) else 1


def _search(query: Mapping[str, str], **changed: str) -> str:
    """Return the query string with what was changed; what is empty is left out."""
    kept = {name: value for name, value in {**query, **changed}.items() if value}
    return f"?{urlencode(kept)}" if kept else ""


def _study(request: PageRequest, view: Technical, choice: Choice) -> Study:
    method = choice.method or None
    with request.transaction() as session:
        return study(session, view.model, view.window, now=view.now, method=method, **view.part)


def _look(request: PageRequest, view: Technical, choice: Choice) -> Look:
    step = max(view.step, DAY) if view.window.duration > timedelta(days=3) else view.step
    found = _study(request, view, choice)
    chosen = feature_list.chosen(found.report.features, choice)
    listed = feature_list.page_of(chosen, choice)
    with request.transaction() as session:
        counted = steps(session, view.model, view.window, step, now=view.now, **view.part)
        deployed = deployments(session, view.model.id, view.window)
    qualities = quality(found.current.features, found.known)
    return Look(
        view=view,
        choice=choice,
        study=found,
        qualities=qualities,
        chosen=chosen,
        listed=listed,
        courses=courses(
            counted, found.baseline, method_named(found.report.method), names={each.name for each in listed}
        ),
        deployed=deployed,
        renamings=renamed(counted, qualities),
    )


def _body(request: PageRequest, view: Technical) -> list[Component]:
    choice = Choice.read(request.query)
    look = _look(request, view, choice)
    with request.transaction() as session:
        days = timedelta(days=runtime().settings.outcome_window_days)
        came = arrival_parts.arrival(session, view.model, view, version=view.version, outcome_window=days, now=view.now)
    arrivals = [arrival_parts.arrived(came, view), arrival_parts.not_arrived(came, view.model)]
    if not look.study.report.features:
        nothing = empty_state(
            "No features in this window", "Choose a longer time range at the top.", picture="database"
        )
        return [*([drift_parts.no_baseline(view.model)] if look.study.baseline is None else []), nothing, *arrivals]
    toolbar = feature_list.toolbar(choice, _method_options(view), method=METHOD, search=SEARCH, moved=MOVED)
    return [
        *(
            [drift_parts.no_baseline(view.model)]
            if look.study.baseline is None
            else drift_parts.about_baseline(look.study.report, view, view.model)
        ),
        *quality_parts.notices(look.qualities, look.renamings, view.zone),
        *([drift_parts.numbers(look.study.report, view.model, view)] if look.study.baseline is not None else []),
        toolbar,
        html.Div(_features(look), id=FEATURES),
        *([_scores(look)] if look.study.baseline is not None else []),
        *arrivals,
    ]


def _features(look: Look) -> Component:
    """Return the features of one page: bars, one distribution, both tables and the map of days."""
    if not look.listed:
        words = "No feature is above its line and its noise floor." if look.choice.only_moved else "Try another name."
        return panel("Features", empty_state("No such feature", words, picture="search"))
    first, view = look.listed[0], look.view
    turn = feature_list.turns(len(look.chosen), look.choice, TURN)
    subtitle = "what is worst first" + (f", {turn.words}" if len(look.chosen) > PAGE_SIZE else "")
    detail = html.Div(_detail(look.study, first, look.qualities[first.name]), id=DETAIL, className="mc-sticky")
    parts: list[Component] = []
    if look.study.baseline is not None:
        parts.append(grid(cell(6, _bars(look)), cell(6, detail)))
        caption = "Drift by feature, the worst first"
        table = quality_parts.drift_table(look.listed, look.courses, caption=caption)
        parts.append(panel("Features", table, turn.buttons, subtitle=subtitle, flush=True))
    else:
        parts.append(detail)
    table = quality_parts.quality_table(look.listed, look.qualities, caption="Quality of the values by feature")
    of_all = f"of {number(look.study.current.tally.predictions)} predictions"
    parts.append(panel("Quality of the values", table, subtitle=of_all, flush=True))
    if look.study.baseline is not None:
        parts.append(_heatmap(look, view))
    return stack(*parts)


def _method_options(view: Technical) -> list[tuple[str, str]]:
    own = view.model.drift_method
    return [(OWN_METHOD, f"{method_named(own).label} (the model's own)")] + [
        (name, method.label) for name, method in METHODS.items() if name != own
    ]


def _bars(look: Look) -> Component:
    report = look.study.report
    scored = [each for each in look.listed if each.score.value is not None]
    if not scored:
        nothing = empty_state("Nothing to compare", drift_parts.why(report.score) or "", picture="chart-line")
        return panel("Drift by feature", nothing)
    height = max(SMALLEST_BARS, 90 + BAR_HEIGHT * len(scored))
    chart = graph(drift_bars(report, features=look.listed), id=BARS, height=height, label="Drift score by feature")
    subtitle = f"{method_named(report.method).label}; the mark is the noise floor; press a bar to see its values"
    return panel("Drift by feature", chart, subtitle=subtitle)


def _detail(found: Study, feature: FeatureDrift, counted: FeatureQuality) -> Component:
    shares = distribution_of(found, feature.name)
    chart = (
        graph(distribution_bars(shares), height=260, label=f"Values of {feature.name}: baseline and now")
        if shares.labels
        else empty_state("No values to compare", sentence(feature.score.reason or ""), picture="chart-line")
    )
    rows = [
        ("Drift score", score_text(feature)),
        ("Noise floor", "–" if feature.noise_floor is None else number(feature.noise_floor, 3)),
        ("p · q of all", f"{probability(feature.p_value)} · {probability(feature.q_value)}"),
        ("PSI", "–" if feature.psi is None else number(feature.psi, 3)),
        ("Missing", quality_parts.missing_text(counted)),
        ("Out of range", "–" if feature.out_of_range_share is None else share(feature.out_of_range_share)),
        ("Wrong type", number(counted.type_errors)),
        ("New values", quality_parts.new_text(feature, counted, most=20)),
    ]
    return panel(feature.name, chart, facts(rows, columns=2), subtitle=state_pill(feature.level))


def _scores(look: Look) -> Component:
    """Return how the scores themselves are spread, in the baseline and now."""
    shares = score_distribution(look.study)
    if not shares.labels:
        words = sentence(look.study.report.prediction.reason or "the baseline has no scores")
        return panel("Scores: baseline and now", empty_state("No scores to compare", words, picture="chart-line"))
    chart = graph(distribution_bars(shares), height=260, label="Scores: baseline and now")
    return panel("Scores: baseline and now", chart, subtitle="in tenths of the baseline's scores")


def _heatmap(look: Look, view: Technical) -> Component:
    if not any(point.value.value is not None for points in look.courses.values() for point in points):
        return panel(
            "Drift over time", empty_state("Too few values a step", "Choose another time range.", picture="chart-line")
        )
    figure = drift_heatmap(look.courses, critical=look.study.report.critical, deployments=look.deployed, zone=view.zone)
    height = max(SMALLEST, 60 + 22 * len(look.courses))
    return panel(
        "Drift over time",
        graph(figure, height=height, label="Drift score by feature and day"),
        subtitle="darker is further from the baseline; empty where too little was seen",
    )
