"""Taking in outcomes: late, repeated, corrected or early, each ends in the bucket of its prediction.

The outcome row says what was told; `prediction.actual` says what the counts contain. An outcome moves the counts by
taking back what its prediction contributed before and adding what it contributes now, in one transaction.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from webapp.catalog.binning import Binning
from webapp.catalog.models import Model, Task
from webapp.catalog.queries import binnings, current_binning, models_of
from webapp.catalog.register import check_name, ensure_model
from webapp.core.errors import UserError
from webapp.core.ids import digest, lower_bound, uuid7
from webapp.core.periods import microseconds
from webapp.db.copy import Column, copy_rows
from webapp.telemetry import deltas, partitions
from webapp.telemetry.binnings import counted_in, extended_binning, hold
from webapp.telemetry.decisions import Answers, likely_task_of_answers
from webapp.telemetry.predictions import Limits
from webapp.telemetry.refusals import ModelCheck, Refusals, model_faults, time_fault, uuid_array
from webapp.telemetry.rows import Rows
from webapp.telemetry.segments import Segments
from webapp.telemetry.wire import Outcome, Receipt

PAGE = 2_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INSERT = (
    "INSERT INTO outcome (key, model_id, prediction_id, actual, at, received_at, corrections)"
    " SELECT u.key, :model_id, u.prediction_id, u.actual, u.at, :now, 0"
    " FROM unnest(CAST(:keys AS uuid[]), CAST(:ids AS text[]), CAST(:actual AS float8[]), CAST(:at AS timestamptz[]))"
    " AS u(key, prediction_id, actual, at) ON CONFLICT (key)"
)
_CORRECTED = ", ".join(f"{name} = EXCLUDED.{name}" for name in ("actual", "at", "received_at"))


@dataclass(frozen=True, slots=True)
class Told:
    """An outcome as it is to be counted."""

    key: bytes
    prediction_id: str
    actual: float
    at: datetime


def accept_outcomes(
    session: Session,
    outcomes: Sequence[Outcome],
    *,
    now: datetime,
    limits: Limits | None = None,
    check_model: ModelCheck | None = None,
) -> Receipt:
    """Store what is new or corrected and move the counts; a repeat changes nothing."""
    limits = limits or Limits()
    refusals = Refusals()
    by_model = _checked(session, outcomes, refusals, check_model, now=now, oldest=now - limits.retention)
    accepted = duplicates = 0
    hold(session, [model.id for model, _ in by_model])
    for model, told in by_model:
        changed, repeated = _record(session, model, told, now=now)
        refusals.note_repeats(model.name, repeated)
        join(session, model, changed, now=now, window=limits.outcome_window)
        accepted, duplicates = accepted + len(changed), duplicates + repeated
    refusals.count_into(session, "outcome", now=now)
    return Receipt(accepted, duplicates, refusals.sorted())


def join(session: Session, model: Model, told: Sequence[Told], *, now: datetime, window: timedelta) -> int:
    """Give the model's outcomes to the predictions that do not have them yet; return how many predictions changed."""
    if not told:
        return 0
    partitions.look_up_by_index(session)
    by_key = {item.key.hex(): item for item in told}
    oldest = min(item.at for item in told) - window
    rows = session.execute(
        text(
            "SELECT replace(k.key::text, '-', '') AS key, p.*"
            # LATERAL asks for one key after the other, see repeats.py; so all lock in the order of the keys.
            " FROM unnest(CAST(:keys AS uuid[])) AS k(key) CROSS JOIN LATERAL ("
            " SELECT id, extract(epoch FROM at)::float8 AS at, version_id, binning_id, score, predicted, actual,"
            " scores, segments FROM prediction WHERE key = k.key AND id >= CAST(:oldest AS uuid)"
            " ORDER BY id FOR UPDATE) p"
        ),
        {"keys": uuid_array(b"".join(sorted(item.key for item in told))), "oldest": str(lower_bound(oldest))},
    ).all()
    stale = [row for row in rows if row.actual != by_key[row.key].actual and _counts(row, by_key[row.key], window)]
    if stale:
        _mark(session, stale, by_key)
        _move_counts(session, model, stale, by_key, now=now)
    return len(stale)


def _counts(row: Row[Any], told: Told, window: timedelta) -> bool:
    """Say whether the outcome came in time; one that did may be corrected at any time."""
    return row.actual is not None or told.at.timestamp() - row.at <= window.total_seconds()


def join_missed(session: Session, *, since: datetime, now: datetime, window: timedelta) -> int:
    """Join outcomes received since an instant whose predictions were being written at the very same moment."""
    numbers = text("SELECT DISTINCT model_id FROM outcome WHERE received_at >= :since")
    models = models_of(session, list(session.scalars(numbers, {"since": since})))
    hold(session, [model.id for model in models])
    return sum(_join_missed(session, model, since=since, now=now, window=window) for model in models)


