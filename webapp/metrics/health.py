"""Whether a model is well: the worst of its metrics against its targets, with the reason in words.

Machines, errors and drift are judged by the last day, right and wrong by the last month. Where nothing can be said of
that, the next longer window speaks; where nothing can be said at all, health is unknown, never good.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from webapp.catalog.models import Model, Target
from webapp.core.periods import DAY, trailing
from webapp.metrics.display import number_text
from webapp.metrics.metric import Better, Metric, Unit, Value
from webapp.metrics.queries import values
from webapp.metrics.registry import METRICS, for_task

RECENT: Sequence[timedelta] = (DAY, 30 * DAY)
OUTCOMES: Sequence[timedelta] = (30 * DAY, 90 * DAY)
NO_TARGET = "No target says how good its predictions have to be; set one on its page."


class HealthState(StrEnum):
    HEALTHY = "healthy"
    ATTENTION = "attention"
    CRITICAL = "critical"
    UNKNOWN = "unknown"


# The order of a traffic light: what nobody knows is worse than what is well, better than what is known to be bad.
_RANK = (HealthState.HEALTHY, HealthState.UNKNOWN, HealthState.ATTENTION, HealthState.CRITICAL)


@dataclass(frozen=True, slots=True)
class Health:
    """The state, why in one sentence, and the metric that decided it."""

    state: HealthState
    reason: str
    metric: str | None = None


def health(session: Session, models: Sequence[Model], *, now: datetime) -> Mapping[str, Health]:
    """Return each model's health by its name."""
    return {name: found for name, (found, _) in judged(session, models, now=now).items()}


def judged(
    session: Session, models: Sequence[Model], *, now: datetime
) -> Mapping[str, tuple[Health, Mapping[str, Value]]]:
    """Return each model's health by its name, with the values that decided it."""
    own = {model.name: _judgeable(model) for model in models}
    names = sorted({name for targets in own.values() for name in targets})
    slow = [name for name in names if METRICS[name].group in {"performance", "business"}]
    fast = [name for name in names if name not in slow]
    found: dict[str, dict[str, Value]] = {model.name: {} for model in models}
    for asked, windows in ((fast, RECENT), (slow, OUTCOMES)):
        for duration in windows:
            open_models = [model for model in models if _is_open(own[model.name].keys() & asked, found[model.name])]
            if asked and open_models:
                window = trailing(now, duration)
                known = values(session, open_models, asked, window, now=now)
                for name, of_model in known.items():
                    applying = {metric: value for metric, value in of_model.items() if metric in own[name]}
                    found[name] = {**applying, **_settled(found[name])}
    return {model.name: (judge(own[model.name], found[model.name]), found[model.name]) for model in models}


def judge(targets: Mapping[str, Target], values: Mapping[str, Value]) -> Health:
    """Return the health that the values show. Pure."""
    found = [_judged(METRICS[name], targets[name], value) for name, value in values.items() if name in targets]
    known = [each for each in found if each is not None]
    if not known:
        return Health(HealthState.UNKNOWN, _no_data(values))
    worst = max(known, key=lambda found: _RANK.index(found.state))
    if worst.state is not HealthState.HEALTHY:
        return worst
    blind = {name: value for name, value in values.items() if METRICS[name].group == "performance"}
    if blind and not _settled(blind):
        return Health(HealthState.UNKNOWN, _no_data(blind), next(iter(blind)))
    if not any(METRICS[name].group == "performance" for name in targets):
        return Health(HealthState.UNKNOWN, NO_TARGET)
    return Health(HealthState.HEALTHY, _all_well(len(known)))


def overall(healths: Iterable[Health]) -> Health:
    """Return the worst of the models, with how many are how."""
    every = list(healths)
    if not every:
        return Health(HealthState.UNKNOWN, "There are no models yet.")
    worst = max(every, key=lambda found: _RANK.index(found.state))
    counts = [(state, sum(found.state is state for found in every)) for state in reversed(_RANK)]
    words = ", ".join(f"{count} {_WORDS[state]}" for state, count in counts if count)
    size = "1 model" if len(every) == 1 else f"{len(every)} models"
    return Health(worst.state, f"{size}: {words}.", worst.metric)


_WORDS = {
    HealthState.CRITICAL: "critical",
    HealthState.ATTENTION: "in need of attention",
    HealthState.UNKNOWN: "unknown",
    HealthState.HEALTHY: "healthy",
}


def _judgeable(model: Model) -> Mapping[str, Target]:
    """Return the targets of metrics that apply to models of its task."""
    return {name: target for name, target in model.targets.items() if name in for_task(model.task)}


def _is_open(names: Iterable[str], values: Mapping[str, Value]) -> bool:
    return any(name not in _settled(values) for name in names)


def _settled(values: Mapping[str, Value]) -> dict[str, Value]:
    """Return the values that can be judged by: there, and not provisional."""
    return {name: value for name, value in values.items() if value.value is not None and not value.provisional}


def _judged(metric: Metric, target: Target, value: Value) -> Health | None:
    if value.value is None or value.provisional:
        return None
    state, line = _crossed(metric, target, value.value)
    if state is HealthState.HEALTHY:
        return Health(state, "", metric.name)
    side = "below" if metric.better is Better.HIGHER else "above"
    word = "critical" if state is HealthState.CRITICAL else "warning"
    culprit = f" ({value.note})" if metric.group == "drift" and value.note else ""
    shown, limit = _short(value.value, metric), _short(line, metric)
    return Health(state, f"{metric.label} {shown}{culprit} is {side} the {word} line {limit}.", metric.name)


def _crossed(metric: Metric, target: Target, value: float) -> tuple[HealthState, float]:
    sign = -1 if metric.better is Better.HIGHER else 1
    for state, line in ((HealthState.CRITICAL, target.critical), (HealthState.ATTENTION, target.warning)):
        if sign * value > sign * line:
            return state, line
    return HealthState.HEALTHY, target.target


def _short(number: float, metric: Metric) -> str:
    """Return the number with its unit; of a bare number only the digits that say something."""
    text = number_text(number, metric)
    return text.rstrip("0").rstrip(".") if metric.unit in {Unit.SCORE, Unit.VALUE} and "." in text else text


def _no_data(values: Mapping[str, Value]) -> str:
    for name, value in values.items():
        if value.provisional:
            share = f"{value.coverage or 0:.0%}"
            return f"{METRICS[name].label}: the outcome of only {share} of the predictions is known."
        if value.reason:
            return f"{METRICS[name].label}: {value.reason}."
    return "There is no data yet."


def _all_well(count: int) -> str:
    if count == 1:
        return "The one metric that is known is within its lines."
    return f"All {count} metrics that are known are within their lines."
