"""Decision value: what right answers brought and wrong ones cost."""

from webapp.metrics.answers import of_classes
from webapp.metrics.estimate import Estimate
from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import MULTICLASS_ONLY, Better, Metric, Source, Unit, Value, undefined
from webapp.metrics.money import NO_ANSWER_VALUES, answers_worth, gaps


def compute(evidence: Evidence) -> Value:
    if not any(period.business.costs.of_classes for period in evidence.money):
        return undefined(NO_ANSWER_VALUES)
    worth, note = answers_worth(evidence), "; ".join(gaps(evidence)) or None
    return of_classes(evidence, lambda classes: None if worth is None else Estimate(worth, None, classes.known, note))


METRIC = Metric(
    name="decision_value",
    label="Decision value",
    unit=Unit.MONEY,
    better=Better.HIGHER,
    source=Source.ANSWERS,
    group="business",
    formula="Σ over real and predicted classes of answers × what such an answer is worth",
    compute=compute,
    decimals=0,
    tasks=MULTICLASS_ONLY,
)
