"""Technical › Data quality: which feature moved, how far above chance, and what its values look like now."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from dash import ALL, Input, Output, State, ctx, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from webapp.accounts.permissions import Permission
from webapp.core.errors import UserError
from webapp.core.formatting import day, number, share
from webapp.core.periods import DAY
from webapp.drift.registry import method_named
from webapp.figures import distribution_bars, drift_bars, drift_heatmap
from webapp.metrics.drift import DriftReport, FeatureDrift, Level, distribution, drift, drift_series
from webapp.metrics.metric import Point, Value
from webapp.metrics.registry import METRICS
from webapp.web.components import (
    Column,
    cell,
    data_table,
    empty_state,
    facts,
    graph,
    grid,
    kpi_card,
    kpi_row,
    notice,
    panel,
    pill,
    sparkline,
)
from webapp.web.page import Page, PageRequest
from webapp.web.pages.technical import frame
from webapp.web.pages.technical.frame import Technical
from webapp.web.router import LOCATION
from webapp.web.views.metric_cards import explained, sentence, standing
from webapp.web.views.requests import page_request

PAGE = Page(
    "technical_data",
    path="/technical/data",
    title="Data quality",
    permission=Permission.DASHBOARDS_TECHNICAL,
    group="Models",
    icon="database",
    order=31,
    filters=frozenset({"model", "range", "version"}),
)

BARS = "data-drift-bars"
FEATURE = "data-feature"  # the buttons of the table: {"type": FEATURE, "name": …}
DETAIL = "data-feature-detail"
TONES = {Level.OK: "good", Level.WARNING: "warning", Level.CRITICAL: "critical", Level.UNDEFINED: "quiet"}
WORDS = {Level.OK: "stable", Level.WARNING: "moved", Level.CRITICAL: "moved far", Level.UNDEFINED: "not comparable"}
BAR_HEIGHT, SMALLEST, SMALLEST_BARS = 26, 220, 420
MOST_NEW = 8


@PAGE.layout
def layout(request: PageRequest) -> Component:
    return frame.tab(PAGE, request, lambda view: _body(request, view))


@PAGE.callback(
    Output(DETAIL, "children"),
    Input(BARS, "clickData"),
    Input({"type": FEATURE, "name": ALL}, "n_clicks"),
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
    with request.transaction() as session:
        report = drift(session, view.model, view.window, now=view.now, version=view.version)
        found = next((each for each in report.features if each.name == name), None)
        if found is None:
            raise UserError("This feature has no values in the window; choose another one.")
        return _detail(request, view, found)


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


def _body(request: PageRequest, view: Technical) -> list[Component]:
    step = max(view.step, DAY) if view.window.duration > timedelta(days=3) else view.step
    with request.transaction() as session:
        report = drift(session, view.model, view.window, now=view.now, version=view.version)
        daily = drift_series(session, view.model, view.window, step, now=view.now) if report.baseline else {}
    if report.baseline is None:
        return [_no_baseline(view)]
    if not report.features:
        return [empty_state("No features in this window", "Choose a longer time range at the top.", picture="database")]
    first = report.features[0]
    parts: list[Component] = [notice(_provisional(view), tone="warning")] if report.baseline.provisional else []
    parts += [
        _numbers(report, view),
        grid(cell(6, _bars(report, view)), cell(6, html.Div(_detail(request, view, first), id=DETAIL))),
        _table(report, daily),
        _heatmap(report, daily, view),
    ]
    return parts


def _no_baseline(view: Technical) -> Component:
    return empty_state(
        "No baseline yet",
        "Drift is measured against a reference. From 1,000 predictions on a provisional one is made by itself;"
        " a better one is a window that you trust.",
        html.A("Choose a window", href=f"/models/{view.model.name}#baselines", className="mc-button mc-button-primary"),
        picture="database",
    )


def _provisional(view: Technical) -> Sequence[Component | str]:
    return [
        "The baseline was made from the first predictions by itself. ",
        html.A("Choose a window that you trust", href=f"/models/{view.model.name}#baselines"),
        " and drift is measured against that.",
    ]


def _numbers(report: DriftReport, view: Technical) -> Component:
    moved = [each for each in report.features if each.level in {Level.WARNING, Level.CRITICAL}]
    baseline = report.baseline
    assert baseline is not None
    return kpi_row(
        kpi_card(
            "Drift score",
            _score(report.score),
            note=_culprit(report),
            state=standing(report.score, view.model.targets.get("drift_score"), METRICS["drift_score"].better),
            target=f"warning {number(report.warning, 2)} · critical {number(report.critical, 2)}",
            explanation=explained(METRICS["drift_score"], report.score, view),
        ),
        kpi_card(
            "Features that moved",
            f"{len(moved)} of {len(report.features)}",
            note=", ".join(each.name for each in moved[:3]) or "None is above its line.",
            explanation=explained(METRICS["drift_share"], report.share, view),
        ),
        kpi_card(
            "Prediction drift",
            _score(report.prediction),
            note=_why(report.prediction) or "scores against the baseline's",
            explanation=explained(METRICS["prediction_drift"], report.prediction, view),
        ),
        kpi_card(
            "Baseline",
            f"no. {baseline.number}",
            note=f"{baseline.source}, {number(baseline.row_count)} rows, since {day(baseline.valid_from, view.zone)}",
            href=f"/models/{view.model.name}",
        ),
    )


def _culprit(report: DriftReport) -> str | None:
    """Name the feature that decides the score; without one, say why there is none."""
    note = report.score.note
    if note in {each.name for each in report.features}:
        return f"highest: {note}"
    return sentence(note) if note else _why(report.score)


def _bars(report: DriftReport, view: Technical) -> Component:
    scored = [each for each in report.features if each.score.value is not None]
    if not scored:
        nothing = empty_state("Nothing to compare", _why(report.score) or "", picture="chart-line")
        return panel("Drift by feature", nothing)
    height = max(SMALLEST_BARS, 90 + BAR_HEIGHT * min(len(scored), 25))
    chart = graph(drift_bars(report), id=BARS, height=height, label="Drift score by feature")
    return panel(
        "Drift by feature", chart, subtitle=f"{method_named(report.method).label}; press a bar to see its values"
    )


def _detail(request: PageRequest, view: Technical, feature: FeatureDrift) -> Component:
    with request.transaction() as session:
        found = distribution(session, view.model, feature.name, view.window, now=view.now, version=view.version)
    chart = (
        graph(distribution_bars(found), height=260, label=f"Values of {feature.name}: baseline and now")
        if found.labels
        else empty_state("No values to compare", feature.score.reason or "", picture="chart-line")
    )
    new = ", ".join(feature.new_categories[:MOST_NEW]) or "none"
    rows = [
        ("Drift score", _score(feature.score)),
        ("Noise floor", "–" if feature.noise_floor is None else number(feature.noise_floor, 3)),
        ("PSI", "–" if feature.psi is None else number(feature.psi, 3)),
        ("Missing", _missing(feature)),
        ("Out of range", _share(feature.out_of_range_share)),
        ("Wrong type", number(feature.type_errors)),
        ("New values", new if feature.kind == "category" else "–"),
    ]
    return panel(
        feature.name,
        chart,
        facts(rows, columns=2),
        subtitle=pill(WORDS[feature.level], tone=TONES[feature.level]),
    )


def _table(report: DriftReport, daily: Mapping[str, Sequence[Point]]) -> Component:
    columns = [
        Column("name", "Feature"),
        Column("level", "State"),
        Column("score", "Score", align="right"),
        Column("floor", "Noise floor", align="right"),
        Column("course", "Course"),
        Column("missing", "Missing", align="right"),
        Column("outside", "Out of range", align="right"),
        Column("new", "New categories"),
    ]
    rows = [_row(each, daily.get(each.name, ())) for each in report.features]
    table = data_table(columns, rows, caption="Drift and data quality by feature, the highest score first")
    return panel("Features", table, subtitle="the highest score first", flush=True)


def _row(feature: FeatureDrift, course: Sequence[Point]) -> dict[str, Any]:
    button = html.Button(
        feature.name,
        id={"type": FEATURE, "name": feature.name},
        type="button",
        className="mc-link",
        title="Show its values",
    )
    return {
        "name": button,
        "level": pill(WORDS[feature.level], tone=TONES[feature.level]),
        "score": html.Span(_score(feature.score), title=feature.score.reason or ""),
        "floor": "–" if feature.noise_floor is None else number(feature.noise_floor, 3),
        "course": sparkline([point.value.value for point in course]) if course else "",
        "missing": _missing(feature),
        "outside": _share(feature.out_of_range_share),
        "new": ", ".join(feature.new_categories[:3]) or "–",
    }


def _heatmap(report: DriftReport, daily: Mapping[str, Sequence[Point]], view: Technical) -> Component:
    if not any(point.value.value is not None for points in daily.values() for point in points):
        return panel(
            "Drift over time", empty_state("Too few values a step", "Choose another time range.", picture="chart-line")
        )
    figure = drift_heatmap(daily, critical=report.critical, zone=view.zone)
    height = max(SMALLEST, 60 + 22 * min(len(daily), 25))
    return panel(
        "Drift over time",
        graph(figure, height=height, label="Drift score by feature and day"),
        subtitle="darker is further from the baseline; empty where too little was seen",
    )


def _missing(feature: FeatureDrift) -> str:
    before = feature.baseline_missing_share
    return _share(feature.missing_share) + ("" if before is None else f" (was {share(before)})")


def _share(value: float | None) -> str:
    return "–" if value is None else share(value)


def _score(value: Value) -> str:
    return "–" if value.value is None else number(value.value, 3)


def _why(value: Value) -> str | None:
    return sentence(value.reason) if value.value is None and value.reason else None
