"""Missing share: how many of all feature values were missing."""

from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import Better, Metric, Source, Unit, Value, undefined
from webapp.metrics.shares import share


def compute(evidence: Evidence) -> Value:
    features = evidence.aggregate.features.values()
    total = sum(histogram.total for histogram in features)
    if total <= 0:
        return undefined("no features in this window")
    worst = max(features, key=lambda histogram: histogram.missing / max(histogram.total, 1))
    found = share(sum(histogram.missing for histogram in features), total, empty="no features in this window")
    note = f"most in {worst.bins.name} ({worst.missing / worst.total:.1%})" if worst.missing else None
    return Value(found.value, sample_count=found.sample_count, low=found.low, high=found.high, note=note)


METRIC = Metric(
    name="missing_share",
    label="Missing values",
    unit=Unit.SHARE,
    better=Better.LOWER,
    source=Source.FEATURES,
    group="quality",
    formula="missing feature values / feature values",
    compute=compute,
)
