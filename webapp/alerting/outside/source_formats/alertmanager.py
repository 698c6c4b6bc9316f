"""The webhook of Prometheus' Alertmanager, version 4, as Mimir, VictoriaMetrics and others send it too."""

import json
from collections.abc import Sequence
from datetime import datetime

from webapp.alerting.outside import webhook
from webapp.alerting.outside.proofs import by_password
from webapp.alerting.outside.source_format import Delivery, Keys, Sent, Snippet, SourceFormat

VERSION = "4"


class Alertmanager(SourceFormat):
    name = "alertmanager"
    label = "Prometheus Alertmanager"
    description = "A receiver of the kind webhook in alertmanager.yml. Groups stay as they are told; each alert is one."
    proof = "the secret as a bearer token, or as the password of Basic authentication"

    def read(self, body: bytes) -> Sent:
        return webhook.read(body, version=VERSION, sender="Alertmanager")

    def verify(self, delivery: Delivery, keys: Keys) -> None:
        by_password(delivery, keys)

    def snippets(self, address: str, secret: str) -> Sequence[Snippet]:
        text = f"""route:
  receiver: mission-control
receivers:
  - name: mission-control
    webhook_configs:
      - url: {address}
        send_resolved: true
        http_config:
          authorization:
            credentials: {secret}"""
        return [Snippet("alertmanager.yml", text)]

    def example(self, at: datetime) -> bytes:
        alert = {
            "status": "firing",
            "labels": {"alertname": "HighLatency", "severity": "warning", "instance": "api-1"},
            "annotations": {"summary": "The 99th percentile is above 1 s"},
            "startsAt": at.isoformat(),
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus.example.com/graph",
            "fingerprint": "fa08256e84139373",
        }
        return json.dumps({"version": VERSION, "status": "firing", "truncatedAlerts": 0, "alerts": [alert]}).encode()


FORMAT = Alertmanager()
