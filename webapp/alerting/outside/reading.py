"""From the bytes of a delivery to clean alerts of bounded size: what formats share. Pure.

What is too long is cut where one sees it, what cannot be used is refused alert by alert; a body is refused as a whole
only where it has another shape.
"""

import hashlib
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec

from webapp.alerting.outside.source_format import OutsideAlert, Sent
from webapp.core.errors import FieldError, InvalidInputError, TooLargeError
from webapp.core.periods import utc_instant
from webapp.telemetry.reading import field_and_sentence
from webapp.telemetry.wire import Rejection

MOST_ALERTS = 10_000
MOST_LABELS, MOST_ANNOTATIONS = 64, 32
LONGEST_NAME, LONGEST_LABEL, LONGEST_ANNOTATION, LONGEST_URL = 200, 1_000, 4_000, 2_000
MORE = "…"  # the label that says how many were left out
DEEP = "This is nested too deeply."

# Control characters, those that turn the direction of a line, and halves of surrogate pairs: nobody means them.
_UNCLEAN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_KIND = re.compile(r"Expected '(.+?)', got '(.+?)'$")
_KINDS = {
    "object": "an object",
    "array": "a list",
    "str": "a text",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "null": "null",
}
_ENUM = re.compile(r"Invalid enum value '?(.*?)'?$")

T = TypeVar("T")


class UnusableError(Exception):
    """A field and a sentence about it: this alert is refused, the others are taken."""

    def __init__(self, at: str, message: str) -> None:
        super().__init__(at, message)
        self.at, self.message = at, message


def decoded(body: bytes, kind: type[T]) -> T:
    """Return the body as the type; what is wrong with it as a whole is a sentence that names the place."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        at, message = _fault(error)
        named = f"{at} {message}" if at else f"The body {message}"
        raise InvalidInputError(f"{named}.", errors=(FieldError(f"/{at}", message),)) from None
    except RecursionError:
        raise InvalidInputError(DEEP) from None
    except UnicodeDecodeError:
        raise InvalidInputError("This is not UTF-8 text.") from None
    except msgspec.DecodeError as error:
        raise InvalidInputError(f"This is not JSON (NaN and Infinity are no JSON either): {error}.") from None


def each_of(
    items: Sequence[msgspec.Raw], kind: type[T], alert: Callable[[T], OutsideAlert], *, left_out: int = 0
) -> Sent:
    """Read the items one by one, so that one that is wrong refuses no other."""
    if len(items) > MOST_ALERTS:
        raise TooLargeError(f"{len(items):,} alerts are too many at once; send at most {MOST_ALERTS:,} in a request.")
    decoder = msgspec.json.Decoder(kind)
    alerts: list[OutsideAlert] = []
    places: list[int] = []
    rejected: list[Rejection] = []
    for place, item in enumerate(items):
        try:
            made = alert(decoder.decode(item))
        except msgspec.ValidationError as error:
            rejected.append(Rejection(place, *_fault(error)))
        except UnusableError as error:
            rejected.append(Rejection(place, error.at, error.message))
        except (RecursionError, UnicodeDecodeError, msgspec.DecodeError):
            rejected.append(Rejection(place, "", "is nested too deeply, or not JSON"))
        else:
            alerts.append(made)
            places.append(place)
    return Sent(alerts, places, rejected, left_out)


def clean(text: str, most: int) -> str:
    """Return the text with what nobody can read made visible, cut where it is too long, with a word on how much."""
    shown = _UNCLEAN.sub("�", text.replace("\r\n", "\n"))
    return shown if len(shown) <= most else f"{shown[:most]}… ({len(shown) - most:,} characters more)"


def clean_labels(labels: Mapping[str, str]) -> dict[str, str]:
    return _bounded(labels, MOST_LABELS, LONGEST_LABEL)


def clean_annotations(annotations: Mapping[str, str] | None) -> dict[str, str]:
    return _bounded(annotations or {}, MOST_ANNOTATIONS, LONGEST_ANNOTATION)


def clean_url(text: str | None) -> str:
    """Return an address of the web, or nothing: half an address, or a script, leads nowhere."""
    url = (text or "").strip()
    if not url or len(url) > LONGEST_URL or _UNCLEAN.search(url) or any(each.isspace() for each in url):
        return ""
    try:
        parts = urlsplit(url)
        return url if parts.scheme in {"http", "https"} and parts.hostname else ""
    except ValueError:
        return ""


def instant_of(at: datetime, field: str) -> datetime:
    """Return the instant in UTC, or refuse the alert: one without a zone, or where no alert can be."""
    if at.tzinfo is None:
        raise UnusableError(field, "must be an instant with a zone, like 2026-03-01T10:00:00Z")
    try:
        return utc_instant(at, field)
    except InvalidInputError as error:
        raise UnusableError(field, error.message.removeprefix(f"{field} ").rstrip(".")) from None


def number_of(value: float | None) -> float | None:
    """Return a number that can be stored; JSON also knows whole numbers beyond all of those."""
    try:
        found = None if value is None else float(value)
    except OverflowError:
        return None
    return found if found is not None and math.isfinite(found) else None


def fingerprint_of(labels: Mapping[str, str]) -> str:
    """Return what names an alert whose sender gives it no name: a hash of all of its labels, before any is cut."""
    framed = "".join(f"{len(part)}:{part}" for pair in sorted(labels.items()) for part in pair)
    return hashlib.blake2b(framed.encode(errors="replace"), digest_size=16).hexdigest()


def _bounded(texts: Mapping[str, str], most: int, longest: int) -> dict[str, str]:
    names: Iterable[str] = sorted(texts)
    kept = {clean(name, LONGEST_NAME): clean(texts[name], longest) for name in list(names)[:most]}
    return kept if len(texts) <= most else kept | {MORE: f"{len(texts) - most:,} more were left out"}


def _fault(error: msgspec.ValidationError) -> tuple[str, str]:
    at, message = field_and_sentence(str(error))
    if (found := _ENUM.match(message)) is not None:
        return at[:200], f"is '{found[1][:40]}'; it must be firing or resolved"
    if (found := _KIND.match(message)) is not None:
        wanted = " or ".join(_KINDS.get(each, each) for each in found[1].split(" | "))
        return at[:200], f"must be {wanted}, not {_KINDS.get(found[2], found[2])}"
    return at[:200], message[:300]
