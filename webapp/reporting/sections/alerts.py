"""What fired in the month and how people answered: by severity, how long it took, and what is still open."""

from collections.abc import Sequence
from datetime import timedelta

from webapp.alerting.queries import AlertMonth
from webapp.alerting.severity import Severity
from webapp.alerting.types import Status
from webapp.core import formatting
from webapp.reporting.document import Block, Column, Pair, Paragraph, Table
from webapp.reporting.facts import Facts, middle_out
from webapp.reporting.section import Section
from webapp.reporting.wording import NOTHING, counted

MOST = 10
LONGEST_TITLE = 100


def build(facts: Facts) -> Sequence[Block]:
    if facts.alerts.opened == 0:
        return [Paragraph(f"No alert began in {facts.period.label}; {facts.former_alerts.opened} did before.")]
    return [Paragraph(_said(facts.alerts)), Pair(_by_severity(facts), _response(facts)), _unresolved(facts)]


def _said(alerts: AlertMonth) -> str:
    types = sorted(alerts.by_type.items(), key=lambda entry: -entry[1])
    most = ", ".join(f"{kind.label.lower()} {count}" for kind, count in types[:4] if count)
    said = f"{counted(alerts.opened, 'alert')} began ({most})" if most else f"{counted(alerts.opened, 'alert')} began"
    if alerts.unresolved == 0:
        return f"{said}; none is left unresolved."
    return f"{said}; {counted(alerts.unresolved, 'is', 'are')} not resolved."


def _by_severity(facts: Facts) -> Table:
    now, before = facts.alerts, facts.former_alerts
    rows = [
        (severity.label, *(formatting.number(each.by_severity.get(severity, 0)) for each in (now, before)))
        for severity in sorted(Severity, reverse=True)
    ]
    rows.append(("All", formatting.number(now.opened), formatting.number(before.opened)))
    return Table("Opened, by severity", _columns(facts, "Severity"), tuple(rows), has_total=True)


def _response(facts: Facts) -> Table:
    both = (facts.alerts, facts.former_alerts)
    rows = (
        ("Acknowledged", *(formatting.number(each.acknowledged) for each in both)),
        ("Resolved", *(formatting.number(each.resolved) for each in both)),
        ("Not resolved", *(formatting.number(each.unresolved) for each in both)),
        ("Mean time to acknowledge", *(_time(each.mean_time_to_acknowledge) for each in both)),
        ("Mean time to resolve", *(_time(each.mean_time_to_resolve) for each in both)),
    )
    return Table("Response", _columns(facts, "Figure"), rows)


def _columns(facts: Facts, first: str) -> tuple[Column, ...]:
    return (
        Column(first, share=4),
        Column(facts.period.short, is_number=True, share=3),
        Column("Before", is_number=True, share=2),
    )


def _unresolved(facts: Facts) -> Table:
    columns = (
        Column("Alert", share=6),
        Column("Severity", share=2),
        Column("Since", share=3),
        Column("Value", is_number=True, share=2),
        Column("Owner", share=3),
    )
    rows = tuple(
        (
            middle_out(row.title, LONGEST_TITLE),
            row.severity.label,
            formatting.instant(row.started_at, facts.zone),
            row.value_text or NOTHING,
            row.assignee or row.acknowledged_by or NOTHING,
        )
        for row in facts.alerts.worst
        if row.status is not Status.RESOLVED
    )
    return Table("Not resolved", columns, rows[:MOST], empty=_none_open(facts))


def _none_open(facts: Facts) -> str:
    """Only the worst alerts are listed by name: that none of them is open does not mean that none is."""
    if facts.alerts.unresolved == 0:
        return "Every alert that began in this period was resolved in it."
    still = formatting.number(facts.alerts.unresolved)
    return f"None of the worst is open now; {still} were not resolved within the period."


def _time(elapsed: timedelta | None) -> str:
    return NOTHING if elapsed is None else formatting.age(elapsed)


SECTION = Section(title="Alerts and response", order=70, build=build)
