"""What the tests of alerts from outside share: a source, and messages about one alert in few words."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from tests.factories import NOW, ROOT
from webapp.alerting.outside import receiving, sources
from webapp.alerting.outside.receiving import Parcel
from webapp.alerting.outside.source_format import NAME_LABEL, OutsideAlert, OutsideStatus, Sent
from webapp.alerting.outside.sources import NewSecret, SourceSettings
from webapp.core.errors import UserError
from webapp.core.secrets import Vault
from webapp.telemetry.wire import Receipt

VAULT = Vault("v" * 48)
FIRING, RESOLVED = OutsideStatus.FIRING, OutsideStatus.RESOLVED


def make_source(session: Session, name: str = "prod", form: str = "alertmanager", **settings: object) -> NewSecret:
    given = SourceSettings(name, form, **settings)  # type: ignore[arg-type]
    return sources.add(session, given, vault=VAULT, actor=ROOT, now=NOW)


def message(
    status: OutsideStatus = FIRING,
    starts_at: datetime | None = NOW,
    *,
    fingerprint: str = "a",
    severity: str = "warning",
    labels: Mapping[str, str] | None = None,
    **fields: object,
) -> OutsideAlert:
    named = {NAME_LABEL: "HighLatency", "instance": "api-1", "severity": severity, **(labels or {})}
    annotations = fields.pop("annotations", {"summary": "It is slow"})
    return OutsideAlert(status, fingerprint, named, annotations, starts_at, **fields)  # type: ignore[arg-type]


def sent(*alerts: OutsideAlert, left_out: int = 0) -> Sent:
    return Sent(alerts, range(len(alerts)), (), left_out)


def hear(session: Session, made: NewSecret, *alerts: OutsideAlert, now: datetime = NOW) -> Receipt:
    (answer,) = receiving.receive(session, [Parcel(made.source.id, sent(*alerts))], now=now)
    if isinstance(answer, UserError):
        raise answer
    return answer
