"""What is around the models: a Prometheus of the company that sends its alerts too, and what its people silence."""

import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from webapp.accounts.permissions import Role
from webapp.alerting.grouping import Policy
from webapp.alerting.muting import inhibition, silences
from webapp.alerting.muting.matchers import parse
from webapp.alerting.muting.recurrence import Recurrence
from webapp.alerting.outside import sources
from webapp.alerting.outside.receiving import Parcel, receive
from webapp.alerting.outside.source_formats.alertmanager import FORMAT
from webapp.alerting.outside.sources import SourceSettings
from webapp.core.periods import DAY, HOUR, MINUTE
from webapp.core.secrets import Vault
from webapp.demo.people import actor_of
from webapp.notifications.telling import tell

SOURCE = "cluster"
SUNDAY = frozenset({6})


@dataclass(frozen=True, slots=True)
class Trouble:
    """An alert that the company's Prometheus sends, so long before now, and for how long; without that it goes on."""

    ago: timedelta
    lasted: timedelta | None
    name: str
    severity: str
    summary: str
    instance: str


TROUBLES = (
    Trouble(9 * DAY, 50 * MINUTE, "NodeDiskPressure", "warning", "The disk of db-1 is 91 % full", "db-1"),
    Trouble(3 * DAY, 6 * MINUTE, "PodCrashLooping", "critical", "checkout restarts again and again", "checkout-7f9"),
    Trouble(20 * HOUR, None, "CertificateExpiresSoon", "info", "api.example expires in 13 days", "api.example"),
)


def settle(session: Session, *, vault: Vault, opening: datetime) -> None:
    """Let the people of the company arrange what they arranged before its past began."""
    dev = actor_of(session, Role.DEVOPS)
    nights = Recurrence(
        days=SUNDAY,
        start=time(2),
        zone="Europe/Berlin",
        first=date(opening.year, opening.month, opening.day),
        duration=2 * HOUR,
    )
    plan = silences.Plan(
        matchers=parse("type=resource_exhaustion"), comment="Machines are updated on Sunday nights", recurrence=nights
    )
    silences.create(session, plan, actor=dev, now=opening, confirmed=True)
    inhibition.save(session, inhibition.OUTAGE, actor=dev, now=opening)
    sources.add(session, SourceSettings(SOURCE, FORMAT.name), vault=vault, actor=dev, now=opening)


def hear(session: Session, *, now: datetime) -> None:
    """Take in what the company's Prometheus sent in the last days, as it would have sent it."""
    source = next(each for each in sources.sources(session) if each.name == SOURCE)
    for trouble in TROUBLES:
        began = now - trouble.ago
        ended = None if trouble.lasted is None else began + trouble.lasted
        for at in filter(None, (began, ended)):
            body = _body(trouble, began, None if at == began else ended)
            receive(session, [Parcel(source.id, FORMAT.read(body))], now=at)
            for later in (at, at + Policy().group_wait, at + Policy().group_interval):
                tell(session, Policy(), now=min(later, now))


def _body(trouble: Trouble, began: datetime, ended: datetime | None) -> bytes:
    alert = {
        "status": "firing" if ended is None else "resolved",
        "labels": {"alertname": trouble.name, "severity": trouble.severity, "instance": trouble.instance},
        "annotations": {"summary": trouble.summary},
        "startsAt": began.isoformat(),
        "endsAt": "0001-01-01T00:00:00Z" if ended is None else ended.isoformat(),
        "generatorURL": "",
        "fingerprint": f"{trouble.name}-{trouble.instance}",
    }
    return json.dumps({"version": "4", "alerts": [alert]}).encode()
