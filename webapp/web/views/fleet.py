"""Several models as one: counts and money add up, ratios weigh by what they were counted from.

The models keep their own definitions; only what may be added is added, and money of two currencies never is. What is
neither a sum nor a ratio of sums (a percentile, an area under a curve, a drift) has no value over several models.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from webapp.catalog.models import Model, Task
from webapp.core.periods import Window
from webapp.metrics import queries as metrics
from webapp.metrics.headlines import applying
from webapp.metrics.metric import Metric, MetricSeries, Point, Unit, Value, undefined
from webapp.metrics.registry import METRICS

ADDED = frozenset({Unit.COUNT, Unit.MONEY})
RATIOS = frozenset(  # whose sample_count is what they were divided by
    {
        "accuracy",
        "availability",
        "error_rate",
        "flagged_share",
        "mape",
        "outcome_coverage",
        "outcome_delay_mean",
        "positive_share",
        "precision",
        "recall",
        "response_time_mean",
        "specificity",
    }
)
COVERAGE = "outcome_coverage"  # tells how much a model weighs in the coverage of all: ask for it with the others
OF_MONEY = frozenset({"roi", "return_multiple"})
TWO_CURRENCIES = "the models count in different currencies; choose one"
NO_MODELS = "none of these models can have it"
NOTHING_COUNTED = "nothing was counted"
ONE_MODEL_ONLY = "several models have none in common; choose one"


def of_each(
    session: Session, models: Sequence[Model], names: Sequence[str], window: Window, *, now: datetime
) -> Mapping[str, Mapping[str, Value]]:
    """Return of each model those of the metrics that its kind can have: model name → metric name → value."""
    found: dict[str, Mapping[str, Value]] = {}
    for task in Task:
        alike = [model for model in models if model.task is task]
        found |= metrics.values(session, alike, applying(names, task), window, now=now)
    return {model.name: found[model.name] for model in models}


def combined(
    values: Mapping[str, Mapping[str, Value]], names: Sequence[str], *, currencies: frozenset[str]
) -> dict[str, Value]:
    """Return each metric over all the models."""
    if len(values) == 1:
        return dict(next(iter(values.values())))
    found: dict[str, Value] = {}
    for name in names:
        each = [of_model[name] for of_model in values.values() if name in of_model]
        if METRICS[name].unit is Unit.MONEY and len(currencies) > 1:
            found[name] = undefined(TWO_CURRENCIES)
        elif name not in OF_MONEY:
            found[name] = _of_all(METRICS[name], each, coverage=_coverage(values, name))
    for name in OF_MONEY & set(names):
        found[name] = _return_on(found, _RETURNS[name])
    return found


def combined_series(
    of_models: Sequence[Mapping[str, MetricSeries]], name: str, *, currencies: frozenset[str]
) -> MetricSeries | None:
    """Return one series of a metric over all the models, step by step."""
    concerned = [of_model for of_model in of_models if name in of_model]
    if len(concerned) < 2:
        return concerned[0][name] if concerned else None
    wanted = {name, COVERAGE} if all(COVERAGE in of_model for of_model in concerned) else {name}
    points = []
    for place in range(min(len(of_model[each].points) for of_model in concerned for each in wanted)):
        values = {
            str(number): {each: of_model[each].points[place].value for each in wanted}
            for number, of_model in enumerate(concerned)
        }
        at = concerned[0][name].points[place].at
        points.append(Point(at, combined(values, [name], currencies=currencies)[name]))
    return MetricSeries(METRICS[name], tuple(points))


def investment(values: Mapping[str, Value]) -> Value:
    """Return what was spent: the returns less what remained of them."""
    returns, net = values.get("revenue_protected"), values.get("net_benefit")
    if returns is None or net is None or returns.value is None or net.value is None:
        missing = net or returns
        return undefined((missing.reason if missing else None) or "not computed")
    return replace(net, value=returns.value - net.value)


def _of_all(metric: Metric, values: Sequence[Value], *, coverage: float | None) -> Value:
    defined = [value for value in values if value.value is not None]
    if not defined:
        return values[0] if values else undefined(NO_MODELS)
    if metric.unit not in ADDED and metric.name not in RATIOS:
        return undefined(ONE_MODEL_ONLY)
    counted = sum(value.sample_count for value in defined)
    amounts = [value.value or 0.0 for value in defined]
    if metric.unit in ADDED:
        total = sum(amounts)
    elif not counted:
        return undefined(NOTHING_COUNTED)
    else:
        total = sum(value.sample_count * amount for value, amount in zip(defined, amounts, strict=True)) / counted
    return Value(
        total,
        sample_count=counted,
        coverage=coverage,
        provisional=any(value.provisional for value in defined),
        note=_note(values, defined),
    )


def _note(values: Sequence[Value], defined: Sequence[Value]) -> str | None:
    """Say what each of the models assumes, and how many of them are in the figure."""
    notes = list(dict.fromkeys(value.note for value in defined if value.note))
    if len(defined) < len(values):
        notes.append(f"from {len(defined)} of {len(values)} models; the others have no value")
    return "; ".join(notes) or None


def _coverage(values: Mapping[str, Mapping[str, Value]], name: str) -> float | None:
    """Return of how many predictions the outcome is known, among all models whose value depends on it.

    A model without outcomes has no value, but its predictions are among those that nobody can judge yet.
    """
    concerned = [of_model for of_model in values.values() if name in of_model and of_model[name].coverage is not None]
    shares = [of_model[COVERAGE] for of_model in concerned if COVERAGE in of_model]
    predictions = sum(each.sample_count for each in shares)
    if not predictions or len(shares) < len(concerned):
        return None
    return sum((each.value or 0.0) * each.sample_count for each in shares) / predictions


def _return_on(values: Mapping[str, Value], ratio: Callable[[float, float], float]) -> Value:
    spent, returns = investment(values), values.get("revenue_protected")
    if spent.value is None or returns is None or returns.value is None:
        return spent
    if spent.value <= 0:
        return undefined("nothing was invested", coverage=spent.coverage)
    return replace(spent, value=ratio(returns.value, spent.value))


_RETURNS: dict[str, Callable[[float, float], float]] = {
    "roi": lambda returns, spent: 100 * (returns - spent) / spent,
    "return_multiple": lambda returns, spent: returns / spent,
}
