"""Taking in predictions: one transaction writes the events and what they add to the counts.

What was stored before is found first, by the hash of its name; should two senders race with the same event, the
primary key decides and the loser looks again. Nothing is counted that was not inserted. The key holds the event's time,
so two that race with one name but different times are both stored: a client's clock must not change between retries.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from psycopg2.errors import DeadlockDetected, UniqueViolation
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from webapp.catalog.binning import ABOVE, Binning, Kind
from webapp.catalog.models import Model
from webapp.catalog.register import check_name, ensure_model, ensure_version
from webapp.catalog.tables import FeatureValueRow
from webapp.core.errors import UnavailableError, UserError
from webapp.core.ids import digest, event_ids
from webapp.core.periods import microseconds
from webapp.db.copy import Column, copy_rows
from webapp.telemetry import deltas, partitions, repeats
from webapp.telemetry.binnings import extended_binning
from webapp.telemetry.columns import Matrix, matrix
from webapp.telemetry.decisions import Answers, likely_task
from webapp.telemetry.prediction_columns import prediction_columns
from webapp.telemetry.refusals import ModelCheck, Refusals, model_faults, time_fault, uuid_array
from webapp.telemetry.rows import Rows
from webapp.telemetry.segments import Segments, as_kept
from webapp.telemetry.tables import PredictionErrorRow
from webapp.telemetry.wire import Prediction, Receipt

MAXIMUM_FEATURES = 500
_ATTEMPTS = 3
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Limits:
    """How far back events are kept, and how long an outcome may take."""

    retention: timedelta = timedelta(days=400)
    outcome_window: timedelta = timedelta(days=90)


def accept_predictions(
    session: Session,
    predictions: Sequence[Prediction],
    *,
    now: datetime,
    limits: Limits | None = None,
    check_model: ModelCheck | None = None,
) -> Receipt:
    """Store the new predictions and count them; say of each other one why it was not taken.

    `check_model` returns the sentence that refuses a model's name (a token's scope), or None.
    """
    limits = limits or Limits()
    refusals = Refusals()
    by_model = _checked(predictions, refusals, check_model, now=now, oldest=now - limits.retention)
    partitions.ensure(session, {predictions[place].at for places in by_model.values() for place in places})
    accepted = duplicates = 0
    for name, places in sorted(by_model.items()):
        batch = _Batch(
            session, name, [(place, predictions[place]) for place in places], refusals, now=now, limits=limits
        )
        stored, repeated = batch.store()
        refusals.note_repeats(name, repeated)
        accepted, duplicates = accepted + stored, duplicates + repeated
    refusals.count_into(session, "prediction", now=now)
    return Receipt(accepted, duplicates, refusals.sorted())


def _checked(
    predictions: Sequence[Prediction],
    refusals: Refusals,
    check_model: ModelCheck | None,
    *,
    now: datetime,
    oldest: datetime,
) -> dict[str, list[int]]:
    """Return the places of the acceptable items by model; refuse the others."""
    faults = model_faults({item.model for item in predictions}, check_model)
    by_model: defaultdict[str, list[int]] = defaultdict(list)
    for place, item in enumerate(predictions):
        fault = _fault(item, faults, now=now, oldest=oldest)
        if fault is None:
            by_model[item.model].append(place)
        else:
            field, reason, message = fault
            refusals.add(place, field, message, model=item.model, reason=reason)
    return by_model


def _fault(item: Prediction, faults: dict[str, str], *, now: datetime, oldest: datetime) -> tuple[str, str, str] | None:
    if item.model in faults:
        return "model", "not_allowed", faults[item.model]
    timing = time_fault(item.at, now=now, oldest=oldest)
    if timing is not None:
        return "at", *timing
    if item.score is None and item.predicted is None and item.scores is None and item.error is None:
        return "score", "nothing_predicted", "is missing: send a score, a predicted class or number, or an error"
    if item.score is not None and not math.isfinite(item.score):
        return "score", "not_finite", "must be a finite number from 0 to 1"
    if len(item.features) > MAXIMUM_FEATURES:
        return "features", "too_many_features", f"has {len(item.features)} entries; {MAXIMUM_FEATURES} are the most"
    if "\x00" in item.prediction_id or "\x00" in item.version or "\x00" in item.environment:
        return "prediction_id", "unclean_text", "contains a NUL character; send clean text"
    return None


class _Batch:
    """The acceptable items of one model on their way into the database."""

    def __init__(
        self,
        session: Session,
        name: str,
        items: Sequence[tuple[int, Prediction]],
        refusals: Refusals,
        *,
        now: datetime,
        limits: Limits,
    ) -> None:
        self.session, self.refusals, self.now, self.limits = session, refusals, now, limits
        self.items = items
        self.model = _model(session, name, now=now, items=items, refusals=refusals)
        self._versions: dict[tuple[str, str], int] = {}
        self._digests: dict[str, bytes] = {}

    def store(self) -> tuple[int, int]:
        """Return how many were stored and how many had been stored before."""
        if self.model is None:
            return 0, 0
        self.answers = Answers(self.session, self.model)
        self.segments = Segments(self.session, self.model)
        fresh, duplicates = self._without_repeats(self._answerable())
        # Everybody writes in the same order, so that two with the same events wait for each other at most once.
        fresh.sort(key=lambda each: (each[1].at, each[1].prediction_id))
        partitions.look_up_by_index(self.session)
        for _ in range(_ATTEMPTS):
            fresh, known = self._without_stored(fresh)
            duplicates += known
            if not fresh:
                return 0, duplicates
            try:
                with self.session.begin_nested():
                    self._insert(fresh)
                return len(fresh), duplicates
            except DBAPIError as error:
                if not isinstance(error.orig, UniqueViolation | DeadlockDetected):
                    raise
        raise UnavailableError("The same predictions are being sent by several clients at once; send the batch again.")

    def _answerable(self) -> list[tuple[int, Prediction]]:
        """Refuse what a model of this task cannot answer; make sure that every class has its place."""
        taken: list[tuple[int, Prediction]] = []
        for place, item in self.items:
            fault = self.answers.fault_of_prediction(item)
            if fault is None:
                taken.append((place, item))
            else:
                field, reason, message = fault
                self.refusals.add(place, field, message, model=item.model, reason=reason)
        return taken

    def _without_repeats(self, items: Sequence[tuple[int, Prediction]]) -> tuple[list[tuple[int, Prediction]], int]:
        """Keep the first of each name within the batch."""
        seen: dict[tuple[str, str, str], Prediction] = {}
        fresh: list[tuple[int, Prediction]] = []
        duplicates = 0
        for place, item in items:
            name = (item.prediction_id, item.version, item.environment)
            if name not in seen:
                seen[name] = item
                fresh.append((place, item))
            elif seen[name] == item:
                duplicates += 1
            else:
                self._refuse_conflict(place, item)
        return fresh, duplicates

    def _without_stored(self, items: Sequence[tuple[int, Prediction]]) -> tuple[list[tuple[int, Prediction]], int]:
        """Leave out what is stored already: a repeat is a duplicate, another body under the same name a conflict."""
        if not items:
            return [], 0
        window = self.limits.outcome_window
        first, last = min(item.at for _, item in items), max(item.at for _, item in items)
        keys = self._keys(items)
        stored = repeats.stored(self.session, keys, first - window, last + window)
        names = [(key.hex(), self._version(item)) for key, (_, item) in zip(keys, items, strict=True)]
        fresh = [each for each, name in zip(items, names, strict=True) if name not in stored]
        if len(fresh) == len(items):
            return fresh, 0
        known = [(each, stored[name]) for each, name in zip(items, names, strict=True) if name in stored]
        same = repeats.are_same(
            self.session,
            [item for (_, item), _ in known],
            [row for _, row in known],
            self.answers,
        )
        for ((place, item), _), is_same in zip(known, same, strict=True):
            if not is_same:
                self._refuse_conflict(place, item)
        return fresh, sum(same)

    def _refuse_conflict(self, place: int, item: Prediction) -> None:
        message = f"'{item.prediction_id}' was already accepted with other values; a prediction is sent once"
        self.refusals.add(place, "prediction_id", message, model=item.model, reason="conflict")

    def _insert(self, items: Sequence[tuple[int, Prediction]]) -> None:
        predictions = [item for _, item in items]
        binning = extended_binning(
            self.session,
            self._known_model,
            [p.features for p in predictions],
            now=self.now,
            classes=self.answers.names,
        )
        features = matrix([p.features for p in predictions], binning)
        keys = self._keys(items)
        rows = self._rows(predictions, keys, binning)
        self._copy(predictions, keys, rows, binning, features.values)
        self._keep_errors(predictions, keys)
        keep_texts(self.session, self._known_model.id, binning, features, now=self.now)
        now_us = microseconds(self.now)
        deltas.append(self.session, rows, binning, now_us=now_us, features=features.values)

    @property
    def _known_model(self) -> Model:
        assert self.model is not None
        return self.model

    def _keys(self, items: Sequence[tuple[int, Prediction]]) -> list[bytes]:
        """Return what outcomes are joined by: a hash of the model and the client's own id."""
        number, known = self._known_model.id, self._digests
        for _, item in items:
            if item.prediction_id not in known:
                known[item.prediction_id] = digest(number, item.prediction_id)
        return [known[item.prediction_id] for _, item in items]

    def _version(self, item: Prediction) -> int:
        name = (item.version, item.environment)
        if name not in self._versions:
            self._versions[name] = ensure_version(
                self.session, self._known_model.id, item.version, now=self.now, environment=item.environment
            )
        return self._versions[name]

    def _rows(self, predictions: Sequence[Prediction], keys: Sequence[bytes], binning: Binning) -> Rows:
        at = np.array([microseconds(p.at) for p in predictions], dtype=np.int64)
        actual, told_at = self._outcomes(keys)
        actual[told_at - at / 1e6 > self.limits.outcome_window.total_seconds()] = np.nan
        told_at[np.isnan(actual)] = np.nan
        return Rows(
            version_id=np.array([self._version(p) for p in predictions], dtype=np.int64),
            at=at,
            score=self.answers.scores_of_decision(predictions),
            predicted=self.answers.decided(predictions),
            actual=actual,
            latency_ms=np.array([p.latency_ms for p in predictions], dtype=np.float64),
            failed=np.array([p.error is not None for p in predictions]),
            delay_s=np.maximum(told_at - at / 1e6, 0),
            scores=self.answers.scores(predictions, len(binning.classes)),
            segments=self.segments.of([as_kept(p.segments) for p in predictions]),
        )

    def _outcomes(self, keys: Sequence[bytes]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the outcomes that came before their predictions, and when (seconds since the epoch); NaN: none."""
        query = text(
            # LATERAL and OFFSET 0 ask for one key after the other, see repeats.py.
            "SELECT replace(k.key::text, '-', ''), o.actual, extract(epoch FROM o.at)::float8"
            " FROM unnest(CAST(:keys AS uuid[])) AS k(key) CROSS JOIN LATERAL ("
            " SELECT actual, at FROM outcome WHERE key = k.key OFFSET 0) o"
        )
        rows = self.session.execute(query, {"keys": uuid_array(b"".join(keys))})
        told = {key: (actual, at) for key, actual, at in rows}
        if not told:
            return np.full(len(keys), np.nan), np.full(len(keys), np.nan)
        pairs = np.array([told.get(key.hex(), (math.nan, math.nan)) for key in keys])
        return pairs[:, 0], pairs[:, 1]

    def _identifiers(self, predictions: Sequence[Prediction]) -> NDArray[np.uint8]:
        at = np.array([(p.at - _EPOCH) // timedelta(milliseconds=1) for p in predictions], dtype=np.int64)
        names = b"".join(digest(self._known_model.id, p.version, p.environment, p.prediction_id) for p in predictions)
        return event_ids(at, names)

    def _copy(
        self,
        predictions: Sequence[Prediction],
        keys: Sequence[bytes],
        rows: Rows,
        binning: Binning,
        features: NDArray[np.float64],
    ) -> None:
        identifiers = self._identifiers(predictions)
        columns = prediction_columns(
            rows,
            identifiers=identifiers.view("V16").reshape(-1),
            keys=np.frombuffer(b"".join(keys), "V16"),
            ids=[p.prediction_id for p in predictions],
            binning_id=binning.id,
            features=features,
        )
        columns.append(Column("segments", "text[]", [as_kept(p.segments) for p in predictions]))
        copy_rows(self.session, "prediction", columns)

    def _keep_errors(self, predictions: Sequence[Prediction], keys: Sequence[bytes]) -> None:
        failed = [p for p in predictions if p.error is not None]
        if failed:
            identifiers = self._identifiers(failed)
            errors = [(p.error or "").replace("\x00", "") for p in failed]
            columns = [
                Column("id", "uuid", identifiers.view("V16").reshape(-1)),
                Column("message", "text", errors),
            ]
            copy_rows(self.session, PredictionErrorRow.__tablename__, columns)


def keep_texts(session: Session, model_id: int, binning: Binning, features: Matrix, *, now: datetime) -> None:
    """Keep what unseen categories are called; the known ones are in the binning."""
    rows: list[dict[str, object]] = []
    for place, feature in enumerate(binning.features):
        if feature.kind is not Kind.CATEGORY:
            continue
        texts = features.texts[feature.name]
        codes = np.array(sorted(texts), dtype=np.float64)
        unseen = codes[binning.slots(place, codes) == ABOVE][:1000]
        rows.extend(_feature_value(model_id, feature.name, texts[code], code, now) for code in unseen)
    if rows:
        session.execute(insert(FeatureValueRow).on_conflict_do_nothing(), rows)


def _model(
    session: Session, name: str, *, now: datetime, items: Sequence[tuple[int, Prediction]], refusals: Refusals
) -> Model | None:
    try:
        check_name(name)
        return ensure_model(session, name, now=now, task=likely_task(items[0][1]))
    except UserError as error:
        for place, item in items:
            refusals.add(place, "model", error.message, model=item.model[:64], reason="bad_name")
        return None


def _feature_value(model_id: int, feature: str, value: str, code: float, now: datetime) -> dict[str, object]:
    return {"model_id": model_id, "feature": feature, "value": value, "code": int(code), "first_seen_at": now}
