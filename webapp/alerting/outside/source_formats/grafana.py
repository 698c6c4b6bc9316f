"""The webhook of Grafana Alerting, version 1: signed where Grafana is set up so, which it can since 11.6."""

import json
from collections.abc import Sequence
from datetime import datetime

from webapp.alerting.outside import webhook
from webapp.alerting.outside.proofs import by_hex_signature, by_password
from webapp.alerting.outside.source_format import Delivery, Keys, Sent, Snippet, SourceFormat

VERSION = "1"
SIGNATURE, TIMESTAMP = "X-Grafana-Alerting-Signature", "X-Grafana-Alerting-Timestamp"


class Grafana(SourceFormat):
    name = "grafana"
    label = "Grafana Alerting"
    description = "A contact point of the integration Webhook. Its link is the panel, the dashboard or the rule."
    proof = (
        f"a signature (hex HMAC-SHA256) in the header {SIGNATURE}, by default with a timestamp in {TIMESTAMP};"
        " from a Grafana that cannot sign, the secret as its Authorization header"
    )
    signs = True
    timestamp_header = TIMESTAMP

    def read(self, body: bytes) -> Sent:
        return webhook.read(body, version=VERSION, sender="Grafana")

    def verify(self, delivery: Delivery, keys: Keys) -> None:
        if SIGNATURE.lower() not in delivery.headers and "authorization" in delivery.headers:
            by_password(delivery, keys)
        else:
            by_hex_signature(delivery, keys, header=SIGNATURE)

    def snippets(self, address: str, secret: str) -> Sequence[Snippet]:
        text = f"""apiVersion: 1
contactPoints:
  - orgId: 1
    name: Mission Control
    receivers:
      - uid: mission-control
        type: webhook
        settings:
          url: {address}
          hmacConfig:
            secret: {secret}
            header: {SIGNATURE}
            timestampHeader: {TIMESTAMP}"""
        return [Snippet("provisioning/alerting/mission-control.yaml", text)]

    def example(self, at: datetime) -> bytes:
        alert = {
            "status": "firing",
            "labels": {"alertname": "Disk almost full", "severity": "critical", "instance": "db-1"},
            "annotations": {"summary": "9 % are free"},
            "startsAt": at.isoformat(),
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "https://grafana.example.com/alerting/grafana/abc/view",
            "fingerprint": "c6eadffa33fcdf37",
            "silenceURL": "https://grafana.example.com/alerting/silence/new",
            "dashboardURL": "https://grafana.example.com/d/disks",
            "panelURL": "https://grafana.example.com/d/disks?viewPanel=2",
            "values": {"B": 9.0},
        }
        envelope = {"version": VERSION, "orgId": 1, "title": "[FIRING:1]", "state": "alerting", "message": "…"}
        return json.dumps({**envelope, "alerts": [alert]}).encode()


FORMAT = Grafana()
