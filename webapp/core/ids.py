"""Identifiers that sort by time: UUID version 7 (RFC 9562), random for rows of ours, hashed for a client's events."""

import hashlib
import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_VERSION_7 = 7 << 76
_VARIANT = 0b10 << 62
_RANDOM_MASK = (0xFFF << 64) | ((1 << 62) - 1)


def uuid7(now: datetime) -> UUID:
    """Return a new identifier that sorts after those of earlier instants."""
    return _compose(milliseconds(now), int.from_bytes(os.urandom(10)))


def event_ids(milliseconds_since_epoch: NDArray[np.int64], digests: bytes) -> NDArray[np.uint8]:
    """Return the identifiers of events, shape (rows, 16): their time and 10 bytes of a hash of their name each.

    `digests` holds 16 bytes a row. A repeated event gets the same identifier, which is what makes ingest idempotent.
    """
    identifiers = np.empty((len(milliseconds_since_epoch), 16), dtype=np.uint8)
    identifiers[:, :6] = milliseconds_since_epoch.astype(">i8").view(np.uint8).reshape(-1, 8)[:, 2:]
    identifiers[:, 6:] = np.frombuffer(digests, np.uint8).reshape(-1, 16)[:, :10]
    identifiers[:, 6] = identifiers[:, 6] & 0x0F | 0x70  # version 7
    identifiers[:, 8] = identifiers[:, 8] & 0x3F | 0x80  # the variant of RFC 9562
    return identifiers


def lower_bound(at: datetime) -> UUID:
    """Return an identifier not above any that belongs to the instant: for ranges and partition edges."""
    return UUID(int=milliseconds(at) << 80)


def instant_of(identifier: UUID) -> datetime:
    """Return the instant (to the millisecond) that an identifier carries."""
    return _EPOCH + (identifier.int >> 80) * _MILLISECOND


def digest(*parts: str | int) -> bytes:
    """Return 16 bytes that name the parts together, without the ambiguity of joining them."""
    texts = [str(part) for part in parts]
    framed = "".join([f"{len(text)}:{text}" for text in texts])
    return hashlib.blake2b(framed.encode(), digest_size=16).digest()


def digests(parts: Sequence[str | int], names: Iterable[str]) -> bytes:
    """Return the digest of the parts with each of the names, one after the other."""
    framed = "".join(f"{len(text)}:{text}" for text in map(str, parts))
    hashed = hashlib.blake2b
    return b"".join([hashed(f"{framed}{len(name)}:{name}".encode(), digest_size=16).digest() for name in names])


def milliseconds(at: datetime) -> int:
    return (at - _EPOCH) // _MILLISECOND


def _compose(timestamp: int, noise: int) -> UUID:
    return UUID(int=(timestamp << 80) | _VERSION_7 | _VARIANT | (noise & _RANDOM_MASK))
