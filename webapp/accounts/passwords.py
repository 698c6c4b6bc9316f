"""Passwords: hashed with argon2id, at most two at once, and judged by how hard they are to guess."""

import secrets
import threading
import unicodedata
from collections.abc import Iterable
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from webapp.core.errors import FieldError, InvalidInputError

SHORTEST, LONGEST = 15, 128
WEAKEST_SCORE = 3
SCORED_CHARACTERS = 72  # The judge takes time that grows with the square of the length.
PRODUCT_WORDS = ("mission", "control", "mission-control", "missioncontrol", "monitoring", "password")

HASHER = PasswordHasher(time_cost=1, memory_cost=46 * 1024, parallelism=1)
_AT_ONCE = threading.BoundedSemaphore(2)  # Each takes 46 MiB: a burst of sign-ins waits instead of taking the machine.


def hash_password(password: str) -> str:
    with _AT_ONCE:
        return HASHER.hash(_normalised(password))


def is_password(stored: str | None, password: str) -> bool:
    """Compare with a stored hash; without one it takes as long and is never true."""
    if len(password) > LONGEST * 4:
        return False
    with _AT_ONCE:
        try:
            HASHER.verify(stored or _nobody(), _normalised(password))
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return False
    return stored is not None


def needs_rehash(stored: str) -> bool:
    return HASHER.check_needs_rehash(stored)


def check_strength(password: str, *, words: Iterable[str] = ()) -> None:
    """Refuse a password that is short or easy to guess, and say what would help."""
    message = _weakness(_normalised(password), [*words, *PRODUCT_WORDS])
    if message:
        raise InvalidInputError(message, errors=(FieldError("/password", message),))


def generate() -> str:
    """Return a fresh password that nobody could guess and anybody can type."""
    alphabet = "abcdefghijkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(5)) for _ in range(4))


def _weakness(password: str, words: list[str]) -> str | None:
    if len(password) < SHORTEST:
        return f"Choose a password of at least {SHORTEST} characters; a few unrelated words make a good one."
    if len(password) > LONGEST:
        return f"Choose a password of at most {LONGEST} characters."
    if any("\ud800" <= character <= "\udfff" for character in password):
        return "Choose a password of whole characters; this one has halves of some."
    judged = zxcvbn(password[:SCORED_CHARACTERS], user_inputs=[word for word in words if word])
    if judged["score"] >= WEAKEST_SCORE:
        return None
    advice = judged["feedback"]["warning"] or "It is made of parts that are easy to guess"
    return f"This password is easy to guess: {advice.rstrip('.')}. A few unrelated words make a better one."


def _normalised(password: str) -> str:
    """The same characters typed on another keyboard are the same password (NIST SP 800-63B)."""
    return unicodedata.normalize("NFKC", password)


@cache
def _nobody() -> str:
    return HASHER.hash(secrets.token_urlsafe(16))
