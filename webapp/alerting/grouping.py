"""When people are told of alerts: together with others like them, again when it matters, not while it is held.

A group gathers alerts with equal labels. It waits a moment for others, then says what fires and what has ended, and
looks again at every interval: what is new is told then, and what nobody has taken on is repeated. These are the
semantics of Alertmanager's dispatcher and of its deduplication, with two differences on purpose: whoever was told that
an alert fires is told that it ended, also under a silence; and what got worse or came back does not wait.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from webapp.alerting.types import EntryKind


@dataclass(frozen=True, slots=True)
class Policy:
    """Which labels put alerts together; how long before the first message, between looks, until a repeat."""

    group_by: tuple[str, ...] = ("rule",)
    group_wait: timedelta = timedelta(seconds=30)
    group_interval: timedelta = timedelta(minutes=5)
    repeat_interval: timedelta = timedelta(hours=4)


class Because(StrEnum):
    """Why an alert is spoken of."""

    NEW = "new"
    AGAIN = "again"
    WORSE = "worse"
    SNOOZE_ENDED = "snooze_ended"
    ACKNOWLEDGEMENT_ENDED = "acknowledgement_ended"
    SILENCE_ENDED = "silence_ended"
    FLAPPING = "flapping"
    REPEAT = "repeat"
    STILL = "still"  # beside something that is new
    RESOLVED = "resolved"


NEWS: Mapping[EntryKind, Because] = {
    EntryKind.SNOOZE_ENDED: Because.SNOOZE_ENDED,
    EntryKind.ACKNOWLEDGEMENT_ENDED: Because.ACKNOWLEDGEMENT_ENDED,
    EntryKind.SILENCE_ENDED: Because.SILENCE_ENDED,
    EntryKind.FLAPPING: Because.FLAPPING,
}
"""What is told even of an alert that is known to fire."""

HURRIES = frozenset({EntryKind.SEVERITY_RAISED, EntryKind.SNOOZE_ENDED, EntryKind.ACKNOWLEDGEMENT_ENDED})
"""What does not wait for the next look at its group."""


@dataclass(frozen=True, slots=True)
class Told:
    """What people were last told of an alert."""

    is_resolved: bool
    severity: int


@dataclass(frozen=True, slots=True)
class Member:
    """One alert of a group, as it stands when the group is looked at."""

    alert_id: UUID
    is_firing: bool
    severity: int
    is_held: bool = False  # nobody is to be told that it fires: silenced, inhibited, snoozed or already taken on
    is_flapping: bool = False  # nothing is told of it at all, but once that it flaps
    news: Because | None = None
    told: Told | None = None

    @property
    def is_known(self) -> bool:
        """Say whether people believe that it fires."""
        return self.told is not None and not self.told.is_resolved

    @property
    def waits(self) -> bool:
        return self.is_flapping and self.news is not Because.FLAPPING

    @property
    def because(self) -> Because | None:
        """Say why it has to be told now, or None where people know it already."""
        if not self.is_firing:
            return Because.RESOLVED if self.is_known else None
        if self.news is not None:
            return self.news
        if self.told is None:
            return Because.NEW
        if self.told.is_resolved:
            return Because.AGAIN
        return Because.WORSE if self.severity > self.told.severity else None


@dataclass(frozen=True, slots=True)
class Message:
    """What is said of a group: each alert that fires or has ended, and why it is spoken of."""

    firing: Mapping[UUID, Because]
    resolved: Mapping[UUID, Because]


def first_look(started_at: datetime, policy: Policy, *, now: datetime) -> datetime:
    """Return when a new group is looked at first: at once if its alert has waited long enough already."""
    return now if started_at + policy.group_wait < now else now + policy.group_wait


def message(members: Sequence[Member], policy: Policy, *, told_at: datetime | None, now: datetime) -> Message | None:
    """Return what is to be said of the group now, or None; `told_at` is when something was last said of it."""
    audible = [each for each in members if not each.waits]
    firing = [each for each in audible if each.is_firing and not each.is_held]
    ended = [each for each in audible if not each.is_firing]
    # What came and went between two looks is mentioned beside what fires, never for itself.
    resolved = [each for each in ended if each.is_known or (firing and not each.is_held and each.told is None)]
    is_due = told_at is not None and now >= told_at + policy.repeat_interval
    if not (resolved or any(each.because for each in firing) or (firing and is_due)):
        return None
    otherwise = Because.REPEAT if is_due else Because.STILL
    return Message(
        firing={each.alert_id: each.because or otherwise for each in firing},
        resolved={each.alert_id: Because.RESOLVED for each in resolved},
    )


def leaves(member: Member) -> bool:
    """Say whether the group need not remember the alert any longer after a look."""
    return not member.is_firing and not member.waits
