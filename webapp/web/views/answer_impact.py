"""Impact of forecasts and of models of several classes: what their answers were worth, and would be at other costs."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from dash import html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from webapp.catalog.models import Business, Costs, Model, Task
from webapp.metrics import load
from webapp.metrics.display import delta_of, text_of
from webapp.metrics.evidence import Evidence
from webapp.metrics.headlines import WORTH
from webapp.metrics.registry import METRICS
from webapp.web.components import Column, data_table
from webapp.web.filters import PageFilters
from webapp.web.page import PageRequest
from webapp.web.views.what_if import answers_if


@dataclass(frozen=True, slots=True)
class Lever:
    """What a slider moves: its label, where it stands, and how far it goes."""

    label: str
    value: float
    low: float
    high: float


def levers(model: Model, business: Business) -> tuple[Lever, Lever]:
    """Return the two costs of the model's kind that a slider can change."""
    costs = business.costs
    if model.task is Task.REGRESSION:
        return (
            Lever(f"A unit too much ({business.currency})", costs.over or 0.0, 0.0, _far(costs.over)),
            Lever(f"A unit too little ({business.currency})", costs.under or 0.0, 0.0, _far(costs.under)),
        )
    return (
        Lever(
            f"A right answer ({business.currency})", costs.right or 0.0, min(costs.right or 0.0, 0.0), _far(costs.right)
        ),
        Lever(
            f"A wrong answer ({business.currency})",
            costs.wrong or 0.0,
            -_far(costs.wrong),
            max(costs.wrong or 0.0, 0.0),
        ),
    )


def moved(model: Model, business: Business, first: float, second: float) -> Business:
    """Return the parameters with both costs changed; single pairs of classes stay as they are."""
    if model.task is Task.REGRESSION:
        return replace(business, costs=replace(business.costs, over=first, under=second))
    return replace(business, costs=replace(business.costs, right=first, wrong=second))


def has_costs(model: Model, business: Business | None) -> bool:
    costs = Costs() if business is None else business.costs
    return costs.of_numbers if model.task is Task.REGRESSION else costs.of_classes


def comparison(request: PageRequest, filters: PageFilters, model: Model, entry: Business, tried: Business) -> Component:
    """Return the window's money as in force and at other costs."""
    with request.transaction() as session:
        evidence = _counted(session, model, filters, request)
    name = WORTH[model.task]
    metric, real, then = METRICS[name], answers_if(evidence, name, entry), answers_if(evidence, name, tried)
    delta = delta_of(then, real, metric, currency=entry.currency)
    columns = [
        Column("name", "Figure"),
        Column("now", "As in force", align="right"),
        Column("then", "What if", align="right"),
        Column("change", "Change", align="right"),
    ]
    row: Mapping[str, Any] = {
        "name": metric.label,
        "now": html.Span(text_of(real, metric, currency=entry.currency), title=real.reason or ""),
        "then": html.Strong(text_of(then, metric, currency=entry.currency), title=then.reason or ""),
        "change": "–" if delta is None else html.Span(delta.text, className=f"mc-change mc-change-{delta.tone}"),
    }
    return data_table(columns, [row], caption="The window's money as in force and at other costs")


def _counted(session: Session, model: Model, filters: PageFilters, request: PageRequest) -> Evidence:
    needs = load.Needs.of([METRICS[WORTH[model.task]]])
    return load.evidence(session, [model], needs, filters.window, now=request.now)[model.id]


def _far(cost: float | None) -> float:
    """Return a round end for a slider: at least three times what is in force."""
    wanted = max(abs(cost or 0.0) * 3, 1.0)
    size = 10.0 ** (len(str(int(wanted))) - 1)
    return float(size * -(-wanted // size))
