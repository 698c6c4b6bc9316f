"""The rule types there are, found in their folder, and a rule's parts put together: type, parameters, metric."""

from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from types import MappingProxyType
from typing import Any

from msgspec import Struct

from webapp.alerting import rule_types
from webapp.alerting.document import RuleDocument
from webapp.alerting.rule_type import Parameters, RuleType
from webapp.alerting.states import Policy
from webapp.core.errors import InvalidInputError
from webapp.core.registry import discover
from webapp.metrics.metric import Metric, Source
from webapp.metrics.registry import METRICS


class Prepared(Struct, frozen=True):
    """A document with its rule type, parsed parameters and metric: ready to be judged by."""

    document: RuleDocument
    rule_type: RuleType[Any]
    parameters: Parameters
    metric: Metric
    policy: Policy


@cache
def types() -> Mapping[str, RuleType[Any]]:
    """Return every rule type by its name."""
    found = discover(rule_types, "RULE_TYPE").values()
    return MappingProxyType({each.name: each for each in found if isinstance(each, RuleType)})


def prepare(document: RuleDocument) -> Prepared:
    """Check the document as a whole; what does not fit is a sentence."""
    rule_type = types().get(document.kind)
    if rule_type is None:
        raise InvalidInputError(f"There is no rule type '{document.kind[:40]}'; there are {_listed(types())}.")
    metric = METRICS.get(document.metric)
    if metric is None:
        raise InvalidInputError(f"There is no metric '{document.metric[:40]}'; there are {_listed(METRICS)}.")
    if document.scope.version is not None and document.scope.model is None:
        raise InvalidInputError("A rule for one version must name its model as well.")
    if document.scope.segment is not None:
        _check_segment(document, metric)
    parameters = rule_type.parse(document.parameters)
    rule_type.check(parameters, metric)
    return Prepared(document, rule_type, parameters, metric, _policy(document))


def _policy(document: RuleDocument) -> Policy:
    hold, keep = timedelta(seconds=document.for_seconds), timedelta(seconds=document.keep_firing_for_seconds)
    return Policy(hold, keep, document.no_data)


def _check_segment(document: RuleDocument, metric: Metric) -> None:
    if document.scope.model is None:
        raise InvalidInputError("A rule by segment must name its model as well.")
    if metric.source is Source.GAUGES:
        raise InvalidInputError(f"{metric.label} is measured on machines, not on segments of the predictions.")


def _listed(names: Mapping[str, object]) -> str:
    return ", ".join(sorted(names))
