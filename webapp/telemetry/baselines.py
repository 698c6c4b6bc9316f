"""Reference distributions: made from past predictions or from columns, counted in a binning of their own.

A new baseline brings new bins, and the model's stored events are recounted in them within the same transaction, so that
every window, past or future, can be compared with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from webapp.catalog.binning import Binning, BinningDocument, FeatureBins
from webapp.catalog.models import Model, Task
from webapp.catalog.queries import as_model, binnings, current_binning, version_ids
from webapp.catalog.tables import BaselineRow, ModelRow
from webapp.core.errors import InvalidInputError
from webapp.core.ids import uuid7
from webapp.core.periods import Window
from webapp.telemetry import ahead, partitions, raw
from webapp.telemetry.aggregate import TALLY
from webapp.telemetry.binnings import edges_of, hold_alone, store_binning
from webapp.telemetry.bins import Bins, Columns, bins_of_columns
from webapp.telemetry.counting import deltas
from webapp.telemetry.decode import Sum
from webapp.telemetry.recount import recount
from webapp.telemetry.reference import Baseline, BaselineInfo
from webapp.telemetry.rows import Rows
from webapp.telemetry.segments import count_again

MINIMUM = 100
ENOUGH_EVENTS = 1_000  # from where a model gets a provisional baseline
FIRST_EVENTS = 5_000  # what it is made from
SYSTEM = "system"
COMPARED = ("scores", "features", "answers")  # what a baseline keeps the counts of

__all__ = [
    "Baseline",
    "BaselineInfo",
    "baselines",
    "create_from_columns",
    "create_from_window",
    "current",
    "ensure_provisional",
]


def create_from_window(
    session: Session, model: Model, window: Window, *, by: str, now: datetime, valid_from: datetime | None = None
) -> BaselineInfo:
    """Make a baseline of the predictions in the window and recount the model's events in its bins.

    It counts from now on unless an earlier day is given, for which there may be reasons; not from one to come.
    """
    source = f"predictions from {window.start:%-d %b %Y %H:%M} to {window.end:%-d %b %Y %H:%M} UTC"
    return _create_from_events(session, model, window, source=source, by=by, now=now, valid_from=valid_from)


def create_from_columns(
    session: Session,
    model: Model,
    columns: Columns,
    *,
    scores: Sequence[float] | None = None,
    outcomes: Sequence[float | None] | None = None,
    source: str,
    by: str,
    now: datetime,
    valid_from: datetime | None = None,
) -> BaselineInfo:
    """Make a baseline of a file's columns, one a feature, and recount the model's events in its bins.

    A feature that the model has and the file lacks has no reference afterwards. With the outcomes of a binary model (1,
    0 or not known) beside its scores, performance can be estimated before later outcomes arrive.
    """
    hold_alone(session, model.id)
    known = _known_features(session, model)
    features, values = bins_of_columns(columns, known)
    size = len(values)
    if size < MINIMUM:
        raise InvalidInputError(f"A baseline needs at least {MINIMUM} rows; there are {size:,}.")
    if scores is not None and len(scores) != size:
        raise InvalidInputError(f"There are {len(scores):,} scores for {size:,} rows.")
    scored = np.full(size, np.nan) if scores is None else np.asarray(scores, dtype=np.float64)
    if model.task is not Task.REGRESSION and ((scored < 0) | (scored > 1)).any():
        raise InvalidInputError("A score is not between 0 and 1.")
    actual = _outcomes(model, outcomes, size)
    binning = _new_binning(session, model, features, scored, now=now)
    counted = Sum(binning)
    _count(counted, _rows_of(scored, actual, model), values, now=now)
    return _store(
        session, model, counted, size, source=source, by=by, provisional=False, now=now, valid_from=valid_from
    )


def ensure_provisional(session: Session, *, now: datetime) -> int:
    """Give models that have events but no baseline a provisional one, from their first events; return how many."""
    made = 0
    for model in _without_baseline(session):
        source = f"the first {FIRST_EVENTS:,} predictions at most"
        kept = partitions.weeks(session)
        window = Window(kept[0], kept[-1] + partitions.WEEK)
        _create_from_events(
            session, model, window, source=source, by=SYSTEM, now=now, limit=FIRST_EVENTS, provisional=True
        )
        made += 1
    return made


def baselines(session: Session, model_id: int) -> Sequence[BaselineInfo]:
    """Return the model's baselines, the newest first."""
    query = select(BaselineRow).where(BaselineRow.model_id == model_id).order_by(BaselineRow.number.desc())
    return [_info(row) for row in session.scalars(query)]


