"""The segments of a model, the worst first: who is served worse than the others, and is that real?"""

from urllib.parse import urlencode

from dash import dcc, html
from dash.development.base_component import Component

from webapp.catalog.models import Model, Task
from webapp.core.formatting import number, share
from webapp.metrics.cause import in_sentence
from webapp.metrics.difference import Difference, Verdict
from webapp.metrics.display import change_text, interval_text, text_of
from webapp.metrics.metric import Metric, Value
from webapp.metrics.registry import METRICS
from webapp.metrics.segments import Ranked, ranked
from webapp.web.components import Column, data_table, empty_state, panel, pill
from webapp.web.filters import KEPT
from webapp.web.page import PageRequest
from webapp.web.views.metric_cards import explained
from webapp.web.views.technical import Technical

# What segments are compared by, the first deciding the order.
COMPARED = {
    Task.BINARY: ("accuracy", "precision", "recall", "roc_auc"),
    Task.MULTICLASS: ("accuracy", "macro_f1"),
    Task.REGRESSION: ("mae", "bias", "mape"),
}
TONES = {Verdict.BETTER: "good", Verdict.WORSE: "critical", Verdict.DIFFERENT: "warning"}


def segment_panels(request: PageRequest, view: Technical) -> list[Component]:
    """Return a table for each declared key; one that is cut to a segment already has none."""
    if view.segment is not None:
        return []
    if not view.model.segment_keys:
        return [_none_declared(view.model)]
    return [_panel(request, view, key) for key in view.model.segment_keys]


def _none_declared(model: Model) -> Component:
    return panel(
        "Segments",
        empty_state(
            "No segments are counted apart",
            "Send segments with the predictions (plan, region …) and name the keys on the model's page: each value is"
            " then counted apart, also of what is stored already.",
            dcc.Link("Name segment keys", href=f"/models/{model.name}", className="mc-button mc-button-secondary"),
            picture="list",
        ),
    )


def _panel(request: PageRequest, view: Technical, key: str) -> Component:
    names = COMPARED[view.model.task]
    with request.transaction() as session:
        rows = ranked(session, view.model, key, names, view.window, now=view.now, version=view.version)
    first = METRICS[names[0]]
    if not rows:
        nothing = empty_state("No predictions in this window", "Choose a longer time range at the top.")
        return panel(f"Segments by {key}", nothing)
    whole = sum(row.predictions for row in rows)
    columns = [
        Column("segment", key.capitalize()),
        Column("predictions", "Predictions", align="right"),
        *(Column(name, METRICS[name].label, align="right") for name in names),
        Column("rest", f"{first.label} of the others", align="right"),
        Column("verdict", "Against the others"),
    ]
    table = data_table(
        columns, [_row(request, view, row, whole) for row in rows], caption=f"Segments by {key}, the worst first"
    )
    return panel(f"Segments by {key}", table, subtitle=f"the worst by {in_sentence(first)} first", flush=True)


def _row(request: PageRequest, view: Technical, row: Ranked, whole: int) -> dict[str, Component | str]:
    names = COMPARED[view.model.task]
    kept = {name: request.query[name] for name in KEPT if request.query.get(name)}
    kept |= {"model": view.model.name, "segment": str(row.segment)}
    size = html.Span([number(row.predictions), html.Span(f" {share(row.predictions / whole)}", className="mc-quiet")])
    return {
        "segment": dcc.Link(row.segment.value, href=f"/technical/performance?{urlencode(kept)}", className="mc-link"),
        "predictions": size,
        **{name: _number(METRICS[name], row.values[name], view) for name in names},
        "rest": text_of(row.rest, METRICS[names[0]], currency=view.currency),
        "verdict": _verdict(row.compared, METRICS[names[0]]),
    }


def _number(metric: Metric, value: Value, view: Technical) -> Component:
    text = html.Span(text_of(value, metric, currency=view.currency), title=value.reason or interval_text(value, metric))
    return html.Span([text, explained(metric, value, view)], className="mc-number")


def _verdict(compared: Difference, metric: Metric) -> Component:
    words = compared.verdict.value
    if compared.difference is not None and compared.verdict in TONES:
        words = f"{words}: {change_text(compared.difference, metric)}"
    return html.Span(pill(words, tone=TONES.get(compared.verdict, "quiet")), title=compared.reason or "")
