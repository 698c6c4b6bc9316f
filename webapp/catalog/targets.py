"""One set of targets for cards, lines in charts, rule defaults, gauges and reports (spec: targets and health)."""

from collections.abc import Mapping
from types import MappingProxyType

from webapp.catalog.models import Target

DEFAULTS: Mapping[str, Target] = MappingProxyType(
    {
        "accuracy": Target(0.85, 0.80, 0.70),
        "roc_auc": Target(0.80, 0.75, 0.70),
        "drift_score": Target(0.1, 0.3, 0.6),
        "response_time_mean": Target(300, 1000, 2000),
        "error_rate": Target(0.01, 0.05, 0.10),
        "cpu": Target(60, 80, 95),
        "memory": Target(60, 85, 95),
        "disk": Target(60, 90, 95),
        "availability": Target(0.999, 0.995, 0.990),
        "roi": Target(300, 200, 0),
    }
)
