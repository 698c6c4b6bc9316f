"""What the wall shows of all models, gathered at once: health, numbers, their course and what is open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy.orm import Session

from webapp.alerting.queries import InboxFilters, InboxRow, OpenSummary, inbox, open_summary, rules
from webapp.catalog import queries as catalog
from webapp.catalog.models import Model
from webapp.core.periods import Window
from webapp.metrics.courses import courses
from webapp.metrics.headlines import HEADLINE
from webapp.metrics.health import Health
from webapp.metrics.metric import MetricSeries, Value, undefined
from webapp.metrics.standing import standings
from webapp.telemetry.baselines import baselines
from webapp.web.views.first_steps import Progress
from webapp.web.views.fleet import of_each

DRIFT = "drift_score"  # as health judged it: of a hundred models it takes too long for a screen
NOT_JUDGED = undefined("no target says how far its features may move")
BESIDE = (DRIFT, "prediction_count", "response_time_mean")  # the headline, on a tile
SHOWN = (*dict.fromkeys(HEADLINE.values()), "prediction_count", "response_time_mean", "error_rate", "outcome_coverage")
MOST_POINTS = 60  # of the line on a tile or a card
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
    volumes: Mapping[str, Sequence[float]]  # predictions by steps, of each model
    courses: Mapping[str, MetricSeries]  # of all the models together
    open: OpenSummary
    alerts: Mapping[str, Sequence[InboxRow]]
    progress: Progress | None
    currency: str = "USD"


def on_tile(model: Model) -> Sequence[str]:
    """Return what the model's tile shows: what its kind is judged by first."""
    return (HEADLINE[model.task], *BESIDE)


def gather(
    session: Session, models: Sequence[Model], window: Window, step: timedelta, *, zone: str, now: datetime
) -> Fleet:
    rows = inbox(session, InboxFilters(tab="all_open", not_muted=True), limit=MOST_ALERTS).rows
    alerts: dict[str, list[InboxRow]] = {}
    for row in rows:
        alerts.setdefault(row.model, []).append(row)
    went = courses(session, models, COURSE, window, _drawn_step(window, step), now=now)
    judged = standings(session, models, now=now)
    counted = of_each(session, models, SHOWN, window, now=now)
    return Fleet(
        models=models,
        window=window,
        zone=zone,
        health={name: standing.health for name, standing in judged.items()},
        values={
            name: {DRIFT: standing.values.get(DRIFT, NOT_JUDGED), **counted[name]} for name, standing in judged.items()
        },
        volumes=went.volumes,
        courses=went.pooled,
        open=open_summary(session),
        alerts=alerts,
        progress=_progress(session, models[0]) if len(models) == 1 else None,
    )


def _drawn_step(window: Window, step: timedelta) -> timedelta:
    """Return so many steps as one that a narrow line is not drawn finer than it is seen."""
    return step * ceil(window.duration / step / MOST_POINTS)


def _progress(session: Session, model: Model) -> Progress:
    """Return how far the only model has come."""
    return Progress(
        has_model=True,
        has_predictions=bool(catalog.versions(session, model.id)),
        has_baseline=bool(baselines(session, model.id)),
        has_rules=bool(rules(session)),
    )
