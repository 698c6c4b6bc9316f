"""How far a model's inputs and scores have moved from its baseline, feature by feature."""

from dataclasses import dataclass

from webapp.metrics.feature_drift import FeatureDrift, Level
from webapp.metrics.metric import Value
from webapp.telemetry.baselines import BaselineInfo

__all__ = ["Distribution", "DriftReport", "FeatureDrift", "Level"]


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
