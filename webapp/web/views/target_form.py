"""What a model should reach: a row a metric with its three bounds, of the metrics that models of its kind can have."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from webapp.catalog.models import Model, Target
from webapp.core.errors import InvalidInputError
from webapp.core.formatting import number
from webapp.metrics.registry import METRICS
from webapp.web.components import button, text_input
from webapp.web.components.content import attributes
from webapp.web.views import model_parts as parts
from webapp.web.views.model_parts import BOUNDS
from webapp.web.views.requests import number_in

BOUND = "model-bound"  # the fields: {"type": BOUND, "metric": …, "bound": …}
SAVE, SAVED = "model-targets-save", "model-targets-saved"


def targets(model: Model, *, may_write: bool) -> Component:
    """Return the targets as a table, with fields where they can be changed; a row left empty is no target."""
    shown = [name for name in parts.target_metrics(model) if may_write or name in model.targets]
    table = _table(model, shown, may_write=may_write)
    if not may_write:
        return html.Div(table)
    more = parts.more_target_metrics(model)
    save = html.Div([button("Save targets", id=SAVE), html.Span(id=SAVED, role="status")], className="mc-save")
    rest = html.Details(
        [html.Summary(f"{number(len(more))} more metrics"), _table(model, more, may_write=True)], className="mc-more"
    )
    return html.Div([table, *([rest] if more else []), save])


def read(fields: Sequence[Mapping[str, Any]]) -> tuple[frozenset[str], Mapping[str, Target]]:
    """Return which metrics were asked for, and the targets of those that were filled in."""
    written: dict[str, dict[str, object]] = {}
    for each in fields:
        metric, bound = str(each["id"].get("metric")), str(each["id"].get("bound"))
        if metric in METRICS and bound in BOUNDS:
            written.setdefault(metric, {})[bound] = each.get("value")
    found = {
        metric: _target(metric, bounds)
        for metric, bounds in written.items()
        if bounds.keys() == set(BOUNDS) and any(value not in {None, ""} for value in bounds.values())
    }
    faults = [fault for metric, target in found.items() if (fault := parts.order_fault(metric, target))]
    if faults:
        raise InvalidInputError(" ".join(faults))
    return frozenset(written), found


def _target(metric: str, bounds: Mapping[str, object]) -> Target:
    label = METRICS[metric].label
    kept = {bound: parts.as_kept(metric, number_in(value, f"{label}, {bound},")) for bound, value in bounds.items()}
    return Target(**kept)


def _table(model: Model, names: Sequence[str], *, may_write: bool) -> Component:
    head = html.Tr([html.Th(word, scope="col") for word in ("Metric", "Target", "Warning", "Critical")])
    rows = [_row(model, name, may_write=may_write) for name in names]
    return html.Table(
        [html.Caption("Targets by metric", className="visually-hidden"), html.Thead(head), html.Tbody(rows)],
        className="mc-table mc-targets",
    )


def _row(model: Model, name: str, *, may_write: bool) -> Component:
    target, metric = model.targets.get(name), METRICS[name]
    label = html.Th([metric.label, html.Span(parts.unit_words(name), className="mc-quiet mc-second")], scope="row")
    cells = []
    for bound in BOUNDS:
        shown = None if target is None else parts.as_shown(name, getattr(target, bound))
        control: Any = "–" if shown is None else number(shown)
        if may_write:
            control = [
                html.Label(f"{metric.label}, {bound}", htmlFor=_bound_id(name, bound), className="visually-hidden"),
                text_input(
                    {"type": BOUND, "metric": name, "bound": bound},
                    value="" if shown is None else f"{shown:g}",
                    type="number",
                    step="any",
                ),
            ]
        cells.append(html.Td(control, **attributes(data_label=bound.capitalize())))
    return html.Tr([label, *cells])


def _bound_id(name: str, bound: str) -> str:
    """Return the id that the browser gives to the field: its keys in the order of the alphabet."""
    return f'{{"bound":"{bound}","metric":"{name}","type":"{BOUND}"}}'
