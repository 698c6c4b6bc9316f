"""The door for events: four verbs, each idempotent, each answering for every item."""

from webapp.telemetry.deployments import accept_deployment
from webapp.telemetry.measurements import accept_measurements
from webapp.telemetry.outcomes import accept_outcomes, join_missed
from webapp.telemetry.predictions import Limits, accept_predictions

__all__ = [
    "Limits",
    "accept_deployment",
    "accept_measurements",
    "accept_outcomes",
    "accept_predictions",
    "join_missed",
]
