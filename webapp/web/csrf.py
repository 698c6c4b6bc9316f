"""A write must come from our own page: the origin is ours and the token belongs to the session.

Nobody can read a token of somebody else: for a session it is derived from the session's id, for a form before the
sign-in from a random word that is also in the cookie.
"""

import hmac
import secrets
from hashlib import sha256
from urllib.parse import urlsplit
from uuid import UUID

from flask import Request, Response, current_app, request

from webapp.core.errors import ForbiddenError
from webapp.web.session import runtime

COOKIE, HEADER, FIELD = "_csrf_token", "X-CSRFToken", "csrf_token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
REFUSED = "This request did not come from a page of ours, or the page is too old. Reload it and try again."


def check(request: Request, session_id: UUID | None) -> None:
    """Refuse a write that another site may have caused."""
    if not _is_ours(request) or not _has_token(request, session_id):
        raise ForbiddenError(REFUSED)


def session_token(session_id: UUID) -> str:
    return _sign(f"session:{session_id}")


def form_token() -> str:
    """Return the token for a form that is shown before the sign-in: the one in the cookie, or a fresh one."""
    present = request.cookies.get(COOKIE, "")
    if _is_form_token(present):
        return present
    word = secrets.token_urlsafe(24)
    return f"{word}.{_sign(f'form:{word}')}"


def set_cookie(response: Response, token: str) -> None:
    """Hand the token to the page: scripts of ours read it, and repeat it in a header."""
    response.set_cookie(COOKIE, token, samesite="Strict", secure=runtime().settings.is_https, httponly=False)


def _has_token(request: Request, session_id: UUID | None) -> bool:
    sent = request.headers.get(HEADER) or request.form.get(FIELD, "")
    if session_id is not None:
        return _same(sent, session_token(session_id))
    return _is_form_token(sent) and _same(sent, request.cookies.get(COOKIE, ""))


def _is_form_token(token: str) -> bool:
    word, _, signature = token.partition(".")
    return bool(word) and _same(signature, _sign(f"form:{word}"))


def _is_ours(request: Request) -> bool:
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = request.headers.get("Origin")
    return origin is None or origin in {_origin(request.host_url), _origin(runtime().settings.public_url)}


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _sign(text: str) -> str:
    key = str(current_app.secret_key).encode()
    return hmac.new(key, f"csrf:{text}".encode(), sha256).hexdigest()


def _same(left: str, right: str) -> bool:
    return hmac.compare_digest(left.encode(errors="replace"), right.encode(errors="replace"))
