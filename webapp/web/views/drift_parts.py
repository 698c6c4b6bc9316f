"""Drift as components: the numbers above the features, and what the comparison must be read with."""

from dash import html
from dash.development.base_component import Component

from webapp.catalog.models import Model
from webapp.core.formatting import day, number
from webapp.metrics.drift import DriftReport, Level
from webapp.metrics.metric import Value
from webapp.metrics.registry import METRICS
from webapp.web.components import empty_state, kpi_card, kpi_row, notice, panel
from webapp.web.components.content import Child
from webapp.web.views.metric_cards import Shown, explained, sentence, standing
from webapp.web.views.quality_parts import score_text


def numbers(report: DriftReport, model: Model, shown: Shown) -> Component:
    """Return the cards: the model's score and the feature that decides it, how many moved, the scores, the baseline."""
    moved = [each for each in report.features if each.level in {Level.WARNING, Level.CRITICAL}]
    baseline = report.baseline
    assert baseline is not None
    lines = f"warning {number(report.warning, 2)} · critical {number(report.critical, 2)}"
    target = model.targets.get("drift_score") if report.method == model.drift_method else None
    return kpi_row(
        kpi_card(
            "Drift score",
            _score(report.score),
            note=_culprit(report),
            state=standing(report.score, target, METRICS["drift_score"].better),
            target=lines,
            explanation=explained(METRICS["drift_score"], report.score, shown),
        ),
        kpi_card(
            "Features that moved",
            f"{len(moved)} of {len(report.features)}",
            note=", ".join(each.name for each in moved[:3]) or "None is above its line.",
            explanation=explained(METRICS["drift_share"], report.share, shown),
        ),
        kpi_card(
            "Prediction drift",
            _score(report.prediction),
            note=why(report.prediction) or "scores against the baseline's",
            explanation=explained(METRICS["prediction_drift"], report.prediction, shown),
        ),
        kpi_card(
            "Baseline",
            f"no. {baseline.number}",
            note=f"{baseline.source}, {number(baseline.row_count)} rows, since {day(baseline.valid_from, shown.zone)}",
            href=f"/models/{model.name}",
        ),
    )


def no_baseline(model: Model) -> Component:
    """Say what drift needs, and where one gives it."""
    empty = empty_state(
        "No baseline yet",
        "Drift is measured against a reference. From 1,000 predictions on a provisional one is made by itself;"
        " a better one is a window or a training file that you trust.",
        html.A("Make a baseline", href=_baselines(model), className="mc-button mc-button-primary"),
        picture="database",
    )
    return panel(None, empty)


def about_baseline(report: DriftReport, shown: Shown, model: Model) -> list[Component]:
    """Say what the comparison must be read with: a baseline that made itself, or one that is newer than the window."""
    baseline = report.baseline
    assert baseline is not None
    said: list[Component] = []
    if baseline.provisional:
        link = html.A("Choose a window that you trust", href=_baselines(model))
        words: list[Child] = [
            "The baseline was made from the first predictions by itself. ",
            link,
            " and drift is measured by that.",
        ]
        said.append(notice(words, tone="warning"))
    if shown.window.start < baseline.valid_from and not baseline.provisional:
        since = day(baseline.valid_from, shown.zone)
        said.append(
            notice(
                f"Baseline {baseline.number} counts from {since}. Days before are compared with it all the same, so"
                f" that the whole time has one measure; it was made on {day(baseline.created_at, shown.zone)}."
            )
        )
    return said


def why(value: Value) -> str | None:
    return sentence(value.reason) if value.value is None and value.reason else None


def _baselines(model: Model) -> str:
    return f"/models/{model.name}#baselines"


def _culprit(report: DriftReport) -> str | None:
    """Name the feature that decides the score, and its weight; without one, say why there is none."""
    score = report.score
    worst = next((each for each in report.features if each.name == score.note), None)
    if worst is None:
        return sentence(score.note) if score.note else why(score)
    if worst.importance is None:
        return f"highest: {worst.name}"
    return f"highest: {worst.name}, {score_text(worst)} × weight {number(worst.weight, 2)}"


def _score(value: Value) -> str:
    return "–" if value.value is None else number(value.value, 3)
