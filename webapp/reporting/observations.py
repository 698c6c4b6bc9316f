"""What a report draws attention to: rules over the figures, each with its evidence. No rule praises."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from webapp.alerting.queries import InboxRow
from webapp.alerting.severity import Severity
from webapp.alerting.types import Status
from webapp.catalog.models import Task
from webapp.core import formatting
from webapp.metrics.display import Tone, delta_of
from webapp.metrics.metric import Better
from webapp.metrics.registry import METRICS, for_task
from webapp.reporting.books import books_of
from webapp.reporting.document import Level
from webapp.reporting.facts import Facts, ModelFacts, middle_out
from webapp.reporting.wording import bound, counted, interval, level_of, text

RANK = {Level.CRITICAL: 0, Level.ATTENTION: 1, Level.UNKNOWN: 2, Level.GOOD: 3}
CLEAR_DROP = 0.02  # A fall of two points outside of its interval is told even where the target is still met.
FALLING: Mapping[Task, Sequence[str]] = {  # what is told when it falls
    Task.BINARY: ("accuracy", "roc_auc"),
    Task.MULTICLASS: ("accuracy", "macro_f1"),
    Task.REGRESSION: ("r2",),
}
MOST_ALERTS = 3
LONGEST_TITLE = 100


@dataclass(frozen=True, slots=True)
class Observation:
    """One thing that needs attention. The rule's name leads to the recommendation."""

    rule: str
    level: Level
    title: str
    evidence: str
    model: ModelFacts | None = None
    metric: str | None = None
    owner: str = ""
    since: str = ""


def observations(facts: Facts) -> tuple[Observation, ...]:
    """Return what needs attention, the worst first."""
    found: list[Observation] = []
    for each in facts.models:
        if each.predictions <= 0:
            found += _without_data(facts, each)
            continue
        found += [*_coverage(facts, each), *_targets(facts, each), *_drops(facts, each), *_money(facts, each)]
    found += _alerts(facts)
    return tuple(sorted(found, key=lambda each: RANK[each.level]))


def _named(facts: Facts, each: ModelFacts, words: str) -> str:
    """Name the model only where there are several."""
    return f"{each.short_title}: {words}" if facts.is_portfolio else words[0].upper() + words[1:]


def _without_data(facts: Facts, each: ModelFacts) -> Iterable[Observation]:
    evidence = f"No prediction arrived in {facts.period.label}, so nothing can be said about it."
    if facts.is_portfolio and each.former("prediction_count").value:
        before = counted(each.former("prediction_count").value or 0, "prediction")
        yield _about(
            each, "no-data", Level.ATTENTION, f"{each.short_title}: no predictions", f"{evidence} Before: {before}."
        )
    else:
        yield _about(each, "no-data", Level.UNKNOWN, _named(facts, each, "no predictions"), evidence)


def _coverage(facts: Facts, each: ModelFacts) -> Iterable[Observation]:
    share = each.coverage or 0.0
    if share >= facts.minimum_coverage:
        return
    known = formatting.share(share, 0)
    evidence = (
        f"Outcomes are known for {known} of {counted(each.predictions, 'prediction')};"
        f" below {formatting.share(facts.minimum_coverage, 0)} the figures are provisional."
    )
    words = "no outcomes yet" if share == 0 else f"outcomes known for only {known}"
    yield _about(each, "coverage", Level.UNKNOWN, _named(facts, each, words), evidence)


def _targets(facts: Facts, each: ModelFacts) -> Iterable[Observation]:
    """Hold every metric that has a target against it."""
    for name, target in each.model.targets.items():
        if name not in for_task(each.model.task):
            continue
        metric, value = METRICS[name], each.value(name)
        level = level_of(value.value, target, metric.better)
        if level not in {Level.ATTENTION, Level.CRITICAL}:
            continue
        is_critical = level is Level.CRITICAL
        limit = bound(target.critical if is_critical else target.warning, metric, currency=each.currency)
        shown = text(value, name, currency=each.currency)
        side = "above" if metric.better is Better.LOWER else "below"
        line = "critical" if is_critical else "warning"
        evidence = f"{shown} against the {line} line of {limit[2:]}; the target is"
        evidence += f" {bound(target.target, metric, currency=each.currency)}."
        if found := interval(value, name, currency=each.currency):
            evidence += f" 95% interval {found}."
        if name == "drift_score" and value.note:
            evidence += f" The feature that moved most is {value.note}."
        title = f"{metric.label} is {shown}, {side} its {line} line"
        yield _about(each, f"target:{name}", level, _named(facts, each, title), evidence, metric=name)


def _drops(facts: Facts, each: ModelFacts) -> Iterable[Observation]:
    """Tell a clear fall in quality, though the target may still be met."""
    for name in FALLING[each.model.task]:
        now, before, metric = each.value(name), each.former(name), METRICS[name]
        if level_of(now.value, each.target(name), metric.better) in {Level.ATTENTION, Level.CRITICAL}:
            continue
        delta = delta_of(now, before, metric, currency=each.currency)
        if delta is None or delta.tone is not Tone.WORSE or (before.value or 0) - (now.value or 0) < CLEAR_DROP:
            continue
        evidence = f"{text(now, name)} after {text(before, name)} in {facts.period.comparison} ({delta.text})."
        title = _named(facts, each, f"{metric.label} fell clearly")
        yield _about(each, f"drop:{name}", Level.ATTENTION, title, evidence, metric=name)


def _money(facts: Facts, each: ModelFacts) -> Iterable[Observation]:
    books = books_of(each.now, each.currency)
    if books is None or books.net_benefit >= 0 or "roi" in each.model.targets:
        return
    evidence = f"{books.money(books.returns)} came back for {books.money(books.investment)} spent."
    yield _about(each, "loss", Level.CRITICAL, _named(facts, each, "it cost more than it brought"), evidence)


def _alerts(facts: Facts) -> Iterable[Observation]:
    """Name the unresolved alerts that are high or critical."""
    for row in unresolved(facts.alerts.worst):
        if row.severity < Severity.HIGH:
            continue
        level = Level.CRITICAL if row.severity is Severity.CRITICAL else Level.ATTENTION
        whose = row.assignee or row.acknowledged_by
        sender = f"sent by {row.source_name}" if row.source_name else ""
        said = "; ".join(filter(None, (row.value_text, row.threshold_text, sender)))
        yield Observation(
            rule="unresolved-alert",
            level=level,
            title=f"Unresolved: {middle_out(row.title, LONGEST_TITLE)}",
            evidence=f"{row.severity.label} alert, {row.status.label.lower()}: {said}.",
            owner=f"Owner {whose}" if whose else "Nobody has taken it",
            since=f"since {formatting.instant(row.started_at, facts.zone)}",
        )


def unresolved(rows: Sequence[InboxRow]) -> list[InboxRow]:
    open_rows = [row for row in rows if row.status is not Status.RESOLVED]
    return sorted(open_rows, key=lambda row: (-row.severity.rank, row.started_at))[:MOST_ALERTS]


def _about(
    each: ModelFacts, rule: str, level: Level, title: str, evidence: str, *, metric: str | None = None
) -> Observation:
    owner = f"Owner {', '.join(each.model.owners)}" if each.model.owners else ""
    return Observation(rule, level, title, evidence, model=each, metric=metric, owner=owner)
