"""The doors for events: what services send is checked item by item, stored, and answered after the commit."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from flask import Blueprint, Response, current_app
from flask.sansio.blueprints import BlueprintSetupState
from sqlalchemy.orm import Session

from webapp.accounts.actor import Actor
from webapp.accounts.permissions import Permission
from webapp.catalog import queries as catalog
from webapp.core.errors import FieldError, InvalidInputError, NotFoundError, UserError
from webapp.telemetry import ingest, reading
from webapp.telemetry.ingest import Limits
from webapp.telemetry.reading import Reading
from webapp.telemetry.refusals import ModelCheck, count_refusals
from webapp.telemetry.wire import (
    Deployment,
    Event,
    Measurement,
    Measurements,
    Outcome,
    Outcomes,
    Prediction,
    Predictions,
    Receipt,
    Rejection,
)
from webapp.web.api import answer, takes
from webapp.web.bodies import body_bytes
from webapp.web.door import Door
from webapp.web.gate import requires
from webapp.web.session import RUNTIME, actor, now, runtime

BLUEPRINT = Blueprint("ingest", __name__, url_prefix="/api/v1")
MAX_BYTES = 16_000_000  # 10,000 predictions of 20 features with long names, and of a compressed body what it unpacks to
MOST_REASONS = 100
DOOR = "mission_control_door"

T = TypeVar("T")
Taking = Callable[[Session, Sequence[T], datetime, Limits, ModelCheck], Receipt]


@BLUEPRINT.record
def hang_door(state: BlueprintSetupState) -> None:
    """Give the application a door of its own, as wide as its threads allow."""
    settings = state.app.extensions[RUNTIME].settings
    state.app.extensions[DOOR] = Door.for_threads(settings.web_threads)


@BLUEPRINT.post("/predictions")
@requires(Permission.EVENTS_WRITE, max_bytes=MAX_BYTES)
@takes(Predictions)
def predictions() -> Response:
    """Store predictions. The same id and body again is a duplicate; another body is refused."""
    return _take(reading.read_predictions, "predictions", _predictions)


@BLUEPRINT.post("/outcomes")
@requires(Permission.EVENTS_WRITE, max_bytes=MAX_BYTES)
@takes(Outcomes)
def outcomes() -> Response:
    """Store what really happened; it may come before its prediction, and another answer later is a correction."""
    return _take(reading.read_outcomes, "outcomes", _outcomes)


@BLUEPRINT.post("/measurements")
@requires(Permission.EVENTS_WRITE, max_bytes=MAX_BYTES)
@takes(Measurements)
def measurements() -> Response:
    """Store values of gauges; the label `model` ties one to a model."""
    return _take(reading.read_measurements, "measurements", _measurements)


@BLUEPRINT.post("/events")
@requires(Permission.EVENTS_WRITE, max_bytes=MAX_BYTES)
@takes(Event)  # type: ignore[arg-type]
def events() -> Response:
    """Store a mixture of everything, one JSON object a line with its `kind`."""
    return _take(reading.read_events, "events", _events)


@BLUEPRINT.post("/deployments")
@requires(Permission.EVENTS_WRITE, max_bytes=100_000)
@takes(Deployment)
def deployments() -> Response:
    """Record that a version went live."""
    with _door().passage():
        deployment = reading.read_deployment(body_bytes())
        with runtime().ingest_transaction() as session:
            is_new = ingest.accept_deployment(
                session, deployment, now=now(), limits=_limits(), check_model=_check(session, actor())
            )
    return answer(Receipt(int(is_new), int(not is_new), []), 202)


def _take(read: Callable[[bytes], Reading[T]], name: str, take: Taking[T]) -> Response:
    """Read the body, store what is right in it, and answer once that is committed."""
    with _door().passage():
        found = read(body_bytes())
        with runtime().ingest_transaction() as session:
            receipt = take(session, found.items, now(), _limits(), _check(session, actor()))
            count_refusals(session, name.removesuffix("s"), found.reasons, now=now())
    rejected = [Rejection(found.places[each.index], each.field, each.message) for each in receipt.rejected]
    rejected = sorted([*rejected, *found.rejected], key=lambda each: each.index)
    if rejected and not receipt.accepted and not receipt.duplicates:
        raise _nothing_accepted(name, rejected)
    return answer(Receipt(receipt.accepted, receipt.duplicates, rejected), 202)


def _predictions(
    session: Session, items: Sequence[Prediction], at: datetime, limits: Limits, check: ModelCheck
) -> Receipt:
    return ingest.accept_predictions(session, items, now=at, limits=limits, check_model=check)


def _outcomes(session: Session, items: Sequence[Outcome], at: datetime, limits: Limits, check: ModelCheck) -> Receipt:
    return ingest.accept_outcomes(session, items, now=at, limits=limits, check_model=check)


def _measurements(
    session: Session, items: Sequence[Measurement], at: datetime, limits: Limits, check: ModelCheck
) -> Receipt:
    return ingest.accept_measurements(session, items, now=at, limits=limits, check_model=check)


def _deployments(
    session: Session, items: Sequence[Deployment], at: datetime, limits: Limits, check: ModelCheck
) -> Receipt:
    accepted, rejected = 0, []
    for place, item in enumerate(items):
        try:
            accepted += ingest.accept_deployment(session, item, now=at, limits=limits, check_model=check)
        except UserError as error:
            rejected.append(Rejection(place, "deployment", error.message))
    return Receipt(accepted, len(items) - accepted - len(rejected), rejected)


def _events(session: Session, items: Sequence[Event], at: datetime, limits: Limits, check: ModelCheck) -> Receipt:
    """Take the events of each kind together, and give every refusal the place that its event has in the whole."""
    accepted = duplicates = 0
    rejected: list[Rejection] = []
    for kind, take in _KINDS.items():
        places = [place for place, item in enumerate(items) if isinstance(item, kind)]
        if places:
            receipt = take(session, [items[place] for place in places], at, limits, check)
            accepted, duplicates = accepted + receipt.accepted, duplicates + receipt.duplicates
            rejected += [Rejection(places[each.index], each.field, each.message) for each in receipt.rejected]
    return Receipt(accepted, duplicates, rejected)


_KINDS: dict[type, Taking[Event]] = {
    Prediction: _predictions,  # type: ignore[dict-item]
    Outcome: _outcomes,  # type: ignore[dict-item]
    Measurement: _measurements,  # type: ignore[dict-item]
    Deployment: _deployments,  # type: ignore[dict-item]
}


def _check(session: Session, who: Actor) -> ModelCheck:
    """Return what says whether this token may write events of a model."""

    def check(name: str) -> str | None:
        if not who.may_ingest(name):
            return f"may not be written with this token, whose scopes are {', '.join(sorted(who.scopes))}"
        if who.may_create_models or _is_registered(session, name):
            return None
        return "is not registered; register the model, or use a token with the scope ingest:*"

    return check


def _is_registered(session: Session, name: str) -> bool:
    try:
        return bool(catalog.model_named(session, name))
    except NotFoundError:
        return False


def _door() -> Door:
    door: Door = current_app.extensions[DOOR]
    return door


def _limits() -> Limits:
    settings = runtime().settings
    return Limits(
        retention=timedelta(days=settings.retention_events_days),
        outcome_window=timedelta(days=settings.outcome_window_days),
    )


def _nothing_accepted(name: str, rejected: Sequence[Rejection]) -> InvalidInputError:
    first = rejected[0]
    fault = " ".join(filter(None, [first.field, first.message])).rstrip(".")
    sentence = f"None of the {name} could be accepted; the first one: {fault}."
    errors = tuple(
        FieldError("/".join(("", name, str(each.index), *filter(None, [each.field]))), each.message)
        for each in rejected[:MOST_REASONS]
    )
    return InvalidInputError(sentence, errors=errors)
