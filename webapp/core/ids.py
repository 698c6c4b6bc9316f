"""Identifiers that sort by time: UUID version 7 (RFC 9562), random for rows of ours, hashed for a client's events."""

import hashlib
import os
from datetime import UTC, datetime
from uuid import UUID

_VERSION_7 = 7 << 76
_VARIANT = 0b10 << 62
_RANDOM_MASK = (0xFFF << 64) | ((1 << 62) - 1)


def uuid7(now: datetime) -> UUID:
    """Return a new identifier that sorts after those of earlier instants."""
    return _compose(milliseconds(now), int.from_bytes(os.urandom(10)))


def event_id(at: datetime, digest: bytes) -> UUID:
    """Return the identifier of an event: its time and a hash of its name, so that a repeat gets the same one."""
    return _compose(milliseconds(at), int.from_bytes(digest[:10]))


def lower_bound(at: datetime) -> UUID:
    """Return an identifier not above any that belongs to the instant: for ranges and partition edges."""
    return UUID(int=milliseconds(at) << 80)


def instant_of(identifier: UUID) -> datetime:
    """Return the instant (to the millisecond) that an identifier carries."""
    return datetime.fromtimestamp((identifier.int >> 80) / 1000, UTC)


def digest(*parts: str | int) -> bytes:
    """Return 16 bytes that name the parts together, without the ambiguity of joining them."""
    framed = "\x1f".join(str(part) for part in parts)
    return hashlib.blake2b(framed.encode(), digest_size=16).digest()


def milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _compose(timestamp: int, noise: int) -> UUID:
    return UUID(int=(timestamp << 80) | _VERSION_7 | _VARIANT | (noise & _RANDOM_MASK))