def current(session: Session, model_ids: Sequence[int]) -> Mapping[int, Baseline]:
    """Return the newest baseline of each model that has one. They never change: each is read once a process."""
    kept = _BASELINES.setdefault(session.get_bind().engine, {})
    query = text(
        "SELECT DISTINCT ON (model_id) model_id, id FROM baseline WHERE model_id = ANY(:models)"
        " ORDER BY model_id, number DESC"
    )
    newest = {row.model_id: row.id for row in session.execute(query, {"models": list(model_ids)})}
    missing = [number for number in newest.values() if number not in kept]
    if missing:
        for row in session.scalars(select(BaselineRow).where(BaselineRow.id.in_(missing))):
            kept[row.id] = _baseline(session, row)
    return {model_id: kept[number] for model_id, number in newest.items()}


def _create_from_events(
    session: Session,
    model: Model,
    window: Window,
    *,
    source: str,
    by: str,
    now: datetime,
    limit: int | None = None,
    provisional: bool = False,
    valid_from: datetime | None = None,
) -> BaselineInfo:
    hold_alone(session, model.id)
    stored_in = current_binning(session, model.id)
    versions = version_ids(session, [model.id])[model.id]
    bins, size = Bins(_known_features(session, model)), 0
    for chunk in raw.chunks(session, versions, window, stored_in, limit=limit):
        rows = chunk.rows
        bins.add(rows.predicted if model.task is Task.REGRESSION else rows.score, chunk.features)
        size += len(chunk.rows.at)
    if size < MINIMUM:
        raise InvalidInputError(f"A baseline needs at least {MINIMUM} predictions; the window has {size:,}.")
    binning = _new_binning(session, model, bins.features(session, model.id), bins.scores, now=now)
    counted = Sum(binning)
    for chunk in raw.chunks(session, versions, window, stored_in, limit=limit):
        _count(counted, chunk.rows, chunk.features, now=now)
    return _store(
        session, model, counted, size, source=source, by=by, provisional=provisional, now=now, valid_from=valid_from
    )


def _known_features(session: Session, model: Model) -> Sequence[FeatureBins]:
    binning = current_binning(session, model.id)
    return binning.features if binning else ()


def _new_binning(
    session: Session, model: Model, features: Sequence[FeatureBins], scores: NDArray[np.float64], *, now: datetime
) -> Binning:
    """Store the bins. Features keep their order, new ones at the end: stored events are read by it."""
    former = current_binning(session, model.id)
    classes = () if former is None else former.classes
    document = BinningDocument(tuple(features), edges_of(scores, model), model.task, classes)
    return store_binning(session, model.id, document, now=now)


def _count(counted: Sum, rows: Rows, features: NDArray[np.float64], *, now: datetime) -> None:
    """Add the rows as if all were of one version and instant."""
    (delta,) = deltas(_together(rows), counted.binning, now_us=int(now.timestamp() * 1e6), features=features)
    counted.add([0.0] * len(TALLY), {part: getattr(delta, part) for part in COMPARED})


def _together(rows: Rows) -> Rows:
    nothing = np.zeros(len(rows.at), dtype=np.int64)
    return replace(rows, version_id=nothing, at=nothing)


