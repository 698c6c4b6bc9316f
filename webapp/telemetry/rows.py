"""The columns of a batch, and which version, segment and bucket each of its rows belongs to."""

from dataclasses import dataclass, fields
from datetime import timedelta
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]

# Events younger than this are counted by the minute, older ones by the hour (readers trust minutes for 48 hours).
MINUTE_HORIZON = timedelta(hours=50)


_MINUTE, _HOUR = 60_000_000, 3_600_000_000
_HALF, _LOW = 32, 0xFFFF_FFFF


class Grain(IntEnum):
    MINUTE = 1
    HOUR = 2
    DAY = 3
    MONTH = 4


@dataclass(frozen=True, slots=True)
class Rows:
    """Predictions of one model in one binning, as columns of the same length. Times are µs since the epoch."""

    version_id: Counts
    at: Counts
    score: Floats  # NaN: none
    predicted: Floats  # 1 or 0, the place of a class, or a number, as the task has it; NaN: none
    actual: Floats  # the same; NaN: not known
    latency_ms: Floats
    failed: Flags
    delay_s: Floats  # from the prediction to its outcome; NaN: not known
    scores: Floats | None = None  # (rows, classes) of a multiclass model; a row of NaN: none
    segments: Counts | None = None  # (rows, keys): the segment of each declared key, 0: none

    def take(self, places: Counts) -> "Rows":
        columns: dict[str, Any] = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        taken: dict[str, Any] = {name: None if each is None else each[places] for name, each in columns.items()}
        return Rows(**taken)


@dataclass(frozen=True, slots=True)
class Delta:
    """What a batch adds to one version and bucket. `scalars` follows aggregate.TALLY."""

    version_id: int
    segment_id: int  # 0: everything
    grain: Grain
    bucket: int  # µs since the epoch
    scalars: tuple[float, ...]
    scores: bytes | None = None
    latencies: bytes | None = None
    features: bytes | None = None
    answers: bytes | None = None


def spread(rows: Rows, features: Floats | None) -> tuple[Rows, Counts, Floats | None]:
    """Repeat each row for every segment that it belongs to; return the segments beside them, 0 for everything."""
    size = len(rows.at)
    if rows.segments is None or not rows.segments.any():
        return rows, np.zeros(size, dtype=np.int64), features
    places, keys = np.nonzero(rows.segments)
    order = np.concatenate([np.arange(size), places])
    segment = np.concatenate([np.zeros(size, dtype=np.int64), rows.segments[places, keys]])
    return rows.take(order), segment, None if features is None else features[order]


class Groups:
    """Which version, segment and bucket each row belongs to, as consecutive numbers."""

    def __init__(self, rows: Rows, segment: Counts, now_us: int) -> None:
        by_minute = rows.at >= now_us - int(MINUTE_HORIZON.total_seconds() * 1e6)
        minute = np.where(by_minute, rows.at // _MINUTE, rows.at // _HOUR * 60)
        # Two numbers in one, twice: sorting numbers is ten times faster than sorting rows of them.
        owners, owner = np.unique(rows.version_id << _HALF | segment, return_inverse=True)
        groups, self.number = np.unique(owner << _HALF | minute << 1 | by_minute, return_inverse=True)
        self.count = len(groups)
        owner, bucket = owners[groups >> _HALF], groups & _LOW
        self.keys = np.stack([owner >> _HALF, owner & _LOW, bucket & 1, (bucket >> 1) * _MINUTE], axis=1)

    def total(self, weights: Floats | Flags) -> Floats:
        return np.bincount(self.number, weights=weights.astype(np.float64), minlength=self.count).astype(np.float64)

    def histogram(self, rows: Flags | slice, slots: Counts, width: int) -> Counts:
        """Return how many of the chosen rows fall into each slot, shape (groups, width)."""
        flat = self.number[rows] * width + slots
        return np.bincount(flat, minlength=self.count * width).reshape(self.count, width)

    def delta(
        self,
        place: int,
        scalars: Floats,
        *,
        scores: bytes | None = None,
        latencies: bytes | None = None,
        features: bytes | None = None,
        answers: bytes | None = None,
    ) -> Delta:
        version_id, segment_id, by_minute, bucket = (int(part) for part in self.keys[place])
        return Delta(
            version_id,
            segment_id,
            Grain.MINUTE if by_minute else Grain.HOUR,
            bucket,
            tuple(scalars.tolist()),
            scores=scores,
            latencies=latencies,
            features=features,
            answers=answers,
        )
