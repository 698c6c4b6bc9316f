"""The alerts of the past: rules evaluated at past instants, by the function that runs live, and what people then did.

Only stretches in which something happens are replayed. What people do is a script too, and goes through the very
verbs that the inbox calls, at the time at which they did it.
"""

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from webapp.accounts.actor import Actor
from webapp.accounts.permissions import Role
from webapp.alerting import lifecycle
from webapp.alerting.evaluate import evaluate_due
from webapp.alerting.grouping import Policy
from webapp.alerting.queries import InboxFilters, InboxRow, inbox
from webapp.alerting.rules import ensure_rule_pack
from webapp.alerting.types import AlertType, ResolveReason
from webapp.core.errors import ConflictError
from webapp.core.periods import DAY, HOUR, MINUTE, Window
from webapp.demo.company import Company
from webapp.demo.people import actor_of
from webapp.notifications.telling import tell
from webapp.runtime import Runtime

_LATELY = timedelta(hours=2)
_LATELY_EVERY = timedelta(minutes=15)
_AFTER_SAMPLE = timedelta(minutes=2)  # The machines measure on the quarter of an hour; rules look back five minutes.

POLICY = Policy()

Deed = Callable[[Session, UUID, Actor, datetime], object]


@dataclass(frozen=True, slots=True)
class Watch:
    """A stretch of the history, from midnight of the opening's day, and how often the rules look at it."""

    starts: timedelta
    lasts: timedelta
    every: timedelta
    by_minute: bool = False  # its events are counted by the minute, for rules that look at the last five


@dataclass(frozen=True, slots=True)
class Reaction:
    """What somebody does some time after an alert has fired."""

    after: timedelta
    who: Role
    deed: Deed


def _acknowledge(session: Session, alert_id: UUID, actor: Actor, now: datetime) -> None:
    lifecycle.acknowledge(session, alert_id, actor=actor, now=now)


def _says(text: str) -> Deed:
    return lambda session, alert_id, actor, now: lifecycle.comment(session, alert_id, text=text, actor=actor, now=now)


def _resolves(reason: ResolveReason, note: str) -> Deed:
    return lambda session, alert_id, actor, now: lifecycle.resolve(
        session, alert_id, reason=reason, note=note, actor=actor, now=now
    )


def _assigns(role: Role) -> Deed:
    return lambda session, alert_id, actor, now: lifecycle.assign(
        session, alert_id, user=actor_of(session, role).email, actor=actor, now=now
    )


WATCHES: Sequence[Watch] = (
    Watch(-40 * DAY + 6 * HOUR, 60 * HOUR, every=4 * HOUR),
    Watch(-13 * DAY + 2 * HOUR, 24 * HOUR, every=4 * HOUR),
    Watch(-11 * DAY + 6 * HOUR, 42 * HOUR, every=6 * HOUR),
    Watch(-7 * DAY + 6 * HOUR, 24 * HOUR, every=6 * HOUR),
    Watch(-9 * DAY + 10 * HOUR - 10 * MINUTE, 3 * HOUR + 40 * MINUTE, every=10 * MINUTE, by_minute=True),
    Watch(-5 * DAY + 9 * HOUR, 7 * HOUR, every=HOUR),
)

