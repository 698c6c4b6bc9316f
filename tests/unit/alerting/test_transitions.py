"""What becomes of an alert: the table of the episodes, row by row."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from webapp.alerting.severity import Severity
from webapp.alerting.states import Condition, Phase, SeriesState
from webapp.alerting.transitions import Alert, Deed, Seen, decide, flapped
from webapp.alerting.types import AutomaticReason, EntryKind, Signal, Status

AT = datetime(2026, 3, 10, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FIRING = SeriesState(Phase.FIRING, AT - MINUTE, AT - MINUTE, None, Condition.HIT)

OPEN = Alert(
    id=UUID(int=1),
    fingerprint=UUID(int=2),
    signal=Signal.FIRING,
    severity=2,
    value=0.4,
    threshold=0.3,
    summary="as it was",
    sample_count=100,
    active_at=AT - 60 * MINUTE,
    fired_at=AT - 60 * MINUTE,
    evaluated_at=AT - MINUTE,
    reopen_count=0,
    flapping_since=None,
    status=Status.OPEN,
    acknowledged_at=None,
    acknowledged_by=None,
    acknowledged_by_id=None,
    snoozed_until=None,
    snoozed_by=None,
    resolved_at=None,
    resolved_by=None,
    is_resolved_by_hand=False,
    resolve_reason=None,
    resolution_note=None,
)
ACKNOWLEDGED = replace(OPEN, status=Status.ACKNOWLEDGED, acknowledged_at=AT, acknowledged_by="omar")
SNOOZED = replace(OPEN, status=Status.SNOOZED, snoozed_until=AT + MINUTE, snoozed_by="omar")


def resolved(minutes_ago: float, *, by_hand: bool = False) -> Alert:
    at = AT - minutes_ago * MINUTE
    return replace(OPEN, status=Status.RESOLVED, resolved_at=at, is_resolved_by_hand=by_hand, resolution_note="done")


def seen(severity: Severity = Severity.MEDIUM, *, state: SeriesState = FIRING, value: float | None = 0.5) -> Seen:
    return Seen(state, severity, value, 0.3, "as it is", 200)


def test_the_first_firing_opens_an_episode() -> None:
    assert decide(None, seen(), at=AT).deed is Deed.OPEN


def test_what_is_only_pending_opens_nothing() -> None:
    pending = SeriesState(Phase.PENDING, AT)

    assert decide(None, seen(state=pending), at=AT).deed is Deed.NOTHING


@pytest.mark.parametrize("alert", [OPEN, ACKNOWLEDGED, SNOOZED])
def test_a_new_value_leaves_the_work_alone(alert: Alert) -> None:
    made = decide(alert, seen(), at=AT)

    assert made.alert == replace(alert, value=0.5, summary="as it is", sample_count=200, evaluated_at=AT)
    assert made.entries == ()


def test_a_rise_leaves_acknowledged_what_its_rule_says_and_opens_a_snooze() -> None:
    worse = replace(seen(Severity.HIGH), stays_acknowledged=True)

    stays, woken = decide(ACKNOWLEDGED, worse, at=AT), decide(SNOOZED, worse, at=AT)

    assert stays.alert is not None
    assert woken.alert is not None
    assert (stays.alert.status, stays.alert.severity, stays.alert.acknowledged_by) == (Status.ACKNOWLEDGED, 3, "omar")
    assert woken.alert.status is Status.OPEN


def test_only_transitions_are_counted_and_only_what_would_be_told_is_held() -> None:
    ended = replace(seen(), end=AutomaticReason.RECOVERED)

    third, fourth = (flapped(decide(OPEN, ended, at=AT), count, at=AT) for count in (2, 3))
    quiet = flapped(decide(OPEN, seen(), at=AT), 50, at=AT)

    assert [(entry.kind, entry.held) for entry in third.entries] == [(EntryKind.RESOLVED, None)]
    assert [(entry.kind, entry.held) for entry in fourth.entries] == [
        (EntryKind.RESOLVED, "flapping"),
        (EntryKind.FLAPPING, None),
    ]
    assert fourth.alert is not None
    assert fourth.alert.flapping_since == AT
    assert quiet.entries == ()


@pytest.mark.parametrize("alert", [OPEN, ACKNOWLEDGED, SNOOZED])
def test_a_rise_opens(alert: Alert) -> None:
    made = decide(alert, seen(Severity.HIGH), at=AT)

    assert made.alert is not None
    assert (made.alert.status, made.alert.severity, made.alert.acknowledged_by) == (Status.OPEN, 3, None)
    assert [entry.kind for entry in made.entries] == [EntryKind.SEVERITY_RAISED]


def test_a_fall_is_told_and_opens_nothing() -> None:
    made = decide(ACKNOWLEDGED, seen(Severity.LOW), at=AT)

    assert made.alert is not None
    assert (made.alert.status, made.alert.severity) == (Status.ACKNOWLEDGED, 1)


@pytest.mark.parametrize("condition", [Condition.NO_DATA, Condition.TOO_LITTLE, Condition.INVALID, Condition.ERROR])
def test_without_a_value_the_last_one_stays_with_its_severity(condition: Condition) -> None:
    state = replace(FIRING, condition=condition)

    made = decide(OPEN, seen(Severity.CRITICAL, state=state, value=None), at=AT)

    assert made.alert is not None
    assert (made.alert.value, made.alert.severity, made.alert.status) == (0.4, 2, Status.OPEN)
    assert made.alert.signal in {Signal.NO_DATA, Signal.ERROR}


@pytest.mark.parametrize("reason", list(AutomaticReason))
def test_an_end_resolves_with_its_reason(reason: AutomaticReason) -> None:
    made = decide(ACKNOWLEDGED, replace(seen(), end=reason), at=AT)

    assert made.alert is not None
    assert (made.alert.status, made.alert.resolve_reason, made.alert.resolved_by) == (
        Status.RESOLVED,
        reason,
        "system",
    )
    assert decide(resolved(1), replace(seen(), end=reason), at=AT).deed is Deed.NOTHING
    assert decide(None, replace(seen(), end=reason), at=AT).deed is Deed.NOTHING


@pytest.mark.parametrize(
    ("minutes", "deed"), [(0, Deed.CHANGE), (30, Deed.CHANGE), (30.1, Deed.OPEN), (900, Deed.OPEN)]
)
def test_what_fires_again_reopens_within_half_an_hour(minutes: float, deed: Deed) -> None:
    made = decide(resolved(minutes), seen(state=replace(FIRING, active_at=AT)), at=AT)

    assert made.deed is deed
    if made.alert is not None:
        assert (made.alert.status, made.alert.reopen_count, made.alert.resolved_at) == (Status.OPEN, 1, None)
        assert made.alert.resolution_note is None


@pytest.mark.parametrize(
    ("minutes", "deed"), [(0, Deed.NOTHING), (14.9, Deed.NOTHING), (15, Deed.OPEN), (40, Deed.OPEN)]
)
def test_what_was_closed_by_hand_and_never_stopped_is_held_for_a_quarter_of_an_hour(minutes: float, deed: Deed) -> None:
    ongoing = replace(FIRING, active_at=AT - 60 * MINUTE)

    assert decide(resolved(minutes, by_hand=True), seen(state=ongoing), at=AT).deed is deed
