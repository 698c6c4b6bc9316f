"""From facts to a document: every section's say, a status from rules, and where the document comes from."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

from webapp.catalog.models import Task
from webapp.core import formatting
from webapp.core.registry import discover
from webapp.metrics.registry import METRICS
from webapp.reporting import sections
from webapp.reporting.document import TEMPLATE_VERSION, Content, Document, Imprint, Level, Status
from webapp.reporting.facts import Facts, ModelFacts
from webapp.reporting.observations import RANK, Observation, observations
from webapp.reporting.section import Section
from webapp.reporting.wording import STATUS_WORDS, WITHIN, bound, counted, short_of_target, state_word, text

NAMED: Mapping[Task, Sequence[str]] = {
    Task.BINARY: ("accuracy", "roi"),
    Task.MULTICLASS: ("accuracy", "macro_f1", "decision_value"),
    Task.REGRESSION: ("mae", "bias", "forecast_cost"),
}


def build(facts: Facts, *, created_at: datetime, created_by: str, revision: int = 1) -> Document:
    """Return the whole report; the same facts give the same document."""
    period = facts.period
    return Document(
        organisation=facts.organisation,
        title="Monthly report",
        scope=facts.models[0].model.title if facts.only is not None else "All models",
        period=period.label,
        compared_with=f"Compared with {period.comparison}",
        zone=f"Times in {facts.zone}",
        badge="No data" if facts.predictions <= 0 and period.is_final else period.badge,
        is_final=period.is_final,
        status=status(facts),
        sections=_contents(facts),
        imprint=Imprint(
            revision=revision,
            created=formatting.instant(created_at, facts.zone),
            created_at=created_at.replace(microsecond=0).isoformat(),  # a PDF's own time has no parts of a second
            created_by=created_by,
            data_cutoff=formatting.instant(period.window.end, facts.zone),
            template_version=TEMPLATE_VERSION,
        ),
    )


def status(facts: Facts) -> Status:
    """Return how the month went, in a word and a sentence that rules give; without data it is unknown, never good."""
    if facts.predictions <= 0:
        level, words = Level.UNKNOWN, f"No prediction arrived in {facts.period.label}, so there is nothing to judge."
        return Status(level, "No data", words)
    observed = observations(facts)
    if facts.only is not None and not facts.only.coverage:
        return Status(Level.UNKNOWN, STATUS_WORDS[Level.UNKNOWN], _without_outcomes(facts, facts.only))
    worst = min((each.level for each in observed), key=lambda level: RANK[level], default=Level.GOOD)
    states = {state_word(each, worst) for each in facts.models}
    return Status(worst, WITHIN if WITHIN in states else STATUS_WORDS[worst], _sentence(facts, observed))


def _without_outcomes(facts: Facts, each: ModelFacts) -> str:
    return (
        f"{counted(each.predictions, 'prediction')} arrived in {facts.period.label}, but no outcome is known yet:"
        " whether they were right cannot be said."
    )


def _sentence(facts: Facts, observed: tuple[Observation, ...]) -> str:
    figures = _key_figures(facts)
    if not observed:
        return f"{figures} {_near_misses(facts)}".strip()
    first = observed[0].title
    if len(observed) == 1:
        return f"{figures} One area needs attention: {first}.".strip()
    return f"{figures} {len(observed)} areas need attention; first: {first}.".strip()


def _near_misses(facts: Facts) -> str:
    """Name what misses its target without reaching a warning line."""
    missed = [
        f"{METRICS[name].label} {text(each.value(name), name, currency=each.currency)}"
        f" ({bound(each.model.targets[name].target, METRICS[name], currency=each.currency)})"
        + (f" of {each.short_title}" if facts.only is None else "")
        for each in facts.models
        for name in short_of_target(each)
    ]
    if not missed:
        return "Every target is met."
    return f"No warning line is reached; short of its target: {', '.join(missed[:4])}."


def _key_figures(facts: Facts) -> str:
    each = facts.only
    if each is None:
        return f"{counted(facts.predictions, 'prediction')} by {counted(len(facts.models), 'model')}."
    said = []
    for name in NAMED[each.model.task]:
        value, target, metric = each.value(name), each.target(name), METRICS[name]
        if value.value is None:
            continue
        goal = "" if target is None else f" (target {bound(target.target, metric, currency=each.currency)})"
        said.append(f"{metric.label} {text(value, name, currency=each.currency)}{goal}")
    return f"{', '.join(said)}." if said else ""


def _contents(facts: Facts) -> tuple[Content, ...]:
    found = cast("dict[str, Section]", dict(discover(sections, "SECTION")))
    ordered = sorted(found.items(), key=lambda entry: entry[1].order)
    beginning = [name for name, section in ordered if section.begins_page]
    if facts.predictions <= 0 or facts.only is None:  # Little to say: only the first page stands by itself.
        del beginning[1:]
    built = [Content(name, section.title, tuple(section.build(facts)), name in beginning) for name, section in ordered]
    return tuple(content for content in built if content.blocks)