def _join_missed(session: Session, model: Model, *, since: datetime, now: datetime, window: timedelta) -> int:
    """Join the model's outcomes page by page, so that a flood of them is not held in memory."""
    query = text(
        "SELECT key, prediction_id, actual, at FROM outcome WHERE received_at >= :since AND model_id = :model"
        " AND key > CAST(:after AS uuid) ORDER BY key LIMIT :page"
    )
    after, joined = UUID(int=0), 0
    while True:
        parameters = {"since": since, "model": model.id, "after": str(after), "page": PAGE}
        page = session.execute(query, parameters).all()
        told = [Told(row.key.bytes, row.prediction_id, row.actual, row.at) for row in page]
        joined += join(session, model, told, now=now, window=window)
        if len(page) < PAGE:
            return joined
        after = page[-1].key


def _checked(
    session: Session,
    outcomes: Sequence[Outcome],
    refusals: Refusals,
    check_model: ModelCheck | None,
    *,
    now: datetime,
    oldest: datetime,
) -> list[tuple[Model, list[Told]]]:
    """Return the acceptable outcomes by model, in the order of their names; refuse the others."""
    names = sorted({item.model for item in outcomes})
    faults = model_faults(names, check_model)
    models: dict[str, Model] = {}
    for name in names:
        try:
            check_name(name)
            if name not in faults:
                task = likely_task_of_answers([item.actual for item in outcomes if item.model == name])
                models[name] = ensure_model(session, name, now=now, task=task)
        except UserError as error:
            faults[name] = error.message
    told: dict[str, list[Told]] = {name: [] for name in models}
    answers = {name: Answers(session, model) for name, model in models.items()}
    for place, item in enumerate(outcomes):
        fault = _fault(item, answers.get(item.model), faults, now=now, oldest=oldest)
        if fault is None:
            model = models[item.model]
            actual = answers[item.model].of_outcome(item.actual)
            told[item.model].append(Told(digest(model.id, item.prediction_id), item.prediction_id, actual, item.at))
        else:
            field, reason, message = fault
            refusals.add(place, field, message, model=item.model[:64], reason=reason)
    for name, read in answers.items():
        if read.names:
            extended_binning(session, models[name], (), now=now, classes=read.names)
    return [(models[name], items) for name, items in told.items() if items]


def _fault(
    item: Outcome, answers: Answers | None, faults: dict[str, str], *, now: datetime, oldest: datetime
) -> tuple[str, str, str] | None:
    if answers is None:
        return "model", "not_allowed", faults[item.model]
    timing = time_fault(item.at, now=now, oldest=oldest)
    if timing is not None:
        return "at", *timing
    if "\x00" in item.prediction_id:
        return "prediction_id", "unclean_text", "contains a NUL character; send clean text"
    return answers.fault_of_outcome(item.actual)


def _record(session: Session, model: Model, told: Sequence[Told], *, now: datetime) -> tuple[list[Told], int]:
    """Write what was told; return what is new or corrected, and how many were repeats."""
    latest = {item.key: item for item in told}  # within a batch the last word counts
    known = _known(session, latest.values())
    new = [item for item in latest.values() if item.key not in known]
    corrected = [item for item in latest.values() if item.key in known and _corrects(item, known[item.key])]
    if new:
        lost_races = _insert(session, model, new, now=now)
        again, _ = _record(session, model, lost_races, now=now) if lost_races else ([], 0)
        new = [item for item in new if item not in lost_races] + again
    _correct(session, model, corrected, known, now=now)
    changed = sorted(new + corrected, key=lambda item: item.key)
    return changed, len(told) - len(changed)


def _known(session: Session, told: Iterable[Told]) -> dict[bytes, tuple[float, datetime]]:
    """Lock and return what was told before: (actual, at)."""
    query = text(
        # LATERAL asks for one key after the other, see repeats.py; so all lock in the order of the keys.
        "SELECT o.* FROM unnest(CAST(:keys AS uuid[])) AS k(key) CROSS JOIN LATERAL ("
        " SELECT key, actual, at FROM outcome WHERE key = k.key FOR UPDATE) o"
    )
    rows = session.execute(query, {"keys": uuid_array(b"".join(sorted(item.key for item in told)))})
    return {row.key.bytes: (row.actual, row.at) for row in rows}


def _corrects(item: Told, known: tuple[float, datetime]) -> bool:
    """Another answer with a later or equal time is a correction; an older one is yesterday's news."""
    actual, at = known
    return item.actual != actual and item.at >= at


def _insert(session: Session, model: Model, new: Sequence[Told], *, now: datetime) -> list[Told]:
    """Insert the outcomes in the order of their keys; return those that somebody else inserted meanwhile."""
    ordered = sorted(new, key=lambda item: item.key)
    inserted = session.scalars(text(f"{_INSERT} DO NOTHING RETURNING key"), _columns(model, ordered, now=now))
    done = {key.bytes for key in inserted}
    return [item for item in ordered if item.key not in done]


