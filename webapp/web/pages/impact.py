"""Impact: what was invested, what came back, month by month, and what other prices would have made of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import Input, Output, State, dcc, html
from dash.development.base_component import Component

from webapp.accounts.permissions import Permission
from webapp.catalog.models import Business, Model, Task
from webapp.catalog.queries import business
from webapp.core.errors import InvalidInputError
from webapp.core.formatting import money, month, number, percent, share
from webapp.figures import BusinessMonth, money_flow, roi_bars
from webapp.metrics.display import delta_of, text_of
from webapp.metrics.metric import Value
from webapp.metrics.performance import performance
from webapp.metrics.registry import METRICS
from webapp.web.components import (
    Column,
    cell,
    data_table,
    empty_state,
    facts,
    graph,
    grid,
    kpi_row,
    page_header,
    panel,
    stack,
)
from webapp.web.components.content import attributes
from webapp.web.filters import PageFilters, read_filters
from webapp.web.page import Page, PageRequest
from webapp.web.router import LOCATION
from webapp.web.views.answer_impact import comparison, has_costs, levers, moved
from webapp.web.views.company import Company, gather
from webapp.web.views.metric_cards import coverage_sentence, metric_card, sentence
from webapp.web.views.months import totals
from webapp.web.views.other_kinds import has_yes_or_no, others_panel, worth_facts, worth_months
from webapp.web.views.requests import number_in, page_request
from webapp.web.views.what_if import SHOWN, ceiling_of, changed, what_if

PAGE = Page(
    "impact",
    path="/impact",
    title="Impact",
    permission=Permission.IMPACT_READ,
    group="Overview",
    icon="coins",
    order=25,
    filters=frozenset({"model", "all_models", "range", "compare"}),
)

FIRST, SECOND, ANSWERED = "impact-first", "impact-second", "impact-answered"
WORTH, CONTACT, RATE, OUTCOME = "impact-worth", "impact-contact", "impact-rate", "impact-outcome"
CARDS = ("revenue_protected", "retention_cost", "net_benefit", "roi")
OTHER_CARDS: Mapping[frozenset[Task], Sequence[str]] = {
    frozenset({Task.MULTICLASS}): ("decision_value", "accuracy", "macro_f1", "outcome_coverage"),
    frozenset({Task.REGRESSION}): ("forecast_cost", "bias", "over_forecast_share", "outcome_coverage"),
    frozenset({Task.MULTICLASS, Task.REGRESSION}): ("decision_value", "forecast_cost", "outcome_coverage"),
}


@PAGE.layout
def layout(request: PageRequest) -> Component:
    filters = read_filters(request, all_models=True)
    if not filters.models:
        return stack(
            page_header("Impact"),
            empty_state(
                "No models yet",
                "With predictions, outcomes and what a customer is worth, this page shows what a model earns.",
                dcc.Link("Add the first model", href="/", className="mc-button mc-button-primary"),
                picture="coins",
            ),
        )
    with request.transaction() as session:
        company = gather(session, filters, zone=request.actor.timezone, now=request.now)
    subject = filters.model.title if filters.model is not None else f"All {len(filters.models)} models"
    decides = has_yes_or_no(company)
    cards = CARDS if decides else OTHER_CARDS[company.tasks]
    months = _months(company) if decides else [grid(cell(8, worth_months(company)), cell(4, worth_facts(company)))]
    return stack(
        page_header("Impact", subtitle=f"{subject} · {coverage_sentence(company.value('outcome_coverage'))}"),
        kpi_row(*(_card(name, company) for name in cards)),
        *months,
        *others_panel(company),
        _what_if(request, filters),
    )


@PAGE.callback(
    Output(OUTCOME, "children"),
    Input(WORTH, "value"),
    Input(CONTACT, "value"),
    Input(RATE, "value"),
    State(LOCATION, "search"),
    prevent_initial_call=True,
)
def try_prices(worth: object, contact: object, rate: object, search: object) -> Component:
    """Compute the window's money with other prices; nothing is stored."""
    request = page_request(PAGE.path, search)
    filters = read_filters(request, all_models=True)
    model, entry = _one(request, filters)
    if model is None or entry is None:
        raise InvalidInputError("Choose one model with business parameters first.")
    tried = changed(
        entry,
        customer_value=number_in(worth, "The customer value", low=0),
        contact_cost=number_in(contact, "The contact cost", low=0),
        save_rate=number_in(rate, "The save rate", low=0, high=100) / 100,
    )
    return _comparison(request, filters, model, entry, tried)


@PAGE.callback(
    Output(ANSWERED, "children"),
    Input(FIRST, "value"),
    Input(SECOND, "value"),
    State(LOCATION, "search"),
    prevent_initial_call=True,
)
def try_costs(first: object, second: object, search: object) -> Component:
    """Compute what the answers of the window would be worth at other costs; nothing is stored."""
    request = page_request(PAGE.path, search)
    filters = read_filters(request, all_models=True)
    model, entry = _one(request, filters)
    if model is None or entry is None or model.task is Task.BINARY:
        raise InvalidInputError("Choose one model with costs of its answers first.")
    low = 0.0 if model.task is Task.REGRESSION else None
    named = [lever.label for lever in levers(model, entry)]
    tried = moved(model, entry, number_in(first, named[0], low=low), number_in(second, named[1], low=low))
    return comparison(request, filters, model, entry, tried)


def _card(name: str, company: Company) -> Component:
    return metric_card(
        name,
        company.value(name),
        company,
        before=company.value_before(name),
        target=company.target(name),
        course=company.courses.get(name),
    )


def _months(company: Company) -> list[Component]:
    known = [each for each in company.months if each.value("revenue_protected").value is not None]
    if not known:
        reason = company.months[-1].value("revenue_protected").reason or "there is nothing to count yet"
        return [panel("By month", empty_state("No business impact yet", f"{sentence(reason)}.", picture="coins"))]
    target = company.target("roi")
    flow = graph(
        money_flow(company.months, currency=company.currency), height=400, label="Investment and returns by month"
    )
    returns = graph(
        roi_bars(company.months, None if target is None else target.target), height=220, label="ROI by month"
    )
    return [
        grid(
            cell(7, panel("Investment and returns", flow, subtitle="by month")),
            cell(
                5, panel("Return on investment", returns, facts(_totals(known, company.currency)), subtitle="by month")
            ),
        )
    ]


def _totals(months: Sequence[BusinessMonth], currency: str) -> list[tuple[str, str]]:
    """Return what the months come to: from their sums, and beside it the mean of the single months."""
    found = totals(months)
    best = found.best
    return [
        ("Invested", money(found.invested, currency)),
        ("Returned", money(found.returned, currency)),
        ("Net", money(found.net, currency)),
        ("Overall ROI", _percent(found.overall_roi)),
        ("Mean of the months", _percent(found.mean_roi)),
        ("Best month", "–" if best is None else f"{month(best.start)}, {_percent(best.value('roi').value)}"),
    ]


def _percent(value: float | None) -> str:
    return "–" if value is None else percent(value)


def _one(request: PageRequest, filters: PageFilters) -> tuple[Model | None, Business | None]:
    """Return the model that is chosen, or the only one, with its newest money parameters."""
    model = filters.model or (filters.models[0] if len(filters.models) == 1 else None)
    if model is None:
        return None, None
    with request.transaction() as session:
        entries = business(session, [model.id])[model.id]
    return model, entries[-1] if entries else None


