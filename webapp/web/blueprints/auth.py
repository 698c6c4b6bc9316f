"""The doors for people: signing in and out, the first administrator's welcome, and invitations."""

from typing import Any

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request

from webapp.accounts import audit, bootstrap, sessions
from webapp.accounts.sign_in import sign_in as start
from webapp.accounts.sign_in import start_session
from webapp.accounts.tables import UserRow
from webapp.core.errors import ThrottledError, UserError
from webapp.web import csrf
from webapp.web.router import Pages
from webapp.web.session import clear_cookie, cookie_name, current_actor, now, runtime, set_cookie

BLUEPRINT = Blueprint("auth", __name__)
PAGES = "mission_control_pages"
WRONG = "The e-mail address or the password is not right."
ENDED = {
    "session": "Your session has ended. Sign in to go on where you were.",
    "undone": "Your session has ended, so what you just did was not done. Sign in, and do it again.",
}
FORM_MAX_BYTES = 20_000


@BLUEPRINT.url_value_preprocessor
def limit_forms(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Take no more than a form has, from whoever it is; said this early since the gate already reads it."""
    request.max_content_length = FORM_MAX_BYTES


@BLUEPRINT.route("/login", methods=["GET", "POST"])
def sign_in() -> Response:
    target = local_path(request.values.get("next"))
    if request.method == "GET":
        if current_actor() is not None:
            return _to(target or "/")
        return _form("login.html", 200, next=target or "", message=ENDED.get(request.args.get("ended", "")))
    email, password = _field("email"), _field("password")
    try:
        key = start(
            runtime().transaction,
            email,
            password,
            address=request.remote_addr or "",
            user_agent=request.user_agent.string,
            now=now(),
        )
    except ThrottledError as error:
        response = _form("login.html", error.status, next=target or "", email=email, message=error.message)
        response.headers["Retry-After"] = str(error.retry_after_seconds)
        return response
    if key is None:
        return _form("login.html", 401, next=target or "", email=email, message=WRONG)
    return _enter(key, target)


@BLUEPRINT.post("/logout")
def sign_out() -> Response:
    who = current_actor()
    if who is not None and who.id is not None and who.session_id is not None:
        with runtime().transaction() as session:
            sessions.end(session, who.session_id, user_id=who.id, because="signed out", now=now())
            audit.record(session, "session.ended", actor=who, subject=f"user:{who.email}", now=now())
    response = _to("/login")
    clear_cookie(response)
    response.delete_cookie(csrf.COOKIE, samesite="Strict", secure=runtime().settings.is_https)
    return response


@BLUEPRINT.route("/welcome/<secret>", methods=["GET", "POST"])
def welcome(secret: str) -> Response:
    """The first administrator says who they are and chooses a password."""
    return _claim(secret, "welcome.html")


@BLUEPRINT.route("/invitation/<secret>", methods=["GET", "POST"])
def invitation(secret: str) -> Response:
    """Somebody who was invited, or needs a new password, chooses one."""
    return _claim(secret, "invitation.html")


def local_path(target: str | None) -> str | None:
    """Return a target inside of this app, else None: nobody is sent elsewhere by a link to us."""
    if not target or not target.isprintable() or "\\" in target:
        return None
    return target if target.startswith("/") and not target.startswith("//") else None


def _claim(secret: str, template: str) -> Response:
    with runtime().transaction() as session:
        invited = bootstrap.invited_user(session, secret, now=now())
    if request.method == "GET":
        return _form(template, 200, user=invited)
    try:
        key = _claimed(secret, template)
    except UserError as error:
        given = {"email": _field("email"), "name": _field("name")}
        return _form(template, error.status, user=invited, message=error.message, **given)
    return _enter(key, None)


def _claimed(secret: str, template: str) -> str:
    """Use the link up and sign in whoever it was for."""
    password, address = _field("password"), request.remote_addr or ""
    with runtime().transaction() as session:
        user: UserRow
        if template == "welcome.html":
            user = bootstrap.create_first_administrator(
                session, secret, email=_field("email"), name=_field("name"), password=password, now=now()
            )
        else:
            user = bootstrap.accept_invitation(session, secret, password=password, now=now())
        agent = request.user_agent.string
        return start_session(session, user.id, address=address, user_agent=agent, now=now())


def _enter(key: str, target: str | None) -> Response:
    """Hand out the new session, and end the one that this browser had before."""
    former = request.cookies.get(cookie_name())
    with runtime().transaction() as session:
        if former:
            sessions.end_by_key(session, former, because="signed in again", now=now())
        who = sessions.actor_of(session, key, address=request.remote_addr or "", now=now())
    if who is None or who.session_id is None:
        return _form("login.html", 401, message=WRONG)
    pages: Pages = current_app.extensions[PAGES]
    response = _to(target or pages.home(who))
    set_cookie(response, key)
    csrf.set_cookie(response, csrf.session_token(who.session_id))
    return response


def _form(template: str, status: int, **context: object) -> Response:
    token = csrf.form_token()
    organisation = runtime().settings.organisation
    page = render_template(template, csrf_token=token, organisation=organisation, **context)
    response = make_response(page, status)
    csrf.set_cookie(response, token)
    return response


def _field(name: str) -> str:
    """Return a form field as text that the database takes."""
    return request.form.get(name, "").replace("\x00", "")


def _to(path: str) -> Response:
    return redirect(path, code=303)  # type: ignore[return-value]
