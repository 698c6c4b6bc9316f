"""Matchers as conditions that the database checks, as far as it can: all but regular expressions."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_
from sqlalchemy.orm import InstrumentedAttribute

from webapp.alerting.muting.matchers import Matcher, Operator, labels_of
from webapp.alerting.severity import Severity
from webapp.alerting.tables import AlertRow

OWN: Mapping[str, InstrumentedAttribute[str]] = {
    "model": AlertRow.model,
    "version": AlertRow.version,
    "rule": AlertRow.rule_name,
    "type": AlertRow.type,
    "source": AlertRow.source_name,
}
LABELS = (
    AlertRow.labels,
    AlertRow.model,
    AlertRow.version,
    AlertRow.rule_name,
    AlertRow.severity,
    AlertRow.type,
    AlertRow.source_name,
)
"""What `labels_in` reads."""


def labels_in(row: Any) -> dict[str, str]:
    """Return what matchers look at, of an alert or of a row that holds `LABELS`."""
    return labels_of(
        row.labels,
        model=row.model,
        version=row.version,
        rule=row.rule_name,
        severity=row.severity,
        type=row.type,
        source=row.source_name,
    )


def is_exact(matchers: Iterable[Matcher]) -> bool:
    """Say whether the conditions leave nothing to check."""
    return all(each.label == "severity" or not each.operator.is_regex for each in matchers)


def conditions(matchers: Iterable[Matcher]) -> list[ColumnElement[bool]]:
    """Return conditions that hold for every alert that the matchers match, and for few others."""
    found = (_condition(each) for each in matchers)
    return [each for each in found if each is not None]


def label(name: str) -> ColumnElement[str]:
    """Return the value of a label as matchers see it; what is not there is empty."""
    given = func.coalesce(AlertRow.labels[name].astext, "")
    return given if name not in OWN else func.coalesce(func.nullif(OWN[name], ""), given)


def _condition(matcher: Matcher) -> ColumnElement[bool] | None:
    if matcher.label == "severity":
        ranks = [each.rank for each in Severity if matcher.matches({"severity": each.value})]
        return AlertRow.severity.in_(ranks)
    if matcher.operator.is_regex:
        return None
    if matcher.operator is Operator.NOT_EQUAL:
        return label(matcher.label) != matcher.value
    if matcher.label in OWN and matcher.value:
        own, given = OWN[matcher.label], AlertRow.labels[matcher.label].astext
        return or_(own == matcher.value, and_(own == "", given == matcher.value))
    return label(matcher.label) == matcher.value
