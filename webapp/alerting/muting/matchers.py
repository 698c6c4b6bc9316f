"""Which alerts a silence or an inhibition speaks of: matchers on labels, read and written as in Alertmanager.

Regular expressions match a whole value and are RE2, whose time grows with the text and no faster (ADR 8). A label that
an alert does not have counts as empty.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

import orjson
import re2

from webapp.alerting.severity import Severity
from webapp.core.errors import InvalidInputError

MOST = 20  # matchers of a set
LONGEST_LABEL, LONGEST_VALUE = 200, 1_000
EXAMPLE = 'write it like model=churn or severity=~"high|critical"'
OWN = frozenset({"model", "version", "rule", "severity", "type", "source"})
"""Labels that every alert has of its own; they go before labels of the same name that its series has."""

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False  # They are told to whoever wrote the expression.
_LABEL = re.compile(r'"((?:[^"\\]|\\.)*)"|([^\s"=!~,{}]+)', re.DOTALL)
_OPERATOR = re.compile(r"\s*(=~|!~|!=|==|=)\s*")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_BARE = re.compile(r'[^,\n"]*')
_SIMPLE = re.compile(r"[\w.:/@-]+")
_SIMPLE_LABEL = re.compile(r"[\w.:/@-]+")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t"}


class Operator(StrEnum):
    EQUAL = "="
    NOT_EQUAL = "!="
    REGEX = "=~"
    NOT_REGEX = "!~"

    @property
    def is_regex(self) -> bool:
        return self in {Operator.REGEX, Operator.NOT_REGEX}

    @property
    def is_negative(self) -> bool:
        return self in {Operator.NOT_EQUAL, Operator.NOT_REGEX}


@dataclass(frozen=True, slots=True)
class Matcher:
    """A condition on one label."""

    label: str
    operator: Operator
    value: str

    def matches(self, labels: Mapping[str, str]) -> bool:
        given = labels.get(self.label, "")
        found = bool(_compiled(self.value).fullmatch(given)) if self.operator.is_regex else given == self.value
        return found is not self.operator.is_negative

    def __str__(self) -> str:
        is_plain = not self.operator.is_regex and _SIMPLE.fullmatch(self.value) is not None
        label = self.label if _SIMPLE_LABEL.fullmatch(self.label) else _quoted(self.label)
        return f"{label}{self.operator}{self.value if is_plain else _quoted(self.value)}"


Matchers = tuple[Matcher, ...]


def matches(matchers: Iterable[Matcher], labels: Mapping[str, str]) -> bool:
    """Say whether the labels meet every matcher."""
    return all(matcher.matches(labels) for matcher in matchers)


def matcher(label: str, operator: str, value: str) -> Matcher:
    """Return a matcher that can be used, or say what is wrong with it."""
    try:
        chosen = Operator(operator)
    except ValueError:
        raise InvalidInputError(f"'{operator[:10]}' compares nothing; use =, !=, =~ or !~.") from None
    label = label.strip()
    for text, what, longest in ((label, "The label", LONGEST_LABEL), (value, "The value", LONGEST_VALUE)):
        _refuse_strange(text, what, longest)
    if not label:
        raise InvalidInputError(f"A matcher without a label matches nothing; {EXAMPLE}.")
    if chosen.is_regex:
        _refuse_wrong_regex(label, value)
    return Matcher(label, chosen, value)


def parse(text: str) -> Matchers:
    """Read matchers: several between commas or on lines of their own, or as JSON; in braces or not."""
    text = text.strip()
    if text.startswith("["):
        return _of_json(text)
    if text.startswith("{") and text.endswith("}"):
        text = text[1:-1]
    found: list[Matcher] = []
    at = 0
    while at < len(text):
        if text[at] in ", \t\r\n":
            at += 1
            continue
        read, at = _read_one(text, at)
        found.append(read)
    return checked(found)


def checked(found: Sequence[Matcher]) -> Matchers:
    """Return the matchers without those that stand twice; a set that would match everything is refused."""
    kept = tuple(dict.fromkeys(found))
    if not kept:
        raise InvalidInputError(f"There is no matcher; {EXAMPLE}.")
    if len(kept) > MOST:
        raise InvalidInputError(f"These are {len(kept)} matchers; use at most {MOST}.")
    if all(each.matches({}) for each in kept):
        raise InvalidInputError(
            f"'{written(kept)}' also matches an alert without any label, and so nearly everything;"
            " add a matcher that asks for a value, like model=churn."
        )
    return kept


def written(matchers: Iterable[Matcher]) -> str:
    """Return the matchers as they are read again."""
    return ", ".join(map(str, matchers))


def plain(matchers: Iterable[Matcher]) -> list[dict[str, Any]]:
    """Return the matchers as they are stored."""
    return [{"label": each.label, "operator": str(each.operator), "value": each.value} for each in matchers]


def stored(found: Iterable[Mapping[str, Any]]) -> Matchers:
    """Return matchers as they were stored, which were checked then."""
    return tuple(Matcher(each["label"], Operator(each["operator"]), each["value"]) for each in found)


def labels_of(
    labels: Mapping[str, str], *, model: str, version: str, rule: str, severity: int, type: str, source: str = ""
) -> dict[str, str]:
    """Return the labels of an alert with what it is about, which goes first where both say something."""
    own = {
        "model": model,
        "version": version,
        "rule": rule,
        "severity": Severity.of_rank(severity).value,
        "type": type,
        "source": source,
    }
    return {**labels, **{name: value for name, value in own.items() if value}}


def _read_one(text: str, at: int) -> tuple[Matcher, int]:
    label = _LABEL.match(text, at)
    operator = _OPERATOR.match(text, label.end()) if label else None
    if label is None or operator is None:
        raise InvalidInputError(f"'{_around(text, at)}' is not a matcher; {EXAMPLE}.")
    name = label[2] if label[1] is None else _unquoted(label[1])
    start = operator.end()
    value = _QUOTED.match(text, start)
    if value is not None:
        content, end = _unquoted(value[1]), value.end()
        if end < len(text) and text[end] not in ", \t\r\n":
            raise InvalidInputError(f"Something follows the closing quote in '{_around(text, at)}'; put a comma there.")
    else:
        bare = _BARE.match(text, start)
        assert bare is not None
        content, end = bare[0].strip(), bare.end()
        if end < len(text) and text[end] == '"':
            raise InvalidInputError(f"A quote does not fit in '{_around(text, at)}'; put the whole value in quotes.")
    # Prometheus writes one sign where some languages write two.
    sign = "=" if operator[1] == "==" else operator[1]
    return matcher(name, sign, content), end


def _of_json(text: str) -> Matchers:
    """Read a list of {"label", "operator", "value"}, or of what Alertmanager's API speaks of."""
    try:
        listed = orjson.loads(text)
    except ValueError:
        raise InvalidInputError(f"This begins like JSON and is none; {EXAMPLE}.") from None
    return checked([_of_object(each) for each in listed])


