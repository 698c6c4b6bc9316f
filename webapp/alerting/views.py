"""What the alert inbox, an alert's own page, the rules pages and the reports are shown: plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from webapp.alerting.severity import Severity
from webapp.alerting.types import AlertType, EntryKind, Signal, Status

Tab = Literal["open", "acknowledged", "snoozed", "silenced", "resolved", "all_open"]


@dataclass(frozen=True, slots=True)
class InboxFilters:
    """What of the inbox is shown. `assignee` is a name or an e-mail address; `since` is when the alert started."""

    tab: Tab = "open"
    severities: tuple[Severity, ...] = ()
    types: tuple[AlertType, ...] = ()
    models: tuple[str, ...] = ()
    assignee: str = ""
    text: str = ""
    since: datetime | None = None
    not_muted: bool = False  # of everything that is active, only what people are told of


@dataclass(frozen=True, slots=True, kw_only=True)
class Muted:
    """Why nobody is told of an active alert: a silence, an alert that it follows from, or both."""

    silence_id: UUID | None = None
    silenced_by: str = ""
    silenced_until: datetime | None = None  # as far as is known: a silence may come again without an end
    comment: str = ""
    inhibitor_id: UUID | None = None
    inhibitor_title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxRow:
    id: UUID
    title: str
    severity: Severity
    type: AlertType
    status: Status
    signal: Signal
    model: str
    version: str
    rule_id: UUID | None  # none where a source outside sent it
    rule_name: str
    value: float | None
    value_text: str
    threshold_text: str
    started_at: datetime
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    assignee: str | None
    snoozed_until: datetime | None
    resolved_at: datetime | None
    resolved_by: str | None
    resolve_reason: str | None
    reopen_count: int
    comment_count: int
    is_flapping: bool
    muted: Muted | None = None
    source_id: UUID | None = None
    source_name: str = ""

    def stands_in(self, tab: Tab) -> bool:
        """Say whether the alert belongs to the tab: what is muted has one of its own."""
        if tab == "silenced":
            return self.muted is not None
        if tab == "all_open":
            return self.status is not Status.RESOLVED
        return self.status == tab and self.muted is None


@dataclass(frozen=True, slots=True)
class InboxPage:
    rows: Sequence[InboxRow]
    next: str | None


@dataclass(frozen=True, slots=True)
class OpenSummary:
    """How many alerts are open, acknowledged or snoozed, the worst severity, how many nobody took on. None is muted."""

    total: int
    by_severity: Mapping[Severity, int]
    worst: Severity | None
    waiting: int


@dataclass(frozen=True, slots=True)
class EvidencePoint:
    at: datetime
    value: float | None


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    at: datetime
    actor: str
    kind: EntryKind
    text: str
    held: str | None = None  # why nobody was told of it


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertDetail(InboxRow):
    summary: str
    metric: str
    metric_label: str
    operator: str  # ">" or "<"
    threshold: float | None
    unit: str
    sample_count: int
    active_at: datetime
    evidence: tuple[EvidencePoint, ...]
    causes: tuple[str, ...]
    runbook: str
    labels: Mapping[str, str]
    rule_version: int
    resolution_note: str | None
    previous_id: UUID | None
    source_url: str = ""  # where its sender shows it; http or https
    timeline: tuple[TimelineEntry, ...] = field(default=())
    related: tuple[InboxRow, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class AlertMonth:
    """What happened to the alerts that started in a window."""

    opened: int
    by_severity: Mapping[Severity, int]
    by_type: Mapping[AlertType, int]
    acknowledged: int
    resolved: int
    unresolved: int
    mean_time_to_acknowledge: timedelta | None
    mean_time_to_resolve: timedelta | None
    worst: tuple[InboxRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSummary:
    id: UUID
    name: str
    type: AlertType
    kind: str
    metric: str
    severity_text: str  # "medium", or of a ladder "medium, high"
    condition_text: str  # "drift score > 0.3 medium, > 0.6 high"
    model: str | None
    paused: bool
    broken: str | None
    last_evaluated_at: datetime | None
    firing_count: int
    left_out: int  # series beyond the rule's limit, which are not judged
    version: int


@dataclass(frozen=True, slots=True)
class RuleVersion:
    number: int
    saved_at: datetime
    saved_by: str
    document: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDetail(RuleSummary):
    document: Mapping[str, object]  # as RuleDocument, in plain values
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str
    versions: tuple[RuleVersion, ...]
    alerts: tuple[InboxRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestEpisode:
    """One alert that a rule would have opened; without an end it would still be firing."""

    labels: Mapping[str, str]
    subject: str
    start: datetime
    end: datetime | None
    severity: Severity  # the worst it would have had
    peak: float | None  # the value furthest beyond the line
    peak_text: str
    firings: int  # more than one, where it would have fired again within the time in which an alert reopens
    reason: str | None  # why it would have ended
    silenced: int  # of the firings: those under a silence of that time


@dataclass(frozen=True, slots=True)
class BacktestPoint:
    at: datetime
    value: float | None
    threshold: float | None
    is_firing: bool


@dataclass(frozen=True, slots=True)
class BacktestSeries:
    labels: Mapping[str, str]
    subject: str
    points: tuple[BacktestPoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """How often a rule would have fired, had it been there."""

    start: datetime
    end: datetime
    step_seconds: int
    slots: int
    series_count: int
    firings: int
    silenced: int  # of the firings: those under a silence of that time, of which nobody would have been told
    firing_series: int
    firing_share: float  # of the time of its series
    by_severity: Mapping[str, int]  # episodes by their worst severity
    not_judged: int  # judgements that found too little data, of all
    judgements: int
    episodes: tuple[BacktestEpisode, ...]  # the newest first; no more than are listed
    episode_count: int
    drawn: tuple[BacktestSeries, ...]  # those that fired most
    currency: str  # of what is drawn, where it is money
    notes: tuple[str, ...]
