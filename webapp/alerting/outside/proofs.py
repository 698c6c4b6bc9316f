"""The proofs that formats share: a password, a signature in hex, a signature by Standard Webhooks. Pure.

Every comparison takes as long when it fails as when it holds, and looks at the bytes that came.
"""

import base64
import binascii
import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256

from webapp.alerting.outside.source_format import Delivery, Keys, ProofError, hash_of

TOLERANCE = timedelta(minutes=5)
WEBHOOK_SECRET = "whsec_"  # noqa: S105 - how such secrets begin
LONGEST_TIMESTAMP = 12  # digits


def by_password(delivery: Delivery, keys: Keys) -> None:
    """Take the secret as a bearer token or as the password of Basic authentication."""
    header = delivery.headers.get("authorization", "")
    scheme, _, given = header.partition(" ")
    match scheme.lower():
        case "":
            raise ProofError("the header Authorization is missing")
        case "bearer":
            password = given.strip()
        case "basic":
            password = _basic_password(given)
        case _:
            raise ProofError("the header Authorization is neither Bearer nor Basic")
    if not _is_any(hash_of(password), keys.hashes):
        raise ProofError("the header Authorization does not hold the secret of this source")


def by_hex_signature(delivery: Delivery, keys: Keys, *, header: str) -> None:
    """Take the hex HMAC-SHA256 of the body; of `<timestamp>:<body>` where the source names a header for the time."""
    given = delivery.headers.get(header.lower())
    if given is None:
        raise ProofError(f"the header {header} is missing")
    signed, timestamp = delivery.body, None
    if keys.timestamp_header:
        timestamp = delivery.headers.get(keys.timestamp_header.lower())
        if timestamp is None:
            raise ProofError(f"the header {keys.timestamp_header} is missing; set it up as the timestamp header")
        signed = timestamp.encode(errors="replace") + b":" + delivery.body
    right = [hmac.new(secret.encode(), signed, sha256).hexdigest().encode() for secret in keys.secrets]
    if not _is_any(given.strip().lower().encode(errors="replace"), right):
        raise ProofError(f"the signature in {header} is not that of the body with the secret of this source")
    if timestamp is not None:
        _check_time(timestamp, delivery.at)


def by_standard_webhook(delivery: Delivery, keys: Keys) -> None:
    """Take one of the signatures `v1,<base64>` of `<id>.<timestamp>.<body>` (standardwebhooks.com)."""
    missing = [name for name in ("webhook-id", "webhook-timestamp") if not delivery.headers.get(name)]
    if missing:
        raise ProofError(f"the header {missing[0]} is missing")
    number, timestamp = delivery.headers["webhook-id"], delivery.headers["webhook-timestamp"]
    signed = f"{number}.{timestamp}.".encode(errors="replace") + delivery.body
    right = [base64.b64encode(hmac.new(_webhook_key(secret), signed, sha256).digest()) for secret in keys.secrets]
    given = [each[3:] for each in delivery.headers.get("webhook-signature", "").split()[:8] if each.startswith("v1,")]
    matches = [_is_any(each.encode(errors="replace"), right) for each in given]
    if not any(matches):
        raise ProofError("the signature in webhook-signature is not that of the body with the secret of this source")
    _check_time(timestamp, delivery.at)


def new_webhook_secret(random: bytes) -> str:
    return WEBHOOK_SECRET + base64.b64encode(random).decode()


def _webhook_key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(WEBHOOK_SECRET), validate=True)
    except binascii.Error:
        return secret.encode()


def _is_any(given: bytes, right: Iterable[bytes]) -> bool:
    """Compare with all of them, so that the time does not tell which one it was."""
    same = [hmac.compare_digest(given, each) for each in right]
    return any(same)


def _basic_password(given: str) -> str:
    try:
        return base64.b64decode(given, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise ProofError("the header Authorization is not that of Basic authentication") from None


def _check_time(timestamp: str, now: datetime) -> None:
    """Refuse what was signed long ago: somebody may have kept it to send it again."""
    if not timestamp.isascii() or not timestamp.isdecimal() or len(timestamp) > LONGEST_TIMESTAMP:
        raise ProofError("the timestamp is not a number of seconds since 1970")
    off = now.timestamp() - int(timestamp)
    if abs(off) > TOLERANCE.total_seconds():
        side = "before" if off > 0 else "after"
        raise ProofError(f"the request was signed {abs(off):,.0f} s {side} it came; 5 minutes are allowed")