def _of_object(given: Any) -> Matcher:
    if isinstance(given, str):
        found = parse(given)
        if len(found) == 1:
            return found[0]
    if not isinstance(given, dict):
        raise InvalidInputError('A matcher in JSON is like {"label": "model", "operator": "=", "value": "churn"}.')
    label, value, operator = given.get("label", given.get("name")), given.get("value"), given.get("operator")
    if operator is None:
        sign = "~" if given.get("isRegex") is True else "="
        operator = f"!{sign}" if given.get("isEqual") is False else "=~" if sign == "~" else "="
    if not isinstance(label, str) or not isinstance(value, str) or not isinstance(operator, str):
        raise InvalidInputError('A matcher in JSON is like {"label": "model", "operator": "=", "value": "churn"}.')
    return matcher(label, operator, value)


def _refuse_strange(text: str, what: str, longest: int) -> None:
    if len(text) > longest:
        raise InvalidInputError(f"{what} of a matcher is longer than {longest:,} characters; shorten it.")
    if "\x00" in text or any("\ud800" <= each <= "\udfff" for each in text):
        raise InvalidInputError(f"{what} of a matcher holds a character that no label can hold; leave it out.")


def _refuse_wrong_regex(label: str, value: str) -> None:
    try:
        _compiled(value)
    except re2.error as error:
        words = error.args[0] if error.args else ""
        reason = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
        raise InvalidInputError(
            f"The expression '{value[:80]}' for {label} is not one that RE2 understands: {reason}."
            " It has no look-around and no back-references."
        ) from None


@lru_cache(maxsize=4096)
def _compiled(expression: str) -> Any:
    return re2.compile(expression, _OPTIONS)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _unquoted(text: str) -> str:
    r"""Take the backslashes away; one before a letter that means nothing stays, as in `\d` of an expression."""
    return _ESCAPE.sub(lambda found: _ESCAPES.get(found[1]) or _kept(found[1]), text)


def _kept(character: str) -> str:
    return character if character in '"\\' else f"\\{character}"


def _around(text: str, at: int) -> str:
    return text[at : at + 40].split("\n")[0].strip()
