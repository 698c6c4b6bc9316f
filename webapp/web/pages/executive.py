"""Executive: do our models earn money, is anything wrong, and the report for the board."""

from dash import dcc, html
from dash.development.base_component import Component

from webapp.accounts.permissions import Permission
from webapp.catalog.models import Task
from webapp.core.formatting import month
from webapp.figures import business_impact, metric_trend, roi_bars
from webapp.metrics.display import text_of
from webapp.metrics.headlines import QUALITY
from webapp.metrics.health import HealthState
from webapp.metrics.metric import Value
from webapp.metrics.registry import METRICS
from webapp.web.components import (
    Column,
    button,
    cell,
    data_table,
    empty_state,
    explanation,
    facts,
    graph,
    grid,
    health_badge,
    kpi_card,
    kpi_row,
    page_header,
    panel,
    severity_badge,
    stack,
    when,
)
from webapp.web.filters import PageFilters, read_filters
from webapp.web.page import Page, PageRequest
from webapp.web.views import fleet
from webapp.web.views.company import Company, gather, has_money
from webapp.web.views.metric_cards import (
    coverage_sentence,
    explained,
    metric_card,
    number_with_explanation,
    sentence,
    settled_values,
    window_text,
)
from webapp.web.views.other_kinds import CARDS, has_yes_or_no, others_panel, worth_facts, worth_months

PAGE = Page(
    "executive",
    path="/executive",
    title="Executive",
    permission=Permission.DASHBOARDS_EXECUTIVE,
    group="Overview",
    icon="briefcase",
    order=20,
    filters=frozenset({"model", "all_models", "range", "compare"}),
    live_seconds=60,
)

STATES = {
    HealthState.HEALTHY: "good",
    HealthState.ATTENTION: "warning",
    HealthState.CRITICAL: "critical",
    HealthState.UNKNOWN: "unknown",
}


@PAGE.layout
def layout(request: PageRequest) -> Component:
    filters = read_filters(request, all_models=True)
    if not filters.models:
        return stack(
            page_header("Executive"),
            empty_state(
                "No models yet",
                "As soon as a model sends predictions and outcomes, this page shows what they earn.",
                dcc.Link("Add the first model", href="/", className="mc-button mc-button-primary"),
            ),
        )
    with request.transaction() as session:
        company = gather(session, filters, zone=request.actor.timezone, now=request.now)
    return stack(
        page_header(
            "Executive",
            subtitle=f"{_subject(filters)} · {coverage_sentence(company.value('outcome_coverage'))}",
            actions=_downloads(request, filters, company),
        ),
        _cards(company),
        grid(
            cell(8, _impact(company) if has_yes_or_no(company) else worth_months(company)),
            cell(4, _returns(company) if has_yes_or_no(company) else worth_facts(company)),
            cell(8, _performance(company)),
            cell(4, _alerts(company, request)),
        ),
        *others_panel(company),
    )


def _subject(filters: PageFilters) -> str:
    return filters.model.title if filters.model is not None else f"All {len(filters.models)} models"


def _downloads(request: PageRequest, filters: PageFilters, company: Company) -> list[Component]:
    """Offer the report of the last month that is over; the archive has the others."""
    if not request.actor.may(Permission.REPORTS_DOWNLOAD):
        return []
    model = filters.model or (filters.models[0] if len(filters.models) == 1 else None)
    if model is None:
        return [button("Reports", href="/reports", kind="secondary", picture="file-text")]
    done = [each for each in company.months if not each.in_progress and has_money(each)]
    start = (done or company.months)[-1].start
    address = f"/reports/download?model={model.name}&month={start:%Y-%m}&format="
    named = f"{month(start)}, {model.title}"
    return [
        button("As HTML", href=f"{address}html", kind="secondary", download=True, title=f"Report of {named} as HTML"),
        button(
            "Download report",
            href=f"{address}pdf",
            picture="download",
            download=True,
            title=f"Report of {named} as PDF",
        ),
    ]


def _cards(company: Company) -> Component:
    def card(name: str, label: str | None = None) -> Component:
        return metric_card(
            name,
            company.value(name),
            company,
            label=label,
            before=company.value_before(name),
            target=company.target(name),
            course=company.courses.get(name),
        )

    if not has_yes_or_no(company):
        return kpi_row(*(card(name) for name in CARDS[company.tasks]), _system_health(company))
    return kpi_row(
        card("accuracy", "Model accuracy"), card("customers_saved"), card("revenue_protected"), _system_health(company)
    )


def _system_health(company: Company) -> Component:
    """Return availability with the health of the models; the worse of both colours the card."""
    metric, value = METRICS["availability"], company.value("availability")
    known = value.value is not None
    course = company.courses.get("availability")
    return kpi_card(
        "System health",
        text_of(value, metric) if known else _word(company.health.state),
        note=sentence(company.health.reason),
        target="available" if known else None,
        spark=settled_values(course, company.window) if course is not None and known else None,
        state=STATES[company.health.state],
        explanation=explained(metric, value, company),
    )


