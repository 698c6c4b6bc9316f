"""Which of a model's declared segments an event belongs to: bounded in number, what is beyond is "other"."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from webapp.catalog.models import Model
from webapp.catalog.queries import as_model, current_binning, version_ids
from webapp.catalog.register import SEGMENT_KEYS
from webapp.catalog.tables import ModelRow, SegmentRow
from webapp.core.errors import InvalidInputError
from webapp.telemetry import ahead
from webapp.telemetry.binnings import hold_alone
from webapp.telemetry.recount import recount_segments

Counts = NDArray[np.int64]

VALUES = 50  # of each key
OTHER = "other"
MAXIMUM_VALUE = 120


class Segments:
    """The segments of one model, looked up for a batch and extended by it."""

    def __init__(self, session: Session, model: Model) -> None:
        self.session, self.model = session, model
        self._known: dict[str, dict[str, int]] = {key: {} for key in model.segment_keys}
        self._cache: dict[tuple[str, ...] | None, tuple[int, ...]] = {}
        if model.segment_keys:
            self._read()

    def of(self, rows: Sequence[Sequence[str] | None]) -> Counts | None:
        """Return the segment of each row and declared key, shape (rows, keys), 0 where it has none; None without keys.

        A row is what an event keeps: texts "key=value".
        """
        if not self.model.segment_keys:
            return None
        return np.array([self._row(None if row is None else tuple(row)) for row in rows], dtype=np.int64).reshape(
            len(rows), len(self.model.segment_keys)
        )

    def _row(self, texts: tuple[str, ...] | None) -> tuple[int, ...]:
        if texts not in self._cache:
            sent = dict(each.partition("=")[::2] for each in texts or ())
            self._cache[texts] = tuple(
                self._number(key, sent[key][:MAXIMUM_VALUE]) if sent.get(key) else 0 for key in self.model.segment_keys
            )
        return self._cache[texts]

    def _number(self, key: str, value: str) -> int:
        known = self._known[key]
        if value not in known and len(known) >= VALUES:
            value = OTHER
        if value not in known:
            values = {"model_id": self.model.id, "key": key, "value": value}
            self.session.execute(insert(SegmentRow).values(**values).on_conflict_do_nothing())
            self._read()
        return known[value]

    def _read(self) -> None:
        query = select(SegmentRow.key, SegmentRow.value, SegmentRow.id).where(SegmentRow.model_id == self.model.id)
        for key, value, number in self.session.execute(query):
            if key in self._known:
                self._known[key][value] = number


def as_kept(segments: Mapping[str, str]) -> list[str] | None:
    """Return segments as an event keeps them."""
    return [f"{key}={value}".replace("\x00", "") for key, value in sorted(segments.items())] or None


def declare(session: Session, model: Model, keys: Sequence[str], *, now: datetime) -> Model:
    """Set which segment keys are counted apart, and count what is stored by them: history is there at once."""
    chosen = list(dict.fromkeys(keys))
    if len(chosen) > SEGMENT_KEYS:
        raise InvalidInputError(
            f"{len(chosen)} segment keys are too many: at most {SEGMENT_KEYS} are counted apart, since every event is"
            " counted once more for each."
        )
    for key in chosen:
        if not key.strip() or "=" in key or len(key) > 64:
            raise InvalidInputError(f"'{key[:64]}' cannot be a segment key: use 1 to 64 characters without '='.")
    hold_alone(session, model.id)
    row = session.scalars(select(ModelRow).where(ModelRow.id == model.id).with_for_update(key_share=True)).one()
    if list(row.segment_keys) == chosen:
        return as_model(row)
    row.segment_keys = chosen
    session.flush()
    changed = as_model(row)
    count_again(session, changed, now=now)
    return changed


def count_again(session: Session, model: Model, *, now: datetime) -> int:
    """Count the stored events of the model by its segments, in the newest bins; the caller holds the model alone.

    Counts that are ahead of the stored events are made anew from these.
    """
    versions = version_ids(session, [model.id])[model.id]
    binning = current_binning(session, model.id)
    if binning is None or not versions:
        return 0
    total = ahead.take_back(session, model.id)
    return recount_segments(session, versions, binning, Segments(session, model).of, now=now, total=total)


def settle(session: Session, model_id: int, *, now: datetime) -> int:
    """Count the model's stored events anew if its counts are ahead of them; return how many there were."""
    hold_alone(session, model_id)
    if ahead.on_its_way(session, model_id) is None:
        return 0
    return count_again(session, as_model(session.get_one(ModelRow, model_id)), now=now)
