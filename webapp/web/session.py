"""What a function on the web side may ask of its surroundings: the runtime, who is there, and what time it is."""

from datetime import datetime
from typing import cast

from flask import current_app
from flask_login import current_user

from webapp.accounts.actor import Actor
from webapp.core.errors import NotSignedInError
from webapp.runtime import Runtime

EXTENSION = "mission_control"


def runtime() -> Runtime:
    """Return the runtime of the app that serves this request."""
    return cast(Runtime, current_app.extensions[EXTENSION])


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
