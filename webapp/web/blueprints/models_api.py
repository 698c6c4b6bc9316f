"""Models over HTTP: what is registered, how it performs, how far it has drifted, and single predictions."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from flask import Blueprint, Response, request
from msgspec import Meta
from sqlalchemy.orm import Session

from webapp.accounts.actor import Actor
from webapp.accounts.permissions import Permission
from webapp.catalog import queries as catalog
from webapp.catalog.models import Business, Costs, Model, Target, Task
from webapp.core.errors import InvalidInputError, NotFoundError
from webapp.core.periods import DAY, HOUR, MINUTE, Window, utc_instant
from webapp.metrics import drift as drifting
from webapp.metrics import load, queries
from webapp.metrics import performance as performing
from webapp.metrics import segments as segmented
from webapp.metrics.metric import Better, Metric, Value
from webapp.metrics.multiclass_report import class_report
from webapp.metrics.registry import METRICS, check_names
from webapp.metrics.regression_report import error_report
from webapp.metrics.shares import coverage
from webapp.telemetry import baselines, files, search
from webapp.telemetry.search import StoredPrediction
from webapp.telemetry.wire import Instant, Name, Share
from webapp.web import model_changes
from webapp.web.api import answer, body, segment_from_args, takes, window_from_args
from webapp.web.gate import requires
from webapp.web.impact import visible_to
from webapp.web.model_changes import LONGEST_HORIZON_MONTHS, ModelChange
from webapp.web.session import actor, now, runtime

BLUEPRINT = Blueprint("models_api", __name__, url_prefix="/api/v1")

MOST_POINTS = 3_000
FILE_BYTES = 64_000_000
SCORE = "score"  # the column of a baseline file that is no feature
_STEP = re.compile(r"(\d{1,4})([mhd])")
_UNITS = {"m": MINUTE, "h": HOUR, "d": DAY}
Amount = Annotated[float, Meta(ge=0)]


class TargetDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a metric should reach, and where attention and alarm begin, in the metric's unit."""

    target: float
    warning: float
    critical: float


class CostsDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What answers cost or are worth: units too much and too little, right and wrong classes, single pairs of them.

    `matrix` is by real class, then by predicted class; a loss is negative.
    """

    over: Amount | None = None
    under: Amount | None = None
    right: float | None = None
    wrong: float | None = None
    matrix: dict[str, dict[str, float]] = {}


class BusinessDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a decision is worth from a date on; `customer_value` is per customer and year."""

    valid_from: Instant
    customer_value: Amount = 0.0
    contact_cost: Amount = 0.0
    save_rate: Share = 1.0
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] = "USD"
    running_cost_monthly: Amount = 0.0
    horizon_months: Annotated[float, Meta(gt=0, le=LONGEST_HORIZON_MONTHS)] = 12.0
    costs: CostsDocument = CostsDocument()


class ModelDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody says about a model; what is left out stays as it is."""

    title: Annotated[str, Meta(min_length=1, max_length=120)] | None = None
    task: Task | None = None
    positive_class: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    threshold: Annotated[float, Meta(gt=0, lt=1)] | None = None
    targets: dict[str, TargetDocument] | None = None
    business: BusinessDocument | None = None
    owners: list[Name] | None = None
    segment_keys: list[Annotated[str, Meta(min_length=1, max_length=64)]] | None = None
    importances: dict[str, Annotated[float, Meta(ge=0)]] | None = None


class Span(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"start": "from", "end": "to"}):
    """A window of past predictions."""

    start: Instant
    end: Instant


@BLUEPRINT.get("/models")
@requires(Permission.MODELS_READ)
def models() -> Response:
    """List the models, those that are retired left out."""
    with runtime().transaction() as session:
        known = catalog.models(session)
        parameters = catalog.business(session, [model.id for model in known])
        found = [_model(model, parameters[model.id], actor()) for model in known]
    return answer({"models": found, "next": None})


@BLUEPRINT.get("/models/<model>")
@requires(Permission.MODELS_READ)
def one_model(model: str) -> Response:
    """Show one model with its money parameters and its versions, the newest first."""
    with runtime().transaction() as session:
        known = catalog.model_named(session, model)
        shown = _model(known, catalog.business(session, [known.id])[known.id], actor())
        versions = catalog.versions(session, known.id)
        shown["versions"] = [{"name": each.name, "environment": each.environment} for each in versions]
        shown["baselines"] = baselines.baselines(session, known.id)
    return answer(shown)


@BLUEPRINT.put("/models/<model>")
@requires(Permission.MODELS_WRITE, max_bytes=100_000)
@takes(ModelDocument)
def put_model(model: str) -> Response:
    """Register a model or change what is given of it."""
    document = body(ModelDocument)
    said = {name: getattr(document, name) for name in document.__struct_fields__ if name != "business"}
    change = ModelChange(**said | {"targets": _targets(document.targets)})
    with runtime().job_transaction() as session:  # since new segment keys count all stored events again
        saved = model_changes.save(session, model, change)
        _check_applying(saved, change.targets or {})
        if document.business is not None:
            model_changes.set_business(session, saved, _business(document.business))
        shown = _model(saved, catalog.business(session, [saved.id])[saved.id], actor())
    return answer(shown)


@BLUEPRINT.post("/models/<model>/baseline")
@requires(Permission.MODELS_WRITE, max_bytes=FILE_BYTES)
@takes(Span)
def post_baseline(model: str) -> Response:
    """Make a new baseline of a window of past predictions, or of a CSV or Parquet file with a column a feature."""
    with runtime().job_transaction() as session:
        known = catalog.model_named(session, model)
        made = _baseline_from_file(session, known) if _sends_a_file() else _baseline_from_window(session, known)
    return answer(made, 201)


@BLUEPRINT.get("/models/<model>/metrics")
@requires(Permission.MODELS_READ)
def metrics(model: str) -> Response:
    """Return metrics by steps of the window; without a step, one point for all of it."""
    names, segment = _names(actor()), segment_from_args()
    window, step, version = window_from_args(30 * DAY), _step(), request.args.get("version")
    with runtime().transaction() as session:
        known = catalog.model_named(session, model)
        if step is None:
            found = queries.values(session, [known], names, window, now=now(), version=version, segment=segment)
            values = found[known.name]
            points = {name: [_point(window.start, values[name])] for name in names}
        else:
            _refuse_too_many(window, step)
            steps = queries.series(session, known, names, window, step, now=now(), version=version, segment=segment)
            points = {name: [_point(point.at, point.value) for point in steps[name].points] for name in names}
    return answer({"series": [_series(METRICS[name], points[name]) for name in names]})


@BLUEPRINT.get("/models/<model>/segments/<key>")
@requires(Permission.MODELS_READ)
def by_segment(model: str, key: str) -> Response:
    """Return metrics over the window for each value of a segment key that the model declares."""
    names = _names(actor())
    window, version = window_from_args(30 * DAY), request.args.get("version")
    with runtime().transaction() as session:
        known = catalog.model_named(session, model)
        found = segmented.by_segment(session, known, key, names, window, now=now(), version=version)
    rows = [
        {"value": value, "metrics": {name: _point(window.start, each[name]) for name in names}}
        for value, each in found.items()
    ]
    return answer({"key": key, "segments": rows})


@BLUEPRINT.get("/models/<model>/performance")
@requires(Permission.MODELS_READ)
def performance(model: str) -> Response:
    """Return how right the model was, as its task asks for it; money only to those who may see it.

    Of yes and no: the confusion, the curves and other thresholds. Of several classes: the confusion of the most
    frequent, each class and the mix-ups. Of numbers: the errors. The last two come with every metric of performance.
    """
    window, threshold = window_from_args(30 * DAY), _threshold()
    part = {"version": request.args.get("version"), "segment": segment_from_args()}
    with runtime().transaction() as session:
        known = catalog.model_named(session, model)
        if known.task is not Task.BINARY:
            return answer(_report(session, known, window, part, threshold))
        found = performing.performance(session, known, window, now=now(), threshold=threshold, **part)
    shown = asdict(visible_to(actor(), found))
    shown["pr"] = shown.pop("precision_recall")
    shown["auc"] |= {"bound": shown.pop("auc_bound")}
    return answer({"task": known.task} | shown)


@BLUEPRINT.get("/models/<model>/drift")
@requires(Permission.MODELS_READ)
def drift(model: str) -> Response:
    """Return each feature's distance from the baseline with its noise floor and both histograms."""
    window, version, segment = window_from_args(7 * DAY), request.args.get("version"), segment_from_args()
    with runtime().transaction() as session:
        known = catalog.model_named(session, model)
        method = request.args.get("method")
        chosen = {"version": version, "segment": segment}
        report = drifting.drift(session, known, window, now=now(), method=method, **chosen)
        histograms = drifting.distributions(session, known, window, now=now(), **chosen)
    shown = asdict(report)
    for feature in shown["features"]:
        feature["histogram"] = histograms[feature["name"]]
    return answer(shown)


@BLUEPRINT.get("/predictions/<model>/<path:prediction_id>")
@requires(Permission.PREDICTIONS_READ)
def one_prediction(model: str, prediction_id: str) -> Response:
    """Return one prediction with its features by name, its outcome and its corrections."""
    with runtime().transaction() as session:
        known = catalog.model_named(session, model)
        found = search.find(session, known, prediction_id)
    if found is None:
        raise NotFoundError(f"The model '{known.name}' has no prediction '{prediction_id[:80]}'.")
    return answer({"model": known.name} | _prediction(found))


def _model(model: Model, parameters: Sequence[Business], who: Actor) -> dict[str, Any]:
    shown = asdict(model)
    del shown["id"]
    if who.may(Permission.IMPACT_READ):
        shown["business"] = [asdict(entry) for entry in parameters]
    return shown


