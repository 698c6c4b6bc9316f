"""What messages and the ledger say, in words."""

from collections.abc import Mapping
from enum import StrEnum
from uuid import UUID

from webapp.alerting.grouping import Because, Message
from webapp.alerting.severity import Severity
from webapp.core.formatting import number

NAMED = 3  # alerts that a title names; of more it says how many


class Held(StrEnum):
    """Why nobody is told of something."""

    SILENCED = "silenced"
    INHIBITED = "inhibited"
    SNOOZED = "snoozed"
    ACKNOWLEDGED = "acknowledged"
    FLAPPING = "flapping"
    ENDED = "ended"

    @property
    def label(self) -> str:
        return _HELD[self]


_HELD = {
    Held.SILENCED: "under a silence",
    Held.INHIBITED: "muted by another alert",
    Held.SNOOZED: "snoozed",
    Held.ACKNOWLEDGED: "somebody was at it already",
    Held.FLAPPING: "flapping",
    Held.ENDED: "over before anybody was told",
}

_BECAUSE = {
    Because.NEW: "It fires",
    Because.AGAIN: "It fires again",
    Because.WORSE: "It got worse",
    Because.SNOOZE_ENDED: "The snooze ended and it still fires",
    Because.ACKNOWLEDGEMENT_ENDED: "It was acknowledged long ago and still fires",
    Because.SILENCE_ENDED: "The silence ended and it still fires",
    Because.FLAPPING: "It goes back and forth; nothing more is said of it until it is calm",
    Because.REPEAT: "It still fires and nobody is at it",
    Because.STILL: "It still fires; another alert of the group is new",
}


def told(because: Because, severity: int) -> str:
    """Return the sentence that says why an alert was spoken of."""
    if because is Because.RESOLVED:
        return "It is resolved."
    return f"{_BECAUSE[because]}, {Severity.of_rank(severity)}."


def title(labels: Mapping[str, str], said: Message, titles: Mapping[UUID, str]) -> str:
    """Return the line of a message: the alerts themselves where they are few, else their group with counts."""
    parts = [(said.firing, "firing"), (said.resolved, "resolved")]
    if len(said.firing) + len(said.resolved) <= NAMED:
        spoken = [f"{' · '.join(titles[each] for each in alerts)} {word}" for alerts, word in parts if alerts]
        return " · ".join(spoken)
    counts = " · ".join(f"{number(len(alerts))} {word}" for alerts, word in parts if alerts)
    return f"{subject(labels)}: {counts}"


def acknowledged(actor: str, labels: Mapping[str, str], titles: list[str]) -> str:
    if len(titles) <= NAMED:
        return f"{actor} acknowledged {' · '.join(titles)}"
    return f"{actor} acknowledged {number(len(titles))} alerts of {subject(labels)}"


def subject(labels: Mapping[str, str]) -> str:
    return " · ".join(text for text in labels.values() if text) or "all alerts"
