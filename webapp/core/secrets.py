"""Secrets that have to be known again, such as the key of a signature: sealed before they are stored.

What only has to be compared (a password, a token) is hashed instead and never comes here.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from webapp.core.errors import UserError

PURPOSE = b"mission-control sealed secrets v1"
LOST = (
    "A stored secret cannot be opened: MC_SECRET_KEY is not the one that it was sealed with."
    " Set the former one as MC_FORMER_SECRET_KEY, or give the secret anew."
)


class Vault:
    """Seals texts with a key that is derived from the secret key of the settings; the first key given seals."""

    def __init__(self, *secret_keys: str) -> None:
        self._sealing = MultiFernet([Fernet(_derived(key)) for key in secret_keys])

    def seal(self, text: str) -> bytes:
        return self._sealing.encrypt(text.encode())

    def open(self, sealed: bytes) -> str:
        try:
            return self._sealing.decrypt(sealed).decode()
        except InvalidToken:
            raise UserError(LOST) from None

    def reseal(self, sealed: bytes) -> bytes:
        """Return what was sealed with a former key sealed with the first one."""
        try:
            return self._sealing.rotate(sealed)
        except InvalidToken:
            raise UserError(LOST) from None


def _derived(secret_key: str) -> bytes:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(secret_key.encode())
    return base64.urlsafe_b64encode(derived)
