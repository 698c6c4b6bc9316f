"""Asking once for everything that a report is made from."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from webapp.alerting import queries as alerts
from webapp.catalog import queries as catalog
from webapp.catalog.models import Business, Model, Task
from webapp.core.periods import DAY, Window
from webapp.figures.business import BusinessMonth
from webapp.metrics import load
from webapp.metrics import queries as metrics
from webapp.metrics.drift import drift
from webapp.metrics.evidence import Evidence
from webapp.metrics.headlines import HEADLINE, QUALITY, WORTH, applying
from webapp.metrics.metric import MetricSeries, Value
from webapp.metrics.multiclass_report import class_report
from webapp.metrics.performance import performance
from webapp.metrics.registry import METRICS
from webapp.metrics.regression_report import error_report
from webapp.reporting.facts import Facts, ModelFacts
from webapp.reporting.period import ReportPeriod, months_up_to

MONTHS = 6
MONEY = ("customers_saved", "revenue_protected", "retention_cost", "net_benefit", "roi")

Values = Mapping[str, Mapping[str, Value]]


def gather(
    session: Session,
    models: Sequence[Model],
    period: ReportPeriod,
    *,
    is_portfolio: bool,
    organisation: str,
    minimum_coverage: float,
    now: datetime,
) -> Facts:
    """Return the facts about the models; the details only where the report is about one of them."""
    names = tuple(METRICS)
    current = metrics.values(session, models, names, period.window, now=now)
    before = metrics.values(session, models, names, period.previous, now=now)
    terms = catalog.business(session, [model.id for model in models])
    found = []
    for model in models:
        facts = ModelFacts(
            model=model,
            now=current[model.name],
            before=before[model.name],
            business=in_force(terms[model.id], period.window),
        )
        found.append(facts if is_portfolio else _detailed(session, facts, period, now=now))
    return Facts(
        period=period,
        models=tuple(found),
        alerts=alerts.monthly(session, models, period.window),
        former_alerts=alerts.monthly(session, models, period.previous),
        organisation=organisation,
        is_portfolio=is_portfolio,
        minimum_coverage=minimum_coverage,
    )


def in_force(terms: Sequence[Business], window: Window) -> tuple[Business, ...]:
    """Return the money parameters that were in force in the window, the oldest first."""
    ends = [each.valid_from for each in terms[1:]] + [window.end]
    return tuple(
        each for each, end in zip(terms, ends, strict=False) if each.valid_from < window.end and end > window.start
    )


def _detailed(session: Session, facts: ModelFacts, period: ReportPeriod, *, now: datetime) -> ModelFacts:
    model, window = facts.model, period.window
    many, numbers = model.task is Task.MULTICLASS, model.task is Task.REGRESSION
    return ModelFacts(
        model=model,
        now=facts.now,
        before=facts.before,
        business=facts.business,
        months=_months(session, facts, period, now=now),
        trends=_trends(session, model, window, now=now),
        performance=performance(session, model, window, now=now) if model.task is Task.BINARY else None,
        classes=class_report(_counted(session, model, window, "ece", now=now)) if many else None,
        errors=error_report(_counted(session, model, window, "mae", now=now)) if numbers else None,
        drift=drift(session, model, window, now=now),
        deployments=tuple(catalog.deployments(session, model.id, window)),
    )


def _months(session: Session, facts: ModelFacts, period: ReportPeriod, *, now: datetime) -> tuple[BusinessMonth, ...]:
    """Return the months up to this one, from the first in which the model was there."""
    months = [
        BusinessMonth(month.start, _money(session, facts.model, month, now=now))
        for month in months_up_to(period.month, MONTHS, period.zone)[:-1]
    ]
    while months and all(value.value is None for value in months[0].values.values()):
        del months[0]
    return (*months, BusinessMonth(period.month.start, facts.now, in_progress=not period.is_final))


def _money(session: Session, model: Model, month: Window, *, now: datetime) -> Mapping[str, Value]:
    names = applying((*MONEY, WORTH[model.task]), model.task)
    return metrics.values(session, [model], names, month, now=now)[model.name]


def _counted(session: Session, model: Model, window: Window, name: str, *, now: datetime) -> Evidence:
    """Return the answers of the model with what else the metric reads."""
    needs = load.Needs.of([METRICS[name], METRICS[HEADLINE[model.task]], METRICS[WORTH[model.task]]])
    return load.evidence(session, [model], needs, window, now=now)[model.id]


def _trends(session: Session, model: Model, window: Window, *, now: datetime) -> Mapping[str, MetricSeries]:
    return metrics.series(session, model, (*QUALITY[model.task], "prediction_count"), window, DAY, now=now)
