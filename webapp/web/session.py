"""Who is there, and the means at hand: the runtime, the actor and the instant of the request that is being answered."""

from dataclasses import replace
from datetime import datetime
from typing import cast

from flask import Flask, Request, Response, current_app
from flask_login import LoginManager, UserMixin, current_user

from webapp.accounts import sessions, tokens
from webapp.accounts.actor import Actor
from webapp.accounts.tokens import TokenCache
from webapp.core.errors import NotSignedInError
from webapp.runtime import Runtime
from webapp.web.shared import Shared

RUNTIME, TOKENS, SHARED = "mission_control", "mission_control_tokens", "mission_control_shared"


class SignedIn(UserMixin):  # type: ignore[misc]
    """What Flask-Login carries about: our actor, for one request."""

    def __init__(self, actor: Actor) -> None:
        self.id = str(actor.id)
        self.actor = actor


def install(app: Flask, runtime: Runtime) -> None:
    """Give an app its runtime, and let Flask-Login ask us who sent a request."""
    app.extensions[RUNTIME] = runtime
    app.extensions[TOKENS] = TokenCache()
    app.extensions[SHARED] = Shared()
    app.config["REMEMBER_COOKIE_NAME"] = "__Host-none"  # We keep sessions ourselves: nothing is remembered in a cookie.
    manager = LoginManager(app)
    manager.session_protection = None
    manager.request_loader(_load)


def runtime() -> Runtime:
    """Return the runtime of the app that serves this request."""
    return cast(Runtime, current_app.extensions[RUNTIME])


def shared() -> Shared:
    """Return what is asked once for all browsers of this process."""
    return cast(Shared, current_app.extensions[SHARED])


def actor() -> Actor:
    """Return who is asking; without a sign-in or a token there is no answer."""
    found = current_actor()
    if found is None:
        raise NotSignedInError("Sign in to go on.")
    return found


def current_actor() -> Actor | None:
    return cast("Actor | None", getattr(current_user, "actor", None))


def now() -> datetime:
    return runtime().clock.now()


def cookie_name() -> str:
    """Under https the browser itself keeps the cookie from other hosts and from plain http."""
    return "__Host-mc_session" if runtime().settings.is_https else "mc_session"


def set_cookie(response: Response, key: str) -> None:
    is_https = runtime().settings.is_https
    response.set_cookie(cookie_name(), key, httponly=True, samesite="Lax", secure=is_https, path="/")


def clear_cookie(response: Response) -> None:
    response.delete_cookie(cookie_name(), httponly=True, samesite="Lax", secure=runtime().settings.is_https, path="/")


def _load(request: Request) -> SignedIn | None:
    """Find the actor by the token of a program (under /api only) or by the session of a browser."""
    address = request.remote_addr or ""
    if request.path.startswith("/api/") and "Authorization" in request.headers:
        found = _holder(request.headers["Authorization"], address)
    else:
        key = request.cookies.get(cookie_name())
        found = None if not key else _person(key, address)
    return None if found is None else SignedIn(found)


def _person(key: str, address: str) -> Actor | None:
    with runtime().transaction() as session:
        return sessions.actor_of(session, key, address=address, now=now())


def _holder(header: str, address: str) -> Actor | None:
    scheme, _, text = header.partition(" ")
    if scheme.lower() != "bearer":
        return None
    cache: TokenCache = current_app.extensions[TOKENS]
    if (known := cache.get(text, now=now())) is not None:
        return known if known.address == address else replace(known, address=address)
    with runtime().transaction() as session:
        found = tokens.actor_of(session, text, address=address, now=now())
    if found is not None:
        cache.put(text, found, now=now())
    return found
