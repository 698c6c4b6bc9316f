"""The shape that Alertmanager gave its webhook and Grafana took over: an envelope with alerts. Pure."""

from datetime import datetime

import msgspec
from msgspec import field

from webapp.alerting.outside.reading import (
    LONGEST_NAME,
    UnusableError,
    clean,
    clean_annotations,
    clean_labels,
    clean_url,
    decoded,
    each_of,
    fingerprint_of,
    instant_of,
    number_of,
)
from webapp.alerting.outside.source_format import NAME_LABEL, OutsideAlert, OutsideStatus, Sent
from webapp.core.errors import FieldError, InvalidInputError

NEVER = 1  # the year in which what still fires ends: the zero time of Go


class WebhookAlert(msgspec.Struct, frozen=True):
    """One alert. What else stands in it is passed over."""

    status: OutsideStatus
    labels: dict[str, str]
    starts_at: datetime = field(name="startsAt")
    ends_at: datetime | None = field(name="endsAt", default=None)
    annotations: dict[str, str] | None = None
    generator_url: str | None = field(name="generatorURL", default=None)
    fingerprint: str | None = None
    dashboard_url: str | None = field(name="dashboardURL", default=None)
    panel_url: str | None = field(name="panelURL", default=None)
    values: dict[str, float | None] | None = None


class Webhook(msgspec.Struct, frozen=True):
    """The envelope."""

    version: str
    alerts: list[msgspec.Raw]
    truncated: int | None = field(name="truncatedAlerts", default=None)


def read(body: bytes, *, version: str, sender: str) -> Sent:
    """Return the alerts of a body; how many the sender left out is said."""
    found = decoded(body, Webhook)
    _check_version(found, version, sender)
    return each_of(found.alerts, WebhookAlert, outside, left_out=max(found.truncated or 0, 0))


def _check_version(found: Webhook, version: str, sender: str) -> None:
    if found.version != version:
        message = f"is '{found.version[:20]}', and {sender} sends '{version}'; is the source of the right format?"
        raise InvalidInputError(f"version {message}", errors=(FieldError("/version", message),))


def outside(alert: WebhookAlert) -> OutsideAlert:
    """Return the alert as all formats have it."""
    if not alert.labels:
        raise UnusableError("labels", "is empty; an alert without labels cannot be told from others")
    labels = clean_labels(alert.labels)
    name = alert.labels.get(NAME_LABEL, "").strip()
    values = {key: value for key, value in (alert.values or {}).items() if number_of(value) is not None}
    return OutsideAlert(
        status=alert.status,
        fingerprint=alert.fingerprint or fingerprint_of(alert.labels),
        labels=labels | {NAME_LABEL: clean(name, LONGEST_NAME) or "Alert without a name"},
        annotations=clean_annotations(alert.annotations),
        starts_at=instant_of(alert.starts_at, "startsAt"),
        ends_at=None if alert.ends_at is None or alert.ends_at.year <= NEVER else instant_of(alert.ends_at, "endsAt"),
        url=clean_url(alert.panel_url) or clean_url(alert.dashboard_url) or clean_url(alert.generator_url),
        value=next(iter(values.values())) if len(values) == 1 else None,
        value_text=clean(", ".join(f"{key} = {value:g}" for key, value in sorted(values.items())), LONGEST_NAME),
    )
