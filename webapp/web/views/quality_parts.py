"""Data quality as components: what one should be told at once, tables of features, and what was refused."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from dash import html
from dash.development.base_component import Component

from webapp.catalog.binning import Kind
from webapp.core.formatting import day, number, share
from webapp.metrics.drift import FeatureDrift, Level
from webapp.metrics.feature_quality import FeatureQuality, Moments, Renaming
from webapp.metrics.metric import Point
from webapp.telemetry.refusals import Refused
from webapp.web.components import Column, data_table, empty_state, notice, pill, sparkline
from webapp.web.components.content import Child
from webapp.web.views.metric_cards import sentence

FEATURE = "data-feature"  # the buttons of the tables: {"type": FEATURE, "name": …, "table": …}
TONES = {Level.OK: "good", Level.WARNING: "warning", Level.CRITICAL: "critical", Level.UNDEFINED: "quiet"}
WORDS = {Level.OK: "stable", Level.WARNING: "moved", Level.CRITICAL: "moved far", Level.UNDEFINED: "not comparable"}
NAMED = 5  # features that a notice names
MOST_NEW = 3
NONE = "–"


def notices(found: Mapping[str, FeatureQuality], renamings: Sequence[Renaming], zone: str) -> list[Component]:
    """Return what must be known before the numbers are read: wrong types, renamed features, those without values."""
    shown = [notice(_renamed(each, zone), title="Renamed?", tone="warning") for each in renamings]
    wrong = sorted((each for each in found.values() if each.type_errors), key=lambda each: -each.type_errors)
    if wrong:
        words = (
            f"{_named([f'{each.name} ({number(each.type_errors)})' for each in wrong])}: texts where numbers were"
            ' expected. "70.5" is read as a number; "70,5" is not, counts as missing and is counted here.'
        )
        shown.append(notice(words, title="Wrong type.", tone="warning"))
    gone = {each.former for each in renamings}
    empty = [each.name for each in found.values() if each.has_no_values and each.name not in gone]
    if empty:
        words = f"{_named(sorted(empty))} came without any value: drift is undefined there, not zero."
        shown.append(notice(words, title="No values.", tone="warning"))
    return shown


def drift_table(features: Sequence[FeatureDrift], courses: Mapping[str, Sequence[Point]], *, caption: str) -> Component:
    """Return how far each feature moved and how surprising that is; its importance where one was given for any."""
    has_importance = any(each.importance is not None for each in features)
    columns = [
        Column("name", "Feature"),
        Column("level", "State"),
        Column("score", "Score", align="right"),
        Column("floor", "Noise floor", align="right"),
        Column("p", "p-value", align="right"),
        Column("q", "q of all", align="right"),
        *([Column("importance", "Importance", align="right")] if has_importance else []),
        Column("course", "Course"),
    ]
    rows = [_drift_row(each, courses.get(each.name, ())) for each in features]
    return data_table(columns, rows, caption=caption)


def quality_table(features: Sequence[FeatureDrift], found: Mapping[str, FeatureQuality], *, caption: str) -> Component:
    """Return what was counted of each feature's values beside what the baseline had."""
    columns = [
        Column("name", "Feature"),
        Column("missing", "Missing", align="right"),
        Column("types", "Wrong type", align="right"),
        Column("infinite", "Infinite", align="right"),
        Column("outside", "Below / above range", align="right"),
        Column("new", "New categories"),
        Column("bins", "Filled bins", align="right"),
        Column("now", "Min · mean · max now", align="right"),
        Column("before", "In the baseline", align="right"),
    ]
    rows = [_quality_row(each, found[each.name]) for each in features if each.name in found]
    return data_table(columns, rows, caption=caption)


def refusal_table(found: Sequence[Refused], *, own: str | None = None) -> Component:
    """Return what was refused, with the remedy. `own` is the model of the page, whose name goes without saying."""
    columns = [
        Column("what", "What"),
        Column("count", "Refused", align="right"),
        Column("why", "Why"),
        Column("when", "When"),
        Column("remedy", "What to do"),
    ]
    rows: list[dict[str, Any]] = [
        {
            "what": _refused_thing(each, own),
            "count": number(each.count),
            "why": sentence(each.in_words),
            "when": html.Span(_days(each), className="mc-time"),
            "remedy": each.remedy or NONE,
        }
        for each in found
    ]
    empty = empty_state("Nothing was refused", "Everything that was sent in this time was taken.", picture="database")
    return data_table(columns, rows, caption="What was refused, the most frequent first", empty=empty)


def state_pill(level: Level) -> Component:
    return pill(WORDS[level], tone=TONES[level])


