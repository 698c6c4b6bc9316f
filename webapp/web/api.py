"""What the routes of the API share: a body that is decoded and checked at once, answers, cursors, windows of time."""

import base64
import binascii
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, TypeVar
from uuid import UUID

import msgspec
import orjson
from flask import Response, request

from webapp.core.errors import FieldError, InvalidInputError, NotFoundError
from webapp.core.periods import EARLIEST, Window, utc_instant
from webapp.web.session import now

PREFIX = "/api/v1"
JSON = "application/json"
LONGEST_NUMBER = 18  # digits; Python refuses to read thousands of them

T = TypeVar("T")
View = TypeVar("View", bound=Callable[..., Any])
BODY = "_mission_control_body"


def takes(kind: type[Any]) -> Callable[[View], View]:
    """Declare what a route's body is made of, for the API's own description."""

    def declare(view: View) -> View:
        setattr(view, BODY, kind)
        return view

    return declare


def body(kind: type[T]) -> T:
    """Return the request's JSON as the type; what does not fit is a 422 that names the place."""
    try:
        return msgspec.json.decode(request.get_data() or b"{}", type=kind)
    except msgspec.ValidationError as error:
        raise invalid(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"The body is not JSON: {error}.") from None


def invalid(error: msgspec.ValidationError) -> InvalidInputError:
    """Turn the decoder's words, "Expected `int`, got `str` - at `$.rules[0].id`", into a fault with a JSON pointer."""
    sentence, _, place = str(error).partition(" - at `")
    pointer = place.rstrip("`").removeprefix("$").replace("[", ".").replace("]", "").replace(".", "/")
    message = sentence.replace("`", "'")
    return InvalidInputError(f"{pointer or 'The body'}: {message}.", errors=(FieldError(pointer or "/", message),))


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a struct, dataclass or dict as JSON; instants end in Z."""
    raw = orjson.dumps(value, default=_plain, option=orjson.OPT_UTC_Z | orjson.OPT_SERIALIZE_NUMPY)
    return Response(raw, status=status, content_type=JSON, headers=dict(headers or {}))


def uuid_of(text: str, thing: str) -> UUID:
    """Read an identifier out of a path; anything else names nothing."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFoundError(f"There is no {thing} '{text[:64]}'.") from None


def encode_cursor(*parts: Any) -> str:
    """Return where a list stopped as an opaque text."""
    return base64.urlsafe_b64encode(orjson.dumps(parts, default=_plain)).decode().rstrip("=")


def decode_cursor(text: str | None, count: int) -> list[Any] | None:
    """Return the parts of a cursor, or None without one."""
    if not text:
        return None
    try:
        parts = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error):
        parts = None
    if not isinstance(parts, list) or len(parts) != count:
        raise InvalidInputError("The cursor is not one of ours; leave it out to begin at the start.")
    return parts


def window_from_args(default: timedelta) -> Window:
    """Return the window that `from` and `to` name; without them, the time up to now."""
    end = instant_arg("to") or now()
    return Window(instant_arg("from") or max(end - default, EARLIEST), end)


def segment_from_args() -> str | None:
    """Return the one segment that is asked for, as "key=value"; counts are kept by one key at a time."""
    asked = [
        (name.removeprefix("segment."), value) for name, value in request.args.items() if name.startswith("segment.")
    ]
    if len(asked) > 1:
        raise InvalidInputError("Counts are kept by one segment key at a time; ask for one of them.")
    return f"{asked[0][0]}={asked[0][1]}" if asked else None


def instant_arg(name: str) -> datetime | None:
    text = request.args.get(name)
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise InvalidInputError(f"'{name}' is '{text[:40]}'; write an instant like 2026-03-01T10:00:00Z.") from None
    if at.tzinfo is None:
        raise InvalidInputError(f"'{name}' is '{text[:40]}', without a zone; write it like 2026-03-01T10:00:00Z.")
    return utc_instant(at, f"'{name}'")


def integer_arg(name: str, default: int, *, largest: int) -> int:
    text = request.args.get(name)
    if text is None:
        return default
    if not text.isdecimal() or len(text) > LONGEST_NUMBER or not 1 <= int(text) <= largest:
        raise InvalidInputError(f"'{name}' is '{text[:40]}'; write a whole number from 1 to {largest}.")
    return int(text)


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, frozenset | set):
        return sorted(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    return msgspec.to_builtins(value)
