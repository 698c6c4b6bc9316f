"""Plain JSON for everything else: one alert, or a list of them."""

import json
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from webapp.alerting.outside.proofs import by_password, by_standard_webhook, new_webhook_secret
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
from webapp.alerting.outside.source_format import (
    NAME_LABEL,
    Delivery,
    Keys,
    OutsideAlert,
    OutsideStatus,
    Sent,
    Snippet,
    SourceFormat,
)

Instant = Annotated[datetime, Meta(tz=True)]


class GenericAlert(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One alert. Only the title is needed; `id` says that two messages are about the same alert."""

    title: Annotated[str, Meta(min_length=1)]
    status: OutsideStatus = OutsideStatus.FIRING
    severity: str | None = None
    labels: dict[str, str | int | float | bool] = {}
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    url: str | None = None
    description: str = ""
    id: str | None = None
    value: str | int | float | None = None
    runbook: str = ""


class Generic(SourceFormat):
    name = "generic"
    label = "Generic JSON"
    description = (
        "An object or a list of objects {title, status, severity, labels, starts_at, ends_at, url, description, id,"
        " value, runbook}. Only `title` is needed; `status` is firing or resolved."
    )
    proof = "the secret as a bearer token, or a signature by Standard Webhooks"
    signs = True

    def read(self, body: bytes) -> Sent:
        is_list = body.lstrip()[:1] == b"["
        items = decoded(body, list[msgspec.Raw]) if is_list else [decoded(body, msgspec.Raw)]
        return each_of(items, GenericAlert, _outside)

    def verify(self, delivery: Delivery, keys: Keys) -> None:
        if "webhook-signature" in delivery.headers:
            by_standard_webhook(delivery, keys)
        else:
            by_password(delivery, keys)

    def snippets(self, address: str, secret: str) -> Sequence[Snippet]:
        alert = {"id": "backup", "title": "Backup failed", "status": "firing", "severity": "high"}
        text = (
            f"curl -X POST {address} \\\n"
            f'  -H "Authorization: Bearer {secret}" \\\n'
            '  -H "Content-Type: application/json" \\\n'
            f"  -d '{json.dumps(alert)}'"
        )
        return [Snippet("curl", text)]

    def example(self, at: datetime) -> bytes:
        alert = {
            "id": "backup-db-1",
            "title": "Backup failed",
            "severity": "high",
            "labels": {"instance": "db-1", "attempt": 3},
            "starts_at": at.isoformat(),
            "url": "https://backup.example.com/runs/812",
            "description": "The disk is full.",
        }
        return json.dumps(alert).encode()

    def new_secret(self) -> str:
        return new_webhook_secret(secrets.token_bytes(32))


def _outside(alert: GenericAlert) -> OutsideAlert:
    title = alert.title.strip()
    if not title:
        raise UnusableError("title", "must not be empty")
    labels = {name: _text(value) for name, value in alert.labels.items()}
    named = labels | {NAME_LABEL: title}
    severity = {} if alert.severity is None else {"severity": alert.severity}
    value = alert.value if isinstance(alert.value, int | float) else None
    kept = clean_labels(labels | severity) | {NAME_LABEL: clean(title, LONGEST_NAME)}
    return OutsideAlert(
        status=alert.status,
        fingerprint=alert.id or fingerprint_of(named),
        labels=kept,
        annotations=clean_annotations({"description": alert.description, "runbook": alert.runbook}),
        starts_at=None if alert.starts_at is None else instant_of(alert.starts_at, "starts_at"),
        ends_at=None if alert.ends_at is None else instant_of(alert.ends_at, "ends_at"),
        url=clean_url(alert.url),
        value=number_of(value),
        value_text="" if alert.value is None else clean(_text(alert.value), LONGEST_NAME),
    )


def _text(value: str | int | float | bool) -> str:
    """Return a value as JSON writes it: a port or an id is no amount."""
    return value if isinstance(value, str) else json.dumps(value)


FORMAT = Generic()
