"""Finding single predictions: the latest, or one by its name, with its features, outcome and corrections."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from webapp.catalog.binning import NOT_A_NUMBER, Binning, FeatureBins, Kind, code_of
from webapp.catalog.models import Model, Task
from webapp.catalog.queries import binnings, current_binning, version_ids
from webapp.core.ids import digest, lower_bound
from webapp.telemetry.rows import Grain

NOT_NUMERIC = "not a number"
LOOKED_THROUGH = 20_000  # the newest predictions that a text is looked for in
_COLUMNS = (
    "p.id, p.key, p.prediction_id, v.name AS version, v.environment, p.at, p.score, p.predicted, p.actual,"
    " p.latency_ms, p.failed, p.features, p.segments, p.scores, p.binning_id"
)


@dataclass(frozen=True, slots=True)
class Correction:
    """What an outcome was before somebody told another one."""

    at: datetime
    former: float
    actual: float
    former_class: str | None = None  # of a multiclass model: the classes behind the numbers
    actual_class: str | None = None


@dataclass(frozen=True, slots=True)
class StoredPrediction:
    """One prediction as it was taken in.

    `predicted` and `actual` are 1 for the positive class and 0 for the other; of a multiclass model they are places
    among its classes, which the names stand beside; of a regression they are the numbers themselves.
    """

    prediction_id: str
    version: str
    environment: str
    at: datetime
    score: float | None
    predicted: float | None
    actual: float | None
    outcome_at: datetime | None
    latency_ms: float | None
    error: str | None
    features: Mapping[str, float | str | None]
    segments: Mapping[str, str]
    corrections: Sequence[Correction]
    predicted_class: str | None = None
    actual_class: str | None = None
    scores: Mapping[str, float] = field(default_factory=dict)  # of a multiclass model: of each class, the highest first


def latest(
    session: Session, model: Model, *, text: str | None = None, limit: int = 50, now: datetime
) -> Sequence[StoredPrediction]:
    """Return the newest predictions; with a text, those whose id contains it, among the newest ones or by full id."""
    wanted = (text or "").strip()
    rows = _rows_named(session, model, wanted, limit=limit) if wanted else []
    if not rows:
        versions = list(version_ids(session, [model.id])[model.id])
        depth = LOOKED_THROUGH if wanted else limit
        since = _since(session, versions, depth, now=now)
        rows = _newest(session, versions, wanted, since=since, depth=depth, limit=limit)
    return _stored(session, model, rows)


def find(session: Session, model: Model, prediction_id: str) -> StoredPrediction | None:
    """Return the prediction of that id; where several versions predicted it, the newest."""
    found = _stored(session, model, _rows_named(session, model, prediction_id, limit=1))
    return found[0] if found else None


def _rows_named(session: Session, model: Model, prediction_id: str, *, limit: int) -> Sequence[Row[Any]]:
    query = text(
        f"SELECT {_COLUMNS} FROM prediction p JOIN model_version v ON v.id = p.version_id"
        " WHERE p.key = CAST(:key AS uuid) ORDER BY p.id DESC LIMIT :limit"
    )
    key = UUID(bytes=digest(model.id, prediction_id))
    return session.execute(query, {"key": str(key), "limit": limit}).all()


def _since(session: Session, versions: Sequence[int], depth: int, *, now: datetime) -> datetime:
    """Return the day from which on there are that many predictions, so that no more of other models are passed over."""
    query = text(
        "SELECT day, sum(predictions) AS count FROM ("
        " SELECT bucket AS day, predictions FROM rollup"
        " WHERE version_id = ANY(:versions) AND segment_id = 0 AND grain = :day"
        " UNION ALL SELECT date_trunc('day', bucket), predictions FROM rollup_delta WHERE version_id = ANY(:versions)"
        ") AS counted GROUP BY day ORDER BY day DESC"
    )
    counted, since = 0, now
    for day, count in session.execute(query, {"versions": list(versions), "day": int(Grain.DAY)}):
        counted, since = counted + count, day
        if counted >= depth:
            break
    return since


def _newest(
    session: Session, versions: Sequence[int], wanted: str, *, since: datetime, depth: int, limit: int
) -> Sequence[Row[Any]]:
    """Walk backwards along the primary key, which is the time, and stop early."""
    chosen = (
        "SELECT * FROM prediction WHERE version_id = ANY(:versions) AND id >= CAST(:since AS uuid) ORDER BY id DESC"
    )
    query = text(
        f"SELECT {_COLUMNS} FROM ({chosen} LIMIT :depth) AS p JOIN model_version v ON v.id = p.version_id"
        " WHERE :wanted = '' OR position(lower(:wanted) IN lower(p.prediction_id)) > 0 ORDER BY p.id DESC LIMIT :limit"
    )
    parameters = {
        "versions": versions,
        "since": str(lower_bound(since)),
        "depth": depth,
        "wanted": wanted,
        "limit": limit,
    }
    return session.execute(query, parameters).all()


def _stored(session: Session, model: Model, rows: Sequence[Row[Any]]) -> Sequence[StoredPrediction]:
    if not rows:
        return []
    used = binnings(session, [row.binning_id for row in rows])
    meanings = _meanings(session, model, rows, used)
    keys = [row.key for row in rows]
    told = _outcomes(session, keys)
    classes = _classes(session, model)
    corrections = _corrections(session, keys, classes)
    errors = _errors(session, [row.id for row in rows if row.failed])
    return [
        StoredPrediction(
            prediction_id=row.prediction_id,
            version=row.version,
            environment=row.environment,
            at=row.at,
            score=row.score,
            predicted=row.predicted,
            actual=row.actual,
            outcome_at=told.get(row.key),
            latency_ms=row.latency_ms,
            error=errors.get(row.id),
            features=_named(row.features, used[row.binning_id], meanings),
            segments=dict(segment.partition("=")[::2] for segment in row.segments or ()),
            corrections=tuple(corrections.get(row.key, ())),
            predicted_class=_class(row.predicted, classes),
            actual_class=_class(row.actual, classes),
            scores=_scores(row.scores, classes),
        )
        for row in rows
    ]


def _classes(session: Session, model: Model) -> Sequence[str]:
    """Return the classes of a multiclass model in their places; nothing for others."""
    if model.task is not Task.MULTICLASS:
        return ()
    binning = current_binning(session, model.id)
    return () if binning is None else binning.classes


def _class(place: float | None, classes: Sequence[str]) -> str | None:
    return classes[int(place)] if place is not None and 0 <= place < len(classes) else None


def _scores(values: Sequence[float | None] | None, classes: Sequence[str]) -> Mapping[str, float]:
    """Return the score of each class, the highest first; an event may be older than the newest classes."""
    named = zip(classes, values or (), strict=False)
    found = [(name, score) for name, score in named if score is not None and not math.isnan(score)]
    return dict(sorted(found, key=lambda each: -each[1]))


def _named(
    values: Sequence[float], binning: Binning, meanings: Mapping[tuple[str, float], str]
) -> Mapping[str, float | str | None]:
    return {
        feature.name: _value(feature, value, meanings) for feature, value in zip(binning.features, values, strict=False)
    }


def _value(feature: FeatureBins, value: float, meanings: Mapping[tuple[str, float], str]) -> float | str | None:
    if math.isnan(value):
        return None
    if value == NOT_A_NUMBER:
        return NOT_NUMERIC
    if math.isinf(value):
        return "infinite"
    return meanings.get((feature.name, value)) if feature.kind is Kind.CATEGORY else value


def _meanings(
    session: Session, model: Model, rows: Sequence[Row[Any]], used: Mapping[int, Binning]
) -> Mapping[tuple[str, float], str]:
    """Return what the category codes of these rows stand for: from the bins, and from the values unseen by them."""
    meanings = {
        (feature.name, code_of(value)): value
        for binning in used.values()
        for feature in binning.features
        for value in feature.categories
    }
    codes = {
        int(row.features[place])
        for row in rows
        for place, feature in enumerate(used[row.binning_id].features[: len(row.features)])
        if feature.kind is Kind.CATEGORY and np.isfinite(row.features[place])
    }
    query = text("SELECT feature, code, value FROM feature_value WHERE model_id = :model AND code = ANY(:codes)")
    found = session.execute(query, {"model": model.id, "codes": sorted(codes)}) if codes else ()
    return meanings | {(feature, float(code)): value for feature, code, value in found}


def _outcomes(session: Session, keys: Sequence[UUID]) -> Mapping[UUID, datetime]:
    query = text("SELECT key, at FROM outcome WHERE key = ANY(CAST(:keys AS uuid[]))")
    return {row.key: row.at for row in session.execute(query, {"keys": [str(key) for key in keys]})}


def _corrections(session: Session, keys: Sequence[UUID], classes: Sequence[str]) -> Mapping[UUID, Sequence[Correction]]:
    query = text(
        "SELECT key, at, former, actual FROM outcome_correction WHERE key = ANY(CAST(:keys AS uuid[])) ORDER BY at, id"
    )
    found: dict[UUID, list[Correction]] = {}
    for row in session.execute(query, {"keys": [str(key) for key in keys]}):
        names = _class(row.former, classes), _class(row.actual, classes)
        found.setdefault(row.key, []).append(Correction(row.at, row.former, row.actual, *names))
    return found


def _errors(session: Session, ids: Sequence[UUID]) -> Mapping[UUID, str]:
    if not ids:
        return {}
    query = text("SELECT id, message FROM prediction_error WHERE id = ANY(CAST(:ids AS uuid[]))")
    return {row.id: row.message for row in session.execute(query, {"ids": [str(found) for found in ids]})}