def _business(document: BusinessDocument) -> Business:
    said = msgspec.structs.asdict(document)
    return Business(**said | {"costs": Costs(**msgspec.structs.asdict(document.costs))})


def _check_applying(model: Model, targets: Mapping[str, Target]) -> None:
    """Refuse targets that models of its kind can never reach or miss."""
    for name in targets:
        if model.task not in METRICS[name].tasks:
            raise InvalidInputError(f"{METRICS[name].label} is not defined for {model.task} models; it has no target.")


def _targets(documents: Mapping[str, TargetDocument] | None) -> Mapping[str, Target] | None:
    """Check that every target is of a metric, and that its lines stand in the order in which things get worse."""
    if documents is None:
        return None
    check_names(documents)
    for name, each in documents.items():
        lines = [each.target, each.warning, each.critical]
        if lines != sorted(lines, reverse=METRICS[name].better is Better.HIGHER):
            raise InvalidInputError(
                f"The target of {name} must be {each.target:g}, then the warning line, then the critical one, from"
                " good to bad."
            )
    return {name: Target(each.target, each.warning, each.critical) for name, each in documents.items()}


def _sends_a_file() -> bool:
    return request.mimetype in {files.CSV, files.PARQUET}


def _baseline_from_window(session: Session, model: Model) -> baselines.BaselineInfo:
    span = body(Span)
    window = Window(utc_instant(span.start, "'from'"), utc_instant(span.end, "'to'"))
    return model_changes.make_baseline(session, model, window)


def _baseline_from_file(session: Session, model: Model) -> baselines.BaselineInfo:
    columns = dict(files.read_columns(request.get_data(), request.mimetype))
    scores = columns.pop(SCORE, None)
    if scores is not None and not all(isinstance(value, float) for value in scores):
        raise InvalidInputError(f"The column '{SCORE}' must have a number from 0 to 1 in every row.")
    source = f"a file with {len(columns)} features"
    return model_changes.make_baseline_of_columns(
        session,
        model,
        columns,
        scores=scores,  # type: ignore[arg-type]
        source=source,
    )


def _names(who: Actor) -> Sequence[str]:
    """Return the metrics that are asked for; all that the actor may see when none is named."""
    may_see_money = who.may(Permission.IMPACT_READ)
    asked = [name.strip() for name in request.args.get("names", "").split(",") if name.strip()]
    check_names(asked)
    if any(METRICS[name].group == "business" for name in asked):
        who.require(Permission.IMPACT_READ)
    everything = [name for name, metric in METRICS.items() if may_see_money or metric.group != "business"]
    return list(dict.fromkeys(asked)) or everything


def _step() -> timedelta | None:
    text = request.args.get("step")
    if not text:
        return None
    found = _STEP.fullmatch(text)
    if found is None or int(found[1]) == 0:
        raise InvalidInputError(f"'step' is '{text[:20]}'; write it like 15m, 1h or 1d.")
    return int(found[1]) * _UNITS[found[2]]


def _report(
    session: Session, model: Model, window: Window, part: Mapping[str, str | None], threshold: float | None
) -> dict[str, Any]:
    """Return what a model of several classes took for what, or where one of numbers went wrong."""
    if threshold is not None:
        raise InvalidInputError(f"A threshold decides between yes and no; '{model.name}' is a {model.task} model.")
    names = performing.performance_metrics(model.task)
    needs = load.Needs.of(METRICS[name] for name in names)
    evidence = load.evidence(session, [model], needs, window, now=now(), **part)[model.id]
    head = {"task": model.task, "coverage": coverage(evidence)}
    values = {name: asdict(queries.value_of(METRICS[name], evidence)) for name in names}
    if model.task is Task.REGRESSION:
        return head | asdict(error_report(evidence)) | {"metrics": values}
    shown = asdict(class_report(evidence))
    return head | {"confusion": shown.pop("square")} | shown | {"metrics": values}


def _threshold() -> float | None:
    text = request.args.get("threshold")
    if not text:
        return None
    try:
        threshold = float(text)
    except ValueError:
        threshold = -1.0
    if not 0 <= threshold <= 1:
        raise InvalidInputError(f"'threshold' is '{text[:20]}'; write a number from 0 to 1.")
    return threshold


def _refuse_too_many(window: Window, step: timedelta) -> None:
    count = window.duration / step
    if count > MOST_POINTS:
        raise InvalidInputError(f"The window has {count:,.0f} steps; {MOST_POINTS:,} are the most. Use a longer step.")


def _series(metric: Metric, points: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"metric": metric.name, "label": metric.label, "unit": metric.unit, "points": points}


def _point(at: datetime, value: Value) -> dict[str, Any]:
    return {"at": at} | asdict(value)


def _prediction(found: StoredPrediction) -> dict[str, Any]:
    shown = asdict(found)
    told = {"at": shown.pop("outcome_at"), "actual": shown.pop("actual"), "corrections": shown.pop("corrections")}
    return shown | {"outcome": None if told["at"] is None else told}
