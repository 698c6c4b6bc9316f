"""The words of an alert: its type, what people did with it, what the machine sees, and why it ended."""

from enum import StrEnum


class _Labelled(StrEnum):
    @property
    def label(self) -> str:
        return _LABELS.get(self.value, self.value.replace("_", " ").capitalize())


class AlertType(_Labelled):
    MODEL_ACCURACY_DROP = "model_accuracy_drop"
    PERFORMANCE_DEGRADATION = "performance_degradation"
    DATA_DRIFT = "data_drift"
    SYSTEM_FAILURE = "system_failure"
    HIGH_ERROR_RATE = "high_error_rate"
    RESOURCE_EXHAUSTION = "resource_exhaustion"
    SERVICE_UNAVAILABLE = "service_unavailable"
    BUSINESS_IMPACT = "business_impact"


class Status(_Labelled):
    """The work: what people did with the alert. Everything but resolved is called active."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


class Signal(_Labelled):
    """What the machine sees of the series right now, whatever people did."""

    OK = "ok"
    PENDING = "pending"
    FIRING = "firing"
    RECOVERING = "recovering"
    NO_DATA = "no_data"
    ERROR = "error"


class NoData(_Labelled):
    """What a rule does with a series that has no value: leave it as it was, fire, or count it as good."""

    KEEP = "keep"
    ALERT = "alert"
    OK = "ok"


class WhenWorse(_Labelled):
    """What an acknowledged alert does when its severity rises."""

    REOPEN = "reopen"
    STAY = "stay"


class ResolveReason(_Labelled):
    """Why a person resolved an alert."""

    FIXED = "fixed"
    FALSE_POSITIVE = "false_positive"
    EXPECTED_CHANGE = "expected_change"
    DATA_LATE = "data_was_late"
    THRESHOLD_WRONG = "threshold_wrong"
    DUPLICATE = "duplicate"
    RECOVERED_BY_ITSELF = "recovered_by_itself"
    WONT_FIX = "wont_fix"

    @classmethod
    def read(cls, text: str) -> "ResolveReason":
        """Read a reason as people write it too: "won't fix", "False positive"; raise ValueError."""
        return cls(text.strip().lower().replace("'", "").replace("’", "").replace(" ", "_").replace("-", "_"))


class AutomaticReason(_Labelled):
    """Why an alert was resolved without a person."""

    RECOVERED = "recovered"
    MISSING_SERIES = "missing_series"
    NO_DATA = "no_data"
    RULE_DELETED = "rule_deleted"
    PAUSED = "paused"
    UPDATED = "updated"
    BY_SOURCE = "resolved_by_its_source"
    SOURCE_DISABLED = "source_disabled"
    SOURCE_DELETED = "source_deleted"


class EntryKind(_Labelled):
    """What an entry of the timeline tells."""

    FIRED = "fired"
    REOPENED = "reopened"
    SEVERITY_RAISED = "severity_raised"
    SEVERITY_LOWERED = "severity_lowered"
    NO_DATA = "no_data"
    ACKNOWLEDGED = "acknowledged"
    UNACKNOWLEDGED = "unacknowledged"
    TAKEN_OVER = "taken_over"
    ACKNOWLEDGEMENT_ENDED = "acknowledgement_ended"
    SNOOZED = "snoozed"
    SNOOZE_ENDED = "snooze_ended"
    ASSIGNED = "assigned"
    COMMENTED = "commented"
    RESOLVED = "resolved"
    TAKEN_BACK = "taken_back"  # a deed undone by who did it, in the seconds after
    FLAPPING = "flapping"
    CALM = "calm"
    SILENCED = "silenced"
    SILENCE_ENDED = "silence_ended"
    INHIBITED = "inhibited"
    INHIBITION_ENDED = "inhibition_ended"


_LABELS = {
    "wont_fix": "Won't fix",
    "recovered_by_itself": "Recovered by itself",
    "model_accuracy_drop": "Model accuracy drop",
    "high_error_rate": "High error rate",
    "ok": "OK",
    "reopen": "Open again",
    "stay": "Stay acknowledged",
    "paused": "Rule paused",
    "updated": "Rule changed",
}
