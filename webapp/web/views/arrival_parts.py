"""What arrived of a model and what became of it: volume, freshness, outcomes, repeats, each with how it was counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dash import html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from webapp.catalog import queries as catalog
from webapp.catalog.models import Model
from webapp.core.formatting import age, clock_time, day, number
from webapp.core.periods import trailing
from webapp.metrics import queries as metrics
from webapp.metrics.metric import Value
from webapp.metrics.volume import WEEKS, Volume, volume
from webapp.telemetry.arrivals import NEWEST, Told, told
from webapp.telemetry.refusals import Refused, refused, repeats
from webapp.web.components import explanation, facts, panel, pill
from webapp.web.views.metric_cards import Shown, number_with_explanation, window_text
from webapp.web.views.quality_parts import refusal_table

LOOKING_BACK = timedelta(days=30)
METRICS = ("outcome_coverage", "freshness", "outcome_delay_mean")
VERDICTS = {"no clear change": "quiet", "fewer than usual": "warning", "more than usual": "warning"}


@dataclass(frozen=True, slots=True)
class Arrival:
    """What was counted of what was sent for a model, beside its metrics."""

    values: Mapping[str, Value]
    volume: Volume
    outcomes: Told
    repeats: Mapping[str, int]
    refused: Sequence[Refused]
    outcome_window: timedelta
    now: datetime


def arrival(
    session: Session, model: Model, shown: Shown, *, version: str | None, outcome_window: timedelta, now: datetime
) -> Arrival:
    """Read what arrived. What was refused includes what was sent for models that do not exist."""
    window = shown.window
    others = catalog.model_names(session) - {model.name}
    return Arrival(
        values=metrics.values(session, [model], METRICS, window, now=now, version=version)[model.name],
        volume=volume(session, model, until=window.end, now=now, version=version),
        outcomes=told(session, model.id, window, outcome_window=outcome_window),
        repeats=repeats(session, window, model.name),
        refused=[each for each in refused(session, window) if each.model not in others],
        outcome_window=outcome_window,
        now=now,
    )


def strangers(session: Session, *, now: datetime) -> list[Component]:
    """Return a panel of what was refused for models that do not exist, or that could not be read; nothing without."""
    known = catalog.model_names(session, retired=True)
    found = [each for each in refused(session, trailing(now, LOOKING_BACK)) if each.model not in known]
    if not found:
        return []
    days = f"refused in the last {LOOKING_BACK.days} days"
    return [panel("Sent for models that do not exist", refusal_table(found), subtitle=days, flush=True)]


def arrived(found: Arrival, shown: Shown) -> Component:
    """Return the panel of what came, when, and what became of the outcomes."""
    rows: list[tuple[str, Any]] = [
        ("Last whole hour", _volume(found.volume, shown)),
        ("Newest prediction", _ago(found, shown)),
        ("Outcomes known", number_with_explanation("outcome_coverage", found.values["outcome_coverage"], shown)),
        ("Outcome delay", _delay(found, shown)),
        ("Outcomes without a prediction", _waiting(found.outcomes, shown)),
        ("Outcomes told too late", _late(found, shown)),
        ("Outcomes corrected", _corrected(found.outcomes, shown)),
        ("Sent again", _repeated(found.repeats, shown)),
    ]
    return panel("What arrived", facts(rows, columns=2))


def not_arrived(found: Arrival, model: Model) -> Component:
    """Return the panel of what was refused, and why."""
    count = sum(each.count for each in found.refused)
    words = f"{number(count)} refused" if count else "nothing was lost"
    table = refusal_table(found.refused, own=model.name)
    return panel("What did not arrive", table, subtitle=words, flush=bool(found.refused))


def _volume(found: Volume, shown: Shown) -> Component:
    hours = f"{day(found.hour, shown.zone)}, from {clock_time(found.hour, shown.zone)}"
    formula = (
        f"predictions in the last whole hour against the median of the same hour in the last {WEEKS} weeks;"
        " the interval holds 19 of 20 such hours"
    )
    notes = [f"The weeks before, the newest first: {', '.join(number(each) for each in found.before)}."]
    if found.usual is not None and found.low is not None and found.high is not None:
        usual = f"usually {number(found.usual)} ({number(found.low, 0)} to {number(found.high, 0)})"
    else:
        usual, notes = "no earlier week to compare with", []
    verdict = pill(found.verdict, tone=VERDICTS[found.verdict]) if found.verdict in VERDICTS else ""
    how = explanation(formula, window=hours, sample_count=found.count, coverage=None, notes=notes)
    words = html.Span([html.Strong(number(found.count)), f", {usual} ", verdict], className="mc-number-words")
    return html.Span([words, how], className="mc-number")


def _ago(found: Arrival, shown: Shown) -> Component:
    value = found.values["freshness"]
    if value.value is None:
        return html.Span(value.reason or "")
    end = "ago" if shown.window.end >= found.now else "before the end"
    return _counted(
        f"{age(timedelta(milliseconds=value.value))} {end}",
        "time since the newest prediction, to the minute",
        shown,
        value.sample_count,
    )


def _delay(found: Arrival, shown: Shown) -> Component:
    middle, slow = found.outcomes.delay_p50, found.outcomes.delay_p95
    if middle is None or slow is None:
        return html.Span("no outcomes in this time")
    words = f"median {age(middle)}, 95 % within {age(slow)}"
    formula = "median and 95th percentile of the time from the prediction to its outcome"
    return _counted(words, formula, shown, found.outcomes.looked_at - found.outcomes.waiting, _of(found.outcomes))


def _waiting(found: Told, shown: Shown) -> Component:
    formula = "outcomes whose prediction id is not known; they join it when it comes"
    return _counted(number(found.waiting), formula, shown, found.looked_at, _of(found))


def _late(found: Arrival, shown: Shown) -> Component:
    formula = f"outcomes told more than {found.outcome_window.days} days after their prediction; they are not joined"
    return _counted(number(found.outcomes.late), formula, shown, found.outcomes.looked_at, _of(found.outcomes))


def _corrected(found: Told, shown: Shown) -> Component:
    formula = "outcomes told again with another answer; the counts follow the last one, both are kept"
    return _counted(number(found.corrections), formula, shown, found.corrections)


def _repeated(found: Mapping[str, int], shown: Shown) -> Component:
    words = (
        ", ".join(f"{number(count)} {kind}{'' if count == 1 else 's'}" for kind, count in sorted(found.items()))
        or "nothing"
    )
    formula = "what was stored before and sent again; it was answered as a duplicate and counted once"
    return _counted(words, formula, shown, sum(found.values()))


def _of(found: Told) -> list[str]:
    return [] if found.is_all else [f"Of the newest {number(NEWEST)} in this time."]


def _counted(words: str, formula: str, shown: Shown, count: int, notes: Sequence[str] = ()) -> Component:
    how = explanation(
        formula, window=window_text(shown.window, shown.zone), sample_count=count, coverage=None, notes=notes
    )
    few = [html.Span(f" {note[0].lower()}{note[1:]}".rstrip("."), className="mc-quiet") for note in notes]
    return html.Span([html.Span([html.Strong(words), *few], className="mc-number-words"), how], className="mc-number")
