"""The one gate in front of every endpoint: closed unless somebody declared who may pass.

An endpoint is public by its name in `PUBLIC`, or declares a permission with `@requires`, or with `@proves_itself` that
its requests prove their sender, or belongs to Dash and is known here. Anything else answers 404, so that what a library
opens by itself stays shut.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, Response, redirect, request, url_for
from werkzeug.exceptions import BadRequest, NotFound, UnsupportedMediaType

from webapp.accounts import audit, sessions
from webapp.accounts.actor import Actor, ActorKind
from webapp.accounts.permissions import Permission
from webapp.core.errors import ForbiddenError, NotSignedInError
from webapp.web import callbacks, csrf
from webapp.web.router import ROOT, Pages
from webapp.web.server import SecureDash
from webapp.web.session import current_actor, now, runtime

View = TypeVar("View", bound=Callable[..., Any])

PUBLIC = frozenset(
    {"auth.sign_in", "auth.sign_out", "auth.welcome", "auth.invitation", "health.livez", "health.readyz"}
)
INDEX, PAGES, CALLBACK = "/", "/<path:path>", "/_dash-update-component"
SIGNED_IN = frozenset({INDEX, "/_dash-layout", "/_dash-dependencies"})
ACCESS = "_mission_control_access"


@dataclass(frozen=True, slots=True)
class Access:
    """What a route asks for; without a permission, its requests prove themselves who sent them.

    A passive route is polled: it does not keep a session awake.
    """

    permission: Permission | None
    passive: bool = False
    max_bytes: int | None = None


def requires(permission: Permission, *, passive: bool = False, max_bytes: int | None = None) -> Callable[[View], View]:
    """Declare who may call a route, and how much it takes."""

    def declare(view: View) -> View:
        setattr(view, ACCESS, Access(permission, passive, max_bytes))
        return view

    return declare


def proves_itself(*, max_bytes: int) -> Callable[[View], View]:
    """Declare a route that looks for the proof of its sender in each request, before anything else.

    Neither a session nor a token counts there, so that no browser can be made to speak for somebody.
    """

    def declare(view: View) -> View:
        setattr(view, ACCESS, Access(None, max_bytes=max_bytes))
        return view

    return declare


class Gate:
    def __init__(self, app: Flask, dash: SecureDash, pages: Pages) -> None:
        self.dash, self.pages = dash, pages
        self.declared: Mapping[str, Access] = {
            endpoint: access
            for endpoint, view in app.view_functions.items()
            if (access := getattr(view, ACCESS, None)) is not None
        }
        known = PUBLIC | SIGNED_IN | {PAGES, CALLBACK} | self.declared.keys() | dash.shut_endpoints
        undeclared = app.view_functions.keys() - known
        if undeclared:
            raise RuntimeError(f"routes without a permission (see web/gate.py): {sorted(undeclared)}")

    def __call__(self) -> Response | None:
        if isinstance(request.routing_exception, BadRequest):
            raise request.routing_exception  # The host is none, so that no address could be made for the answer.
        if "\x00" in request.path or b"%00" in request.query_string or b"\x00" in request.query_string:
            raise BadRequest("An address must not contain the character NUL.")
        endpoint = request.endpoint
        access = self.declared.get(endpoint or "")
        if access is not None and access.permission is None:
            request.max_content_length = access.max_bytes
            return None
        actor = None if endpoint in PUBLIC and request.method in csrf.SAFE_METHODS else current_actor()
        if endpoint in PUBLIC:
            self._check_write(actor)
            return None
        if actor is None:
            return _refuse_anonymous()
        if endpoint is None:
            return None  # Flask answers 404 or 405 itself.
        if endpoint == INDEX and self.pages.find(ROOT) is None:
            return redirect(self.pages.home(actor))  # type: ignore[return-value]
        passive = self._admit(endpoint, actor)
        if not passive and actor.session_id is not None:
            with runtime().transaction() as session:
                sessions.touch(session, actor.session_id, now=now())
        return None

    def _admit(self, endpoint: str, actor: Actor) -> bool:
        """Let the actor pass or raise; say whether the request is no sign of a person."""
        access = self.declared.get(endpoint)
        if access is not None and access.permission is not None:
            if access.max_bytes is not None:
                request.max_content_length = access.max_bytes
            _demand(actor, access.permission, endpoint)
            self._check_write(actor)
            return access.passive
        if actor.kind is not ActorKind.USER:
            if request.path.startswith("/api/"):
                raise NotFound
            raise ForbiddenError("A token opens only the API, under /api/v1.")
        self._check_write(actor)
        if endpoint == CALLBACK:
            return self._admit_callback(actor)
        if endpoint in {INDEX, PAGES}:
            self._admit_page(actor)
        elif endpoint not in SIGNED_IN:
            raise NotFound
        return False

    def _admit_page(self, actor: Actor) -> None:
        found = self.pages.find(request.path)
        if found is None:
            raise NotFound
        _demand(actor, found.page.permission, request.path)

    def _admit_callback(self, actor: Actor) -> bool:
        if not request.is_json:
            raise UnsupportedMediaType("A callback is called with JSON.")
        body = request.get_json()
        if b"\\u0000" in request.get_data():
            raise BadRequest("A text must not contain the character NUL.")
        output = callbacks.named_callback(body, self.dash.callback_map)
        _demand(actor, self.dash.permissions[output], output)
        callbacks.check_shape(body, self.dash.callback_map[output])
        return callbacks.is_passive(body)

    def _check_write(self, actor: Actor | None) -> None:
        if request.method in csrf.SAFE_METHODS or (actor is not None and actor.kind is ActorKind.TOKEN):
            return
        csrf.check(request, None if actor is None else actor.session_id)


def _demand(actor: Actor, permission: Permission, subject: str) -> None:
    """Refuse without the permission; the refusal is written down."""
    if actor.may(permission):
        return
    with runtime().transaction() as session:
        after = {"permission": permission}
        audit.record(session, "access.denied", actor=actor, subject=f"endpoint:{subject}", now=now(), after=after)
    actor.require(permission)


def _refuse_anonymous() -> Response:
    wants_page = request.method == "GET" and not request.path.startswith(("/api/v1", "/_"))
    if not wants_page:
        raise NotSignedInError("Sign in to go on.")
    target = request.full_path.rstrip("?")
    return redirect(url_for("auth.sign_in", next=None if target == "/" else target))  # type: ignore[return-value]
