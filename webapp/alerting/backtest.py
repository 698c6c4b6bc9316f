"""How often would this rule have fired? It is judged again at slots of the past, by the very functions that run live.

Verdicts, states and what becomes of an alert are those of `judging` and `transitions`; only the readings differ: they
come from counts that were read once. Of what is older than two days only hours are kept, so a long replay judges every
full hour, or as often as the rule itself where that is less often. At such a slot a window of whole hours holds the
very counts that it held live, so a rule that is evaluated by the hour has the same episodes; one that is evaluated more
often begins and ends within an hour of them. A shorter window is widened to the hour, and a `for` or a `keep firing`
that is shorter than the time between slots is taken as met; both are said in the notes. Outcomes that arrived since
are counted in.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

import msgspec
from sqlalchemy.orm import Session

from webapp.accounts.actor import Actor
from webapp.accounts.permissions import Permission
from webapp.alerting import wording
from webapp.alerting.document import RuleDocument
from webapp.alerting.inbox_rows import currencies_of_models
from webapp.alerting.judging import Changes, Rule, needs_of
from webapp.alerting.muting.matchers import Matchers, labels_of, matches
from webapp.alerting.muting.silence_queries import history
from webapp.alerting.muting.silence_times import Times
from webapp.alerting.past_readings import PastReadings, parts_of, read_past
from webapp.alerting.plugins import Prepared, prepare
from webapp.alerting.readings import Labels, Need
from webapp.alerting.replay import DECIDED, Episode, Replay
from webapp.alerting.severity import Severity
from webapp.alerting.types import Status
from webapp.alerting.views import Backtest, BacktestEpisode, BacktestPoint, BacktestSeries
from webapp.catalog.queries import models as all_models
from webapp.core.errors import InvalidInputError
from webapp.core.garbage import uncollected
from webapp.core.periods import DAY, HOUR, MINUTE, Window, floor_to
from webapp.metrics.metric import Metric, Source, Unit
from webapp.telemetry.tiles import MINUTES_READABLE

LONGEST_DAYS = 90
WORK = 60_000  # judgements of one replay; with more series it judges less often
PARTS = 25  # reading so many steps of a history costs about as much as a judgement
EPISODES, DRAWN = 200, 5
RULE = UUID(int=0)
MONEY = "business"
LATE = frozenset({"performance", MONEY})  # groups of metrics that wait for outcomes


def backtest(session: Session, document: RuleDocument, *, days: int, actor: Actor, now: datetime) -> Backtest:
    """Replay a rule over the days before the instant; it need not be stored. Nothing is written."""
    actor.require(Permission.RULES_WRITE)
    if not 1 <= days <= LONGEST_DAYS:
        raise InvalidInputError(f"Replay from 1 to {LONGEST_DAYS} days, not {days}.")
    prepared = prepare(document)
    grain = _grain(prepared, days, now=now)
    end = floor_to(now, grain)
    window, need = Window(end - days * DAY, end), _need(_rule(prepared), end)
    if any(need.metric_of(look).group == MONEY for look in need.looks.values()):
        actor.require(Permission.IMPACT_READ)
    with uncollected():
        past = read_past(session, prepared, need, all_models(session), window, grain)
        step = _step(document, need, past, window)
        slots = _slots(window, step)
        replay = _replayed(_rule(_coarsened(prepared, step)), past, slots)
    silenced = silenced_firings(session, prepared.document, replay.episodes, Window(slots[0], slots[-1] + step))
    return _told(session, prepared, replay, past, slots, step, _notes(prepared, need, past, step), silenced)


def _replayed(rule: Rule, past: PastReadings, slots: Sequence[datetime]) -> Replay:
    needs = {at: _need(rule, at) for at in slots}
    past.prepare(needs.values())
    replay = Replay(rule)
    for at in slots:
        replay.cycle(needs[at], past.gathered(needs[at], at=at, watched_since=slots[0]), at=at)
    return replay


def silenced_firings(
    session: Session, document: RuleDocument, episodes: Sequence[Episode], window: Window
) -> Sequence[int]:
    """Return of each episode how often it would have fired under a silence of that time, whatever became of it since.

    A silence that asks for a label that only an alert has, such as the version that was the newest then, counts by
    what the series itself says.
    """
    silences = history(session, window) if episodes else ()
    return [
        sum(_is_silent(silences, document, episode.labels, at, severity) for at, severity in episode.firings)
        for episode in episodes
    ]


def _is_silent(
    silences: Sequence[tuple[Matchers, Times]],
    document: RuleDocument,
    labels: Mapping[str, str],
    at: datetime,
    severity: int,
) -> bool:
    about = labels_of(
        labels,
        model=labels.get("model", ""),
        version=labels.get("version", ""),
        rule=document.name,
        severity=severity,
        type=document.type,
    )
    return any(matches(matchers, about) and times.was_on(at) for matchers, times in silences)


def _rule(prepared: Prepared) -> Rule:
    return Rule.of(RULE, 1, prepared)


def _need(rule: Rule, at: datetime) -> Need:
    changes = Changes()
    (need,) = needs_of([rule], changes, at=at)
    if need is None:
        raise InvalidInputError(f"The rule cannot be evaluated. {changes.faults[rule.id]}")
    return need


def _grain(prepared: Prepared, days: int, *, now: datetime) -> timedelta:
    """Return the minute where all that is read is young enough to be kept by the minute, else the hour."""
    looks = _need(_rule(prepared), floor_to(now, MINUTE)).looks.values()
    look_back = max(now - look.window.start for look in looks)
    return MINUTE if days * DAY + look_back + HOUR <= MINUTES_READABLE else HOUR


def _step(document: RuleDocument, need: Need, past: PastReadings, window: Window) -> timedelta:
    """Return the time between slots: the rule's own interval, as long as the grain allows it and the work is little."""
    base = past.grain * ceil(timedelta(seconds=document.interval_seconds) / past.grain)
    parts = sum(len(parts_of(look, past.grain)) for look in need.looks.values())
    work = window.duration / base * max(past.series_count, 1) * max(1.0, parts / PARTS)
    return base * max(1, ceil(work / WORK))


