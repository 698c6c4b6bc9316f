"""Storing plain rows of a file a block at a time: the same events, outcomes and counts as row by row, ten times faster.

Where a block may hold what was stored before, or what the model cannot answer, it is left to those who look row by row.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from psycopg2.errors import DeadlockDetected, UniqueViolation
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from webapp.catalog.binning import Binning
from webapp.catalog.models import Model
from webapp.catalog.register import ensure_model
from webapp.core.ids import digests, event_ids
from webapp.core.periods import microseconds
from webapp.db.copy import Column, copy_rows
from webapp.telemetry import ahead, deltas, partitions, repeats
from webapp.telemetry.importer_blocks import Block, NotPlainError
from webapp.telemetry.importer_files import Stretch
from webapp.telemetry.importer_read import ENVIRONMENT, read, register
from webapp.telemetry.prediction_columns import prediction_columns
from webapp.telemetry.predictions import Limits, keep_texts
from webapp.telemetry.refusals import uuid_array
from webapp.telemetry.rows import Rows

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

BLOCK_ROWS = 6_000
AT_ONCE = 2  # while one waits for the database, another one counts
_OUTCOMES = text(
    # LATERAL and OFFSET 0 ask for one key after the other, see repeats.py.
    "SELECT EXISTS (SELECT 1 FROM unnest(CAST(:keys AS uuid[])) AS k(key) CROSS JOIN LATERAL ("
    " SELECT 1 FROM outcome WHERE key = k.key OFFSET 0) o)"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Blocks:
    """Stores blocks in their order or beside each other, and gives those that are not plain to `otherwise`.

    The first one goes alone: it makes the model, its version and its bins. What goes row by row waits for all blocks
    before it, so that of two rows with the same id the earlier one counts.
    """

    def __init__(self, store: Callable[[Block], None], *, otherwise: Callable[[Stretch], None]) -> None:
        self.stored = 0
        self._store, self._otherwise = store, otherwise
        self._pool = ThreadPoolExecutor(AT_ONCE)
        self._waiting: deque[tuple[Stretch, Block, Future[None]]] = deque()

    def put(self, stretch: Stretch, block: Block | None) -> None:
        if block is None:
            self._settle(0)
            self._otherwise(stretch)
            return
        self._waiting.append((stretch, block, self._pool.submit(self._store, block)))
        self._settle(AT_ONCE if self.stored else 0)

    def __enter__(self) -> "Blocks":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._settle(0)
        finally:
            self._pool.shutdown(cancel_futures=True)

    def _settle(self, most: int) -> None:
        """Wait until no more than so many are on their way."""
        while len(self._waiting) > most:
            stretch, block, done = self._waiting.popleft()
            try:
                done.result()
                self.stored += len(block)
            except NotPlainError:
                wait([future for *_, future in self._waiting])
                self._otherwise(stretch)


@dataclass(slots=True)
class Bulk:
    """Takes in the blocks of one import, from several threads at once after the first one.

    A model that has no events yet cannot have stored one before, so only this import's own ids have to be told apart.
    """

    model: str
    ahead: int | None = None  # the record of what is counted already, where a file is
    _is_new: bool | None = None
    _seen: Counts = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def accept(self, session: Session, block: Block, *, now: datetime, limits: Limits) -> None:
        """Store the block and count it; raise NotPlainError, with nothing stored, where rows need to be looked at."""
        try:
            with session.begin_nested():
                self._store(session, block, now=now, limits=limits)
        except DBAPIError as error:
            # Somebody else sent one of them at this very moment.
            if isinstance(error.orig, UniqueViolation | DeadlockDetected):
                raise NotPlainError from error
            raise

    def has_nothing(self, session: Session, model: Model) -> bool:
        """Say whether nothing of the model was taken in when the import began; asked once."""
        if self._is_new is None:
            self._is_new = _has_nothing(session, model)
        return self._is_new

    def _store(self, session: Session, block: Block, *, now: datetime, limits: Limits) -> None:
        model = register(session, self.model, block, now=now)
        found = read(session, model, block, now=now, limits=limits)
        keys = digests((model.id,), block.ids)
        partitions.look_up_by_index(session)
        self._refuse_known(session, model, block, keys, limits=limits)
        if _have_outcomes(session, keys, np.isnan(found.rows.actual)):
            raise NotPlainError
        _ensure_partitions(session, block.at)
        written = _Written(model, block, keys, found.rows)
        written.copy_outcomes(session, now=now)
        written.copy_predictions(session, found.binning, found.features.values)
        keep_texts(session, model.id, found.binning, found.features, now=now)
        if self.ahead is None or not ahead.covers(session, self.ahead):
            deltas.write(session, found.counted(now=now), found.binning)

    def note(self, session: Session, ids: Sequence[str], *, now: datetime) -> None:
        """Remember what the import took in row by row, before a block may hold it again."""
        if not ids:
            return
        short = _short(digests((ensure_model(session, self.model, now=now).id,), ids))
        with self._lock:
            self._remember(short)

    def _refuse_known(self, session: Session, model: Model, block: Block, keys: bytes, *, limits: Limits) -> None:
        """Leave to others a block with an id that came before: in it, in this import or ever."""
        if self.ahead is not None:
            return  # Who counted the file has told its ids apart, and there was nothing before it.
        short = _short(keys)
        if (np.diff(short) == 0).any():
            raise NotPlainError
        with self._lock:
            is_new = self.has_nothing(session, model)
            place = np.searchsorted(self._seen, short).clip(0, max(len(self._seen) - 1, 0))
            if len(self._seen) and (self._seen[place] == short).any():
                raise NotPlainError
            self._remember(short)
        if not is_new and _are_stored(session, block, keys, limits=limits):
            raise NotPlainError

    def _remember(self, short: Counts) -> None:
        self._seen = np.sort(np.concatenate([self._seen, short]), kind="stable")


@dataclass(frozen=True, slots=True)
class _Written:
    """A block on its way into the tables, in runs of ids of the same length: each run is one array of bytes."""

    model: Model
    block: Block
    keys: bytes
    rows: Rows

    def copy_predictions(self, session: Session, binning: Binning, features: Floats) -> None:
        rows, keys = self.rows, self._keys
        identifiers = self._identifiers()
        order = np.argsort(rows.at, kind="stable")
        for places, ids in self._runs(order):
            columns = prediction_columns(
                rows.take(places),
                identifiers=identifiers[places],
                keys=keys[places],
                ids=ids,
                binning_id=binning.id,
                features=features[places],
            )
            copy_rows(session, "prediction", columns)

    def copy_outcomes(self, session: Session, *, now: datetime) -> None:
        """Store what is known to have happened, in the order of the keys, as everybody does."""
        keys, actual = self._keys, self.rows.actual
        halves = np.frombuffer(self.keys, dtype=">u8").reshape(-1, 2)
        order = np.lexsort((halves[:, 1], halves[:, 0]))
        for places, ids in self._runs(order[~np.isnan(actual[order])]):
            columns = [
                Column("key", "uuid", keys[places]),
                Column("model_id", "int4", np.full(len(places), self.model.id)),
                Column("actual", "float8", actual[places]),
                Column("at", "timestamptz", self.rows.at[places]),
                Column("received_at", "timestamptz", np.full(len(places), microseconds(now))),
                Column("corrections", "int2", np.zeros(len(places), dtype=np.int64)),
                Column("prediction_id", "text", ids),
            ]
            copy_rows(session, "outcome", columns)

    @property
    def _keys(self) -> NDArray[np.void]:
        return np.frombuffer(self.keys, "V16")

    def _identifiers(self) -> NDArray[np.void]:
        block, version = self.block, self.block.version
        names = np.empty(len(block), dtype="V16")
        for place, value in enumerate(version.values):
            chosen = np.flatnonzero(version.places == place)
            ids = block.ids if len(chosen) == len(block) else [block.ids[each] for each in chosen.tolist()]
            names[chosen] = np.frombuffer(digests((self.model.id, value, ENVIRONMENT), ids), "V16")
        return event_ids(block.at // 1000, names.tobytes()).view("V16").reshape(-1)

    def _runs(self, order: Counts) -> Sequence[tuple[Counts, NDArray[np.bytes_]]]:
        """Return the rows in the order, those together whose ids have as many bytes, with the ids."""
        raw = [each.encode() for each in self.block.ids]
        lengths = np.array([len(each) for each in raw])[order]
        found = []
        for length in np.unique(lengths):
            places = order[lengths == length]
            found.append((places, np.array([raw[each] for each in places.tolist()], dtype=f"S{length}")))
        return found


def _has_nothing(session: Session, model: Model) -> bool:
    """Say whether neither events nor outcomes of the model were ever taken in."""
    query = text(
        "SELECT NOT EXISTS (SELECT 1 FROM outcome WHERE model_id = :model) AND NOT EXISTS (SELECT 1 FROM rollup r"
        " JOIN model_version v ON v.id = r.version_id WHERE v.model_id = :model) AND NOT EXISTS (SELECT 1 FROM"
        " rollup_delta d JOIN model_version v ON v.id = d.version_id WHERE v.model_id = :model)"
    )
    return bool(session.scalar(query, {"model": model.id}))


def _are_stored(session: Session, block: Block, keys: bytes, *, limits: Limits) -> bool:
    """Say whether anything was stored under one of the keys: a prediction at about that time, or an outcome."""
    if session.scalar(_OUTCOMES, {"keys": uuid_array(keys)}):
        return True
    first, last = (_EPOCH + int(at) * _MICROSECOND for at in (block.at.min(), block.at.max()))
    window, each = limits.outcome_window, [keys[place : place + 16] for place in range(0, len(keys), 16)]
    return bool(repeats.stored(session, each, first - window, last + window))


def _have_outcomes(session: Session, keys: bytes, chosen: NDArray[np.bool_]) -> bool:
    """Say whether somebody told what became of one of the rows that the file says nothing of."""
    asked = np.frombuffer(keys, "V16")[chosen].tobytes()
    return bool(asked) and bool(session.scalar(_OUTCOMES, {"keys": uuid_array(asked)}))


def _short(keys: bytes) -> Counts:
    """Return half of each key, in order: enough to doubt that two are different."""
    return np.sort(np.frombuffer(keys, dtype=">i8")[::2].astype(np.int64))


def _ensure_partitions(session: Session, at: Counts) -> None:
    week = partitions.WEEK // _MICROSECOND
    # One instant of each week that there is: weeks begin on Mondays, and 1970 on a Thursday.
    days = np.unique(at // (week // 7))
    partitions.ensure(session, {_EPOCH + timedelta(days=int(day)) for day in days})
