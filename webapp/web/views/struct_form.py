"""A form made of a struct: each field asks a question by its type, its limits and its description.

What a plug-in's parameters say of themselves is what people are asked, so that a new plug-in needs no form of its own.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import msgspec
from msgspec import inspect

from webapp.core.formatting import number

SECONDS = "_seconds"
UNITS: Mapping[str, int] = {"d": 86_400, "h": 3_600, "min": 60, "s": 1}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(d|days?|h|hours?|m|min|minutes?|s|sec|seconds?|)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for one field. A duration is asked in words, "5 min", and kept in seconds."""

    name: str
    kind: str  # choice, whole, number, duration, text
    help: str = ""
    options: tuple[tuple[str, str], ...] = ()
    low: float | None = None
    high: float | None = None
    is_beyond_low: bool = False  # more than `low`, not `low` itself
    longest: int | None = None
    is_optional: bool = False
    default: Any = None

    @property
    def label(self) -> str:
        words = self.name.removesuffix(SECONDS) if self.kind == "duration" else self.name
        return words.replace("_", " ").capitalize()

    @property
    def limits(self) -> str:
        """Return the limits in words, `from 1 to 365`."""
        written = duration_text if self.kind == "duration" else number
        if self.low is not None and self.high is not None:
            return f"from {written(self.low)} to {written(self.high)}"
        if self.low is not None:
            return (
                f"{'above' if self.is_beyond_low else 'from'} {written(self.low)}{'' if self.is_beyond_low else ' up'}"
            )
        return "" if self.high is None else f"up to {written(self.high)}"


def questions(struct: type[msgspec.Struct]) -> Mapping[str, Question]:
    """Return the questions of a struct's plain fields; those that hold structs or mappings are left out."""
    described = inspect.type_info(struct)
    assert isinstance(described, inspect.StructType)
    made = (_question(field.name, field.type, field.default) for field in described.fields)
    return {each.name: each for each in made if each is not None}


def written(value: Any, question: Question) -> str:
    """Return a value as a person would write it into the form."""
    if value is None or value is msgspec.NODEFAULT:
        return ""
    if question.kind == "duration":
        return duration_text(value)
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def answer(question: Question, raw: str, *, is_share: bool = False) -> Any:
    """Read what a person wrote; raise ValueError with a sentence. "5%" of a share is 0.05."""
    text = raw.strip()
    if not text:
        if question.is_optional:
            return None
        raise ValueError("Fill this in.")
    match question.kind:
        case "choice":
            if text not in {value for value, _ in question.options}:
                raise ValueError("Choose one of the list.")
            return text
        case "text":
            if question.longest is not None and len(text) > question.longest:
                raise ValueError(f"Shorten it to {question.longest:,} characters.")
            return text
        case "duration":
            return _within(question, _seconds(text))
        case _:
            found = _number(text, is_share=is_share)
            if question.kind == "whole":
                if not found.is_integer():
                    raise ValueError("Write a whole number.")
                return _within(question, int(found))
            return _within(question, found)


def duration_text(seconds: float) -> str:
    """Return 300 as `5 min`: the largest unit of which it is a whole number."""
    for unit, size in UNITS.items():
        if seconds and seconds % size == 0:
            return f"{int(seconds // size)} {unit}"
    return f"{seconds:g} s"


def _within(question: Question, value: Any) -> Any:
    is_low = question.low is not None and (value <= question.low if question.is_beyond_low else value < question.low)
    if is_low or (question.high is not None and value > question.high):
        kind = "a duration" if question.kind == "duration" else "a number"
        raise ValueError(f"Write {kind} {question.limits}.")
    return value


def _seconds(text: str) -> int:
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError("Write a duration like 30 s, 5 min, 2 h or 1 d.")
    letter = found[2][:1].lower() or "s"
    size = next(size for unit, size in UNITS.items() if unit.startswith(letter))
    return round(float(found[1]) * size)


def _number(text: str, *, is_share: bool) -> float:
    plain = re.sub(r"[\s,_$€£]|ms$", "", text.replace("−", "-"))
    try:
        value = float(plain.removesuffix("%"))
    except ValueError:
        raise ValueError("Write a number.") from None
    if not math.isfinite(value):
        raise ValueError("Write a finite number.")
    # Rounded, so that 7% is kept as 0.07 and not as what is left of it in binary.
    return round(value / 100, 12) if is_share and plain.endswith("%") else value


def _question(name: str, kind: inspect.Type, default: Any) -> Question | None:
    inner, description, is_optional = _unwrapped(kind)
    more: dict[str, Any] = {"name": name, "help": description, "is_optional": is_optional, "default": default}
    match inner:
        case inspect.LiteralType():
            return Question(kind="choice", options=tuple((str(each), _word(each)) for each in inner.values), **more)
        case inspect.EnumType():
            return Question(kind="choice", options=tuple((str(e.value), _word(e)) for e in inner.cls), **more)
        case inspect.IntType() | inspect.FloatType():
            low = inner.ge if inner.ge is not None else inner.gt
            whole = "duration" if name.endswith(SECONDS) else "whole"
            kind_word = whole if isinstance(inner, inspect.IntType) else "number"
            return Question(kind=kind_word, low=low, high=inner.le, is_beyond_low=inner.gt is not None, **more)
        case inspect.StrType():
            more["is_optional"] = is_optional or not inner.min_length
            return Question(kind="text", longest=inner.max_length, **more)
    return None


def _unwrapped(kind: inspect.Type) -> tuple[inspect.Type, str, bool]:
    """Return the type itself, its description, and whether it may be left empty."""
    description, is_optional = "", False
    while True:
        match kind:
            case inspect.Metadata():
                description = str((kind.extra_json_schema or {}).get("description", "")) or description
                kind = kind.type
            case inspect.UnionType():
                is_optional = any(isinstance(each, inspect.NoneType) for each in kind.types)
                kind = next(each for each in kind.types if not isinstance(each, inspect.NoneType))
            case _:
                return kind, description, is_optional


def _word(value: Any) -> str:
    return str(getattr(value, "label", None) or str(value).replace("_", " ").capitalize())
