"""Taking in measurements: gauges by the minute, hour and day, each instant of a series once."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from webapp.catalog.register import check_name, ensure_model
from webapp.core.errors import UserError
from webapp.core.ids import digest
from webapp.telemetry.predictions import Limits
from webapp.telemetry.refusals import ModelCheck, Refusals, model_faults, time_fault
from webapp.telemetry.rows import MINUTE_HORIZON, Grain
from webapp.telemetry.tables import SeriesRow
from webapp.telemetry.tiles import bucket_of
from webapp.telemetry.wire import Measurement, Receipt

MAXIMUM_LABELS = 20
ALL_MODELS = "*"
Key = tuple[int, int, datetime]  # series, grain, bucket


def accept_measurements(
    session: Session,
    measurements: Sequence[Measurement],
    *,
    now: datetime,
    limits: Limits | None = None,
    check_model: ModelCheck | None = None,
) -> Receipt:
    """Store what is new and add it to its buckets; the same series and instant again is a duplicate."""
    limits = limits or Limits()
    refusals = Refusals()
    fresh = _checked(session, measurements, refusals, check_model, now=now, oldest=now - limits.retention)
    values = {(_series(session, item, now=now), item.at): item.value for item in fresh}
    inserted = _insert(session, values)
    _add(session, {place: values[place] for place in inserted}, now=now)
    refusals.count_into(session, "measurement", now=now)
    return Receipt(len(inserted), len(fresh) - len(inserted), refusals.sorted())


def _checked(
    session: Session,
    measurements: Sequence[Measurement],
    refusals: Refusals,
    check_model: ModelCheck | None,
    *,
    now: datetime,
    oldest: datetime,
) -> list[Measurement]:
    names = {item.labels["model"] for item in measurements if "model" in item.labels}
    faults: dict[str | None, str] = dict(model_faults(names, check_model).items())
    for name in names - faults.keys():
        try:
            check_name(name)
        except UserError as error:
            faults[name] = error.message
    # A measurement without a model is about the service that all models run on.
    general = check_model(ALL_MODELS) if check_model else None
    if general is not None:
        faults[None] = general
    fresh = []
    for place, item in enumerate(measurements):
        fault = _fault(item, faults, now=now, oldest=oldest)
        if fault is None:
            fresh.append(item)
        else:
            field, reason, message = fault
            refusals.add(place, field, message, model=item.labels.get("model", "")[:64], reason=reason)
    return fresh


def _fault(
    item: Measurement, faults: Mapping[str | None, str], *, now: datetime, oldest: datetime
) -> tuple[str, str, str] | None:
    model = item.labels.get("model")
    if model in faults:
        return "labels/model", "not_allowed", faults[model]
    timing = time_fault(item.at, now=now, oldest=oldest)
    if timing is not None:
        return "at", *timing
    if not math.isfinite(item.value):
        return "value", "not_finite", "must be a finite number"
    texts = [*item.labels, *item.labels.values()]
    if len(item.labels) > MAXIMUM_LABELS or any(len(text) > 200 or "\x00" in text for text in texts):
        return "labels", "bad_labels", f"may be {MAXIMUM_LABELS} labels of up to 200 clean characters each"
    return None


def _series(session: Session, item: Measurement, *, now: datetime) -> int:
    """Return the number of the series, new or known; asked once a name within the session."""
    known: dict[UUID, int] = session.info.setdefault("measurement series", {})
    parts = [part for label in sorted(item.labels.items()) for part in label]
    fingerprint = UUID(bytes=digest(item.name, *parts))
    if fingerprint not in known:
        query = select(SeriesRow.id).where(SeriesRow.fingerprint == fingerprint)
        number = session.scalar(query)
        if number is None:
            model = item.labels.get("model")
            values = {
                "fingerprint": fingerprint,
                "name": item.name,
                "labels": {name: label for name, label in item.labels.items() if name != "model"},
                "model_id": ensure_model(session, model, now=now).id if model else None,
            }
            session.execute(insert(SeriesRow).values(**values).on_conflict_do_nothing())
            number = session.scalars(query).one()
        known[fingerprint] = number
    return known[fingerprint]


def _insert(session: Session, values: Mapping[tuple[int, datetime], float]) -> list[tuple[int, datetime]]:
    if not values:
        return []
    statement = text(
        "INSERT INTO measurement (series_id, at, value) SELECT * FROM unnest(CAST(:series AS int[]),"
        " CAST(:at AS timestamptz[]), CAST(:value AS float8[])) ON CONFLICT DO NOTHING RETURNING series_id, at"
    )
    places = sorted(values)
    parameters = {
        "series": [series for series, _ in places],
        "at": [at for _, at in places],
        "value": [values[place] for place in places],
    }
    return [(row.series_id, row.at) for row in session.execute(statement, parameters)]


def _add(session: Session, values: Mapping[tuple[int, datetime], float], *, now: datetime) -> None:
    """Add the values to their minute (while minutes are kept), hour and day."""
    buckets: defaultdict[Key, list[float]] = defaultdict(list)
    for (series, at), value in values.items():
        for grain in (Grain.MINUTE, Grain.HOUR, Grain.DAY):
            if grain is not Grain.MINUTE or at >= now - MINUTE_HORIZON:
                buckets[series, grain, bucket_of(at, grain)].append(value)
    if not buckets:
        return
    keys = sorted(buckets)
    session.execute(
        text(
            "INSERT INTO measurement_rollup AS r"
            " (series_id, grain, bucket, sample_count, total, smallest, largest, updated_at)"
            " SELECT u.*, :now FROM unnest(CAST(:series AS int[]), CAST(:grain AS smallint[]),"
            " CAST(:bucket AS timestamptz[]), CAST(:n AS bigint[]), CAST(:total AS float8[]),"
            " CAST(:smallest AS float8[]), CAST(:largest AS float8[])) AS u"
            " ON CONFLICT (series_id, grain, bucket) DO UPDATE SET"
            " sample_count = r.sample_count + excluded.sample_count, total = r.total + excluded.total,"
            " smallest = least(r.smallest, excluded.smallest), largest = greatest(r.largest, excluded.largest),"
            " updated_at = excluded.updated_at"
        ),
        {
            "now": now,
            "series": [key[0] for key in keys],
            "grain": [int(key[1]) for key in keys],
            "bucket": [key[2] for key in keys],
            "n": [len(buckets[key]) for key in keys],
            "total": [math.fsum(buckets[key]) for key in keys],
            "smallest": [min(buckets[key]) for key in keys],
            "largest": [max(buckets[key]) for key in keys],
        },
    )
