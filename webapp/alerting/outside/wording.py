"""What the labels and annotations of an alert from outside mean here: its severity, model, type, sentence. Pure."""

from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from webapp.alerting.origin import Origin
from webapp.alerting.outside.reading import LONGEST_NAME, clean
from webapp.alerting.outside.source_format import NAME_LABEL, OutsideAlert
from webapp.alerting.severity import Severity
from webapp.alerting.types import AlertType
from webapp.metrics.registry import METRICS

LONGEST_SUMMARY = 2_000
SUMMARIES = ("summary", "message")
RUNBOOKS = ("runbook_url", "runbook")
WORDS: Mapping[str, Severity] = {
    **dict.fromkeys(("critical", "fatal", "emergency", "disaster"), Severity.CRITICAL),
    **dict.fromkeys(("high", "error", "major"), Severity.HIGH),
    **dict.fromkeys(("medium", "warning", "warn", "minor", "average"), Severity.MEDIUM),
    **dict.fromkeys(("low", "info", "information", "informational", "notice", "debug", "none"), Severity.LOW),
}
"""What everybody calls severities; any other word is medium, unless its source maps it."""


class Meaning(Protocol):
    """What a source says of its labels."""

    @property
    def id(self) -> UUID: ...
    @property
    def name(self) -> str: ...
    @property
    def severity_label(self) -> str: ...
    @property
    def severities(self) -> Mapping[str, str]: ...
    @property
    def model_label(self) -> str: ...


def severity_of(alert: OutsideAlert, source: Meaning) -> Severity:
    word = alert.labels.get(source.severity_label, "").strip()
    mapped = source.severities.get(word) or source.severities.get(word.lower())
    return Severity(mapped) if mapped else WORDS.get(word.lower(), Severity.MEDIUM)


def labels_of(alert: OutsideAlert, source: Meaning) -> dict[str, str]:
    """Return its labels, with the model under the name that it has here; longer than a name, no index holds it."""
    model = clean(alert.labels.get(source.model_label, ""), LONGEST_NAME)
    return {**alert.labels, "model": model} if model else dict(alert.labels)


def origin_of(alert: OutsideAlert, source: Meaning) -> Origin:
    metric = alert.labels.get("metric", "")
    return Origin(
        name=alert.labels[NAME_LABEL],
        type=type_of(alert),
        metric=metric if metric in METRICS else "",
        runbook=_first(alert.annotations, RUNBOOKS),
        source_id=source.id,
        source_name=source.name,
        source_url=alert.url,
    )


def type_of(alert: OutsideAlert) -> AlertType:
    """Return the type that the label `type` names, as we write it; what it is otherwise, nobody here can know."""
    word = alert.labels.get("type", "").strip().lower().replace(" ", "_").replace("-", "_")
    return AlertType(word) if word in set(AlertType) else AlertType.SYSTEM_FAILURE


def summary_of(alert: OutsideAlert) -> str:
    """Return what is wrong, in the sender's words: its summary, then its description, and a value that is no number."""
    said = [_first(alert.annotations, SUMMARIES), alert.annotations.get("description", "").strip()]
    parts = list(dict.fromkeys(filter(None, said)))
    words = " ".join([*map(_ended, parts[:-1]), *parts[-1:]]) or alert.labels[NAME_LABEL]
    if alert.value is None and alert.value_text:
        words = f"{words} ({alert.value_text})"
    return words if len(words) <= LONGEST_SUMMARY else f"{words[:LONGEST_SUMMARY]}…"


def _ended(sentence: str) -> str:
    return sentence if sentence[-1] in ".!?…:;)" else f"{sentence}."


def _first(texts: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((texts[name].strip() for name in names if texts.get(name, "").strip()), "")
