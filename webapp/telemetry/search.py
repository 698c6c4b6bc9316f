"""Finding single predictions: the latest, or one by its name, with its features, outcome and corrections."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Correction:
    """What an outcome was before somebody told another one."""

    at: datetime
    former: float
    actual: float


@dataclass(frozen=True, slots=True)
class StoredPrediction:
    """One prediction as it was taken in. `predicted` and `actual` are 1 for the positive class, 0 for the other."""

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
