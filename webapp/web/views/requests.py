"""What a callback knows of the page it belongs to: the same request that the layout was rendered from."""

from datetime import datetime
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from webapp.core.errors import InvalidInputError
from webapp.core.periods import utc_instant
from webapp.web.page import PageRequest
from webapp.web.session import actor, now, runtime


def page_request(path: str, search: object) -> PageRequest:
    """Return the request of the page at an address, for the person who is asking."""
    query = dict(parse_qsl(search.removeprefix("?"))) if isinstance(search, str) else {}
    return PageRequest(path=path, params={}, query=query, actor=actor(), now=now(), transaction=runtime().transaction)


def number_in(value: object, name: str, *, low: float | None = None, high: float | None = None) -> float:
    """Read a number that a browser sent; a sentence where it is none, or out of its range."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise InvalidInputError(f"{name} needs a number.") from None
    if number != number or abs(number) == float("inf"):
        raise InvalidInputError(f"{name} needs a finite number.")
    if (low is not None and number < low) or (high is not None and number > high):
        limits = f"from {low:g} up" if high is None else f"from {low:g} to {high:g}"
        raise InvalidInputError(f"{name} is a number {limits}.")
    return number


def text_in(value: object, name: str, *, longest: int, required: bool = True) -> str:
    """Read a line of text that a browser sent, without the space around it."""
    text = value.strip() if isinstance(value, str) else ""
    if required and not text:
        raise InvalidInputError(f"{name} is empty.")
    if len(text) > longest:
        raise InvalidInputError(f"{name} is longer than {longest} characters.")
    return text


def instant_in(value: object, name: str, zone: str) -> datetime:
    """Read a day, or a day with a time, of the person's zone."""
    try:
        at = datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise InvalidInputError(f"{name} is not a day; write it like 2026-03-10.") from None
    return utc_instant(at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone)), name)


def names_in(value: object) -> list[str]:
    """Read names or addresses between commas."""
    return [part.strip()[:120] for part in str(value or "").split(",") if part.strip()][:20]
