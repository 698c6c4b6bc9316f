"""From the bytes of a request to events: all at once where all are right, else one by one, each with its answer.

JSON allows what we do not: a key given twice, of which one value would silently win, and the character NUL, which no
database text can hold. Both are looked for in the bytes first, because that costs a hundredth of looking at each item.
What JSON does not allow and many encoders write all the same, NaN and Infinity, costs no more than its own item.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from webapp.core.errors import FieldError, InvalidInputError, TooLargeError
from webapp.telemetry.wire import Deployment, Event, Measurement, Outcome, Prediction, Rejection

MAXIMUM_ITEMS = 10_000
T = TypeVar("T")


class _Named(msgspec.Struct):
    model: str = ""


_NAMED = msgspec.json.Decoder(_Named)
_OUT_OF_RANGE = re.compile(r"Expected `float` [<>]=|Number out of range")
_NUL = b"\\u0000"
# A text, with the colon after it where it is a key, or a number that is none. A text without an end reaches to the end.
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*+"?(\s*:)?|-?Infinity|NaN', re.DOTALL)
_FIELDS = frozenset({b'"score"', b'"predicted"', b'"actual"', b'"latency_ms"', b'"value"'})
_TOO_LARGE = b"1e999"  # what the decoder refuses as not finite
_SPACED = (b" :", b"\t:", b"\n:", b"\r:")
_AT = re.compile(r" - at `\$(?:\.\.\.)?\.?(.*?)`(?: in `\$.*`)?$")
_MISSING = re.compile(r"Object missing required field `(.+?)`")
_UNKNOWN = re.compile(r"Object contains unknown field `(.+?)`")
_SENTENCES: Sequence[tuple[re.Pattern[str], str]] = tuple(
    (re.compile(pattern), sentence)
    for pattern, sentence in (
        (r"Expected `float` >= (\S+)$", r"must be a number of at least \1"),
        (r"Expected `float` <= (\S+)$", r"must be a number of at most \1"),
        (r"Number out of range", "must be a finite number"),
        (r"Expected `float(?: \| null)?`, got `(\w+)`", r"must be a number, not \1"),
        (r"Expected `str(?: \| null)?`, got `(\w+)`", r"must be a text, not \1"),
        (r"Expected `str` of length >= 1$", "must not be empty"),
        (r"Expected `str` of length <= (\d+)$", r"must have at most \1 characters"),
        (
            r"Expected `str` matching regex .*",
            "must be letters, digits, underscores and colons, and begin with no digit",
        ),
        (r"(Invalid RFC3339|Expected `datetime`).*", "must be an instant with a zone, like 2026-03-01T10:00:00Z"),
        (r"Invalid value '(.*)'", r"is '\1'; it must be prediction, outcome, measurement or deployment"),
    )
)


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """What was sent: the items that are well formed with their places in the batch, and why others are not."""

    items: Sequence[T]
    places: Sequence[int]
    rejected: Sequence[Rejection]
    reasons: Mapping[tuple[str, str], int]  # how many were rejected, by (model that it names, reason)


def read_predictions(body: bytes) -> Reading[Prediction]:
    return _read(body, "predictions", Prediction, lambda item: len(item.features) + len(item.segments))


def read_outcomes(body: bytes) -> Reading[Outcome]:
    return _read(body, "outcomes", Outcome, lambda _item: 0)


def read_measurements(body: bytes) -> Reading[Measurement]:
    return _read(body, "measurements", Measurement, lambda item: len(item.labels))


def read_deployment(body: bytes) -> Deployment:
    """Return the one deployment that the body is."""
    found = _one_by_one([msgspec.Raw(_checked_json(body, msgspec.Raw))], msgspec.json.Decoder(Deployment))
    if found.rejected:
        (fault,) = found.rejected
        raise InvalidInputError(
            f"{fault.field}: {fault.message}.", errors=(FieldError(f"/{fault.field}", fault.message),)
        )
    return found.items[0]


def read_events(body: bytes) -> Reading[Event]:
    """Read one event a line; empty lines are passed over."""
    lines = [_as_json(line) for line in body.split(b"\n") if line and not line.isspace()]
    _refuse_too_many(len(lines))
    return _one_by_one([msgspec.Raw(line) for line in lines], _EVENTS)


def _read(body: bytes, name: str, kind: type[T], nested: Callable[[T], int]) -> Reading[T]:
    typed, plain = _decoders(name, kind)
    try:
        items: list[T] = getattr(typed.decode(body), name)
    except msgspec.ValidationError:
        return _one_by_one(_raw_items(body, name), msgspec.json.Decoder(kind))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        mended = _as_json(body)
        if mended == body:
            raise _no_json(error) from None
        return _one_by_one(_raw_items(mended, name), msgspec.json.Decoder(kind))
    _refuse_too_many(len(items))
    keys = 1 + sum(map(len, getattr(plain.decode(body), name))) + sum(map(nested, items))
    if _is_clean(body, keys):
        return Reading(items, range(len(items)), (), {})
    return _one_by_one(_raw_items(body, name), msgspec.json.Decoder(kind))


def _as_json(body: bytes) -> bytes:
    """Return the body with NaN as null, a missing value, and with what refuses an item where a field must be finite."""
    if b"NaN" not in body and b"Infinity" not in body:
        return body
    key = b""

    def mended(found: re.Match[bytes]) -> bytes:
        nonlocal key
        token = found[0]
        if token.startswith(b'"'):
            key = token.rstrip(b": \t\r\n") if found[1] else key
            return token
        return b"null" if token == b"NaN" and key not in _FIELDS else _TOO_LARGE

    return _TOKENS.sub(mended, body)


def _is_clean(body: bytes, keys: int) -> bool:
    """Say whether no key can have been given twice and no text can contain NUL.

    Every key ends in `":` unless there is space before the colon, and some texts contain that too. So as many of them
    as there are different keys means that each was given once.
    """
    return body.count(b'":') == keys and _NUL not in body and not any(spaced in body for spaced in _SPACED)


def _one_by_one(raw: Sequence[msgspec.Raw], decoder: msgspec.json.Decoder[T]) -> Reading[T]:
    _refuse_too_many(len(raw))
    items: list[T] = []
    places: list[int] = []
    rejected: list[Rejection] = []
    reasons: Counter[tuple[str, str]] = Counter()
    for place, each in enumerate(raw):
        reason = "malformed"
        try:
            item = decoder.decode(each)
            _refuse_unclean(bytes(each))
        except _FaultError as fault:
            rejected.append(Rejection(place, *fault.args))
        except msgspec.ValidationError as error:
            rejected.append(Rejection(place, *field_and_sentence(str(error))))
            reason = "not_finite" if _OUT_OF_RANGE.match(str(error)) else reason
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            rejected.append(Rejection(place, "", _no_json(error).message))
        else:
            items.append(item)
            places.append(place)
            continue
        reasons[_model_named(each), reason] += 1
    return Reading(items, places, rejected, reasons)


def _model_named(raw: msgspec.Raw) -> str:
    """Return the model that an item names whatever else is wrong with it; empty where none can be read."""
    try:
        return _NAMED.decode(raw).model
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""


class _FaultError(Exception):
    """A field and a sentence about it."""


def _refuse_unclean(raw: bytes) -> None:
    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in found]
        twice = next((name for name in names if names.count(name) > 1), None) if len(set(names)) < len(names) else None
        if twice is not None:
            raise _FaultError(twice[:80], "is given twice; send each field once")
        for name, value in found:
            if "\x00" in name or (isinstance(value, str) and "\x00" in value):
                raise _FaultError(name.replace("\x00", "")[:80], "contains the character NUL; send clean text")
        return dict(found)

    json.loads(raw, object_pairs_hook=pairs)


def field_and_sentence(error: str) -> tuple[str, str]:
    """Turn the decoder's words, "Expected `float` <= 1.0 - at `$.score`", into a field and a sentence about it."""
    found = _AT.search(error)
    words = error[: found.start()] if found else error
    field = found[1].replace("[...]", "").replace("[", "/").replace("]", "").replace(".", "/") if found else ""
    for pattern, sentence in ((_MISSING, "is missing"), (_UNKNOWN, "is not a field that we know; check its spelling")):
        if (named := pattern.match(words)) is not None:
            return f"{field}/{named[1]}".lstrip("/"), sentence
    if field == "score" and words.startswith("Expected `float` "):
        return field, "must be a finite number from 0 to 1"
    for pattern, sentence in _SENTENCES:
        if (matched := pattern.match(words)) is not None:
            return field, matched.expand(sentence)
    return field, words.replace("`", "'")


