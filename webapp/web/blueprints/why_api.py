"""Why a metric changed, over HTTP: what the model page shows, for whoever builds on it."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, request

from webapp.accounts.permissions import Permission
from webapp.catalog import queries as catalog
from webapp.core.periods import DAY, Window
from webapp.metrics.why import FIRST, Why, why
from webapp.web.api import answer, segment_from_args, window_from_args
from webapp.web.gate import requires
from webapp.web.session import now, runtime

BLUEPRINT = Blueprint("why_api", __name__, url_prefix="/api/v1")


@BLUEPRINT.get("/models/<model>/why")
@requires(Permission.MODELS_READ)
def why_it_changed(model: str) -> Response:
    """Say why a metric is another in the window than in the 30 days before it: causes, the likeliest first."""
    window, version, segment = window_from_args(7 * DAY), request.args.get("version"), segment_from_args()
    with runtime().transaction() as session:
        known = catalog.model_named(session, model)
        metric = request.args.get("metric") or FIRST[known.task]
        found = why(session, known, metric, window, now=now(), version=version, segment=segment)
    return answer(_document(found))


def _document(found: Why) -> dict[str, Any]:
    return {
        "metric": found.metric.name,
        "label": found.metric.label,
        "unit": found.metric.unit,
        "window": _window(found.window),
        "before_window": _window(found.before_window),
        "now": asdict(found.now),
        "before": asdict(found.before),
        "change": asdict(found.change),
        "clear": found.clear,
        "headline": found.headline,
        "causes": [asdict(cause) for cause in found.causes],
        "notes": found.notes,
    }


def _window(window: Window) -> dict[str, Any]:
    return {"from": window.start, "to": window.end}
