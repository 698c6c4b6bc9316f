"""One set of targets for cards, lines in charts, rule defaults, gauges and reports (spec: targets and health)."""

from collections.abc import Mapping
from types import MappingProxyType

from webapp.catalog.models import Target, Task

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

# What a model of several classes, or of numbers, has no default for: its users set targets that suit it.
_BINARY_ONLY = frozenset({"roc_auc", "roi"})
_CLASSIFIERS_ONLY = frozenset({"accuracy"})


def _without(names: frozenset[str]) -> Mapping[str, Target]:
    return MappingProxyType({name: target for name, target in DEFAULTS.items() if name not in names})


_MULTICLASS = _without(_BINARY_ONLY)
_REGRESSION = _without(_BINARY_ONLY | _CLASSIFIERS_ONLY)


def defaults(task: Task) -> Mapping[str, Target]:
    """Return the targets of a model that nobody gave its own."""
    match task:
        case Task.BINARY:
            return DEFAULTS
        case Task.MULTICLASS:
            return _MULTICLASS
        case Task.REGRESSION:
            return _REGRESSION