def _columns(model: Model, items: Sequence[Told], *, now: datetime) -> dict[str, Any]:
    return {
        "model_id": model.id,
        "now": now,
        "keys": uuid_array(b"".join(item.key for item in items)),
        "ids": [item.prediction_id for item in items],
        "actual": [item.actual for item in items],
        "at": [item.at for item in items],
    }


def _correct(
    session: Session,
    model: Model,
    corrected: Sequence[Told],
    known: dict[bytes, tuple[float, datetime]],
    *,
    now: datetime,
) -> None:
    if not corrected:
        return
    # They are there, and locked. ON CONFLICT finds each by its key, where a join with the list may be turned round.
    session.execute(
        text(f"{_INSERT} DO UPDATE SET {_CORRECTED}, corrections = outcome.corrections + 1"),
        _columns(model, corrected, now=now),
    )
    microseconds = int(now.timestamp() * 1e6)
    columns = [
        Column("id", "uuid", np.frombuffer(b"".join(uuid7(now).bytes for _ in corrected), "V16")),
        Column("key", "uuid", np.frombuffer(b"".join(item.key for item in corrected), "V16")),
        Column("former", "float8", np.array([known[item.key][0] for item in corrected])),
        Column("actual", "float8", np.array([item.actual for item in corrected])),
        Column("at", "timestamptz", np.full(len(corrected), microseconds)),
    ]
    copy_rows(session, "outcome_correction", columns)


def _mark(session: Session, stale: Sequence[Row[Any]], by_key: dict[str, Told]) -> None:
    """Write on the predictions what the counts are about to contain."""
    session.execute(
        text(
            "UPDATE prediction p SET actual = u.actual FROM unnest(CAST(:ids AS uuid[]), CAST(:actual AS float8[]))"
            # No bounds: with them the planner may read the whole span of time. Each id finds its partition by itself.
            " AS u(id, actual) WHERE p.id = u.id"
        ),
        {
            "ids": uuid_array(b"".join(row.id.bytes for row in stale)),
            "actual": [by_key[row.key].actual for row in stale],
        },
    )


def _move_counts(
    session: Session, model: Model, stale: Sequence[Row[Any]], by_key: dict[str, Told], *, now: datetime
) -> None:
    now_us = microseconds(now)
    current = _counted_in(session, model, stale)
    used = binnings(session, list(current.values()))
    segments = Segments(session, model)
    for number, binning in used.items():
        rows = [row for row in stale if current[row.binning_id] == number]
        counted = [row for row in rows if row.actual is not None]
        if counted:
            former = _rows(counted, [row.actual for row in counted], None, binning, segments)
            deltas.append_labels(session, former, binning, now_us=now_us, sign=-1)
        told = [by_key[row.key] for row in rows]
        # The delay of a corrected outcome stays that of its first telling: it was counted then.
        first_time = [item.at if row.actual is None else None for row, item in zip(rows, told, strict=True)]
        added = _rows(rows, [item.actual for item in told], first_time, binning, segments)
        deltas.append_labels(session, added, binning, now_us=now_us, sign=1)


def _counted_in(session: Session, model: Model, stale: Sequence[Row[Any]]) -> Mapping[int, int]:
    """Return the binning to count outcomes in by that of their predictions; classes may have come up since."""
    stored = [row.binning_id for row in stale]
    newest = current_binning(session, model.id) if model.task is Task.MULTICLASS else None
    return counted_in(session, stored) if newest is None else dict.fromkeys(stored, newest.id)


def _rows(
    rows: Sequence[Row[Any]],
    actual: Sequence[float],
    told_at: Sequence[datetime | None] | None,
    binning: Binning,
    segments: Segments,
) -> Rows:
    at = np.array([row.at for row in rows])
    told = np.array([math.nan if moment is None else moment.timestamp() for moment in told_at or [None] * len(rows)])
    return Rows(
        version_id=np.array([row.version_id for row in rows], dtype=np.int64),
        at=np.rint(at * 1e6).astype(np.int64),
        score=np.array([row.score for row in rows], dtype=np.float64),
        predicted=np.array([row.predicted for row in rows], dtype=np.float64),
        actual=np.array(actual, dtype=np.float64),
        latency_ms=np.full(len(rows), np.nan),
        failed=np.zeros(len(rows), dtype=bool),
        delay_s=np.maximum(told - at, 0),
        scores=_scores(rows, len(binning.classes)) if binning.classes else None,
        segments=segments.of([row.segments for row in rows]),
    )


def _scores(rows: Sequence[Row[Any]], width: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    values = np.full((len(rows), width), np.nan)
    for place, row in enumerate(rows):
        if row.scores:
            values[place, : len(row.scores)] = row.scores
    return values
