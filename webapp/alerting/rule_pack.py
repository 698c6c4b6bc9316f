"""The rules that stand there from the start; each can be edited, paused and deleted like any other."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from webapp.alerting.document import RuleDocument
from webapp.alerting.types import AlertType

_RESOURCE_HELP = (
    "1. Open Technical › System health and look at which instance it is.\n"
    "2. Find the process that uses it: `top`, `df -h`, `journalctl`.\n"
    "3. Free it or add capacity; move traffic away if response times rise."
)
_MODEL_HELP = (
    "1. Open Technical › Model performance and compare versions: did it begin with a deployment?\n"
    "2. Open Technical › Data quality: the feature that moved most stands first.\n"
    "3. Roll back, retrain on recent data, or move the decision threshold."
)


def _rule(**fields: Any) -> RuleDocument:
    return RuleDocument(**fields)


def _resource(name: str, metric: str, line: float) -> RuleDocument:
    return _rule(
        name=name,
        type=AlertType.RESOURCE_EXHAUSTION,
        kind="threshold",
        metric=metric,
        parameters={"direction": "above", "medium": line},
        for_seconds=300,
        runbook=_RESOURCE_HELP,
    )


RULE_PACK: Mapping[str, RuleDocument] = MappingProxyType(
    {
        "accuracy_drop": _rule(
            name="Accuracy drop",
            type=AlertType.MODEL_ACCURACY_DROP,
            kind="drop_from_baseline",
            metric="accuracy",
            parameters={"direction": "drop", "days": 30, "high": 0.05},
            minimum_sample_count=30,
            runbook=_MODEL_HELP,
        ),
        "macro_f1_drop": _rule(
            name="Macro F1 drop",
            type=AlertType.MODEL_ACCURACY_DROP,
            kind="drop_from_baseline",
            metric="macro_f1",
            parameters={"direction": "drop", "days": 30, "high": 0.05},
            minimum_sample_count=50,
            runbook="1. Open Technical › Model performance: which classes are mixed up that were not before?\n"
            "2. Did something new come up, a product or a topic, that the model was never shown?\n"
            "3. Teach it the new cases and deploy; until then let people look at what it is not sure of.",
        ),
        "forecast_worse": _rule(
            name="Forecasts explain less",
            type=AlertType.MODEL_ACCURACY_DROP,
            kind="drop_from_baseline",
            metric="r2",
            parameters={"direction": "drop", "days": 30, "medium": 0.1, "high": 0.2},
            minimum_sample_count=50,
            runbook="1. Open Technical › Model performance: are predictions too high or too low, and since when?\n"
            "2. Ask what happened that the model is not told of: a promotion, a closed shop, a new price.\n"
            "3. Give it that as a feature, or correct the forecasts by hand until it is over.",
        ),
        "low_roc_auc": _rule(
            name="Low ROC AUC",
            type=AlertType.PERFORMANCE_DEGRADATION,
            kind="threshold",
            metric="roc_auc",
            parameters={"direction": "below", "medium": 0.75},
            minimum_sample_count=100,
            runbook=_MODEL_HELP,
        ),
        "data_drift": _rule(
            name="Data drift",
            type=AlertType.DATA_DRIFT,
            kind="threshold",
            metric="drift_score",
            parameters={"direction": "above", "medium": 0.3, "high": 0.6},
            minimum_sample_count=100,
            runbook="1. Open Technical › Data quality and look at the feature that the alert names.\n"
            "2. Ask its source whether something changed: a unit, a price, a new category.\n"
            "3. If the change stays, retrain and set a new baseline; if not, have the source mended.",
        ),
        "low_volume": _rule(
            name="Low prediction volume",
            type=AlertType.SYSTEM_FAILURE,
            kind="absence",
            metric="prediction_count",
            parameters={"severity": "medium", "fewer_than": 10, "usual_above": 50},
            runbook="1. Is the model service up, and does its caller still call it?\n"
            "2. Look for refused events under Administration: a token that expired, a field that changed.",
        ),
        "high_error_rate": _rule(
            name="High error rate",
            type=AlertType.HIGH_ERROR_RATE,
            kind="threshold",
            metric="error_rate",
            parameters={"direction": "above", "high": 0.10},
            minimum_sample_count=20,
            runbook="1. Open Technical › Predictions and read what the failed ones say.\n"
            "2. Did it begin with a deployment? Roll back.\n"
            "3. Check what the model depends on: feature store, network, disk.",
        ),
        "high_response_time": _rule(
            name="High response time",
            type=AlertType.PERFORMANCE_DEGRADATION,
            kind="threshold",
            metric="response_time_mean",
            parameters={"direction": "above", "medium": 1000},
            minimum_sample_count=5,
            runbook="1. Open Technical › System health: CPU, memory, throughput.\n"
            "2. Did the load rise, or did it begin with a deployment?",
        ),
        "high_cpu": _resource("High CPU", "cpu", 80),
        "high_memory": _resource("High memory", "memory", 85),
        "high_disk": _resource("Disk almost full", "disk", 90),
        "service_unavailable": _rule(
            name="Service unavailable",
            type=AlertType.SERVICE_UNAVAILABLE,
            kind="absence",
            metric="availability",
            parameters={"severity": "critical", "intervals": 2, "every_seconds": 60},
            runbook="1. Does the instance answer? Restart it if not.\n"
            "2. If it answers, its heartbeat (the measurement `up`) does not reach us: look at its network and token.",
        ),
        "negative_impact": _rule(
            name="Negative business impact",
            type=AlertType.BUSINESS_IMPACT,
            kind="threshold",
            metric="net_benefit",
            parameters={"direction": "below", "medium": -10_000, "high": -50_000},
            runbook="1. Open Executive: which part of the books turned, returns or cost?\n"
            "2. Look at precision: contacting customers who would have stayed costs money and saves nobody.",
        ),
        "positive_impact": _rule(
            name="Positive business impact",
            type=AlertType.BUSINESS_IMPACT,
            kind="threshold",
            metric="net_benefit",
            parameters={"direction": "above", "low": 10_000},
            keep_firing_for_seconds=3600,
            runbook="Nothing to mend: tell the people who run the campaign.",
        ),
    }
)
