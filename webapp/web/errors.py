"""Every error answers as a sentence: problem details (RFC 9457) for programs, a page for people, never a traceback."""

import logging
from typing import Any

import orjson
from flask import Flask, Response, render_template, request
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException, NotFound

from webapp.core.errors import FieldError, UnavailableError, UserError

logger = logging.getLogger(__name__)

BUG = "Something went wrong on our side. It has been written to the log; try again in a moment."
NO_DATABASE = "The database does not answer. Nothing is lost; this page works again as soon as it does."


def install(app: Flask) -> None:
    app.register_error_handler(UserError, answer)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(RecursionError, _answer_too_deep)
    app.register_error_handler(OperationalError, _answer_no_database)
    app.register_error_handler(PoolTimeoutError, _answer_no_database)
    app.register_error_handler(Exception, _answer_bug)


def answer(error: UserError) -> Response:
    """Turn an error for a person into the answer that its reader understands."""
    response = _respond(error.status, error.title, error.message, [_entry(each) for each in error.errors])
    if (seconds := getattr(error, "retry_after_seconds", None)) is not None:
        response.headers["Retry-After"] = str(seconds)
    if error.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def problem(status: int, title: str, detail: str, errors: list[dict[str, str]] | None = None) -> Response:
    document: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    if errors:
        document["errors"] = errors
    return Response(orjson.dumps(document), status=status, content_type="application/problem+json")


def _respond(status: int, title: str, detail: str, errors: list[dict[str, str]] | None = None) -> Response:
    if request.path.startswith(("/api", "/_", "/livez", "/readyz")) or request.is_json:
        return problem(status, title, detail, errors)
    return Response(
        render_template("error.html", status=status, title=title, detail=detail), status=status, mimetype="text/html"
    )


def _answer_http(error: HTTPException) -> Response:
    if error.response is not None or error.code is None:
        return error.get_response()  # type: ignore[return-value]
    detail = error.description or "The request could not be answered."
    if isinstance(error, NotFound):
        detail = "There is nothing at this address, or it is not for you."
    response = _respond(error.code, error.name, detail)
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after"}:
            response.headers[name] = value
    return response


def _answer_too_deep(_error: RecursionError) -> Response:
    return _respond(400, "Bad Request", "The document is nested too deeply.")


def _answer_no_database(error: Exception) -> Response:
    if isinstance(error, DBAPIError) and not _is_out_of_reach(error):
        return _answer_bug(error)
    logger.warning("database out of reach", extra={"route": _route()})
    return answer(UnavailableError(NO_DATABASE))


def _is_out_of_reach(error: DBAPIError) -> bool:
    """A statement that took too long or lost a deadlock is no lost connection, but not the fault of who asked."""
    code = getattr(error.orig, "pgcode", None)
    return error.connection_invalidated or code is None or code[:2] in {"08", "40", "53", "55", "57"}


def _answer_bug(error: Exception) -> Response:
    logger.error("request failed", exc_info=error, extra={"route": _route(), "method": request.method})
    return _respond(500, "Something went wrong", BUG)


def _route() -> str:
    """Return the address as it was declared: in the one that was asked for may stand the secret of a link."""
    return "" if request.url_rule is None else request.url_rule.rule


def _entry(error: FieldError) -> dict[str, str]:
    return {"at": error.at, "message": error.message}
