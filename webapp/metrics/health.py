"""Whether a model is well: the worst of its metrics against its targets, with the reason in words."""

from dataclasses import dataclass
from enum import StrEnum


class HealthState(StrEnum):
    HEALTHY = "healthy"
    ATTENTION = "attention"
    CRITICAL = "critical"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Health:
    """The state, why in one sentence, and the metric that decided it."""

    state: HealthState
    reason: str
    metric: str | None = None
