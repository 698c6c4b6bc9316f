"""Errors that are sentences to someone; anything else is a bug and keeps its traceback."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault in what was sent: where it is (a JSON pointer) and what to do about it."""

    at: str
    message: str


class UserError(Exception):
    """A sentence for the person at the screen: it names the thing and the remedy."""

    status = 400
    title = "The request cannot be carried out"

    def __init__(self, message: str, *, errors: tuple[FieldError, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.errors = errors


class InvalidInputError(UserError):
    status = 422
    title = "The input is not valid"


class NotSignedInError(UserError):
    status = 401
    title = "Sign in first"


class ForbiddenError(UserError):
    status = 403
    title = "You may not do this"


class NotFoundError(UserError):
    status = 404
    title = "Not found"


class ConflictError(UserError):
    """It does not fit how things stand now, often because somebody else was first; nothing was written."""

    status = 409
    title = "Not possible as things stand"


class TooLargeError(UserError):
    status = 413
    title = "The request is too large"


class ThrottledError(UserError):
    status = 429
    title = "Too many attempts"

    def __init__(self, message: str, *, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class UnavailableError(UserError):
    status = 503
    title = "Not available right now"

    def __init__(self, message: str, *, retry_after_seconds: int = 5) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds
