"""Models that do not decide between yes and no, for those who ask what they bring: forecasts and routers."""

from collections.abc import Mapping, Sequence

from dash import dcc, html
from dash.development.base_component import Component

from webapp.catalog.models import Model, Task
from webapp.figures.answers import worth_by_month
from webapp.metrics.display import text_of
from webapp.metrics.headlines import HEADLINE, KINDS, WORTH, applying
from webapp.metrics.metric import Value
from webapp.metrics.registry import METRICS
from webapp.web.components import Column, data_table, empty_state, facts, graph, panel
from webapp.web.components.content import Child
from webapp.web.views.company import BESIDE, QUALITIES, Company
from webapp.web.views.metric_cards import explained, number_with_explanation, sentence

CARDS: Mapping[frozenset[Task], Sequence[str]] = {
    frozenset({Task.MULTICLASS}): ("accuracy", "macro_f1", "decision_value"),
    frozenset({Task.REGRESSION}): ("mae", "bias", "forecast_cost"),
    frozenset({Task.MULTICLASS, Task.REGRESSION}): ("accuracy", "decision_value", "forecast_cost"),
}


def has_yes_or_no(company: Company) -> bool:
    return Task.BINARY in company.tasks


def worths(company: Company) -> list[str]:
    """Return the metrics of money that the other kinds of models have."""
    return [WORTH[task] for task in Task if task is not Task.BINARY and task in company.tasks]


def others_panel(company: Company) -> list[Component]:
    """Return what forecasts and routers bring, beside models whose returns are counted otherwise."""
    others = [model for model in company.models if model.task is not Task.BINARY]
    if not others or not has_yes_or_no(company):
        return []
    columns = [
        Column("title", "Model"),
        Column("kind", "Answers"),
        Column("right", "How good"),
        Column("worth", "What that is worth"),
    ]
    rows = [_row(model, company) for model in others]
    table = data_table(columns, rows, caption="Forecasts and models of several classes with what they are worth")
    words = "their money is counted by unit and by answer, and is not part of the returns above"
    return [panel("Forecasts and routers", table, subtitle=words, flush=True)]


def _row(model: Model, company: Company) -> Mapping[str, Child]:
    values = company.of_each[model.name]
    return {
        "title": dcc.Link(model.title, href=f"?model={model.name}"),
        "kind": KINDS[model.task],
        "right": _named(HEADLINE[model.task], values, company),
        "worth": _named(WORTH[model.task], values, company),
    }


def _named(name: str, values: Mapping[str, Value], company: Company) -> Component:
    label = html.Span(METRICS[name].label, className="mc-quiet")
    return html.Span([label, " ", number_with_explanation(name, values[name], company)], className="mc-number-named")


def worth_months(company: Company) -> Component:
    """Return what the answers of forecasts and routers were worth month by month."""
    names, title = worths(company), "Business impact"
    known = [name for name in names if any(each.value(name).value is not None for each in company.months)]
    if not known:
        reason = company.months[-1].value(names[0]).reason or "there is nothing to count yet"
        return panel(title, empty_state("No business impact yet", f"{sentence(reason)}.", picture="coins"))
    figure = worth_by_month(company.months, known, currency=company.currency)
    return panel(
        title,
        graph(figure, height=300, label=f"{' and '.join(METRICS[name].label for name in known)} by month"),
        subtitle=f"by month, {len(company.months)} months",
        actions=[explained(METRICS[known[0]], company.months[-1].value(known[0]), company)],
    )


def _beside(company: Company) -> list[str]:
    """Return what explains the money of one model: how often, and which way, it was wrong."""
    return [] if company.model is None else applying((*QUALITIES, *BESIDE), company.model.task)


def worth_facts(company: Company) -> Component:
    """Return the window's money of forecasts and routers, and what that is for each answer whose outcome is known."""
    rows: list[tuple[str, Child]] = []
    for name in worths(company):
        value = company.value(name)
        rows.append((METRICS[name].label, number_with_explanation(name, value, company)))
        if value.value is not None and value.sample_count:
            each = Value(value.value / value.sample_count)
            rows.append(("For each known answer", text_of(each, METRICS[name], currency=company.currency)))
    rows += [
        (METRICS[name].label, number_with_explanation(name, company.value(name), company)) for name in _beside(company)
    ]
    rows.append(
        (
            METRICS["prediction_count"].label,
            number_with_explanation("prediction_count", company.value("prediction_count"), company),
        )
    )
    return panel("What it is worth", facts(rows), subtitle="in the chosen window")
