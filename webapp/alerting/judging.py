"""What a cycle concludes for each rule from what it read, and which states and alerts that touches. Asks nobody."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from webapp.alerting import wording
from webapp.alerting.episodes import Finding
from webapp.alerting.origin import Origin
from webapp.alerting.plugins import Prepared
from webapp.alerting.readings import FAULTS, Gathered, Labels, Looks, Need, UnreadableError
from webapp.alerting.rule_type import CURRENT, Context, Readings, Verdict
from webapp.alerting.severity import Severity
from webapp.alerting.states import LOOK_BACK, OK, Condition, Phase, Policy, SeriesState, step
from webapp.alerting.transitions import HELD_AFTER_RESOLVE, Seen
from webapp.alerting.types import AutomaticReason, NoData, Signal, Status, WhenWorse
from webapp.core.ids import digest

Record = dict[str, Any]  # columns of a row of the states
Judged = tuple[UUID, Labels, Verdict]  # of a series, by its fingerprint


class Rule(Struct, frozen=True):
    """A version of a rule, with what its last evaluation left to be known."""

    id: UUID
    name: str
    version: int
    interval: timedelta
    prepared: Prepared | None = None  # None: the document does not fit what is installed
    origin: Origin | None = None
    fault: str = ""
    failures: int = 0
    left_out: int = 0  # series

    @classmethod
    def of(cls, rule_id: UUID, version: int, prepared: Prepared) -> "Rule":
        document = prepared.document
        origin = Origin(
            name=document.name,
            type=document.type,
            metric=document.metric,
            runbook=document.runbook,
            rule_id=rule_id,
            rule_version=version,
        )
        return cls(rule_id, document.name, version, timedelta(seconds=document.interval_seconds), prepared, origin)


class Held(Struct, frozen=True):
    """What is remembered of a series, and how its alert stands, which has its last value too."""

    state: SeriesState
    severity: int | None
    alert_id: UUID | None
    rule_version: int
    alert_status: str | None = None
    alert_resolved_at: datetime | None = None
    alert_severity: int | None = None
    alert_value: float | None = None

    @property
    def is_resolved(self) -> bool:
        return self.alert_status == Status.RESOLVED


@dataclass(slots=True)
class Changes:
    """What a cycle is about to write."""

    findings: list[Finding] = field(default_factory=list)
    begun: list[Record] = field(default_factory=list)  # states of series that had none
    moved: list[Record] = field(default_factory=list)
    gone: list[Record] = field(default_factory=list)
    faults: dict[UUID, str] = field(default_factory=dict)
    left_out: dict[UUID, int] = field(default_factory=dict)  # series beyond their rule's limit, where that changed
    series: int = 0

    @property
    def rule_ids(self) -> set[UUID]:
        found = {record["rule_id"] for record in (*self.begun, *self.moved, *self.gone)}
        found.update([each.origin.rule_id for each in self.findings if each.origin.rule_id is not None])
        return found

    def leave_out(self, rule_ids: Collection[UUID]) -> None:
        """Write nothing of these rules."""
        if rule_ids:
            self.findings = [each for each in self.findings if each.origin.rule_id not in rule_ids]
            for records in (self.begun, self.moved, self.gone):
                records[:] = [record for record in records if record["rule_id"] not in rule_ids]


def needs_of(rules: Sequence[Rule], changes: Changes, *, at: datetime) -> Sequence[Need | None]:
    """Return what each rule looks at; a rule that cannot even say is broken, and looks at nothing."""
    known: dict[Any, Looks] = {}  # rules with the same parameters look at the same
    return [_need_of(rule, known, changes, at=at) for rule in rules]


def _need_of(rule: Rule, known: dict[Any, Looks], changes: Changes, *, at: datetime) -> Need | None:
    prepared = rule.prepared
    if prepared is None:
        changes.faults[rule.id] = rule.fault
        return None
    scope = prepared.document.scope
    key = (prepared.document.kind, prepared.metric.name, prepared.parameters, scope.version, scope.segment)
    try:
        reads = known.get(key)
        if reads is None:
            looks = prepared.rule_type.looks(prepared.parameters, prepared.metric, now=at)
            reads = known[key] = Looks.of(prepared, looks)
        return Need(prepared, reads)
    except FAULTS as error:
        changes.faults[rule.id] = _said(error)
        return None


def judge(
    rule: Rule, need: Need | None, gathered: Gathered, known: Mapping[UUID, Held], changes: Changes, *, at: datetime
) -> None:
    """Judge every series of the rule and step its states; a rule that raises leaves them as they were."""
    if need is not None:
        judged = verdicts(rule, need, gathered, known, changes, at=at)
        if judged is not None:
            follow(rule, need, judged, known, changes, at=at, watched_since=gathered.watched_since)
    if changes.faults and rule.id in changes.faults:
        _mark_error(rule, known, changes)


def verdicts(
    rule: Rule, need: Need, gathered: Gathered, known: Mapping[UUID, Held], changes: Changes, *, at: datetime
) -> Sequence[Judged] | None:
    """Return the verdict on each series, or None and a fault among the changes where the rule raises."""
    try:
        return _verdicts(rule, need, gathered, known, changes, at=at)
    except (*FAULTS, UnreadableError) as error:
        changes.faults[rule.id] = _said(error)
        return None


def follow(
    rule: Rule,
    need: Need,
    judged: Sequence[Judged],
    known: Mapping[UUID, Held],
    changes: Changes,
    *,
    at: datetime,
    watched_since: datetime | None,
) -> None:
    """Step the states of the rule's series, and note which alerts that touches."""
    _Stepper(rule, need, changes, at, watched_since).step_all(judged, known)


