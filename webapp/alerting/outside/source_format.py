"""What a format of alerts from outside is: how bodies are read, how a sender proves itself, what is set up there."""

import hashlib
import secrets
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from webapp.core.errors import UserError
from webapp.telemetry.wire import Rejection

NAME_LABEL = "alertname"  # the label that says what an alert is called, in every format


class OutsideStatus(StrEnum):
    FIRING = "firing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class OutsideAlert:
    """One alert as it was sent, in clean text of bounded length. Without `starts_at` it is whatever goes on now."""

    status: OutsideStatus
    fingerprint: str  # the same for the same alert, however often it fires
    labels: Mapping[str, str]
    annotations: Mapping[str, str] = field(default_factory=dict)
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    url: str = ""
    value: float | None = None
    value_text: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """What was read: the alerts with their places in the body, why others are not, how many the sender left out."""

    alerts: Sequence[OutsideAlert]
    places: Sequence[int]
    rejected: Sequence[Rejection] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """A request as it came: its headers by their names in small letters, and the body byte for byte."""

    headers: Mapping[str, str]
    body: bytes
    at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """What a sender may prove itself with: hashes to compare with, and the secrets themselves where it signs.

    There are two while a secret is being replaced.
    """

    hashes: Sequence[bytes]
    secrets: Sequence[str] = ()
    timestamp_header: str = ""


@dataclass(frozen=True, slots=True)
class Snippet:
    """What somebody pastes where alerts come from."""

    title: str
    text: str


class ProofError(UserError):
    """Why a request does not prove its sender; people who look after the source are told, the sender is not."""

    status = 401
    title = "The sender is not known"


class SourceFormat(ABC):
    """A format. `signs` says that its senders sign, so that the secret itself has to be known."""

    name: ClassVar[str]
    label: ClassVar[str]
    description: ClassVar[str]
    proof: ClassVar[str]  # in words: how a sender proves itself
    signs: ClassVar[bool] = False
    timestamp_header: ClassVar[str] = ""  # where the instant of a signature stands, unless the source says otherwise

    @abstractmethod
    def read(self, body: bytes) -> Sent:
        """Return the alerts of a body; one that is no such body is a sentence that names the field."""

    @abstractmethod
    def verify(self, delivery: Delivery, keys: Keys) -> None:
        """Look at the bytes before anybody reads them, in constant time; raise ProofError."""

    @abstractmethod
    def snippets(self, address: str, secret: str) -> Sequence[Snippet]:
        """Return what to set up at the sender."""

    @abstractmethod
    def example(self, at: datetime) -> bytes:
        """Return a body with one alert that has been firing since the instant."""

    def new_secret(self) -> str:
        return secrets.token_urlsafe(32)


def hash_of(secret: str) -> bytes:
    """Return what is stored of a secret that is only compared; it is random, so that one round is enough."""
    return hashlib.sha256(secret.encode(errors="replace")).digest()
