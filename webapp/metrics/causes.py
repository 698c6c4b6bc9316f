"""Why a metric changed between two windows: causes ranked from what was counted, never from single events. Pure.

What splits exactly (versions, segments, what the scores foretold) contributes in the metric's unit, and each split is
of the whole change anew. Of what cannot be split (features that moved, values that are missing) no more is said.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from webapp.core import formatting
from webapp.metrics.cause import Cause, Clues, Fact, Kind, in_sentence, value_text
from webapp.metrics.difference import Verdict
from webapp.metrics.display import change_text
from webapp.metrics.feature_causes import drift_causes, missing_causes
from webapp.metrics.metric import Unit
from webapp.metrics.part_causes import even_keys, segment_causes, version_causes

MOST, MOST_HINTS = 12, 3
COVERAGE_FELL = 0.1
FORETOLD = 0.25  # of the change: what the scores must foretell of it, or must not, to be worth a line
CLEAR = frozenset({Verdict.BETTER, Verdict.WORSE, Verdict.DIFFERENT})


def ranked(clues: Clues) -> tuple[Cause, ...]:
    """Return the causes, what weighs most first; where the change itself may be chance, all of them are hints."""
    missing = missing_causes(clues)
    named = frozenset(cause.feature for cause in missing if cause.feature)
    found = [*_coverage(clues), *missing, *drift_causes(clues, without=named)]
    if clues.size and clues.metric.group != "drift":  # which is of features, whatever decides upon them
        found += [*version_causes(clues), *segment_causes(clues), *_scores(clues)]
    if may_be_chance(clues):
        found = [cause if cause.kind is Kind.COVERAGE else replace(cause, clear=False) for cause in found]
    found.sort(key=_place)
    hints = [cause for cause in found if not cause.clear]
    return tuple([*(cause for cause in found if cause.clear), *hints[:MOST_HINTS]][:MOST])


def is_clear(clues: Clues) -> bool:
    """Say whether the change is more than chance explains."""
    return clues.change.verdict in CLEAR


def may_be_chance(clues: Clues) -> bool:
    """Say whether nobody can tell that anything changed at all; without an interval that is not known."""
    return clues.change.verdict in {Verdict.UNCLEAR, Verdict.TOO_LITTLE}


def headline(clues: Clues) -> str:
    """Return what happened to the metric, and whether that may be chance."""
    metric, before, now = clues.metric, clues.before.whole.value, clues.now.whole.value
    change = clues.change
    if now.value is None or before.value is None:
        when, reason = ("now", now.reason) if now.value is None else ("in the time before", before.reason)
        return f"{metric.label} cannot be compared: {when} there is none ({reason or 'unknown'})."
    went = f"{metric.label} went from {value_text(before, metric)} to {value_text(now, metric)}"
    if change.difference is None or not clues.size:
        return f"{metric.label} did not change: it is {value_text(now, metric)}."
    amount = change_text(change.difference, metric)
    if change.low is None or change.high is None:
        return f"{went} ({amount})."
    half = change_text((change.high - change.low) / 2, metric).lstrip("+")
    match change.verdict:
        case Verdict.UNCLEAR:
            size = change_text(change.difference, metric).lstrip("+−-")
            return f"No clear change: the {clues.noun} of {size} is within what chance gives (±{half})."
        case Verdict.TOO_LITTLE:
            return f"{went} ({amount}), which is too little to say anything: {change.reason}."
        case _:
            return f"{went}: {amount}, give or take {half}."


def notes(clues: Clues, named: Sequence[Cause]) -> tuple[str, ...]:
    """Return what else is to be known: where the change is the same everywhere, and what must not be added up."""
    found = []
    if is_clear(clues) and (even := even_keys(clues)):
        found.append(f"No value of {' or '.join(even)} stands out: the {clues.noun} is in all of them.")
    kinds = {cause.kind for cause in named if cause.contribution is not None}
    if len(kinds) > 1:
        found.append("Versions, segments and scores each explain the whole change anew, so they do not add up.")
    return tuple(found)


def _coverage(clues: Clues) -> Iterator[Cause]:
    """Yield that too few outcomes are known, or fewer than before: then it matters who answers first."""
    now, before = clues.now.whole.value, clues.before.whole.value
    if now.coverage is None or clues.metric.group != "performance":
        return
    facts = (
        Fact("outcomes known", now.coverage, before.coverage, Unit.SHARE),
        Fact("counted", float(now.sample_count), float(before.sample_count), Unit.COUNT),
    )
    known = formatting.share(now.coverage, 0)
    if now.coverage <= 0:
        title = "No outcomes are known yet; right and wrong show when they arrive."
        yield Cause(Kind.COVERAGE, title, weight=1.0, facts=facts)
    elif now.provisional:
        what = f"the {clues.noun}" if clues.size else "what is seen"
        title = f"Only {known} of the outcomes are known: {what} may be who answered first."
        yield Cause(Kind.COVERAGE, title, weight=1.0, facts=facts)
    elif before.coverage is not None and before.coverage - now.coverage >= COVERAGE_FELL:
        title = (
            f"Outcomes are known for {known} instead of {formatting.share(before.coverage, 0)}: the rest may differ."
        )
        yield Cause(Kind.COVERAGE, title, weight=before.coverage - now.coverage, facts=facts)


def _scores(clues: Clues) -> Iterator[Cause]:
    """Yield how much of the change the scores foretold (other cases came), and how much they did not."""
    before, now = clues.before.estimate, clues.now.estimate
    if before is None or now is None or before.value is None or now.value is None:
        return
    metric, foretold = clues.metric, now.value - before.value
    half = abs((clues.change.high or 0.0) - (clues.change.low or 0.0)) / 2
    name = in_sentence(metric)
    facts = (Fact(f"{name} foretold", now.value, before.value), _realised(clues))
    if (part := clues.towards(foretold)) >= FORETOLD:
        title = (
            f"The scores alone foretold {name} to go from {value_text(before, metric)} to {value_text(now, metric)}:"
            " other cases came (covariate shift)."
        )
        yield Cause(Kind.INPUTS, title, min(part, 1.0), foretold, abs(foretold) > half, facts)
    rest = clues.size - foretold
    if (part := clues.towards(rest)) >= FORETOLD:
        title = (
            f"The scores foretold {value_text(now, metric)}, but {value_text(clues.now.whole.value, metric)} came true:"
            " the same scores mean something else now (concept drift)."
        )
        yield Cause(Kind.RELATION, title, min(part, 1.0), rest, abs(rest) > half, facts)


def _realised(clues: Clues) -> Fact:
    return Fact(
        f"{in_sentence(clues.metric)} that came true", clues.now.whole.value.value, clues.before.whole.value.value
    )


def _place(cause: Cause) -> tuple[int, float, str]:
    """Rank: what makes the comparison doubtful, what happened, how that reads, what moved, and what may be chance."""
    if cause.kind is Kind.COVERAGE and cause.weight >= 1.0:
        return 0, 0.0, ""
    return _GROUPS.get(cause.kind, 3) if cause.clear else 4, -cause.weight, cause.title


_GROUPS = {Kind.VERSION: 1, Kind.SEGMENT: 1, Kind.MISSING: 1, Kind.INPUTS: 2, Kind.RELATION: 2}
