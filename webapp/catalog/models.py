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
class Business:
    """Money parameters in force from a date on: amounts in the currency, the save rate a share."""

    valid_from: datetime
    customer_value: float
    contact_cost: float
    save_rate: float = 1.0
    running_cost_monthly: float = 0.0
    horizon_months: float = 12.0
    currency: str = "USD"


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
