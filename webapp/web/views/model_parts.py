"""One model's record: its forms, its money parameters, versions, baselines and features, as components."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dash import html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from webapp.catalog import queries as catalog
from webapp.catalog.binning import FeatureBins, Kind
from webapp.catalog.models import Business, Deployment, Model, Target, Version
from webapp.catalog.targets import DEFAULTS
from webapp.core.formatting import money, number, share
from webapp.core.periods import Window
from webapp.metrics import queries as metrics
from webapp.metrics.display import text_of
from webapp.metrics.health import Health, health
from webapp.metrics.metric import Better, Unit, Value
from webapp.metrics.registry import METRICS
from webapp.telemetry.baselines import BaselineInfo, baselines
from webapp.web.components import Column, data_table, empty_state, pill, when
from webapp.web.components.content import Child

SUMMARY = ("prediction_count", "outcome_coverage", "accuracy", "drift_score", "error_rate", "freshness")
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
        values=metrics.values(session, [model], SUMMARY, window, now=now)[model.name],
        versions=catalog.versions(session, model.id),
        deployments=catalog.deployments(session, model.id, Window(now - LOOKING_BACK, now + timedelta(days=1))),
        business=entries,
        baselines=baselines(session, model.id),
        features=() if binning is None else binning.features,
    )


def live_version(session: Session, model: Model, *, now: datetime) -> str | None:
    """Return the version deployed last; where nobody tells of deployments, the one first seen last."""
    deployed = catalog.deployments(session, model.id, Window(now - LOOKING_BACK, now))
    if deployed:
        return deployed[0].version
    versions = catalog.versions(session, model.id)
    return versions[0].name if versions else None


def money_table(entries: Sequence[Business], zone: str) -> Component:
    """Return the money parameters with the day each came into force, the newest first."""
    columns = [
        Column("from", "In force from"),
        Column("value", "Customer value a year", align="right"),
        Column("contact", "Contact cost", align="right"),
        Column("save", "Save rate", align="right"),
        Column("running", "Running cost a month", align="right"),
        Column("horizon", "Horizon", align="right"),
    ]
    rows: list[Mapping[str, Child]] = [
        {
            "from": when(each.valid_from, zone=zone),
            "value": money(each.customer_value, each.currency),
            "contact": money(each.contact_cost, each.currency),
            "save": share(each.save_rate),
            "running": money(each.running_cost_monthly, each.currency),
            "horizon": f"{number(each.horizon_months)} months",
        }
        for each in reversed(entries)
    ]
    empty = empty_state(
        "No business parameters",
        "With what a customer is worth and what a contact costs, money appears.",
        picture="coins",
    )
    return data_table(columns, rows, caption="Business parameters by date", empty=empty)


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


def target_metrics() -> Sequence[str]:
    """Return the metrics that have targets, in the order in which they are shown."""
    return tuple(name for name in DEFAULTS if name in METRICS)


def as_shown(name: str, bound: float) -> float:
    """Return a bound as people write it: shares as a percentage."""
    return round(bound * 100, 6) if METRICS[name].unit is Unit.SHARE else bound


def as_kept(name: str, written: float) -> float:
    return round(written / 100, 8) if METRICS[name].unit is Unit.SHARE else written


def unit_words(name: str) -> str:
    metric = METRICS[name]
    unit = {Unit.SHARE: "%", Unit.PERCENT: "%", Unit.MILLISECONDS: "ms"}.get(metric.unit, "")
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
