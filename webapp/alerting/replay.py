"""A rule's cycles in memory: the states and alerts that its tables would hold, slot after slot. Asks nobody."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from webapp.alerting.episodes import Finding, opened
from webapp.alerting.judging import Changes, Held, Judged, Rule, follow, verdicts
from webapp.alerting.readings import Gathered, Labels, Need
from webapp.alerting.states import Condition, SeriesState
from webapp.alerting.transitions import Alert, Deed, decide
from webapp.core.errors import InvalidInputError

DECIDED = frozenset({Condition.HIT, Condition.MISS})


@dataclass(slots=True)
class Episode:
    """An alert of the replay, and what was worst about it."""

    alert: Alert
    labels: Mapping[str, str]
    operator: str
    start: datetime
    worst: int
    peak: float | None
    firings: list[tuple[datetime, int]]  # each time that it fired, and how severe it was then

    def follow(self, alert: Alert) -> None:
        if alert.reopen_count > self.alert.reopen_count:
            self.firings.append((alert.fired_at, alert.severity))
        self.alert, self.worst = alert, max(self.worst, alert.severity)
        known = [value for value in (self.peak, alert.value) if value is not None]
        if known:
            self.peak = min(known) if self.operator == "<" else max(known)


@dataclass(frozen=True, slots=True)
class Sight:
    """What was judged of a series at a slot; no value where there was nothing to judge."""

    at: datetime
    value: float | None
    threshold: float | None
    is_firing: bool


@dataclass(slots=True)
class Replay:
    """What the tables would hold after the cycles so far."""

    rule: Rule
    held: dict[UUID, Held] = field(default_factory=dict)
    latest: dict[UUID, Episode] = field(default_factory=dict)
    episodes: list[Episode] = field(default_factory=list)
    sights: defaultdict[Labels, list[Sight]] = field(default_factory=lambda: defaultdict(list))
    conditions: Counter[Condition] = field(default_factory=Counter)

    def cycle(self, need: Need, gathered: Gathered, *, at: datetime) -> None:
        """Judge every series at the slot and keep what follows; a rule that raises is refused with its reason."""
        changes = Changes()
        judged = verdicts(self.rule, need, gathered, self.held, changes, at=at)
        if judged is None:
            raise InvalidInputError(f"The rule cannot be evaluated. {changes.faults[self.rule.id]}")
        follow(self.rule, need, judged, self.held, changes, at=at, watched_since=gathered.watched_since)
        for record in (*changes.begun, *changes.moved):
            self._keep(record)
        for record in changes.gone:
            self.held.pop(record["fingerprint"], None)
        for finding in changes.findings:
            self._apply(finding, at)
        self._see(judged, at)

    def _see(self, judged: Sequence[Judged], at: datetime) -> None:
        for fingerprint, labels, verdict in judged:
            is_decided, held = verdict.condition in DECIDED, self.held.get(fingerprint)
            value, threshold = (verdict.value, verdict.threshold) if is_decided else (None, None)
            is_firing = held is not None and held.state.phase.is_firing
            self.sights[labels].append(Sight(at, value, threshold, is_firing))
            self.conditions[verdict.condition] += 1

    def _apply(self, finding: Finding, at: datetime) -> None:
        former = self.latest.get(finding.fingerprint)
        made = decide(None if former is None else former.alert, finding.seen, at=at)
        if made.deed is Deed.OPEN:
            alert = opened(finding, None if former is None else former.alert, at=at)
            episode = Episode(
                alert, finding.labels, finding.operator, at, alert.severity, alert.value, [(at, alert.severity)]
            )
            self.latest[finding.fingerprint] = episode
            self.episodes.append(episode)
        elif former is not None and made.alert is not None:
            former.follow(made.alert)
        self._link(finding.fingerprint)

    def _keep(self, record: Mapping[str, Any]) -> None:
        """Keep a state as the next cycle would read it."""
        before = self.held.get(record["fingerprint"])
        state = SeriesState(
            record["phase"], record["active_at"], record["fired_at"], record["keep_since"], record["condition"]
        )
        changed = {"state": state, "severity": record["severity"], "rule_version": record["rule_version"]}
        if before is None:
            before = Held(state, record["severity"], record["alert_id"], record["rule_version"])
        self.held[record["fingerprint"]] = replace(before, **changed)

    def _link(self, fingerprint: UUID) -> None:
        """Let the state of the series tell how its newest alert stands."""
        held, latest = self.held.get(fingerprint), self.latest.get(fingerprint)
        if held is not None and latest is not None:
            alert = latest.alert
            self.held[fingerprint] = replace(
                held,
                alert_id=alert.id,
                alert_status=alert.status,
                alert_resolved_at=alert.resolved_at,
                alert_severity=alert.severity,
                alert_value=alert.value,
            )
