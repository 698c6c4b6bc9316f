"""A model as the rest of the code sees it: a plain value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Task(StrEnum):
    BINARY = "binary"
    MULTICLASS = "multiclass"
    REGRESSION = "regression"


@dataclass(frozen=True, slots=True)
class Target:
    """What a metric should reach, and where attention and alarm begin. Bounds are in the metric's unit."""

    target: float
    warning: float
    critical: float


@dataclass(frozen=True, slots=True)
class Costs:
    """What the answers of a model cost or are worth, where it does not decide between yes and no.

    Of a number: what each unit costs that was predicted too much, and too little. Of several classes: what a right
    answer is worth and a wrong one (a loss is negative), and what single pairs are, by real and predicted class.
    """

    over: float | None = None
    under: float | None = None
    right: float | None = None
    wrong: float | None = None
    matrix: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def of_numbers(self) -> bool:
        return self.over is not None or self.under is not None

    @property
    def of_classes(self) -> bool:
        return self.right is not None or self.wrong is not None or bool(self.matrix)

    def worth(self, actual: str, predicted: str) -> float:
        """Return what it is worth to answer so when this is what really happens."""
        usual = self.right if actual == predicted else self.wrong
        return self.matrix.get(actual, {}).get(predicted, usual or 0.0)


@dataclass(frozen=True, slots=True)
class Business:
    """Money parameters in force from a date on: amounts in the currency, the save rate a share."""

    valid_from: datetime
    customer_value: float
    contact_cost: float
    save_rate: float = 1.0
    running_cost_monthly: float = 0.0
    horizon_months: float = 12.0
    currency: str = "USD"
    costs: Costs = Costs()


@dataclass(frozen=True, slots=True)
class Model:
    id: int
    name: str
    title: str
    task: Task
    status: str
    positive_class: str
    threshold: float
    targets: Mapping[str, Target]  # the defaults with the model's own on top
    owners: Sequence[str]
    drift_method: str
    created_at: datetime
    segment_keys: tuple[str, ...] = ()
    importances: Mapping[str, float] = field(default_factory=dict)  # of features, as far as somebody gave them


@dataclass(frozen=True, slots=True)
class Segment:
    """The predictions of a model that have the value of the key; its text form is "key=value"."""

    id: int
    key: str
    value: str

    def __str__(self) -> str:
        return f"{self.key}={self.value}"


@dataclass(frozen=True, slots=True)
class Version:
    id: int
    model_id: int
    name: str
    environment: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Deployment:
    at: datetime
    version: str
    note: str