STORY: Mapping[tuple[AlertType, str], Sequence[Reaction]] = {
    (AlertType.MODEL_ACCURACY_DROP, "churn"): (
        Reaction(25 * MINUTE, Role.ONCALL, _acknowledge),
        Reaction(30 * MINUTE, Role.ONCALL, _assigns(Role.DATA_SCIENTIST)),
        Reaction(3 * HOUR, Role.DATA_SCIENTIST, _says("Began with v13. Recall is down to a fifth; precision is fine.")),
        Reaction(26 * HOUR, Role.DATA_SCIENTIST, _says("The export for v13 has tenure in years. Rolling back to v12.")),
        Reaction(
            50 * HOUR,
            Role.DATA_SCIENTIST,
            _resolves(ResolveReason.FIXED, "Rolled back to v12; the export now states its units."),
        ),
    ),
    (AlertType.DATA_DRIFT, "churn"): (
        Reaction(5 * HOUR, Role.DATA_SCIENTIST, _acknowledge),
        Reaction(
            6 * HOUR,
            Role.DATA_SCIENTIST,
            _says("The new price list moved MonthlyCharges. Accuracy holds; retraining is planned."),
        ),
        Reaction(9 * DAY, Role.DATA_SCIENTIST, _says("v14 knows the new prices. A new baseline comes with the month.")),
    ),
    (AlertType.MODEL_ACCURACY_DROP, "demand-forecast"): (
        Reaction(40 * MINUTE, Role.ONCALL, _acknowledge),
        Reaction(
            5 * HOUR,
            Role.ANALYST,
            _says(
                "Soft drinks and ice cream sell twice as much as forecast. Marketing runs a promotion without a flag."
            ),
        ),
        Reaction(
            4 * DAY,
            Role.DATA_SCIENTIST,
            _resolves(ResolveReason.EXPECTED_CHANGE, "The promotion is over; from now on it comes with its flag."),
        ),
    ),
    (AlertType.MODEL_ACCURACY_DROP, "ticket-routing"): (
        Reaction(2 * HOUR, Role.DATA_SCIENTIST, _acknowledge),
        Reaction(
            6 * HOUR,
            Role.DATA_SCIENTIST,
            _says("Tickets about the new dock are sent anywhere. Collecting labels; r5 will know the product."),
        ),
    ),
    (AlertType.PERFORMANCE_DEGRADATION, "card-fraud"): (
        Reaction(6 * MINUTE, Role.ONCALL, _acknowledge),
        Reaction(
            20 * MINUTE, Role.DEVOPS, _says("A batch job keeps the processor of api-2 busy. Moving it to the night.")
        ),
    ),
    (AlertType.RESOURCE_EXHAUSTION, ""): (Reaction(9 * MINUTE, Role.DEVOPS, _acknowledge),),
    (AlertType.SYSTEM_FAILURE, "churn"): (
        Reaction(14 * MINUTE, Role.ONCALL, _acknowledge),
        Reaction(50 * MINUTE, Role.ONCALL, _says("The caller's token had expired. A new one is on its way.")),
    ),
}


def by_minute(company: Company) -> list[Window]:
    """Return the stretches whose events have to be counted by the minute."""
    return [_window(company, watch) for watch in WATCHES if watch.by_minute]


def replay(runtime: Runtime, company: Company, *, origin: datetime, now: datetime) -> int:
    """Evaluate the rules over the watched stretches of the history; return how many times."""
    with runtime.job_transaction() as session:
        ensure_rule_pack(session, now=origin)
    replaying = _Replay(runtime, now)
    count = 0
    for instants in _stretches(company, origin=origin, now=now):
        for at in instants:
            replaying.step(at)
            count += 1
    replaying.act(until=now)
    return count


class _Replay:
    """Where the replay stands: which alerts are known, and what people are still going to do."""

    def __init__(self, runtime: Runtime, now: datetime) -> None:
        self.runtime, self.now = runtime, now
        self.known: set[UUID] = set()
        self.plans: list[tuple[datetime, int, UUID, Reaction]] = []

    def step(self, at: datetime) -> None:
        self.act(until=at)
        with self.runtime.job_transaction() as session:
            cycle = evaluate_due(session, now=at)
            for told_at in (at, at + POLICY.group_wait):
                tell(session, POLICY, now=told_at)
            if cycle.fired:
                for row in inbox(session, InboxFilters(tab="all_open")).rows:
                    self._plan(row)

    def act(self, *, until: datetime) -> None:
        """Let people do what they planned until then; whoever comes too late leaves it."""
        while self.plans and self.plans[0][0] <= until:
            at, _, alert_id, reaction = heapq.heappop(self.plans)
            try:
                with self.runtime.job_transaction() as session:
                    reaction.deed(session, alert_id, actor_of(session, reaction.who), at)
                    tell(session, POLICY, now=at)
            except ConflictError:
                continue

    def _plan(self, row: InboxRow) -> None:
        if row.id in self.known:
            return
        self.known.add(row.id)
        # What began in the last hours is left for whoever watches.
        if row.started_at < self.now - _LATELY:
            for reaction in STORY.get((row.type, row.model), ()):
                heapq.heappush(self.plans, (row.started_at + reaction.after, len(self.plans), row.id, reaction))


def _stretches(company: Company, *, origin: datetime, now: datetime) -> list[list[datetime]]:
    """Return the instants at which rules are evaluated, stretch by stretch."""
    watched = [(_window(company, watch), watch.every) for watch in WATCHES]
    lately = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0) - _LATELY
    watched.append((Window(lately + _AFTER_SAMPLE, now), _LATELY_EVERY))
    return [
        [part.start for part in window.steps(every)] for window, every in watched if origin + DAY <= window.start < now
    ]


def _window(company: Company, watch: Watch) -> Window:
    start = company.midnight + watch.starts + (_AFTER_SAMPLE if watch.by_minute else timedelta(0))
    return Window(start, start + watch.lasts)
