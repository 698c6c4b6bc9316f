"""Figures in words, the same in every section: value, target, what it was, and whether the change is for the better."""

from webapp.catalog.models import Target
from webapp.core import formatting
from webapp.metrics.display import Tone, delta_of, text_of
from webapp.metrics.metric import Better, Metric, Value
from webapp.metrics.registry import METRICS, for_task
from webapp.reporting.document import Card, Level
from webapp.reporting.facts import ModelFacts

NOTHING = "—"
PENDING = "outcomes pending"
WITHIN = "Within limits"
STILL_ARRIVING = 0.03
TONES = {Tone.BETTER: "better", Tone.WORSE: "worse", Tone.NEUTRAL: "", Tone.UNCLEAR: "no clear change"}
STATUS_WORDS = {
    Level.GOOD: "On target",
    Level.ATTENTION: "Needs attention",
    Level.CRITICAL: "Critical",
    Level.UNKNOWN: "Unknown",
}


def text(value: Value, name: str, *, currency: str = "USD") -> str:
    """Return a value as it stands in a report; where there is none, a dash and never a zero."""
    return NOTHING if value.value is None else text_of(value, METRICS[name], currency=currency)


def headline_words(facts: ModelFacts) -> str:
    """Return what models of this kind are judged by first, with its name: `Accuracy 88.0%`, `MAE 4.20`."""
    return _named(facts, facts.headline)


def worth_words(facts: ModelFacts) -> str:
    """Return what the model's answers were worth, or cost, with its name."""
    return _named(facts, facts.worth)


def _named(facts: ModelFacts, name: str) -> str:
    value = facts.value(name)
    return NOTHING if value.value is None else f"{METRICS[name].label} {text(value, name, currency=facts.currency)}"


def bound(amount: float, metric: Metric, *, currency: str = "USD") -> str:
    """Return a target with its direction: ≥ 85.0%."""
    sign = {Better.HIGHER: "≥ ", Better.LOWER: "≤ ", Better.NONE: ""}[metric.better]
    return f"{sign}{text_of(Value(amount), metric, currency=currency)}"


def level_of(value: float | None, target: Target | None, better: Better) -> Level | None:
    """Return how a value stands against its bounds; between target and warning, neither good nor a cause to act."""
    if target is None or value is None:
        return None
    sign = -1 if better is Better.LOWER else 1
    if sign * value < sign * target.critical:
        return Level.CRITICAL
    if sign * value < sign * target.warning:
        return Level.ATTENTION
    return Level.GOOD if sign * value >= sign * target.target else None


def short_of_target(facts: ModelFacts) -> tuple[str, ...]:
    """Return the metrics that miss their target, whatever else they do."""
    return tuple(
        name
        for name, target in facts.model.targets.items()
        if name in for_task(facts.model.task)
        and (value := facts.value(name).value) is not None
        and level_of(value, target, METRICS[name].better) is not Level.GOOD
    )


def state_word(facts: ModelFacts, worst: Level) -> str:
    """Return how a model stands in a word; `On target` is said only where every target is met."""
    return WITHIN if worst is Level.GOOD and short_of_target(facts) else STATUS_WORDS[worst]


def change(facts: ModelFacts, name: str) -> tuple[str | None, str, str, str]:
    """Return the change since the period before as text, its direction, its tone, and the tone as a word."""
    delta = delta_of(facts.value(name), facts.former(name), METRICS[name], currency=facts.currency)
    if delta is None:
        return None, "flat", "neutral", ""
    if is_pending(facts, name):
        return delta.text, delta.direction.value, "unclear", PENDING
    return delta.text, delta.direction.value, delta.tone.value, TONES[delta.tone]


def is_pending(facts: ModelFacts, name: str) -> bool:
    """Say whether money is still being counted: its outcomes are known for less than those it is compared with."""
    if METRICS[name].group != "business":
        return False
    now, before = facts.value(name).coverage, facts.former(name).coverage
    return now is not None and before is not None and before - now > STILL_ARRIVING


def card(facts: ModelFacts, name: str, *, label: str | None = None, note: str | None = None) -> Card:
    """Return the card of one metric of one model."""
    metric, value, former, target = METRICS[name], facts.value(name), facts.former(name), facts.target(name)
    delta, direction, tone, word = change(facts, name)
    return Card(
        label=label or metric.label,
        value=text(value, name, currency=facts.currency),
        target=None if target is None else bound(target.target, metric, currency=facts.currency),
        previous=None if former.value is None else text(former, name, currency=facts.currency),
        delta=delta,
        direction=direction,
        tone=tone,
        word=word or ("no comparison" if delta is None and value.value is not None else ""),
        note=_note(value, name, note),
        level=Level.UNKNOWN if value.value is None else level_of(value.value, target, metric.better),
    )


def interval(value: Value, name: str, *, currency: str = "USD") -> str:
    """Return the 95 % interval, where there is one."""
    if value.low is None or value.high is None:
        return ""
    low, high = (text_of(Value(end), METRICS[name], currency=currency) for end in (value.low, value.high))
    return f"{low} to {high}"


def sentence(text: str) -> str:
    """Return a reason or note as a sentence: a capital in front, a full stop behind."""
    text = text.strip()
    if not text:
        return ""
    return f"{text[0].upper()}{text[1:]}" + ("" if text.endswith((".", "!", "?")) else ".")


def counted(count: float, word: str, plural: str | None = None) -> str:
    """Return `1 alert`, `12 alerts`."""
    return f"{formatting.number(count)} {word if count == 1 else plural or word + 's'}"


def _note(value: Value, name: str, given: str | None) -> str | None:
    if value.value is None:
        return sentence(value.reason or "not measured")
    if value.provisional:
        return f"Provisional: outcomes known for {formatting.share(value.coverage or 0.0, 0)}."
    if given:
        return given
    found = interval(value, name)
    return f"95% interval {found}" if found else None