def _what_if(request: PageRequest, filters: PageFilters) -> Component:
    model, entry = _one(request, filters)
    if model is None:
        return panel(
            "What if", empty_state("Choose one model", "Prices belong to a model.", picture="sliders-horizontal")
        )
    if model.task is not Task.BINARY:
        return _what_if_answers(request, filters, model, entry)
    if entry is None:
        words = "With what a customer is worth and what a contact costs, money appears."
        link = dcc.Link("Set them", href=f"/models/{model.name}", className="mc-button mc-button-secondary")
        return panel("What if", empty_state("No business parameters", words, link, picture="coins"))
    sliders = html.Div(
        [
            _slider(
                WORTH,
                f"Customer value a year ({entry.currency})",
                entry.customer_value,
                ceiling_of(entry.customer_value),
            ),
            _slider(CONTACT, f"Contact cost ({entry.currency})", entry.contact_cost, ceiling_of(entry.contact_cost)),
            _slider(RATE, "Save rate (%)", round(entry.save_rate * 100, 1), 100.0),
        ],
        className="mc-sliders",
    )
    outcome = html.Div(_comparison(request, filters, model, entry, entry), id=OUTCOME)
    return panel("What if", sliders, outcome, subtitle="the same decisions under other prices; nothing is stored")


def _what_if_answers(request: PageRequest, filters: PageFilters, model: Model, entry: Business | None) -> Component:
    if entry is None or not has_costs(model, entry):
        words = "With what right and wrong answers are worth, or a unit too much and too little costs, money appears."
        link = dcc.Link("Set them", href=f"/models/{model.name}", className="mc-button mc-button-secondary")
        return panel("What if", empty_state("No costs are set", words, link, picture="coins"))
    sliders = [
        _slider(id, lever.label, lever.value, lever.high, floor=lever.low)
        for id, lever in zip((FIRST, SECOND), levers(model, entry), strict=True)
    ]
    outcome = html.Div(comparison(request, filters, model, entry, entry), id=ANSWERED)
    words = "the same answers at other costs; nothing is stored"
    return panel("What if", html.Div(sliders, className="mc-sliders"), outcome, subtitle=words)


def _slider(id: str, label: str, value: float, ceiling: float, *, floor: float = 0.0) -> Component:
    slider = dcc.Slider(
        id=id,
        min=floor,
        max=ceiling,
        step=(ceiling - floor) / 200,
        value=value,
        marks={floor: number(floor), ceiling: number(ceiling)},
        updatemode="mouseup",
    )
    return html.Div(
        [html.Span(label, className="mc-label"), slider],
        className="mc-slider",
        role="group",
        **attributes(aria_label=label),
    )


def _comparison(
    request: PageRequest, filters: PageFilters, model: Model, entry: Business, tried: Business
) -> Component:
    with request.transaction() as session:
        found = performance(session, model, filters.window, now=request.now)
    real = what_if(model, filters.window, found, entry)
    then = what_if(model, filters.window, found, tried)
    columns = [
        Column("name", "Figure"),
        Column("now", "As in force", align="right"),
        Column("then", "What if", align="right"),
        Column("change", "Change", align="right"),
    ]
    rows = [_row(name, real[name], then[name], entry.currency) for name in SHOWN]
    said = f"{share(tried.save_rate)} saved, {money(tried.customer_value, entry.currency)} a customer"
    return html.Div(
        [
            data_table(columns, rows, caption="The window's money as in force and with other prices"),
            html.P(f"{said}, {money(tried.contact_cost, entry.currency)} a contact.", className="mc-quiet"),
        ]
    )


def _row(name: str, real: Value, then: Value, currency: str) -> Mapping[str, Any]:
    metric = METRICS[name]
    delta = delta_of(then, real, metric, currency=currency)
    return {
        "name": metric.label,
        "now": html.Span(text_of(real, metric, currency=currency), title=real.reason or ""),
        "then": html.Strong(text_of(then, metric, currency=currency), title=then.reason or ""),
        "change": "–" if delta is None else html.Span(delta.text, className=f"mc-change mc-change-{delta.tone}"),
    }