def _verdicts(
    rule: Rule, need: Need, gathered: Gathered, known: Mapping[UUID, Held], changes: Changes, *, at: datetime
) -> Sequence[Judged]:
    prepared = need.prepared
    evaluate, parameters, metric = prepared.rule_type.evaluate, prepared.parameters, prepared.metric
    minimum = prepared.document.minimum_sample_count
    found = [
        (fingerprint_of(rule.id, labels), labels, readings)
        for labels, readings in gathered.series(need)
        if readings.newest is None or not _is_forgotten(readings.newest, parameters, at=at)
    ]
    kept = within_limit(found, known, prepared.document.series_limit)
    left_out = len(found) - len(kept)
    if left_out != rule.left_out:
        changes.left_out[rule.id] = left_out
    return [
        (fingerprint, labels, evaluate(readings, parameters, Context(metric, at, minimum, fingerprint in known)))
        for fingerprint, labels, readings in kept
    ]


def within_limit(
    found: Sequence[tuple[UUID, Labels, Readings]], known: Mapping[UUID, Held], limit: int
) -> Sequence[tuple[UUID, Labels, Readings]]:
    """Return the series that are judged: what already fires or is about to, then others by their labels."""
    if len(found) <= limit:
        return found
    watched = [each for each in found if each[0] in known]
    others = sorted((each for each in found if each[0] not in known), key=lambda each: each[1])
    return [*watched, *others[: max(0, limit - len(watched))]]


def _is_forgotten(newest: datetime, parameters: Any, *, at: datetime) -> bool:
    """A source that has been silent for very long is gone: its series is missing, not just without data."""
    return at - newest > timedelta(hours=getattr(parameters, "forget_after_hours", 24))


@dataclass(slots=True)
class _Stepper:
    """The steps of one rule's series at one instant."""

    rule: Rule
    need: Need
    changes: Changes
    at: datetime
    watched_since: datetime | None

    def step_all(self, judged: Sequence[Judged], known: Mapping[UUID, Held]) -> None:
        self.changes.series += len(judged)
        policy, missing = self.policy, dict(known)
        for fingerprint, labels, verdict in judged:
            before = missing.pop(fingerprint, None)
            if before is None and verdict.condition is not Condition.HIT and policy.no_data is not NoData.ALERT:
                continue  # Well before, well now: the ordinary case writes nothing.
            self._step(fingerprint, dict(labels), verdict, before, policy)
        for fingerprint, before in missing.items():
            self._end(fingerprint, {}, before, AutomaticReason.MISSING_SERIES, "")

    @property
    def policy(self) -> Policy:
        policy = self.need.prepared.policy
        is_known = policy.no_data is NoData.KEEP or self._has_listened
        return policy if is_known else replace(policy, no_data=NoData.KEEP)

    @property
    def _has_listened(self) -> bool:
        """Say whether what is judged could have come: where nobody was there to take it, its absence means nothing."""
        look = self.need.looks.get(CURRENT)
        if look is None or self.watched_since is None:
            return True
        return self.at - self.watched_since >= min(look.window.duration, LOOK_BACK)

    def _step(
        self, fingerprint: UUID, labels: dict[str, str], verdict: Verdict, before: Held | None, policy: Policy
    ) -> None:
        if before is not None and before.is_resolved:
            # People have closed it: one evaluation that is well lets it fire anew.
            policy = replace(policy, keep_firing_for=timedelta(0))
        state = step(OK if before is None else before.state, verdict.condition, policy, at=self.at).state
        if state.phase is Phase.OK:
            if before is not None:
                self._end(
                    fingerprint, labels, before, _why_over(verdict, before, self.rule), self._said(verdict, labels)
                )
            return
        severity = _severity(verdict, before, self.need.prepared)
        alert_id = None if before is None else before.alert_id
        after = Held(state, severity.rank, alert_id, self.rule.version)
        has_moved = before is None or not _is_same(after, before)
        touches = _touches_alert(state, before, has_moved or _has_new_value(verdict, before), at=self.at)
        if before is None:
            self.changes.begun.append({**_record(self.rule, fingerprint, after), "labels": labels})
        elif has_moved:
            self.changes.moved.append(_record(self.rule, fingerprint, after))
        if touches:
            said = self._said(verdict, labels)
            stays = self.need.prepared.document.when_worse is WhenWorse.STAY
            seen = Seen(
                state,
                severity,
                verdict.value,
                verdict.threshold,
                said,
                verdict.sample_count,
                stays_acknowledged=stays,
            )
            self._find(fingerprint, labels, verdict.operator, seen, moves=_moved_only(seen, before))

    def _end(
        self, fingerprint: UUID, labels: Mapping[str, str], before: Held, reason: AutomaticReason, said: str
    ) -> None:
        self.changes.gone.append({"rule_id": self.rule.id, "fingerprint": fingerprint})
        if before.alert_id is None or before.is_resolved:
            return
        severity = Severity.of_rank(before.alert_severity or before.severity or 1)
        self._find(fingerprint, labels, "", Seen(OK, severity, before.alert_value, None, said, 0, end=reason))

    def _said(self, verdict: Verdict, labels: dict[str, str]) -> str:
        look = self.need.looks.get(CURRENT)
        window = None if look is None else look.window
        return wording.summary(verdict, self.need.prepared.metric, labels, window=window)

    def _find(
        self, fingerprint: UUID, labels: Mapping[str, str], operator: str, seen: Seen, *, moves: UUID | None = None
    ) -> None:
        assert self.rule.origin is not None  # what is judged could be prepared
        self.changes.findings.append(Finding(self.rule.origin, fingerprint, labels, operator, seen, moves))


