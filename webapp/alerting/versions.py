"""What differs between two documents of a rule, in words: field, before, after."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.alerting import wording
from webapp.alerting.document import with_defaults
from webapp.alerting.plugins import types
from webapp.alerting.tables import RuleVersionRow
from webapp.alerting.views import RuleVersion
from webapp.core.errors import InvalidInputError, NotFoundError

SECONDS, NOTHING = "_seconds", "–"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs. `field` is its place in the document, `parameters.high`."""

    field: str
    label: str
    before: str
    after: str

    @property
    def sentence(self) -> str:
        return f"{self.label}: {_short(self.before)} → {_short(self.after)}"


def complete(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document with what it leaves out written in, so that two of them can be compared."""
    full = with_defaults(document)
    kind, given = types().get(str(full.get("kind"))), full.get("parameters") or {}
    try:
        parameters = given if kind is None else msgspec.to_builtins(kind.parse(given))
    except InvalidInputError:
        parameters = given
    return {**full, "parameters": {name: value for name, value in parameters.items() if value is not None}}


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    """Return the fields in which two documents differ, in the order in which they are written."""
    was, became = dict(_flat(complete(before))), dict(_flat(complete(after)))
    return tuple(
        FieldChange(field, _label(field), was.get(field, NOTHING), became.get(field, NOTHING))
        for field in dict.fromkeys([*was, *became])
        if was.get(field, NOTHING) != became.get(field, NOTHING)
    )


def versions(session: Session, rule_id: UUID) -> Sequence[RuleVersion]:
    """Return the versions of a rule, the newest first; those of a deleted one too."""
    query = select(RuleVersionRow).where(RuleVersionRow.rule_id == rule_id).order_by(RuleVersionRow.number.desc())
    found = [RuleVersion(row.number, row.saved_at, row.saved_by, row.document) for row in session.scalars(query)]
    if not found:
        raise NotFoundError(f"There is no rule {rule_id}.")
    return found


def version_numbered(found: Sequence[RuleVersion], number: int) -> RuleVersion:
    version = next((each for each in found if each.number == number), None)
    if version is None:
        raise NotFoundError(f"There is no version {number}; the newest is {found[0].number}.")
    return version


def _flat(document: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for name, value in document.items():
        field = f"{path}{name}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{field}.")
        elif isinstance(value, list | tuple):
            yield from ((f"{field}.{place}", _entry_text(each)) for place, each in enumerate(value, 1))
        elif value is not None and value != "":
            yield field, _text(name, value)


def _entry_text(value: Any) -> str:
    """Return an entry of a list: of a condition `accuracy, below, medium 0.8`."""
    if not isinstance(value, Mapping):
        return _text("", value)
    named = {"metric": "", "direction": ""}
    parts = [
        _text(name, each) if name in named else f"{name} {_text(name, each)}"
        for name, each in value.items()
        if each not in (None, "")
    ]
    return ", ".join(parts)


def _text(name: str, value: Any) -> str:
    if name.endswith(SECONDS) and isinstance(value, int):
        return wording.span(timedelta(seconds=value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}" if not value.is_integer() else str(int(value))
    return str(value)


def _label(field: str) -> str:
    """Return `parameters.conditions.2` as `condition 2`, `scope.model` as `model`, `for_seconds` as `for`."""
    name, _, number = field.rpartition(".")
    if number.isdigit():
        return f"{name.rpartition('.')[2].removesuffix('s').replace('_', ' ')} {number}"
    return number.removesuffix(SECONDS).replace("_", " ")


def _short(text: str, most: int = 120) -> str:
    """Return a text on one line, for where there is only one."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