def _outcomes(model: Model, outcomes: Sequence[float | None] | None, size: int) -> NDArray[np.float64]:
    if outcomes is None:
        return np.full(size, np.nan)
    if model.task is not Task.BINARY:
        raise InvalidInputError(f"Outcomes of columns are for binary models; '{model.name}' is {model.task}.")
    if len(outcomes) != size:
        raise InvalidInputError(f"There are {len(outcomes):,} outcomes for {size:,} rows.")
    actual = np.array([np.nan if each is None else each for each in outcomes], dtype=np.float64)
    if not (np.isnan(actual) | (actual == 0) | (actual == 1)).all():
        raise InvalidInputError("An outcome is neither 1 nor 0.")
    return actual


def _rows_of(scores: NDArray[np.float64], actual: NDArray[np.float64], model: Model) -> Rows:
    nothing, unknown = np.zeros(len(scores), dtype=np.int64), np.full(len(scores), np.nan)
    is_number = model.task is Task.REGRESSION
    return Rows(
        version_id=nothing,
        at=nothing,
        score=unknown if is_number else scores,
        predicted=scores if is_number else unknown,
        actual=actual,
        latency_ms=unknown,
        failed=nothing.astype(bool),
        delay_s=unknown,
    )


def _store(
    session: Session,
    model: Model,
    counted: Sum,
    size: int,
    *,
    source: str,
    by: str,
    provisional: bool,
    now: datetime,
    valid_from: datetime | None,
) -> BaselineInfo:
    """Write the baseline and recount what the model has stored."""
    if valid_from is not None and valid_from > now:
        raise InvalidInputError("A baseline counts from a day that has begun, since all windows are compared with it.")
    number = session.scalar(select(func.max(BaselineRow.number)).where(BaselineRow.model_id == model.id)) or 0
    row = BaselineRow(
        id=uuid7(now),
        model_id=model.id,
        number=number + 1,
        binning_id=counted.binning.id,
        source=source,
        provisional=provisional,
        row_count=size,
        features=counted.payload("features"),
        scores=counted.payload("scores"),
        answers=counted.payload("answers"),
        valid_from=valid_from or now,
        created_at=now,
        created_by=by,
    )
    session.add(row)
    session.flush()
    is_ahead = ahead.on_its_way(session, model.id) is not None  # Then only the stored events can be counted anew.
    if not is_ahead:
        recount(session, version_ids(session, [model.id])[model.id], counted.binning, now=now)
    if is_ahead or model.segment_keys:
        count_again(session, model, now=now)
    return _info(row)


def _without_baseline(session: Session) -> Sequence[Model]:
    """Return the models with enough events and no baseline; not those whose rows are just being stored."""
    query = text(
        "SELECT v.model_id FROM model_version v JOIN ("
        " SELECT version_id, predictions FROM rollup WHERE grain = 4 AND segment_id = 0"
        " UNION ALL SELECT version_id, predictions FROM rollup_delta WHERE segment_id = 0"
        ") AS c ON c.version_id = v.id WHERE NOT EXISTS (SELECT FROM baseline b WHERE b.model_id = v.model_id)"
        " AND NOT EXISTS (SELECT FROM counted_ahead a WHERE a.model_id = v.model_id)"
        " GROUP BY v.model_id HAVING sum(c.predictions) >= :enough ORDER BY v.model_id"
    )
    numbers = list(session.scalars(query, {"enough": ENOUGH_EVENTS}))
    rows = session.scalars(select(ModelRow).where(ModelRow.id.in_(numbers)).order_by(ModelRow.id))
    return [as_model(row) for row in rows if row.status != "retired"]


def _baseline(session: Session, row: BaselineRow) -> Baseline:
    counted = Sum(binnings(session, [row.binning_id])[row.binning_id])
    counted.add([0.0] * len(TALLY), {part: getattr(row, part) for part in COMPARED})
    return Baseline(_info(row), counted.aggregate())


def _info(row: BaselineRow) -> BaselineInfo:
    return BaselineInfo(
        id=row.id,
        number=row.number,
        source=row.source,
        row_count=row.row_count,
        provisional=row.provisional,
        valid_from=row.valid_from,
        created_at=row.created_at,
        created_by=row.created_by,
    )


_BASELINES: WeakKeyDictionary[Engine, dict[object, Baseline]] = WeakKeyDictionary()
