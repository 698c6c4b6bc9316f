"""What executives ask, gathered at once: this window and the one before, twelve months, the course, what is open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from webapp.alerting.queries import InboxFilters, InboxRow, inbox
from webapp.catalog import queries as catalog
from webapp.catalog.models import Deployment, Model, Target, Task
from webapp.catalog.targets import DEFAULTS
from webapp.core.periods import Window, month
from webapp.figures.business import BusinessMonth
from webapp.metrics import queries as metrics
from webapp.metrics.headlines import QUALITY
from webapp.metrics.health import Health, overall
from webapp.metrics.metric import MetricSeries, Value, undefined
from webapp.metrics.standing import standings
from webapp.web.filters import PageFilters
from webapp.web.views.fleet import COVERAGE, combined, combined_series, of_each

WORTHS = ("decision_value", "forecast_cost")  # of models that do not decide between yes and no
MONEY = ("revenue_protected", "customers_saved", "retention_cost", "net_benefit", "roi", "return_multiple", *WORTHS)
QUALITIES = tuple(dict.fromkeys(name for names in QUALITY.values() for name in names))
BESIDE = ("macro_f1", "bias", "mape", "over_forecast_share")
SHOWN = (*QUALITIES, *BESIDE, COVERAGE, "prediction_count", "availability", *MONEY)
COURSE = (*QUALITIES, COVERAGE, "availability", "customers_saved", "revenue_protected", *WORTHS)
MONTHS = 12
FEWEST_MONTHS = 6
ALERTS = 6
MISSING = undefined("not computed")


@dataclass(frozen=True, slots=True)
class Company:
    """One model, or all of them as one."""

    models: Sequence[Model]
    window: Window
    zone: str
    currency: str
    of_each: Mapping[str, Mapping[str, Value]]
    now: Mapping[str, Value]
    before: Mapping[str, Value] | None
    courses: Mapping[str, MetricSeries]
    accuracy_by_model: Mapping[str, MetricSeries]
    months: tuple[BusinessMonth, ...]
    health: Health
    deployments: Sequence[Deployment]
    alerts: Sequence[InboxRow]
    has_more_alerts: bool

    def value(self, name: str) -> Value:
        return self.now.get(name, MISSING)

    def value_before(self, name: str) -> Value | None:
        return None if self.before is None else self.before.get(name)

    @property
    def model(self) -> Model | None:
        return self.models[0] if len(self.models) == 1 else None

    @property
    def tasks(self) -> frozenset[Task]:
        return frozenset(model.task for model in self.models)

    def target(self, name: str) -> Target | None:
        """Return the model's target; several models share the usual one."""
        return (self.model.targets if self.model is not None else DEFAULTS).get(name)


def gather(session: Session, filters: PageFilters, *, zone: str, now: datetime) -> Company:
    models = filters.chosen
    currencies = _currencies(session, models)
    step = max(filters.step, timedelta(days=1)) if filters.window.duration > timedelta(days=3) else filters.step
    by_name = metrics.series_of_each(session, models, COURSE, filters.window, step, now=now)
    courses = [by_name[model.name] for model in models]
    each = of_each(session, models, SHOWN, filters.window, now=now)
    open_alerts = inbox(session, InboxFilters(tab="all_open", models=_names(filters), not_muted=True), limit=ALERTS)
    return Company(
        models=models,
        window=filters.window,
        zone=zone,
        currency=next(iter(sorted(currencies)), "USD"),
        of_each=each,
        now=combined(each, SHOWN, currencies=currencies),
        before=None
        if filters.previous is None
        else _over(session, models, SHOWN, filters.previous, currencies, now=now),
        courses=_courses(courses, currencies),
        accuracy_by_model={
            model.title: of["accuracy"] for model, of in zip(models, courses, strict=True) if "accuracy" in of
        },
        months=_months(session, models, currencies, now=now),
        health=_health(session, models, now=now),
        deployments=[] if filters.model is None else catalog.deployments(session, filters.model.id, filters.window),
        alerts=open_alerts.rows,
        has_more_alerts=open_alerts.next is not None,
    )


def _health(session: Session, models: Sequence[Model], *, now: datetime) -> Health:
    """Return the health of the one model in its own words, or of all of them with their counts."""
    found = [standing.health for standing in standings(session, models, now=now).values()]
    return found[0] if len(found) == 1 else overall(found)


def _over(
    session: Session,
    models: Sequence[Model],
    names: Sequence[str],
    window: Window,
    currencies: frozenset[str],
    *,
    now: datetime,
) -> Mapping[str, Value]:
    return combined(of_each(session, models, names, window, now=now), names, currencies=currencies)


def _courses(of_models: Sequence[Mapping[str, MetricSeries]], currencies: frozenset[str]) -> Mapping[str, MetricSeries]:
    found = {name: combined_series(of_models, name, currencies=currencies) for name in COURSE}
    return {name: series for name, series in found.items() if series is not None}


def _months(
    session: Session, models: Sequence[Model], currencies: frozenset[str], *, now: datetime
) -> tuple[BusinessMonth, ...]:
    """Return half a year, and before it up to as much again while there is money to tell of."""
    found: list[BusinessMonth] = []
    for window in reversed(last_months(now, MONTHS)):
        values = _over(session, models, (*MONEY, COVERAGE), window, currencies, now=now)
        month = BusinessMonth(window.start, values, now in window)
        if len(found) >= FEWEST_MONTHS and not has_money(month):
            break
        found.append(month)
    return tuple(reversed(found))


def has_money(month: BusinessMonth) -> bool:
    """Say whether anything is known of what the models of any kind were worth in the month."""
    return any(month.value(name).value is not None for name in ("revenue_protected", *WORTHS))


def last_months(now: datetime, count: int) -> list[Window]:
    """Return the calendar months (UTC) up to the one that the instant is in, the oldest first."""
    index = now.year * 12 + now.month - 1
    return [month(at // 12, at % 12 + 1) for at in range(index - count + 1, index + 1)]


def _currencies(session: Session, models: Sequence[Model]) -> frozenset[str]:
    parameters = catalog.business(session, [model.id for model in models])
    return frozenset(entries[-1].currency for entries in parameters.values() if entries)


def _names(filters: PageFilters) -> tuple[str, ...]:
    return () if filters.model is None else (filters.model.name,)
