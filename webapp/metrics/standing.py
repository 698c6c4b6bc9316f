"""How every model stands, kept ready by a job: judging a hundred models takes a second, reading the judgement nothing.

What is kept is at most a minute and a half old, and is shown with its age; a model that nobody has judged since is
judged on the spot, so a screen never waits for the job.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from webapp.catalog.models import Model
from webapp.metrics.health import Health, judged
from webapp.metrics.metric import Value
from webapp.metrics.tables import ModelHealthRow

FRESH = timedelta(seconds=90)


@dataclass(frozen=True, slots=True)
class Standing:
    """The health of a model and the values that it was judged by."""

    health: Health
    values: Mapping[str, Value]


def standings(session: Session, models: Sequence[Model], *, now: datetime) -> Mapping[str, Standing]:
    """Return how each model stands, by its name: as it was kept, or judged now."""
    kept = _kept(session, models, now=now)
    missing = [model for model in models if model.id not in kept]
    found = _judge(session, missing, now=now) if missing else {}
    return {model.name: kept[model.id] if model.id in kept else found[model.name] for model in models}


def keep_standings(session: Session, models: Sequence[Model], *, now: datetime) -> None:
    """Judge the models and keep what came out, for whoever looks next; forget those that are gone."""
    session.execute(delete(ModelHealthRow).where(ModelHealthRow.model_id.not_in([model.id for model in models])))
    if not models:
        return
    found = _judge(session, models, now=now)
    rows = [{"model_id": model.id, "at": now, "document": _plain(found[model.name])} for model in models]
    statement = insert(ModelHealthRow).values(rows)
    changes = {name: statement.excluded[name] for name in ("at", "document")}
    session.execute(statement.on_conflict_do_update(index_elements=["model_id"], set_=changes))


def _judge(session: Session, models: Sequence[Model], *, now: datetime) -> Mapping[str, Standing]:
    return {name: Standing(*found) for name, found in judged(session, models, now=now).items()}


def _kept(session: Session, models: Sequence[Model], *, now: datetime) -> dict[int, Standing]:
    query = select(ModelHealthRow.model_id, ModelHealthRow.document).where(
        ModelHealthRow.model_id.in_([model.id for model in models]),
        ModelHealthRow.at >= now - FRESH,
        ModelHealthRow.at <= now,
    )
    return {number: msgspec.convert(document, Standing) for number, document in session.execute(query)}


def _plain(standing: Standing) -> dict[str, Any]:
    return asdict(standing)
