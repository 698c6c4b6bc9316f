"""How far a model's inputs and scores have moved from its baseline, feature by feature."""

from dataclasses import dataclass
from enum import StrEnum

from webapp.metrics.metric import Value
from webapp.telemetry.baselines import BaselineInfo


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"
    UNDEFINED = "undefined"


@dataclass(frozen=True, slots=True)
class FeatureDrift:
    """One feature against the baseline. Below its noise floor a score is what chance alone gives."""

    name: str
    kind: str
    score: Value
    noise_floor: float | None
    psi: float | None
    level: Level
    missing_share: float | None
    baseline_missing_share: float | None
    out_of_range_share: float | None
    new_categories: tuple[str, ...]
    type_errors: int
    count: int


@dataclass(frozen=True, slots=True)
class DriftReport:
    """The features, the highest score first, and the model's scores of drift."""

    method: str
    features: tuple[FeatureDrift, ...]
    score: Value  # the note names the feature
    share: Value
    prediction: Value
    baseline: BaselineInfo | None
    warning: float
    critical: float


@dataclass(frozen=True, slots=True)
class Distribution:
    """A feature's shares by bin, in the baseline and now."""

    labels: tuple[str, ...]
    baseline: tuple[float, ...]
    current: tuple[float, ...]