def _word(state: HealthState) -> str:
    return {
        HealthState.HEALTHY: "Healthy",
        HealthState.ATTENTION: "Attention",
        HealthState.CRITICAL: "Critical",
        HealthState.UNKNOWN: "No data",
    }[state]


def _impact(company: Company) -> Component:
    if all(each.value("revenue_protected").value is None for each in company.months):
        reason = company.months[-1].value("revenue_protected").reason or "there is nothing to count yet"
        nothing = empty_state("No business impact yet", f"{sentence(reason)}.", picture="chart-line")
        return panel("Business impact", nothing)
    figure = business_impact(company.months, currency=company.currency)
    latest = company.months[-1].value("revenue_protected")
    return panel(
        "Business impact",
        graph(figure, height=300, label="Revenue protected and customers saved by month"),
        subtitle=f"by month, {len(company.months)} months",
        actions=[explained(METRICS["revenue_protected"], latest, company)],
    )


def _returns(company: Company) -> Component:
    spent = fleet.investment(company.now)
    target = company.target("roi")
    rows = [
        ("ROI", number_with_explanation("roi", company.value("roi"), company)),
        ("Return multiple", number_with_explanation("return_multiple", company.value("return_multiple"), company)),
        ("Investment", _investment(spent, company)),
        ("Net benefit", number_with_explanation("net_benefit", company.value("net_benefit"), company)),
    ]
    children: list[Component] = [facts(rows)]
    if any(each.value("roi").value is not None for each in company.months):
        figure = roi_bars(company.months, None if target is None else target.target)
        children.append(graph(figure, height=170, label="Return on investment by month", tools=False))
    return panel("Return on investment", *children, subtitle="window; bars by month")


def _investment(spent: Value, company: Company) -> Component:
    text = text_of(spent, METRICS["retention_cost"], currency=company.currency)
    why = explanation(
        "retention cost + running cost",
        window=window_text(company.window, company.zone),
        sample_count=spent.sample_count,
        coverage=spent.coverage,
        notes=[sentence(spent.note)] if spent.note else [],
    )
    return html.Span([html.Strong(text, title=spent.reason or ""), why], className="mc-number")


def _performance(company: Company) -> Component:
    """Return how good one model is, by what its kind is judged by, or the accuracy of each that has one."""
    if company.model is not None:
        shown = QUALITY[company.model.task]
        lines, names = [company.courses[name] for name in shown if name in company.courses], None
    else:
        shown = QUALITY[Task.BINARY] if has_yes_or_no(company) else ("accuracy",)
        lines, names = list(company.accuracy_by_model.values()), list(company.accuracy_by_model)
    if not lines:
        body: Component = empty_state(
            "Choose one model", "Errors of different units cannot stand on one axis.", picture="chart-line"
        )
    elif all(point.value.value is None for line in lines for point in line.points):
        body = empty_state(
            "No outcomes yet", "Performance appears when outcomes of the predictions arrive.", picture="chart-line"
        )
    else:
        figure = metric_trend(
            lines,
            target=company.target(shown[0]),
            deployments=company.deployments,
            title_by=names,
            zone=company.zone,
        )
        body = graph(figure, height=300, label="Performance over time with target and critical line")
    numbers = [
        html.Span(
            [
                html.Span(METRICS[name].label, className="mc-quiet"),
                " ",
                number_with_explanation(name, company.value(name), company),
            ],
            className="mc-number-named",
        )
        for name in shown
    ]
    subtitle = "dotted where few outcomes are known" if company.model is not None else "accuracy by model"
    return panel("Performance trend", html.Div(numbers, className="mc-numbers"), body, subtitle=subtitle)


def _alerts(company: Company, request: PageRequest) -> Component:
    rows = [
        {
            "severity": severity_badge(each.severity),
            "title": dcc.Link(each.title, href=f"/alerts/{each.id}"),
            "age": when(each.started_at, zone=company.zone, now=request.now),
        }
        for each in company.alerts
    ]
    columns = [Column("title", "Alert"), Column("severity", "Severity"), Column("age", "Since", align="right")]
    quiet = empty_state("Nothing is open", "No rule fires for these models.", picture="circle-check")
    more = [dcc.Link("All open alerts", href="/alerts")] if company.has_more_alerts or rows else []
    table = data_table(columns, rows, caption="Open alerts, the worst first", empty=quiet)
    badge = health_badge(company.health.state) if company.health.state is not HealthState.UNKNOWN else None
    return panel("Active alerts", table, subtitle=badge, actions=more, flush=bool(rows))
