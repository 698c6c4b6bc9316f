"""A rule as people write it: what it measures, when it is hit, how bad that is, and what to do then."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from webapp.alerting.types import AlertType, NoData, WhenWorse

DEFAULT_INTERVAL_SECONDS = 15


class Scope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which series a rule is about: of all models or one, of one version of it, of one of its segments or of each."""

    model: Annotated[str, Meta(min_length=1, max_length=64, description="One model, or empty for all.")] | None = None
    version: Annotated[str, Meta(min_length=1, max_length=64, description="One version of the model.")] | None = None
    segment: (
        Annotated[
            str,
            Meta(min_length=1, max_length=200, description="A segment key for each of its values, or key=value."),
        ]
        | None
    ) = None


class RuleDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    name: Annotated[str, Meta(min_length=1, max_length=120, description="What the rule is called in the inbox.")]
    type: Annotated[AlertType, Meta(description="What kind of trouble it finds.")]
    kind: Annotated[str, Meta(description="How it judges: the name of a rule type, like threshold.")]
    metric: Annotated[str, Meta(description="The name of the metric that it watches.")]
    scope: Scope = Scope()
    parameters: dict[str, Any] = {}
    for_seconds: Annotated[
        int, Meta(ge=0, le=30 * 86_400, description="How long the condition must hold before the alert fires.")
    ] = 0
    keep_firing_for_seconds: Annotated[
        int, Meta(ge=0, le=30 * 86_400, description="How long the alert goes on firing after the condition ended.")
    ] = 0
    no_data: Annotated[NoData, Meta(description="What to do when there is no value: keep, alert or ok.")] = NoData.KEEP
    minimum_sample_count: Annotated[
        int, Meta(ge=0, le=10**9, description="The smallest number of samples that is judged.")
    ] = 0
    interval_seconds: Annotated[int, Meta(ge=5, le=86_400, description="How often it is evaluated.")] = (
        DEFAULT_INTERVAL_SECONDS
    )
    when_worse: Annotated[WhenWorse, Meta(description="What an acknowledged alert does when its severity rises.")] = (
        WhenWorse.REOPEN
    )
    series_limit: Annotated[
        int,
        Meta(ge=1, le=100_000, description="Of more series than this, those are judged that were already watched."),
    ] = 10_000
    runbook: Annotated[str, Meta(max_length=10_000, description="What to do when it fires.")] = ""


def with_defaults(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored document in plain values, with fields that came later; one that no longer fits as it is."""
    try:
        complete: dict[str, Any] = msgspec.to_builtins(msgspec.convert(document, type=RuleDocument))
    except msgspec.ValidationError:
        return dict(document)
    return complete
