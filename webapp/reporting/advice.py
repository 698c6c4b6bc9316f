"""What a report recommends: advice that follows from a rule, names its evidence and says what it would bring."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from webapp.catalog.models import Task
from webapp.core import formatting
from webapp.metrics.metric import Value
from webapp.metrics.performance import ThresholdRow
from webapp.metrics.registry import METRICS
from webapp.reporting.books import books_of
from webapp.reporting.document import Recommendation
from webapp.reporting.facts import Facts, ModelFacts
from webapp.reporting.observations import Observation
from webapp.reporting.wording import bound, counted, text

MOST = 6
WORTH_MOVING = 0.05  # A better threshold is named when it brings a twentieth more.
SLOW_TO_ACKNOWLEDGE = timedelta(hours=1)

Advice = Callable[[Facts, Observation, ModelFacts], Recommendation]


def recommendations(facts: Facts, observed: Sequence[Observation]) -> tuple[Recommendation, ...]:
    """Return the advice that follows from what was observed, the most urgent first, each rule once a model."""
    found: list[Recommendation] = []
    for each in observed:
        advise = _ADVICE.get(each.rule)
        if advise is not None and each.model is not None:
            found.append(advise(facts, each, each.model))
    for model in facts.models:
        found += [*_threshold(facts, model), *_baseline(facts, model), *_parameters(facts, model)]
    found += _response(facts, observed)
    return tuple(found[:MOST])


def _accuracy(facts: Facts, seen: Observation, model: ModelFacts) -> Recommendation:
    target = model.target(seen.metric or "")
    known = _decided(model)
    missing = max(0.0, (target.target - (model.value(seen.metric or "").value or 0.0)) * known) if target else 0.0
    effect = f"At the target about {counted(round(missing), 'decision')} fewer would have been wrong in this period."
    words = "Find what changed (version, segment or feature), then retrain or roll back"
    return Recommendation(seen.rule, _for(facts, model, words), seen.evidence, effect)


def _auc(facts: Facts, seen: Observation, model: ModelFacts) -> Recommendation:
    words = "Retrain on recent data: the scores rank cases worse than they should"
    effect = "A better ranking improves the decisions at every threshold, not only at the present one."
    return Recommendation(seen.rule, _for(facts, model, words), seen.evidence, effect)


def _forecast(facts: Facts, seen: Observation, model: ModelFacts) -> Recommendation:
    bias = model.value("bias")
    side = "" if bias.value is None else "too high" if bias.value > 0 else "too low"
    words = "Find what the forecast is not told (an event, a price, a season), and give it that as a feature"
    shown = text(bias, "bias")
    effect = (
        f"On the mean predictions were {side} by {shown.lstrip('-')}; without that the error shrinks." if side else ""
    )
    return Recommendation(seen.rule, _for(facts, model, words), seen.evidence, effect)


def _classes(facts: Facts, seen: Observation, model: ModelFacts) -> Recommendation:
    worst = model.classes.mix_ups[0] if model.classes is not None and model.classes.mix_ups else None
    words = "Teach the model the classes that it mixes up, with fresh examples of them"
    effect = "Each class is found as often as its target asks."
    if worst is not None:
        effect = f"Most often {worst.actual} was taken for {worst.predicted}: {counted(worst.count, 'time')}."
    return Recommendation(seen.rule, _for(facts, model, words), seen.evidence, effect)


def _drift(facts: Facts, seen: Observation, model: ModelFacts) -> Recommendation:
    feature = model.value("drift_score").note
    named = f"the feature {feature}" if feature else "the feature that moved most"
    target = model.target("drift_score")
    words = f"Check the source of {named}; if the change is real and lasting, retrain and set a new baseline"
    line = "its warning line" if target is None else f"the warning line of {formatting.number(target.warning)}"
    effect = f"The drift score falls below {line}, and the model decides on data it knows."
    return Recommendation(seen.rule, _for(facts, model, words), seen.evidence, effect)


def _roi(facts: Facts, seen: Observation, model: ModelFacts) -> Recommendation:
    books = books_of(model.now, model.currency)
    words = "Contact fewer customers who would have stayed, or lower the cost of a contact"
    effect = "Return on investment rises towards its target."
    target = model.target("roi")
    if books is not None and target is not None:
        allowed = books.returns / (1 + target.target / 100)
        effect = (
            f"The target would allow an investment of {books.money(allowed)} for these returns;"
            f" it was {books.money(books.investment)}."
        )
    return Recommendation(seen.rule, _for(facts, model, words), seen.evidence, effect)


def _service(facts: Facts, seen: Observation, model: ModelFacts) -> Recommendation:
    metric = METRICS[seen.metric or ""]
    words = f"Look into the service: {metric.label.lower()} is outside of its bounds"
    target = model.target(metric.name)
    effect = "" if target is None else f"Back at {bound(target.target, metric, currency=model.currency)}."
    return Recommendation(seen.rule, _for(facts, model, words), seen.evidence, effect)


def _coverage(facts: Facts, seen: Observation, model: ModelFacts) -> Recommendation:
    words = "Send outcomes sooner, or for more of the predictions"
    effect = f"From {formatting.share(facts.minimum_coverage, 0)} on the figures are no longer provisional."
    return Recommendation(seen.rule, _for(facts, model, words), seen.evidence, effect)


def _silence(facts: Facts, seen: Observation, model: ModelFacts) -> Recommendation:
    words = "Check whether the service still sends its predictions, or retire the model"
    return Recommendation(seen.rule, _for(facts, model, words), seen.evidence, "The next report can judge it again.")


def _threshold(facts: Facts, model: ModelFacts) -> Iterable[Recommendation]:
    """Name a threshold that would have brought clearly more on the same predictions."""
    performance = model.performance
    if performance is None or not model.business:
        return
    now = _net_at(performance.thresholds, performance.threshold)
    best = max((row for row in performance.thresholds if row.net_benefit is not None), key=_net, default=None)
    if now is None or best is None or _net(best) - now <= abs(now) * WORTH_MOVING:
        return
    moved = f"from {formatting.number(performance.threshold, 2)} to {formatting.number(best.threshold, 2)}"
    gain = formatting.money(_net(best) - now, model.currency)
    evidence = (
        f"On this period's predictions with known outcomes it would have given precision {_share(best.precision)}"
        f" and recall {_share(best.recall)}."
    )
    effect = f"{formatting.signed(gain)} net benefit in this period."
    yield Recommendation("better-threshold", _for(facts, model, f"Move the threshold {moved}"), evidence, effect)


def _baseline(facts: Facts, model: ModelFacts) -> Iterable[Recommendation]:
    drift = model.drift
    if drift is None or drift.baseline is None or not drift.baseline.provisional:
        return
    evidence = f"Drift is measured against {counted(drift.baseline.row_count, 'first event')}, taken by itself."
    effect = "Drift then means a change from what the model was trained on."
    words = "Declare a baseline, for example the training data"
    yield Recommendation("provisional-baseline", _for(facts, model, words), evidence, effect)


def _parameters(facts: Facts, model: ModelFacts) -> Iterable[Recommendation]:
    if model.business or model.predictions <= 0:
        return
    evidence, effect = _MISSING_MONEY[model.model.task]
    yield Recommendation("no-parameters", _for(facts, model, "Enter what a prediction is worth"), evidence, effect)


def _response(facts: Facts, observed: Sequence[Observation]) -> Iterable[Recommendation]:
    alerts = facts.alerts
    if any(each.rule == "unresolved-alert" for each in observed):
        evidence = f"Began in {facts.period.label} and not resolved: {counted(alerts.unresolved, 'alert')}."
        effect = "What is known is no longer counted as open, and what is new is seen."
        words = "Give every unresolved alert an owner and a date."
        yield Recommendation("unresolved-alert", words, evidence, effect)
    slow = alerts.mean_time_to_acknowledge
    if slow is not None and slow > SLOW_TO_ACKNOWLEDGE:
        evidence = f"Alerts waited {formatting.age(slow)} on average until somebody acknowledged them."
        effect = f"Below {formatting.age(SLOW_TO_ACKNOWLEDGE)}, trouble is met on the day it begins."
        yield Recommendation("slow-response", "Review who is on call and how they are reached.", evidence, effect)


def _for(facts: Facts, model: ModelFacts, words: str) -> str:
    return f"{model.short_title}: {words[0].lower()}{words[1:]}." if facts.is_portfolio else f"{words}."


def _net(row: ThresholdRow) -> float:
    return row.net_benefit if row.net_benefit is not None else float("-inf")


def _net_at(rows: Sequence[ThresholdRow], threshold: float) -> float | None:
    nearest = min(rows, key=lambda row: abs(row.threshold - threshold), default=None)
    return None if nearest is None else nearest.net_benefit


def _share(value: float | None) -> str:
    return text(Value(value), "precision")


def _decided(model: ModelFacts) -> float:
    return model.value("accuracy").sample_count


_MISSING_MONEY: dict[Task, tuple[str, str]] = {
    Task.BINARY: (
        "No customer value and contact cost are set, so money cannot be computed.",
        "Reports and screens show revenue protected, cost and return on investment.",
    ),
    Task.MULTICLASS: (
        "No worth of right and wrong answers is set, so money cannot be computed.",
        "Reports and screens show what the answers bring.",
    ),
    Task.REGRESSION: (
        "No cost of a unit too much and too little is set, so money cannot be computed.",
        "Reports and screens show what the errors cost.",
    ),
}
_ADVICE: dict[str, Advice] = {
    **dict.fromkeys(("target:mae", "target:rmse", "target:mape", "target:r2", "drop:r2"), _forecast),
    **dict.fromkeys(("target:macro_f1", "target:macro_recall", "drop:macro_f1"), _classes),
    "target:accuracy": _accuracy,
    "drop:accuracy": _accuracy,
    "target:roc_auc": _auc,
    "drop:roc_auc": _auc,
    "target:drift_score": _drift,
    "target:roi": _roi,
    "loss": _roi,
    "coverage": _coverage,
    "no-data": _silence,
    **{
        f"target:{name}": _service
        for name in ("response_time_mean", "error_rate", "cpu", "memory", "disk", "availability")
    },
}
