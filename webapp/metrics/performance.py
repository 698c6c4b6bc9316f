"""How well a model decides, at its threshold and at any other, from the counts of each score bin."""

from dataclasses import dataclass

from webapp.metrics.metric import Value


@dataclass(frozen=True, slots=True)
class Confusion:
    tp: int
    fp: int
    fn: int
    tn: int


@dataclass(frozen=True, slots=True)
class RocPoint:
    fpr: float
    tpr: float
    threshold: float


@dataclass(frozen=True, slots=True)
class PrPoint:
    recall: float
    precision: float
    threshold: float


@dataclass(frozen=True, slots=True)
class CalibrationPoint:
    mean_score: float
    positive_share: float
    count: int


@dataclass(frozen=True, slots=True)
class ThresholdRow:
    """What another threshold would have given on the same predictions."""

    threshold: float
    precision: float | None
    recall: float | None
    net_benefit: float | None


@dataclass(frozen=True, slots=True)
class ScoreBin:
    low: float
    high: float
    count: int
    positives: int
    negatives: int


@dataclass(frozen=True, slots=True)
class Performance:
    threshold: float
    confusion: Confusion
    predictions: int
    known: int
    coverage: float | None
    accuracy: Value
    precision: Value
    recall: Value
    auc: Value
    auc_bound: float | None
    roc: tuple[RocPoint, ...]
    precision_recall: tuple[PrPoint, ...]
    calibration: tuple[CalibrationPoint, ...]
    thresholds: tuple[ThresholdRow, ...]
    scores: tuple[ScoreBin, ...]
