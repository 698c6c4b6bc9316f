"""The door for alerts from outside: proven before anything is read, written once, answered after the commit."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from flask import Blueprint, Response, current_app, request
from flask.sansio.blueprints import BlueprintSetupState

from webapp.accounts.permissions import Permission
from webapp.alerting.outside import receiving, sources
from webapp.alerting.outside.receiving import Parcel
from webapp.alerting.outside.source_format import Delivery, ProofError, Sent
from webapp.alerting.outside.sources import Sender
from webapp.core.errors import FieldError, InvalidInputError, UserError
from webapp.core.together import Together
from webapp.runtime import Runtime
from webapp.telemetry.wire import Receipt, Rejection
from webapp.web import api
from webapp.web.bodies import body_bytes
from webapp.web.door import Door
from webapp.web.gate import proves_itself, requires
from webapp.web.session import RUNTIME, now, runtime

BLUEPRINT = Blueprint("sources_api", __name__, url_prefix=f"{api.PREFIX}/sources")
MAX_BYTES = 10_000_000  # 10,000 alerts with a thousand bytes of labels and annotations each
MOST_REASONS = 100
ENTRANCE = "mission_control_outside"
NOT_PROVEN = (
    "There is no such source, or the request does not prove that it comes from it. Who looks after the source finds"
    " the reason on its page, under Respond › Sources."
)


@dataclass(slots=True)
class Senders:
    """Who sends, as it was a moment ago. A request that a known sender does not prove asks the database again."""

    keep: timedelta = timedelta(seconds=5)
    size: int = 1000
    _entries: dict[str, tuple[datetime, Sender]] = field(default_factory=dict)

    def get(self, name: str, at: datetime) -> Sender | None:
        found = self._entries.get(name)
        return found[1] if found and abs(at - found[0]) < self.keep else None

    def put(self, name: str, sender: Sender, at: datetime) -> None:
        if len(self._entries) >= self.size:
            self._entries.clear()
        self._entries[name] = (at, sender)


@dataclass(slots=True)
class Refusals:
    """Proofs that failed, written down once a second at most, however many somebody tries."""

    every: timedelta = timedelta(seconds=1)
    _counts: dict[UUID, int] = field(default_factory=dict)
    _noted: dict[UUID, datetime] = field(default_factory=dict)

    def due(self, source_id: UUID, at: datetime) -> int:
        """Count one more, and return how many there are to be written down now."""
        count = self._counts.get(source_id, 0) + 1
        last = self._noted.get(source_id)
        if last is not None and abs(at - last) < self.every:
            self._counts[source_id] = count
            return 0
        self._counts[source_id], self._noted[source_id] = 0, at
        return count


@dataclass(frozen=True, slots=True)
class Entrance:
    """What the requests of a process share: who is known, how many may come in, and that they write together."""

    door: Door
    together: Together[Parcel, Receipt | UserError]
    senders: Senders = field(default_factory=Senders)
    refusals: Refusals = field(default_factory=Refusals)


@BLUEPRINT.record
def open_entrance(state: BlueprintSetupState) -> None:
    """Let half of the threads in; they wait for one transaction, so that people's pages keep theirs."""
    means: Runtime = state.app.extensions[RUNTIME]
    threads = means.settings.web_threads

    def write(parcels: Sequence[Parcel]) -> list[Receipt | UserError]:
        with means.ingest_transaction() as session:
            return receiving.receive(session, parcels, now=means.clock.now())

    door = Door(at_once=max(threads // 2, 1), waiting=max(threads // 4, 1))
    state.app.extensions[ENTRANCE] = Entrance(door, Together(write))


@BLUEPRINT.get("")
@requires(Permission.SOURCES_READ)
def find() -> Response:
    """List the sources of alerts from outside and how they were heard lately; never their secrets."""
    with runtime().transaction() as session:
        found = sources.sources(session)
    return api.answer({"sources": found, "next": None})


@BLUEPRINT.post("/<name>/alerts")
@proves_itself(max_bytes=MAX_BYTES)
def receive(name: str) -> Response:
    """Take alerts in the source's own format; see the guide "Receive alerts from outside". A repeat changes nothing."""
    headers = {key.lower(): value for key, value in request.headers.items()}
    delivery = Delivery(headers, request.get_data(), now())
    sender = _proven(name, delivery)
    entrance = _entrance()
    with entrance.door.passage():
        answered = entrance.together.do(Parcel(sender.id, _read(sender, body_bytes())))
    if isinstance(answered, UserError):
        raise answered
    if answered.rejected and not answered.accepted and not answered.duplicates:
        raise _nothing_accepted(answered.rejected)
    return api.answer(answered, 202)


def _proven(name: str, delivery: Delivery) -> Sender:
    """Return who sent it. Nobody learns from the answer whether there is such a source."""
    senders = _entrance().senders
    known = senders.get(name, delivery.at)
    if known is not None and _fault(known, delivery) is None:
        return known
    with runtime().transaction() as session:
        vault = runtime().settings.vault
        found = sources.sender(session, name, vault=vault, now=delivery.at)
    fault = None if found is None else _fault(found, delivery)
    if found is None or fault is not None:
        if found is not None and fault is not None:
            _note(found.id, fault, delivery.at)
        raise ProofError(NOT_PROVEN)
    senders.put(name, found, delivery.at)
    return found


def _fault(sender: Sender, delivery: Delivery) -> str | None:
    try:
        sender.format.verify(delivery, sender.keys)
    except ProofError as error:
        return error.message
    return None


def _note(source_id: UUID, reason: str, at: datetime) -> None:
    count = _entrance().refusals.due(source_id, at)
    if count:
        with runtime().transaction() as session:
            receiving.refuse(session, source_id, f"Not proven: {reason}.", count=count, now=at)


def _read(sender: Sender, body: bytes) -> Sent:
    try:
        return sender.format.read(body)
    except UserError as error:
        with runtime().ingest_transaction() as session:
            receiving.refuse(session, sender.id, error.message, now=now())
        raise


def _nothing_accepted(rejected: Sequence[Rejection]) -> InvalidInputError:
    first = rejected[0]
    fault = " ".join(filter(None, (first.field, first.message))).rstrip(".")
    errors = tuple(
        FieldError("/".join(("/alerts", str(each.index), *filter(None, [each.field]))), each.message)
        for each in rejected[:MOST_REASONS]
    )
    return InvalidInputError(f"None of the alerts could be taken; the first one: {fault}.", errors=errors)


def _entrance() -> Entrance:
    entrance: Entrance = current_app.extensions[ENTRANCE]
    return entrance