def _slots(window: Window, step: timedelta) -> Sequence[datetime]:
    first = floor_to(window.start, step) + step
    return [first + number * step for number in range((window.end - first) // step + 1)]


def _coarsened(prepared: Prepared, step: timedelta) -> Prepared:
    """Return the rule with times in whole steps: what is shorter than a step is met by the next slot."""
    seconds, document = int(step.total_seconds()), prepared.document
    if seconds <= document.interval_seconds:
        return prepared
    held, kept = document.for_seconds, document.keep_firing_for_seconds
    coarse = msgspec.structs.replace(
        document, for_seconds=held // seconds * seconds, keep_firing_for_seconds=kept // seconds * seconds
    )
    return prepare(coarse)


def _notes(prepared: Prepared, need: Need, past: PastReadings, step: timedelta) -> tuple[str, ...]:
    """Say in sentences where the replay knows less than the rule would have."""
    document, found = prepared.document, []
    interval, slot = timedelta(seconds=document.interval_seconds), wording.span(step)
    if step > interval:
        found.append(f"Judged every {slot}, not every {wording.span(interval)}; a shorter “for” counts as met.")
    own = next(iter(need.looks.values()))
    judged = parts_of(own, past.grain)[0].duration
    if own.step is None and judged > own.window.duration:
        was, now = wording.span(own.window.duration), wording.span(judged)
        kept = "hour" if past.grain == HOUR else "minute"
        found.append(f"Older counts are kept by the {kept}: its window of {was} is judged as {now}.")
    if prepared.metric.source is Source.GAUGES and document.kind == "absence":
        found.append(f"When a machine was last heard is known to {slot} only.")
    if prepared.metric.group in LATE:
        found.append("Outcomes that arrived since are counted in; at the time fewer were known.")
    return tuple(found)


def _told(
    session: Session,
    prepared: Prepared,
    replay: Replay,
    past: PastReadings,
    slots: Sequence[datetime],
    step: timedelta,
    notes: tuple[str, ...],
    silenced: Sequence[int],
) -> Backtest:
    metric, episodes = prepared.metric, replay.episodes
    seen = [sight for sights in replay.sights.values() for sight in sights]
    currencies = currencies_of_models(session, past.models) if metric.unit is Unit.MONEY else {}
    drawn = _drawn(replay)
    newest = sorted(zip(episodes, silenced, strict=True), key=lambda each: each[0].start, reverse=True)[:EPISODES]
    return Backtest(
        start=slots[0],
        end=slots[-1],
        step_seconds=int(step.total_seconds()),
        slots=len(slots),
        series_count=len(replay.sights),
        firings=sum(each.alert.reopen_count + 1 for each in episodes),
        firing_series=len({tuple(sorted(each.labels.items())) for each in episodes}),
        firing_share=sum(sight.is_firing for sight in seen) / (len(slots) * max(len(replay.sights), 1)),
        by_severity=Counter(Severity.of_rank(each.worst).value for each in episodes),
        not_judged=sum(count for condition, count in replay.conditions.items() if condition not in DECIDED),
        judgements=replay.conditions.total(),
        silenced=sum(silenced),
        episodes=tuple(_episode(each, metric, currencies, silent) for each, silent in newest),
        episode_count=len(episodes),
        drawn=drawn,
        currency=next(
            (currencies[each.labels["model"]] for each in drawn if each.labels.get("model") in currencies), "USD"
        ),
        notes=notes,
    )


def _episode(episode: Episode, metric: Metric, currencies: Mapping[str, str], silenced: int) -> BacktestEpisode:
    alert, labels = episode.alert, dict(episode.labels)
    return BacktestEpisode(
        labels=labels,
        subject=wording.subject_text(labels),
        start=episode.start,
        end=alert.resolved_at if alert.status == Status.RESOLVED else None,
        severity=Severity.of_rank(episode.worst),
        peak=episode.peak,
        peak_text=wording.amount(episode.peak, metric, currency=currencies.get(labels.get("model", ""), "USD")),
        firings=alert.reopen_count + 1,
        reason=alert.resolve_reason,
        silenced=silenced,
    )


def _drawn(replay: Replay) -> tuple[BacktestSeries, ...]:
    """Return the series that fired most, and of equals the first by name."""
    fired: Counter[Labels] = Counter()
    for episode in replay.episodes:
        fired[tuple(sorted(episode.labels.items()))] += episode.alert.reopen_count + 1
    order = sorted(replay.sights, key=lambda labels: (-fired[tuple(sorted(labels))], labels))
    return tuple(
        BacktestSeries(
            dict(labels),
            wording.subject_text(dict(labels)),
            tuple(BacktestPoint(each.at, each.value, each.threshold, each.is_firing) for each in replay.sights[labels]),
        )
        for labels in order[:DRAWN]
    )
