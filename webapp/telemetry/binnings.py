"""The binning that a batch is counted in: the model's newest one, extended when a new feature appears."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec
import numpy as np
from numpy.typing import NDArray
from psycopg2.errors import LockNotAvailable
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from webapp.catalog.binning import Binning, BinningDocument, edges_with, score_edges, value_edges
from webapp.catalog.models import Model, Task
from webapp.catalog.queries import binnings, current_binning
from webapp.catalog.tables import BinningRow, ModelRow
from webapp.core.errors import UnavailableError
from webapp.db.locks import AdvisoryLock
from webapp.telemetry.columns import Features, unknown_features

MAXIMUM_FEATURES = 500


def extended_binning(
    session: Session, model: Model, rows: Sequence[Features], *, now: datetime, classes: Sequence[str] = ()
) -> Binning:
    """Return a binning that knows every feature of the rows and every class; a feature that is new is learning.

    It has an edge at the model's threshold also after that was changed, so that the confusion stays exact.
    Past 500 features of a model further ones are not kept, so that a client's mistake cannot fill the database.
    """
    hold(session, [model.id])
    binning = current_binning(session, model.id)
    if binning is not None and _fits(binning, model, classes) and not unknown_features(rows, binning):
        return binning
    # Serialises those who extend; "key_share", so that rows that refer to the model can still be written.
    session.execute(select(ModelRow.id).where(ModelRow.id == model.id).with_for_update(key_share=True))
    binning = current_binning(session, model.id)
    unknown = unknown_features(rows, binning)
    known = binning.features if binning else ()
    features = (*known, *(unknown[name] for name in sorted(unknown)))[:MAXIMUM_FEATURES]
    if binning is not None and features == known and _fits(binning, model, classes):
        return binning
    named = tuple(dict.fromkeys([*(binning.classes if binning else ()), *classes]))
    edges = _edges(binning, model)
    return store_binning(session, model.id, BinningDocument(features, edges, model.task, named), now=now)


def edges_of(scores: NDArray[np.float64], model: Model) -> tuple[float, ...]:
    """Return edges for the scores, or of a regression the numbers, that the model predicts."""
    return value_edges(scores) if model.task is Task.REGRESSION else score_edges(scores, threshold=model.threshold)


def _edges(binning: Binning | None, model: Model) -> tuple[float, ...]:
    if binning is None:
        return edges_of(np.empty(0), model)
    if model.task is Task.REGRESSION:
        return binning.document.score_edges
    return edges_with(binning.document.score_edges, model.threshold)


def _fits(binning: Binning, model: Model, classes: Sequence[str]) -> bool:
    if any(name not in binning.class_position for name in classes):
        return False
    return model.task is Task.REGRESSION or model.threshold in binning.document.score_edges


def hold(session: Session, model_ids: Iterable[int]) -> None:
    """Keep the models' events from being recounted until the transaction ends: taken before anything is counted.

    These are locks by number, not of rows: whoever shares a row lock is let in before one who waits to have it alone,
    so that under a steady stream of events a recount would wait for ever. Here everybody queues.
    """
    statement = text("SELECT pg_advisory_xact_lock_shared(:kind, id) FROM unnest(CAST(:ids AS int[])) AS m(id)")
    try:
        session.execute(statement, {"kind": AdvisoryLock.RECOUNTING, "ids": sorted(model_ids)})
    except OperationalError as error:
        if isinstance(error.orig, LockNotAvailable):
            raise UnavailableError("The model's events are being recounted; send this again in a moment.") from error
        raise


def hold_alone(session: Session, model_id: int) -> None:
    """Wait for whoever counts events of the model, and keep others from it until the transaction ends."""
    session.execute(text("SELECT set_config('lock_timeout', '60s', true), set_config('statement_timeout', '0', true)"))
    session.execute(text("SELECT pg_advisory_xact_lock(:kind, :id)"), {"kind": AdvisoryLock.RECOUNTING, "id": model_id})


def counted_in(session: Session, ids: Iterable[int]) -> Mapping[int, int]:
    """Return the binning that events of a binning are counted in today: a baseline recounts all that came before."""
    query = text(
        "SELECT b.id, greatest(b.id, (SELECT max(l.binning_id) FROM baseline l WHERE l.model_id = b.model_id))"
        " FROM binning b WHERE b.id = ANY(:ids)"
    )
    return {row[0]: row[1] for row in session.execute(query, {"ids": list(set(ids))})}


def store_binning(session: Session, model_id: int, document: BinningDocument, *, now: datetime) -> Binning:
    row = BinningRow(model_id=model_id, created_at=now, document=msgspec.msgpack.encode(document))
    session.add(row)
    session.flush()
    return binnings(session, [row.id])[row.id]
