"""Everything a report is made from, as plain values: sections and rules read this and never the database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from webapp.alerting.queries import AlertMonth
from webapp.catalog.models import Business, Deployment, Model, Target, Task
from webapp.figures.business import BusinessMonth
from webapp.metrics.drift import DriftReport
from webapp.metrics.headlines import HEADLINE, WORTH
from webapp.metrics.metric import MetricSeries, Value, undefined
from webapp.metrics.multiclass_report import ClassReport
from webapp.metrics.performance import Performance
from webapp.metrics.regression_report import ErrorReport
from webapp.reporting.period import ReportPeriod

LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """One model in the period and before. The details are there only where the report is about this model alone."""

    model: Model
    now: Mapping[str, Value]
    before: Mapping[str, Value]
    business: tuple[Business, ...] = ()  # in force in the period, the oldest first
    months: tuple[BusinessMonth, ...] = ()  # this one last
    trends: Mapping[str, MetricSeries] | None = None
    performance: Performance | None = None
    classes: ClassReport | None = None
    errors: ErrorReport | None = None
    drift: DriftReport | None = None
    deployments: tuple[Deployment, ...] = ()

    def value(self, name: str) -> Value:
        return self.now.get(name, undefined("not measured"))

    def former(self, name: str) -> Value:
        return self.before.get(name, undefined("not measured"))

    def target(self, name: str) -> Target | None:
        return self.model.targets.get(name)

    @property
    def decides(self) -> bool:
        """Say whether the model answers yes or no: then it has returns, and a return on what was invested."""
        return self.model.task is Task.BINARY

    @property
    def headline(self) -> str:
        """Return the metric that tells first whether models of its kind are right."""
        return HEADLINE[self.model.task]

    @property
    def worth(self) -> str:
        """Return the metric of money that models of its kind have."""
        return WORTH[self.model.task]

    @property
    def short_title(self) -> str:
        """Return the title as it stands among other words; a long one loses its middle."""
        return middle_out(self.model.title, LONGEST_NAME)

    @property
    def currency(self) -> str:
        return self.business[-1].currency if self.business else "USD"

    @property
    def predictions(self) -> float:
        return self.value("prediction_count").value or 0.0

    @property
    def coverage(self) -> float | None:
        """Return the share of predictions whose outcome is known."""
        return self.value("outcome_coverage").value


def middle_out(text: str, length: int) -> str:
    """Return the text, with its middle left out where it is too long: both ends of a name tell most."""
    if len(text) <= length:
        return text
    return f"{text[: length // 2]}…{text[-(length - length // 2 - 1) :]}"


@dataclass(frozen=True, slots=True)
class Facts:
    period: ReportPeriod
    models: tuple[ModelFacts, ...]
    alerts: AlertMonth
    former_alerts: AlertMonth
    organisation: str
    is_portfolio: bool  # about all models rather than one
    minimum_coverage: float = 0.6

    @property
    def only(self) -> ModelFacts | None:
        """Return the model, where the report is about a single one."""
        return None if self.is_portfolio else self.models[0]

    @property
    def zone(self) -> str:
        return self.period.zone

    @property
    def until(self) -> datetime:
        return self.period.window.end

    @property
    def predictions(self) -> float:
        return sum(each.predictions for each in self.models)
