"""What one series of one rule goes through from evaluation to evaluation: ok, pending, firing, recovering. Pure.

The steps are those of Prometheus' alerting rules, with a policy for what has no value.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from webapp.alerting.types import NoData, Signal

LOOK_BACK = timedelta(minutes=5)
NONE = timedelta(0)


class Condition(StrEnum):
    """What one evaluation found."""

    HIT = "hit"
    MISS = "miss"
    NO_DATA = "no_data"
    TOO_LITTLE = "too_little"  # fewer samples than the rule judges
    INVALID = "invalid"  # NaN or infinity: never compared
    ERROR = "error"


class Phase(StrEnum):
    OK = "ok"
    PENDING = "pending"
    FIRING = "firing"
    RECOVERING = "recovering"  # still firing, because the rule says "keep firing for"

    @property
    def is_firing(self) -> bool:
        return self is Phase.FIRING or self is Phase.RECOVERING


class Policy(Struct, frozen=True):
    hold: timedelta = NONE  # the rule's `for`
    keep_firing_for: timedelta = NONE
    no_data: NoData = NoData.KEEP


class SeriesState(Struct, frozen=True):
    """Where a series stands. `active_at` is when the condition began to hold without a break."""

    phase: Phase = Phase.OK
    active_at: datetime | None = None
    fired_at: datetime | None = None
    keep_since: datetime | None = None
    condition: Condition = Condition.MISS

    @property
    def signal(self) -> Signal:
        """Return what to show: a phase that is only kept, because there is no value, is shown as that."""
        return _UNKNOWN.get(self.condition) or _SHOWN_AS[self.phase]


_UNKNOWN = {
    Condition.NO_DATA: Signal.NO_DATA,
    Condition.TOO_LITTLE: Signal.NO_DATA,
    Condition.INVALID: Signal.ERROR,
    Condition.ERROR: Signal.ERROR,
}
_SHOWN_AS = {phase: Signal(phase) for phase in Phase}


class Change(StrEnum):
    """What a step brought about, for whoever keeps the alerts."""

    NONE = "none"
    FIRED = "fired"
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"  # firing before, pending now: the rule's `for` was lengthened


class Step(Struct, frozen=True):
    state: SeriesState
    change: Change


OK = SeriesState()


def step(state: SeriesState, condition: Condition, policy: Policy, *, at: datetime) -> Step:
    """Return where the series stands after an evaluation at the instant."""
    effective = _effective(condition, policy.no_data)
    if effective is None:
        return Step(_found(state, condition), Change.NONE)
    before = _not_later(state, at)
    after = _held(_hit(before, at) if effective else _miss(before, policy, at), policy, at)
    return Step(_found(after, condition), _change(state.phase, after.phase))


class Sample(Struct, frozen=True):
    """A value at an instant; a stale marker (None) says that the series has ended."""

    at: datetime
    value: float | None


def newest_value(samples: Sequence[Sample], *, at: datetime, look_back: timedelta = LOOK_BACK) -> float | None:
    """Return the newest value in the look-back before the instant; samples are in the order of time."""
    for sample in reversed(samples):
        if sample.at <= at:
            return sample.value if sample.at >= at - look_back else None
    return None


def _effective(condition: Condition, no_data: NoData) -> bool | None:
    """Return whether the condition counts as a hit or a miss, or None where nothing changes."""
    if condition in (Condition.HIT, Condition.MISS):
        return condition is Condition.HIT
    if condition is Condition.ERROR or no_data is NoData.KEEP:
        return None
    if no_data is NoData.ALERT:
        return None if condition is Condition.TOO_LITTLE else True
    return None if condition is Condition.INVALID else False


def _not_later(state: SeriesState, at: datetime) -> SeriesState:
    """Take back instants that lie in the future: the clock was set back."""
    if state.active_at is None or state.active_at <= at:
        return state
    fired_at = at if state.fired_at is not None else None
    return replace(state, active_at=at, fired_at=fired_at, keep_since=state.keep_since and at)


def _found(state: SeriesState, condition: Condition) -> SeriesState:
    return state if state.condition is condition else replace(state, condition=condition)


def _hit(state: SeriesState, at: datetime) -> SeriesState:
    if state.phase is Phase.OK:
        return SeriesState(Phase.PENDING, active_at=at, condition=Condition.HIT)
    if state.phase is not Phase.RECOVERING and state.keep_since is None:
        return state
    phase = Phase.FIRING if state.phase is Phase.RECOVERING else state.phase
    return replace(state, phase=phase, keep_since=None)


def _miss(state: SeriesState, policy: Policy, at: datetime) -> SeriesState:
    if not state.phase.is_firing or policy.keep_firing_for <= NONE:
        return OK
    since = state.keep_since or at
    if at - since >= policy.keep_firing_for:
        return OK
    return replace(state, phase=Phase.RECOVERING, keep_since=since)


def _held(state: SeriesState, policy: Policy, at: datetime) -> SeriesState:
    """Apply the rule's `for`, which may have been lengthened meanwhile."""
    if state.active_at is None:
        return state
    is_long_enough = at - state.active_at >= policy.hold
    if state.phase is Phase.PENDING and is_long_enough:
        return SeriesState(Phase.FIRING, state.active_at, at, state.keep_since, state.condition)
    if not is_long_enough and state.phase.is_firing:
        return replace(state, phase=Phase.PENDING, fired_at=None, keep_since=None)
    return state


def _change(before: Phase, after: Phase) -> Change:
    if before is after or before.is_firing == after.is_firing:
        return Change.NONE
    if after.is_firing:
        return Change.FIRED
    return Change.WITHDRAWN if after is Phase.PENDING else Change.RESOLVED
