"""The binning that a batch is counted in: the model's newest one, extended when a new feature appears."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.catalog.binning import Binning, BinningDocument, score_edges
from webapp.catalog.models import Model
from webapp.catalog.queries import binnings, current_binning
from webapp.catalog.tables import BinningRow, ModelRow
from webapp.telemetry.columns import Features, unknown_features

MAXIMUM_FEATURES = 500


def extended_binning(session: Session, model: Model, rows: Sequence[Features], *, now: datetime) -> Binning:
    """Return a binning that knows every feature of the rows; what is new in it is learning.

    Past 500 features of a model further ones are not kept, so that a client's mistake cannot fill the database.
    """
    binning = current_binning(session, model.id)
    if binning is not None and not unknown_features(rows, binning):
        return binning
    session.execute(select(ModelRow.id).where(ModelRow.id == model.id).with_for_update())
    binning = current_binning(session, model.id)
    unknown = unknown_features(rows, binning)
    known = binning.features if binning else ()
    features = (*known, *(unknown[name] for name in sorted(unknown)))[:MAXIMUM_FEATURES]
    if binning is not None and features == known:
        return binning
    edges = binning.document.score_edges if binning else score_edges(np.empty(0), threshold=model.threshold)
    return store_binning(session, model.id, BinningDocument(features, edges), now=now)


def store_binning(session: Session, model_id: int, document: BinningDocument, *, now: datetime) -> Binning:
    row = BinningRow(model_id=model_id, created_at=now, document=msgspec.msgpack.encode(document))
    session.add(row)
    session.flush()
    return binnings(session, [row.id])[row.id]