def score_text(feature: FeatureDrift) -> str:
    return NONE if feature.score.value is None else number(feature.score.value, 3)


def probability(value: float | None) -> str:
    """Return a p-value as people read it."""
    if value is None:
        return NONE
    return "< 0.001" if value < 0.001 else number(value, 3)


def missing_text(found: FeatureQuality) -> str:
    before = found.baseline_missing_share
    now = NONE if found.missing_share is None else share(found.missing_share)
    return now if before is None else f"{now} (was {share(before)})"


def moments_text(moments: Moments | None) -> str:
    if moments is None:
        return NONE
    return " · ".join(number(each) for each in (moments.low, moments.mean, moments.high))


def new_text(feature: FeatureDrift, found: FeatureQuality, *, most: int = MOST_NEW) -> str:
    """Return how many values the baseline never had, and the names of the newest."""
    if found.kind is not Kind.CATEGORY or found.is_learning:
        return NONE
    if not found.unseen:
        return "0"
    names = ", ".join(feature.new_categories[:most])
    more = " …" if len(feature.new_categories) > most else ""
    return f"{number(found.unseen)}: {names}{more}" if names else number(found.unseen)


def _drift_row(feature: FeatureDrift, course: Sequence[Point]) -> dict[str, Any]:
    return {
        "name": _feature_button(feature.name, "drift"),
        "level": state_pill(feature.level),
        "score": html.Span(score_text(feature), title=feature.score.reason or ""),
        "floor": NONE if feature.noise_floor is None else number(feature.noise_floor, 3),
        "p": probability(feature.p_value),
        "q": probability(feature.q_value),
        "importance": NONE if feature.importance is None else number(feature.importance),
        "course": sparkline([point.value.value for point in course]) if course else "",
    }


def _quality_row(feature: FeatureDrift, found: FeatureQuality) -> dict[str, Any]:
    is_number = found.kind is Kind.NUMERIC
    outside = f"{number(found.below)} / {number(found.above)}"
    return {
        "name": html.Span([_feature_button(feature.name, "quality"), *_remarks(found)], className="mc-inline"),
        "missing": missing_text(found),
        "types": _counted(number(found.type_errors), found.type_errors),
        "infinite": _counted(number(found.infinite) if is_number else NONE, found.infinite),
        "outside": _counted(outside if is_number and not found.is_learning else NONE, found.below + found.above),
        "new": _counted(new_text(feature, found), found.unseen),
        "bins": NONE if found.is_learning else f"{number(found.filled_bins)} of {number(found.baseline_bins)}",
        "now": _counted(moments_text(found.moments), found.moments is not None),
        "before": _counted(moments_text(found.baseline_moments), found.baseline_moments is not None),
    }


def _counted(text: str, count: int) -> Child:
    """Return a cell's text; where there is nothing to tell, a narrow screen leaves it out."""
    return text if count else _nothing(text)


@cache
def _nothing(text: str) -> Component:
    """Return "0", "0 / 0" or a dash, which most cells are: made once, since a table has them by the hundred."""
    return html.Span(text, className="mc-nothing")


def _remarks(found: FeatureQuality) -> list[Component]:
    shown: list[Component] = []
    if found.is_learning:
        shown.append(pill("learning", title="No baseline has it yet: it is counted, but not compared."))
    if found.has_no_values:
        shown.append(pill("no values", tone="warning"))
    elif found.is_constant:
        shown.append(pill("constant", tone="warning", title="It has one value and no other."))
    return shown


def _feature_button(name: str, table: str) -> Component:
    return html.Button(
        name,
        id={"type": FEATURE, "name": name, "table": table},
        type="button",
        className="mc-link",
        title="Show its values",
    )


def _renamed(each: Renaming, zone: str) -> Sequence[Any]:
    former, new = (html.Span(name, className="mc-mono") for name in (each.former, each.new))
    if each.at is None:
        return [former, " has had no values since before this time, and ", new, " is new: was it renamed?"]
    on = day(each.at, zone)
    return [former, f" stopped arriving on {on}; ", new, " appeared the same day: was it renamed?"]


def _named(names: Sequence[str]) -> str:
    rest = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _refused_thing(each: Refused, own: str | None) -> Component:
    kind = f"{each.kind}s" if not each.kind.endswith("s") else each.kind
    if each.model == own:
        return html.Span(kind)
    whose = html.Span(each.model, className="mc-mono") if each.model else "a model that could not be read"
    return html.Span([f"{kind} of ", whose])


def _days(each: Refused) -> str:
    """Return the days of the counter, which are whole ones in UTC."""
    first, last = day(each.first_day), day(each.last_day)
    return first if first == last else f"{first} – {last}"
