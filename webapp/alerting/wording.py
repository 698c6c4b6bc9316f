"""An alert in words: a value and a bound as its metric is written, and the sentence that says what is wrong."""

from datetime import timedelta
from functools import lru_cache

from webapp.alerting.origin import SUBJECT
from webapp.alerting.rule_type import Verdict
from webapp.core import formatting
from webapp.core.periods import Window
from webapp.metrics.display import NO_DATA, number_text
from webapp.metrics.metric import Metric, Unit


def amount(value: float | None, metric: Metric, *, currency: str = "USD") -> str:
    """Return a number in the metric's unit."""
    return NO_DATA if value is None else number_text(value, metric, currency=currency)


@lru_cache(maxsize=10_000)
def line(value: float, metric: Metric, *, currency: str = "USD") -> str:
    """Return a line that people drew, without decimals that they did not write: `0.3`, `5%`, `1,000 ms`."""
    match metric.unit:
        case Unit.SHARE:
            return f"{as_written(value * 100)}%"
        case Unit.PERCENT:
            return f"{as_written(value)}%"
        case Unit.MILLISECONDS:
            return f"{as_written(value)} ms"
        case Unit.MONEY | Unit.MULTIPLE:
            return number_text(value, metric, currency=currency)
        case _:
            return as_written(value)


def as_written(value: float) -> str:
    """Return a number with the decimals that it needs, four at most."""
    text = formatting.number(value, 4)
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def bound_text(operator: str, threshold: float | None, metric: Metric, *, currency: str = "USD") -> str:
    """Return `> 0.3`, or nothing where there is no bound."""
    return "" if threshold is None else f"{operator} {line(threshold, metric, currency=currency)}"


def subject_text(labels: dict[str, str]) -> str:
    """Return what the alert is about: `churn`, `churn v12`, `churn plan=basic`, `api-1`."""
    return " ".join([part for name in SUBJECT if (part := labels.get(name))]) or "the service"


def summary(verdict: Verdict, metric: Metric, labels: dict[str, str], *, window: Window | None = None) -> str:
    """Return one sentence: what was measured, the bound, how far off, and what else is known."""
    subject = subject_text(labels)
    if verdict.value is None:
        return f"{metric.label} of {subject}: {verdict.reason or NO_DATA}."
    measured = f"{metric.label} of {subject} is {number_text(verdict.value, metric)}"
    if verdict.compared_with is not None:
        measured += f" against {amount(verdict.compared_with, metric)} before"
    if verdict.threshold is not None:
        measured += f", {_beyond(verdict, metric)}"
    if verdict.sample_count:
        measured += f", from {formatting.number(verdict.sample_count)} samples"
    if window is not None:
        measured += _over(window.duration)
    return f"{measured}; {verdict.reason}." if verdict.reason else f"{measured}."


@lru_cache(maxsize=1_000)
def _over(duration: timedelta) -> str:
    return f" over {formatting.age(duration)}"


def _beyond(verdict: Verdict, metric: Metric) -> str:
    """Return `0.12 above the line of 0.3`."""
    if verdict.value is None or verdict.threshold is None:
        return ""
    side = "above" if verdict.operator == ">" else "below"
    off = difference(abs(verdict.value - verdict.threshold), metric)
    return f"{off} {side} the line of {line(verdict.threshold, metric)}"


def difference(value: float, metric: Metric) -> str:
    """Return a change in the metric's unit; of a share, in percentage points."""
    if metric.unit is Unit.SHARE:
        return f"{as_written(round(value * 100, 1))} pp"
    return amount(value, metric)


def span(duration: timedelta) -> str:
    """Return a duration exactly, in the largest unit that it is a whole number of: `90 min`, `2 h`, `30 d`."""
    seconds = int(duration.total_seconds())
    size, unit = next((size, unit) for size, unit in _UNITS if seconds % size == 0) if seconds else _UNITS[-1]
    return f"{formatting.number(seconds // size)} {unit}"


_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
