"""One model's record: its forms, its money parameters, versions, baselines and features, as components."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dash import html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from webapp.catalog import queries as catalog
from webapp.catalog.binning import FeatureBins, Kind
from webapp.catalog.models import Business, Deployment, Model, Target, Task, Version
from webapp.catalog.targets import DEFAULTS
from webapp.core.formatting import money, number, share
from webapp.core.periods import Window
from webapp.metrics import queries as metrics
from webapp.metrics.display import text_of
from webapp.metrics.headlines import HEADLINE, QUALITY, applying
from webapp.metrics.health import Health, health
from webapp.metrics.metric import Better, Unit, Value
from webapp.metrics.registry import METRICS, for_task
from webapp.telemetry.baselines import BaselineInfo, baselines
from webapp.web.components import Column, data_table, empty_state, pill, when
from webapp.web.components.content import Child

JUDGED: Mapping[Task, Sequence[str]] = {  # the metrics that a kind of model is offered targets for first
    Task.BINARY: ("accuracy", "roc_auc"),
    Task.MULTICLASS: ("accuracy", "macro_f1", "macro_recall", "roc_auc_ovr"),
    Task.REGRESSION: ("mae", "rmse", "mape", "r2"),
}
TARGETED = frozenset({"performance", "drift", "quality", "business"})  # what else can be given a target
BOUNDS = ("target", "warning", "critical")
LOOKING_BACK = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Record:
    """Everything that is on record about one model."""

    model: Model
    window: Window
    zone: str
    currency: str
    now: datetime
    health: Health | None
    values: Mapping[str, Value]
    versions: Sequence[Version]
    deployments: Sequence[Deployment]
    business: Sequence[Business]
    baselines: Sequence[BaselineInfo]
    features: Sequence[FeatureBins]


def record(session: Session, name: str, *, window: Window, zone: str, now: datetime) -> Record:
    model = catalog.model_named(session, name)
    entries = catalog.business(session, [model.id])[model.id]
    binning = catalog.current_binning(session, model.id)
    states = health(session, [model], now=now)
    return Record(
        model=model,
        window=window,
        zone=zone,
        currency=entries[-1].currency if entries else "USD",
        now=now,
        health=states.get(model.name),
        values=metrics.values(session, [model], _summary(model.task), window, now=now)[model.name],
        versions=catalog.versions(session, model.id),
        deployments=catalog.deployments(session, model.id, Window(now - LOOKING_BACK, now + timedelta(days=1))),
        business=entries,
        baselines=baselines(session, model.id),
        features=() if binning is None else binning.features,
    )


def _summary(task: Task) -> Sequence[str]:
    headline = dict.fromkeys((HEADLINE[task], QUALITY[task][1])) if task is not Task.BINARY else {HEADLINE[task]: None}
    return ("prediction_count", "outcome_coverage", *headline, "drift_score", "error_rate", "freshness")


def money_table(entries: Sequence[Business], zone: str, task: Task = Task.BINARY) -> Component:
    """Return the money parameters with the day each came into force, the newest first."""
    columns, describe = _MONEY[task]
    rows: list[Mapping[str, Child]] = [
        {"from": when(each.valid_from, zone=zone), **describe(each)} for each in reversed(entries)
    ]
    empty = empty_state("No business parameters", _NO_MONEY[task], picture="coins")
    return data_table(columns, rows, caption="Business parameters by date", empty=empty)


def _of_decisions(each: Business) -> Mapping[str, Child]:
    return {
        "value": money(each.customer_value, each.currency),
        "contact": money(each.contact_cost, each.currency),
        "save": share(each.save_rate),
        "running": money(each.running_cost_monthly, each.currency),
        "horizon": f"{number(each.horizon_months)} months",
    }


def _of_classes(each: Business) -> Mapping[str, Child]:
    pairs = [
        f"{actual} taken for {predicted}: {money(worth, each.currency)}"
        for actual, row in each.costs.matrix.items()
        for predicted, worth in row.items()
    ]
    return {
        "right": _amount(each.costs.right, each),
        "wrong": _amount(each.costs.wrong, each),
        "pairs": html.Span(number(len(pairs)), title="; ".join(pairs[:20])) if pairs else "–",
    }


def _of_numbers(each: Business) -> Mapping[str, Child]:
    return {"over": _amount(each.costs.over, each), "under": _amount(each.costs.under, each)}


def _amount(cost: float | None, each: Business) -> str:
    return "–" if cost is None else money(cost, each.currency)


_FROM = Column("from", "In force from")
_MONEY: Mapping[Task, tuple[Sequence[Column], Callable[[Business], Mapping[str, Child]]]] = {
    Task.BINARY: (
        (
            _FROM,
            Column("value", "Customer value a year", align="right"),
            Column("contact", "Contact cost", align="right"),
            Column("save", "Save rate", align="right"),
            Column("running", "Running cost a month", align="right"),
            Column("horizon", "Horizon", align="right"),
        ),
        _of_decisions,
    ),
    Task.MULTICLASS: (
        (
            _FROM,
            Column("right", "A right answer", align="right"),
            Column("wrong", "A wrong answer", align="right"),
            Column("pairs", "Single pairs", align="right"),
        ),
        _of_classes,
    ),
    Task.REGRESSION: (
        (
            _FROM,
            Column("over", "A unit too much", align="right"),
            Column("under", "A unit too little", align="right"),
        ),
        _of_numbers,
    ),
}
_NO_MONEY: Mapping[Task, str] = {
    Task.BINARY: "With what a customer is worth and what a contact costs, money appears.",
    Task.MULTICLASS: "With what a right answer is worth and what a wrong one costs, money appears.",
    Task.REGRESSION: "With what a unit too much and a unit too little cost, money appears.",
}


def version_table(versions: Sequence[Version], deployments: Sequence[Deployment], zone: str) -> Component:
    deployed = {each.version: each for each in reversed(deployments)}
    columns = [
        Column("version", "Version"),
        Column("environment", "Environment"),
        Column("seen", "First seen"),
        Column("deployed", "Deployed"),
        Column("note", "Note"),
    ]
    rows: list[Mapping[str, Child]] = [
        {
            "version": each.name,
            "environment": each.environment,
            "seen": when(each.created_at, zone=zone),
            "deployed": when(deployed[each.name].at, zone=zone) if each.name in deployed else "–",
            "note": deployed[each.name].note if each.name in deployed else "",
        }
        for each in versions
    ]
    empty = empty_state("No versions yet", "They appear with the first prediction or deployment.", picture="git-branch")
    return data_table(columns, rows, caption="Versions, the newest first", empty=empty)


def baseline_table(found: Sequence[BaselineInfo], zone: str) -> Component:
    columns = [
        Column("number", "Baseline"),
        Column("source", "Made from"),
        Column("rows", "Rows", align="right"),
        Column("from", "Compared with since"),
        Column("by", "By"),
    ]
    rows: list[Mapping[str, Child]] = [
        {
            "number": html.Span(
                [f"no. {each.number} ", pill("provisional", tone="warning") if each.provisional else ""]
            ),
            "source": each.source,
            "rows": number(each.row_count),
            "from": when(each.valid_from, zone=zone),
            "by": each.created_by,
        }
        for each in found
    ]
    empty = empty_state(
        "No baseline yet", "From 1,000 predictions on a provisional one is made by itself.", picture="database"
    )
    return data_table(columns, rows, caption="Baselines, the newest first", empty=empty)


def feature_table(features: Sequence[FeatureBins]) -> Component:
    columns = [Column("name", "Feature"), Column("kind", "Kind"), Column("values", "Reference")]
    rows = [{"name": each.name, "kind": str(each.kind), "values": _reference(each)} for each in features]
    empty = empty_state("No features yet", "They appear with the first prediction that carries some.", picture="list")
    return data_table(columns, rows, caption="Features with their reference", empty=empty)


def target_metrics(model: Model) -> Sequence[str]:
    """Return the metrics that the model has or is offered targets for, in the order in which they are shown."""
    usual = [name for name in DEFAULTS if name not in JUDGED[Task.BINARY]]
    return applying(list(dict.fromkeys([*JUDGED[model.task], *usual, *model.targets])), model.task)


def more_target_metrics(model: Model) -> Sequence[str]:
    """Return what else the model can have a target for."""
    shown = set(target_metrics(model))
    return [
        name
        for name, metric in for_task(model.task).items()
        if metric.better is not Better.NONE and name not in shown and metric.group in TARGETED
    ]


def as_shown(name: str, bound: float) -> float:
    """Return a bound as people write it: shares as a percentage."""
    return round(bound * 100, 6) if METRICS[name].unit is Unit.SHARE else bound


def as_kept(name: str, written: float) -> float:
    return round(written / 100, 8) if METRICS[name].unit is Unit.SHARE else written


def unit_words(name: str) -> str:
    metric = METRICS[name]
    unit = {Unit.SHARE: "%", Unit.PERCENT: "%", Unit.MILLISECONDS: "ms", Unit.VALUE: "units"}.get(metric.unit, "")
    side = "at most" if metric.better is Better.LOWER else "at least"
    return f"{side}, in {unit}" if unit else side


def order_fault(name: str, target: Target) -> str | None:
    """Say what is wrong with bounds that do not get worse from target to warning to critical."""
    metric = METRICS[name]
    sign = -1 if metric.better is Better.LOWER else 1
    if sign * target.target >= sign * target.warning >= sign * target.critical:
        return None
    words = "rise" if metric.better is Better.LOWER else "fall"
    return f"{metric.label}: the bounds must {words} from target over warning to critical."


def summary_text(name: str, value: Value, currency: str) -> str:
    return text_of(value, METRICS[name], currency=currency)


def _reference(feature: FeatureBins) -> str:
    if feature.is_learning:
        return "learning: no baseline has it yet"
    if feature.kind is Kind.CATEGORY:
        shown = ", ".join(feature.categories[:4])
        rest = len(feature.categories) - 4
        return f"{shown} and {rest} more" if rest > 0 else shown
    return f"from {number(feature.edges[0])} to {number(feature.edges[-1])}"