def _moved_only(seen: Seen, before: Held | None) -> UUID | None:
    """Return the alert of a series where it stays active and as bad as it is: then its work need not be read."""
    if before is None or before.alert_status is None or before.is_resolved:
        return None
    is_as_bad = seen.state.signal is not Signal.FIRING or seen.severity.rank == before.alert_severity
    return before.alert_id if is_as_bad else None


def _has_new_value(verdict: Verdict, before: Held | None) -> bool:
    return before is not None and verdict.value is not None and verdict.value != before.alert_value


def _touches_alert(state: SeriesState, before: Held | None, has_changed: bool, *, at: datetime) -> bool:
    """Say whether an alert has to be looked at: it fires and changed, or was closed by hand long enough ago."""
    if before is not None and before.is_resolved and before.alert_resolved_at is not None:
        return state.phase.is_firing and at - before.alert_resolved_at >= HELD_AFTER_RESOLVE
    has_alert = before is not None and before.alert_id is not None
    return has_changed and (state.phase.is_firing or has_alert)


def _mark_error(rule: Rule, known: Mapping[UUID, Held], changes: Changes) -> None:
    """A rule that cannot be judged changes nothing but what is shown: its series stand as they stood."""
    for fingerprint, before in known.items():
        if before.state.condition is not Condition.ERROR:
            failed = replace(before, state=replace(before.state, condition=Condition.ERROR))
            changes.moved.append(_record(rule, fingerprint, failed))


def _severity(verdict: Verdict, before: Held | None, prepared: Prepared) -> Severity:
    """Return how bad it is; where the verdict does not say (no value, recovering), as bad as it was."""
    if verdict.severity is not None:
        return verdict.severity
    if before is not None and before.severity is not None:
        return Severity.of_rank(before.severity)
    return prepared.rule_type.severities(prepared.parameters)[0]


def _why_over(verdict: Verdict, before: Held, rule: Rule) -> AutomaticReason:
    if verdict.condition is Condition.NO_DATA:
        return AutomaticReason.NO_DATA
    return AutomaticReason.RECOVERED if before.rule_version == rule.version else AutomaticReason.UPDATED


def _is_same(after: Held, before: Held) -> bool:
    return (
        after.severity == before.severity and after.rule_version == before.rule_version and after.state == before.state
    )


def _record(rule: Rule, fingerprint: UUID, held: Held) -> Record:
    """Return what may change of a series; its labels are what its fingerprint is made of."""
    return {
        "rule_id": rule.id,
        "fingerprint": fingerprint,
        "phase": held.state.phase,
        "condition": held.state.condition,
        "active_at": held.state.active_at,
        "fired_at": held.state.fired_at,
        "keep_since": held.state.keep_since,
        "severity": held.severity,
        "alert_id": held.alert_id,
        "rule_version": held.rule_version,
    }


@lru_cache(maxsize=100_000)
def fingerprint_of(rule_id: UUID, labels: Labels) -> UUID:
    """Return what names a series of a rule: the same labels in any order give the same."""
    parts = [part for pair in sorted(labels) for part in pair]
    return UUID(bytes=digest(str(rule_id), *parts))


def _said(error: Exception) -> str:
    if isinstance(error, UnreadableError):
        return str(error)
    return f"{type(error).__name__}: {str(error)[:300]}" if str(error) else type(error).__name__
