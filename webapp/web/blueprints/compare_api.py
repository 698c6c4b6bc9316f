"""Two versions of a model over HTTP: metric by metric, and case by case where both decided the same ones."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, request

from webapp.accounts.actor import Actor
from webapp.accounts.permissions import Permission
from webapp.catalog import queries as catalog
from webapp.catalog.models import Model
from webapp.core.errors import InvalidInputError, NotFoundError
from webapp.core.periods import DAY, Window
from webapp.metrics.registry import METRICS, check_names, for_task
from webapp.metrics.versions import Comparison, Paired, Row, Side, candidates, compare, pick
from webapp.web.api import answer, segment_from_args, window_from_args
from webapp.web.gate import requires
from webapp.web.session import actor, now, runtime

BLUEPRINT = Blueprint("compare_api", __name__, url_prefix="/api/v1")


@BLUEPRINT.get("/models/<model>/compare")
@requires(Permission.MODELS_READ)
def compare_versions(model: str) -> Response:
    """Compare two versions, `a` and `b`: each metric with the interval of its difference, and what both decided."""
    window = window_from_args(30 * DAY)
    if segment_from_args() is not None:
        raise InvalidInputError("Versions are compared over all segments together; leave the segment out.")
    with runtime().transaction() as session:
        known = catalog.model_named(session, model)
        pair = pick(candidates(session, known, now=now()), request.args.get("a"), request.args.get("b"))
        if pair is None:
            raise NotFoundError(f"The model '{known.name}' has no two versions to compare.")
        found = compare(session, known, *pair, _names(known, actor()), window, now=now())
    return answer(_shown(found, window))


def _names(model: Model, who: Actor) -> Sequence[str]:
    """Return the metrics that are asked for; those of performance when none is named."""
    asked = [name.strip() for name in request.args.get("names", "").split(",") if name.strip()]
    check_names(asked)
    if any(METRICS[name].group == "business" for name in asked):
        who.require(Permission.IMPACT_READ)
    performance = [name for name, metric in for_task(model.task).items() if metric.group == "performance"]
    return list(dict.fromkeys(asked)) or performance


def _shown(found: Comparison, window: Window) -> dict[str, Any]:
    return {
        "from": window.start,
        "to": window.end,
        "a": _side(found.first),
        "b": _side(found.second),
        "metrics": [_row(row) for row in found.rows],
        "paired": None if found.paired is None else _paired(found.paired),
    }


def _side(side: Side) -> dict[str, Any]:
    seen = side.seen
    return {
        "version": side.name,
        "environment": side.environment,
        "predictions": side.predictions,
        "known": side.known,
        "coverage": side.coverage,
        "first_hour": None if seen is None else seen.start,
        "last_hour": None if seen is None else seen.end,
        "deployments": [{"at": each.at, "note": each.note} for each in side.deployments],
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "metric": row.metric.name,
        "label": row.metric.label,
        "unit": row.metric.unit,
        "better": row.metric.better,
        "a": asdict(row.first),
        "b": asdict(row.second),
        "difference": asdict(row.difference),
    }


def _paired(found: Paired) -> dict[str, Any]:
    pairs = found.pairs
    return {
        "both": pairs.both,
        "agreed": pairs.agreed,
        "known": pairs.known,
        "both_right": pairs.both_right,
        "only_a_right": pairs.only_first,
        "only_b_right": pairs.only_second,
        "neither_right": pairs.neither,
        "p_value": found.p_value,
        "looked_up": pairs.looked_up,
        "is_limited": pairs.is_limited,
    }
