"""Single predictions as components: a list of them, and one with its outcome and its features beside the baseline."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from webapp.catalog.models import Model, Task
from webapp.core.formatting import duration_ms, number, share
from webapp.metrics.places import Place
from webapp.telemetry.search import Correction, StoredPrediction
from webapp.web.components import Column, data_table, empty_state, facts, panel, pill, when
from webapp.web.components.content import classes

PREDICTION = "prediction"  # the buttons of the list: {"type": PREDICTION, "id": …}
MOST_SCORES = 5
NONE = "–"


def prediction_list(found: Sequence[StoredPrediction], model: Model, zone: str, text: str) -> Component:
    """Return the predictions, the newest first; the columns are those that the model's answers have."""
    answer = {Task.BINARY: "Flagged", Task.MULTICLASS: "Class", Task.REGRESSION: "Predicted"}[model.task]
    has_score = model.task is not Task.REGRESSION
    columns = [
        Column("id", "Prediction"),
        Column("at", "When"),
        Column("version", "Version"),
        *([Column("score", "Score", align="right")] if has_score else []),
        Column("decision", answer, align="left" if has_score else "right"),
        Column("outcome", "Outcome"),
    ]
    words = f"No prediction id holds '{text}'." if text else "Predictions appear here as they arrive."
    empty = empty_state("Nothing found" if text else "No predictions yet", words, picture="search")
    rows = [_row(each, model.task, zone) for each in found]
    return data_table(columns, rows, caption="Latest predictions, the newest first", empty=empty)


def nothing_chosen() -> Component:
    return panel(
        "One prediction", empty_state("None chosen", "Press an id to see its features and outcome.", picture="list")
    )


def one_prediction(each: StoredPrediction, model: Model, places: Mapping[str, Place], zone: str) -> Component:
    """Return what was predicted, what became of it, and where each of its values stands in the baseline."""
    has_score = model.task is not Task.REGRESSION
    answer = {Task.BINARY: "Flagged", Task.MULTICLASS: "Class", Task.REGRESSION: "Predicted"}[model.task]
    rows: list[tuple[str, Any]] = [
        ("Made", when(each.at, zone=zone)),
        ("Version", f"{each.version} ({each.environment})"),
        *([("Score", NONE if each.score is None else number(each.score, 4))] if has_score else []),
        (answer, _decision(each, model.task)),
        ("Outcome", _outcome(each, model.task)),
        ("Outcome came", when(each.outcome_at, zone=zone, never="not yet")),
        ("Response time", NONE if each.latency_ms is None else duration_ms(each.latency_ms)),
    ]
    if each.error is not None:
        rows.append(("Error", each.error))
    rows += [(f"Segment {name}", value) for name, value in each.segments.items()]
    rows += [("Corrected", _correction(one, model.task, zone)) for one in each.corrections]
    link = f"/technical/predictions?model={model.name}&prediction={each.prediction_id}"
    return panel(
        "One prediction",
        html.P(dcc.Link(each.prediction_id, href=link, className="mc-mono"), title="The address of this prediction"),
        facts(rows),
        *_scores(each),
        html.H3("Features, and where they stand in the baseline", className="mc-subhead"),
        _features(each, places),
    )


def _row(each: StoredPrediction, task: Task, zone: str) -> dict[str, Any]:
    button = html.Button(
        each.prediction_id,
        id={"type": PREDICTION, "id": each.prediction_id},
        type="button",
        className="mc-link mc-mono",
    )
    return {
        "id": button,
        "at": when(each.at, zone=zone),
        "version": each.version,
        "score": NONE if each.score is None else number(each.score, 3),
        "decision": _decision(each, task),
        "outcome": _outcome(each, task),
    }


def _decision(each: StoredPrediction, task: Task) -> Component | str:
    if each.error is not None:
        return pill("failed", tone="critical")
    return NONE if each.predicted is None else _said(each.predicted, each.predicted_class, task)


def _outcome(each: StoredPrediction, task: Task) -> Component:
    """Return what happened, and whether the answer was right; of a number, how far it was off."""
    if each.actual is None:
        return pill("open")
    if task is Task.REGRESSION:
        off = None if each.predicted is None else each.predicted - each.actual
        words = "" if off is None else f" ({'+' if off > 0 else ''}{number(off)})"
        return html.Span([number(each.actual), html.Span(words, className="mc-quiet", title="predicted − actual")])
    happened = _happened(each.actual, each.actual_class, task)
    if each.predicted is None:
        return pill(happened)
    return pill(happened, tone="good" if each.predicted == each.actual else "critical")


def _said(value: float, name: str | None, task: Task) -> str:
    if task is Task.BINARY:
        return "yes" if value else "no"
    return number(value) if name is None else name


def _happened(value: float, name: str | None, task: Task) -> str:
    if task is Task.BINARY:
        return "happened" if value else "did not happen"
    return _said(value, name, task)


def _correction(one: Correction, task: Task, zone: str) -> Component:
    words = f"{_happened(one.former, one.former_class, task)} → {_happened(one.actual, one.actual_class, task)}, "
    return html.Span([words, when(one.at, zone=zone)])


def _scores(each: StoredPrediction) -> list[Component]:
    if not each.scores:
        return []
    shown = list(each.scores.items())[:MOST_SCORES]
    rest = len(each.scores) - len(shown)
    rows = [(name, share(score)) for name, score in shown]
    more = [html.P(f"and {rest} classes with less", className="mc-help")] if rest > 0 else []
    return [html.H3("Scores by class", className="mc-subhead"), facts(rows), *more]


def _features(each: StoredPrediction, places: Mapping[str, Place]) -> Component:
    if not each.features:
        return html.P("It was sent without features.", className="mc-quiet")
    rows = [_feature(name, value, places.get(name)) for name, value in each.features.items()]
    return html.Ul(rows, className="mc-places")


def _feature(name: str, value: float | str | None, place: Place | None) -> Component:
    head = [html.Span(name, className="mc-place-name"), html.Strong(_value(value), className="mc-place-value")]
    lower: list[Component] = []
    if place is not None:
        at = place.position if place.position is not None else place.share
        if at is not None:
            kind = "mc-place-dot" if place.position is not None else "mc-place-fill"
            style = {"left": f"{at:.1%}"} if place.position is not None else {"width": f"{at:.1%}"}
            lower.append(html.Span(html.Span(className=kind, style=style), className="mc-place-track"))
        lower.append(html.Span(place.words, className="mc-place-words"))
    return html.Li([*head, *lower], className=classes("mc-place", place is not None and place.is_odd and "is-odd"))


def _value(value: float | str | None) -> str:
    if value is None:
        return "missing"
    return value if isinstance(value, str) else number(value)
