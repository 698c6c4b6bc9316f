"""A metric on the screen: its value, its change, its target, its course, and how it came about."""

from collections.abc import Sequence
from typing import Protocol

from dash import html
from dash.development.base_component import Component

from webapp.catalog.models import Target
from webapp.core.formatting import instant, share
from webapp.core.periods import Window
from webapp.metrics.display import delta_of, interval_text, text_of
from webapp.metrics.metric import Better, Metric, MetricSeries, Value
from webapp.metrics.registry import METRICS
from webapp.web.components import explanation, kpi_card


class Shown(Protocol):
    """What all numbers of a page share: the window they are about, its zone and the money's currency."""

    @property
    def window(self) -> Window: ...
    @property
    def zone(self) -> str: ...
    @property
    def currency(self) -> str: ...


def metric_card(
    name: str,
    value: Value,
    shown: Shown,
    *,
    label: str | None = None,
    before: Value | None = None,
    target: Target | None = None,
    course: MetricSeries | None = None,
    href: str | None = None,
) -> Component:
    """Return the card of a metric; one that cannot be computed says why in the place of a change."""
    metric = METRICS[name]
    return kpi_card(
        label or metric.label,
        text_of(value, metric, currency=shown.currency),
        delta=None if before is None else delta_of(value, before, metric, currency=shown.currency),
        target=target_text(metric, target, shown.currency),
        note=remark(value),
        spark=None if course is None else settled_values(course, shown.window),
        state=standing(value, target, metric.better),
        href=href,
        explanation=explained(metric, value, shown),
    )


def explained(metric: Metric, value: Value, shown: Shown) -> Component:
    """Answer "how was this computed?" for one number."""
    return explanation(
        metric.formula,
        window=window_text(shown.window, shown.zone),
        sample_count=value.sample_count,
        coverage=value.coverage,
        notes=notes_of(value, metric),
    )


def number_with_explanation(name: str, value: Value, shown: Shown) -> Component:
    """Return a number in the flow of a page, with its explanation beside it."""
    metric = METRICS[name]
    text = html.Strong(text_of(value, metric, currency=shown.currency), title=value.reason or "")
    return html.Span([text, explained(metric, value, shown)], className="mc-number")


def notes_of(value: Value, metric: Metric) -> list[str]:
    """Return what else belongs to a number: its interval, its assumption, why it is missing or not final."""
    notes: list[str] = []
    if found := interval_text(value, metric):
        notes.append(f"With 95 % certainty {found}.")
    if value.note:
        notes.append(sentence(value.note))
    if value.provisional:
        notes.append("Provisional: too few outcomes are known yet, or their time has not passed.")
    if value.reason:
        notes.append(f"Not computed: {value.reason}.")
    return notes


def remark(value: Value) -> str | None:
    """Return the one thing that must be read with a number."""
    if value.value is None:
        return sentence(value.reason or "it could not be computed")
    if value.provisional:
        known = "" if value.coverage is None else f", outcomes known for {share(value.coverage, 0)}"
        return f"Provisional{known}"
    return None


def standing(value: Value, target: Target | None, better: Better) -> str | None:
    """Return where a value stands against its target: good, warning, critical or unknown; None without a target."""
    if value.value is None:
        return "unknown"
    if target is None:
        return None
    sign = -1 if better is Better.LOWER else 1
    reached = [sign * value.value >= sign * bound for bound in (target.warning, target.critical)]
    return "good" if reached[0] else "warning" if reached[1] else "critical"


def target_text(metric: Metric, target: Target | None, currency: str) -> str | None:
    if target is None:
        return None
    side = "≤" if metric.better is Better.LOWER else "≥"
    bound = text_of(Value(target.target), metric, currency=currency)
    return f"target {side} {bound}"


def window_text(window: Window, zone: str) -> str:
    return f"{instant(window.start, zone)} – {instant(window.end, zone)}"


def coverage_sentence(coverage: Value) -> str:
    """Return how much of what was predicted is known to have happened or not."""
    if coverage.value is None:
        return "No predictions in this window."
    if coverage.value == 0:
        return "No outcomes are known yet: performance and money cannot be computed."
    return f"Outcomes are known for {share(coverage.value, 0)} of the predictions."


def sentence(text: str) -> str:
    """Return a remark as a sentence begins."""
    return text[:1].upper() + text[1:]


def settled_values(course: MetricSeries, window: Window) -> Sequence[float | None]:
    """Return the course without what is not settled: a day just begun, or few known outcomes, look like a fall."""
    points = course.points
    if len(points) > 2 and points[-1].at + (points[-1].at - points[-2].at) > window.end:
        points = points[:-1]
    settled = [None if point.value.provisional else point.value.value for point in points]
    return settled if any(value is not None for value in settled) else [point.value.value for point in points]
