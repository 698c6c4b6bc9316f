"""Several models as one: counts and money add up, shares weigh by what they were counted from.

The models keep their own definitions; only what may be added is added, and money of two currencies never is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from webapp.metrics.metric import Metric, MetricSeries, Point, Unit, Value, undefined
from webapp.metrics.registry import METRICS

ADDED = frozenset({Unit.COUNT, Unit.MONEY})
OF_MONEY = frozenset({"roi", "return_multiple"})
TWO_CURRENCIES = "the models count in different currencies; choose one"
NO_MODELS = "no models"


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
            found[name] = _of_all(METRICS[name], each)
    for name in OF_MONEY & set(names):
        found[name] = _return_on(found, _RETURNS[name])
    return found


def combined_series(
    of_models: Sequence[Mapping[str, MetricSeries]], name: str, *, currencies: frozenset[str]
) -> MetricSeries | None:
    """Return one series of a metric over all the models, step by step."""
    all_series = [of_model[name] for of_model in of_models if name in of_model]
    if len(all_series) < 2:
        return all_series[0] if all_series else None
    metric = METRICS[name]
    points = []
    for at_once in zip(*(series.points for series in all_series), strict=False):
        values = {str(place): {name: point.value} for place, point in enumerate(at_once)}
        points.append(Point(at_once[0].at, combined(values, [name], currencies=currencies)[name]))
    return MetricSeries(metric, tuple(points))


def investment(values: Mapping[str, Value]) -> Value:
    """Return what was spent: the returns less what remained of them."""
    returns, net = values.get("revenue_protected"), values.get("net_benefit")
    if returns is None or net is None or returns.value is None or net.value is None:
        missing = net or returns
        return undefined((missing.reason if missing else None) or "not computed")
    return replace(net, value=returns.value - net.value)


def _of_all(metric: Metric, values: Sequence[Value]) -> Value:
    defined = [value for value in values if value.value is not None]
    if not defined:
        return values[0] if values else undefined(NO_MODELS)
    counted = sum(value.sample_count for value in defined)
    amounts = [value.value or 0.0 for value in defined]
    if metric.unit in ADDED:
        total = sum(amounts)
    elif counted:
        total = sum(value.sample_count * amount for value, amount in zip(defined, amounts, strict=True)) / counted
    else:
        total = sum(amounts) / len(amounts)
    return Value(
        total,
        sample_count=counted,
        coverage=_coverage(defined),
        provisional=any(value.provisional for value in defined),
        note=_note(values, defined),
    )


def _note(values: Sequence[Value], defined: Sequence[Value]) -> str | None:
    """Say what each of the models assumes, and how many of them are in the figure."""
    notes = list(dict.fromkeys(value.note for value in defined if value.note))
    if len(defined) < len(values):
        notes.append(f"from {len(defined)} of {len(values)} models; the others have no value")
    return "; ".join(notes) or None


def _coverage(values: Sequence[Value]) -> float | None:
    known = [(value.coverage, value.sample_count) for value in values if value.coverage is not None]
    if not known:
        return None
    weight = sum(count for _, count in known)
    return sum(share * count for share, count in known) / weight if weight else min(share for share, _ in known)


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
