"""Where an alert comes from: a version of a rule of ours, or a source outside."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from webapp.alerting.types import AlertType

SUBJECT = ("model", "version", "segment", "instance")  # the labels that say what an alert is about


@dataclass(frozen=True, slots=True)
class Origin:
    """What all alerts of one origin have in common. `name` is the rule's, or what the sender outside calls its alert.

    `metric` is one of ours, or empty where nobody here measures it.
    """

    name: str
    type: AlertType
    metric: str = ""
    runbook: str = ""
    rule_id: UUID | None = None
    rule_version: int = 0
    source_id: UUID | None = None
    source_name: str = ""
    source_url: str = ""

    def columns(self, labels: Mapping[str, str]) -> dict[str, Any]:
        """Return what it writes into the row of an alert."""
        return {
            "rule_id": self.rule_id,
            "rule_version": self.rule_version,
            "rule_name": self.name,
            "source_id": self.source_id,
            "source_name": self.source_name,
            "source_url": self.source_url,
            "type": self.type,
            "title": self.title(labels),
            "metric": self.metric,
            "runbook": self.runbook,
        }

    def title(self, labels: Mapping[str, str]) -> str:
        """Return its name with what the alert is about: `High CPU: api-1`."""
        subject = " ".join(labels[name] for name in SUBJECT if labels.get(name))
        return f"{self.name}: {subject}" if subject else self.name
