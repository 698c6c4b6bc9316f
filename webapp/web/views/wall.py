"""What the wall shows of all models, gathered at once: health, numbers, their course and what is open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from webapp.alerting.queries import InboxFilters, InboxRow, OpenSummary, inbox, open_summary, rules
from webapp.catalog import queries as catalog
from webapp.catalog.models import Model
from webapp.core.periods import Window
from webapp.metrics import queries as metrics
from webapp.metrics.health import Health, health
from webapp.metrics.metric import MetricSeries, Value
from webapp.telemetry.baselines import baselines
from webapp.web.views.first_steps import Progress

ON_TILES = ("accuracy", "drift_score", "prediction_count", "response_time_mean")
SHOWN = (*ON_TILES, "error_rate", "outcome_coverage")
COURSE = ("prediction_count", "accuracy", "error_rate")
MOST_ALERTS = 200


@dataclass(frozen=True, slots=True)
class Fleet:
    """All models with what a tile shows of each."""

    models: Sequence[Model]
    window: Window
    zone: str
    health: Mapping[str, Health]
    values: Mapping[str, Mapping[str, Value]]
    courses: Mapping[str, Mapping[str, MetricSeries]]
    open: OpenSummary
    alerts: Mapping[str, Sequence[InboxRow]]
    progress: Progress | None
    currency: str = "USD"


def gather(
    session: Session, models: Sequence[Model], window: Window, step: timedelta, *, zone: str, now: datetime
) -> Fleet:
    rows = inbox(session, InboxFilters(tab="all_open"), limit=MOST_ALERTS).rows
    alerts: dict[str, list[InboxRow]] = {}
    for row in rows:
        alerts.setdefault(row.model, []).append(row)
    return Fleet(
        models=models,
        window=window,
        zone=zone,
        health=health(session, models, now=now),
        values=metrics.values(session, models, SHOWN, window, now=now),
        courses={model.name: metrics.series(session, model, COURSE, window, step, now=now) for model in models},
        open=open_summary(session),
        alerts=alerts,
        progress=_progress(session, models[0]) if len(models) == 1 else None,
    )


def _progress(session: Session, model: Model) -> Progress:
    """Return how far the only model has come."""
    return Progress(
        has_model=True,
        has_predictions=bool(catalog.versions(session, model.id)),
        has_baseline=bool(baselines(session, model.id)),
        has_rules=bool(rules(session)),
    )
