"""What the tests of rule types share: a judgement of values that are written down."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from webapp.alerting.plugins import types
from webapp.alerting.rule_type import Context, Readings, Verdict
from webapp.metrics.metric import Value
from webapp.metrics.registry import METRICS

NOW = datetime(2026, 3, 10, 12, 20, tzinfo=UTC)


def judge(
    kind: str,
    parameters: Mapping[str, Any],
    values: Mapping[str, Value],
    *,
    metric: str = "drift_score",
    minimum: int = 0,
    is_active: bool = False,
    newest: datetime | None = None,
    watched_since: datetime | None = None,
    steps: Mapping[str, Sequence[Value]] | None = None,
) -> Verdict:
    rule_type = types()[kind]
    parsed = rule_type.parse(parameters)
    rule_type.check(parsed, METRICS[metric])
    context = Context(METRICS[metric], NOW, minimum, is_active)
    return rule_type.evaluate(Readings(values, newest, watched_since, steps or {}), parsed, context)