def _raw_items(body: bytes, name: str) -> Sequence[msgspec.Raw]:
    """Return the items of the batch undecoded; what is wrong around them refuses the batch."""
    envelope: dict[str, Any] = _checked_json(body, dict[str, msgspec.Raw])
    extra = next((key for key in envelope if key != name), None)
    if extra is not None or name not in envelope:
        at, message = (extra, "is not a field that we know") if extra is not None else (name, "is missing")
        raise InvalidInputError(
            f'Send an object with the list "{name}" and nothing else.', errors=(FieldError(f"/{at}", message),)
        )
    return list(_checked_json(bytes(envelope[name]), list[msgspec.Raw]))


def _checked_json(raw: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        raise InvalidInputError(f"The body has another shape: {str(error).replace('`', chr(39))}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _no_json(error) from None


def _no_json(error: Exception) -> InvalidInputError:
    if isinstance(error, RecursionError):
        return InvalidInputError("This is nested too deeply.")
    if isinstance(error, UnicodeDecodeError):
        return InvalidInputError("This is not UTF-8 text.")
    return InvalidInputError(f"This is not JSON (NaN and Infinity are no JSON either): {error}.")


def _refuse_too_many(count: int) -> None:
    if count > MAXIMUM_ITEMS:
        raise TooLargeError(f"{count} events are too many at once; send at most {MAXIMUM_ITEMS} in a request.")


def _decoders(name: str, kind: type[T]) -> tuple[msgspec.json.Decoder[Any], msgspec.json.Decoder[Any]]:
    """Return decoders of a batch, into items and into their keys."""
    if name not in _DECODERS:
        typed = msgspec.defstruct("Batch", [(name, list[kind])], forbid_unknown_fields=True)  # type: ignore[valid-type]
        plain = msgspec.defstruct("Keys", [(name, list[dict[str, msgspec.Raw]])])
        _DECODERS[name] = msgspec.json.Decoder(typed), msgspec.json.Decoder(plain)
    return _DECODERS[name]


_DECODERS: dict[str, tuple[msgspec.json.Decoder[Any], msgspec.json.Decoder[Any]]] = {}
_EVENTS: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
