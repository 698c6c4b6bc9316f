"""Rules as components: a table of all of them, how one stands, its versions and what changed, its alerts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from webapp.accounts.permissions import Permission
from webapp.alerting.plugins import types
from webapp.alerting.queries import InboxRow, RuleDetail, RuleSummary, RuleVersion
from webapp.alerting.versions import NOTHING, FieldChange, difference, version_numbered
from webapp.metrics.registry import METRICS
from webapp.web.components import (
    Column,
    button,
    data_table,
    empty_state,
    facts,
    field,
    icon,
    menu,
    notice,
    pill,
    select,
    severity_badge,
    status_badge,
    when,
)
from webapp.web.components.content import Child, Children, attributes
from webapp.web.views.alert_rows import Reader, since
from webapp.web.views.alert_view import INBOX
from webapp.web.views.rule_form import DOCUMENT
from webapp.web.views.struct_form import questions, written

RULES = "/rules"
RESTORE, FROM, TO, DIFFERENCE = "rule-restore", "rule-compare-from", "rule-compare-to", "rule-difference"
MOST = 200  # rows on one screen; who has more rules searches
READ = (
    *("for_seconds", "keep_firing_for_seconds", "interval_seconds", "minimum_sample_count"),
    *("no_data", "when_worse", "series_limit"),
)  # of the document, for those who may not change it
COLUMNS = (
    Column("rule", "Rule"),
    Column("condition", "Fires while"),
    Column("severity", "Severity"),
    Column("scope", "For"),
    Column("state", "State"),
    Column("evaluated", "Evaluated"),
)


def table(found: Sequence[RuleSummary], text: str, reader: Reader) -> list[Component]:
    """Return the rules that hold all words of the text."""
    words = text.lower().split()
    fitting = [rule for rule in found if all(word in _spoken(rule) for word in words)]
    may_write = reader.who.may(Permission.RULES_WRITE)
    columns = [*COLUMNS, Column("act", "", align="right", width="60px")] if may_write else COLUMNS
    if not fitting:
        return [empty_state("No rule fits", "Write another word, or none to see them all.", picture="search")]
    rows = [_row(rule, reader, may_write=may_write) for rule in fitting[:MOST]]
    parts: list[Component] = [data_table(columns, rows, caption="Rules")]
    if len(fitting) > MOST:
        parts.append(html.P(f"These are {MOST} of {len(fitting):,} rules; search to see others.", className="mc-more"))
    return parts


def state_of(rule: RuleSummary) -> Component:
    """Return how the rule stands: a word, and why, where there is something to say."""
    if rule.broken:
        return html.Span([pill("broken", tone="critical"), html.Span(rule.broken, className="mc-quiet mc-wrap")])
    if rule.paused:
        return pill("paused")
    limited = [pill("over its limit", tone="warning")] if rule.left_out else []
    if rule.firing_count:
        return html.Span([pill(f"firing {rule.firing_count:,}", tone="critical"), *limited])
    if limited:
        return limited[0]
    if rule.last_evaluated_at is None:
        return pill("not evaluated yet")
    return pill("ok", tone="good")


def standing(rule: RuleDetail, reader: Reader) -> Component:
    """Return what is known of a rule beside its form."""
    pairs: list[tuple[str, Children]] = [
        ("State", state_of(rule)),
        ("Evaluated", when(rule.last_evaluated_at, zone=reader.zone, now=reader.now, never="not yet")),
        ("Version", str(rule.version)),
        ("Changed", html.Span([when(rule.updated_at, zone=reader.zone, now=reader.now), f" by {rule.updated_by}"])),
        ("Made", html.Span([when(rule.created_at, zone=reader.zone, now=reader.now), f" by {rule.created_by}"])),
    ]
    return facts(pairs)


def alerts(found: Sequence[InboxRow], reader: Reader) -> Component:
    if not found:
        return html.P("It has not fired yet.", className="mc-quiet")
    return html.Ul([_alert(each, reader) for each in found[:10]], className="mc-relatives")


def versions(rule: RuleDetail, reader: Reader, *, may_write: bool) -> Component:
    """Return who changed what, the newest first, each with the way back to it."""
    found = [*rule.versions]
    lines = [_version(rule, new, old, reader, may_write=may_write) for new, old in pairwise([*found, None]) if new]
    return html.Div([*_comparison(found), html.Ol(lines, className="mc-timeline")], className="mc-stack mc-gap-small")


def _comparison(found: Sequence[RuleVersion]) -> list[Component]:
    """Return the choice of any two versions; with two of them there is nothing to choose."""
    if len(found) < 3:
        return []
    listed = [(str(each.number), f"Version {each.number}") for each in found]
    choices = [
        field("From", select(FROM, listed, listed[-1][0])),
        field("To", select(TO, listed, listed[0][0])),
    ]
    return [
        html.Div(choices, className="mc-fields"),
        html.Div(
            differences(between(found, found[-1].number, found[0].number)), id=DIFFERENCE, className="mc-audit-change"
        ),
    ]


def between(found: Sequence[RuleVersion], first: int, second: int) -> Sequence[FieldChange]:
    return difference(version_numbered(found, first).document, version_numbered(found, second).document)


def reading(rule: RuleDetail) -> Component:
    """Return the document for somebody who may not change it."""
    document = rule.document
    kind = types().get(rule.kind)
    metric = METRICS.get(rule.metric)
    asked = {} if kind is None else questions(kind.parameters)
    given: Any = document.get("parameters") or {}
    pairs: list[tuple[str, Children]] = [
        ("Metric", rule.metric if metric is None else metric.label),
        ("Judged by", rule.kind if kind is None else kind.label),
        ("Kind of trouble", rule.type.label),
        ("For", _scope(document)),
    ]
    pairs += [(each.label, written(given[name], each)) for name, each in asked.items() if given.get(name) is not None]
    pairs += [(DOCUMENT[name].label, written(document.get(name), DOCUMENT[name])) for name in READ]
    pairs.append(("Recommended steps", html.Div(str(document.get("runbook") or "–"), className="mc-detail-note")))
    return facts(pairs)


def _row(rule: RuleSummary, reader: Reader, *, may_write: bool) -> Mapping[str, Child]:
    severities = [severity_badge(each) for each in rule.severity_text.split(", ") if each]
    link = dcc.Link(rule.name, href=f"{RULES}/{rule.id}")
    name = html.Span([link, html.Span(rule.type.label)], className="mc-table-name")
    row: dict[str, Child] = {
        "rule": name,
        "condition": rule.condition_text,
        "severity": html.Span(severities, className="mc-pills"),
        "scope": rule.model or "all models",
        "state": state_of(rule),
        "evaluated": when(rule.last_evaluated_at, zone=reader.zone, now=reader.now, never="not yet"),
        "_class": "is-faded" if rule.paused else "",
    }
    return {**row, "act": _menu(rule)} if may_write else row


def _menu(rule: RuleSummary) -> Component:
    deed, picture, word = ("resume", "play", "Resume") if rule.paused else ("pause", "pause", "Pause")
    asked = attributes(data_mc_rule=deed, data_mc_id=str(rule.id))
    items: list[Child] = [
        dcc.Link([icon("pencil"), "Edit"], href=f"{RULES}/{rule.id}", className="mc-menu-item"),
        html.Button([icon(picture), word], type="button", className="mc-menu-item", **asked),
    ]
    return menu(icon("ellipsis"), *items, name=f"Actions for {rule.name}", kind="row")


def _alert(row: InboxRow, reader: Reader) -> Component:
    link = dcc.Link(row.title, href=f"{INBOX}/{row.id}")
    return html.Li([severity_badge(row.severity), link, status_badge(row.status), since(row.started_at, reader)])


def _version(
    rule: RuleDetail, new: RuleVersion, old: RuleVersion | None, reader: Reader, *, may_write: bool
) -> Component:
    head: list[Child] = [
        html.Span(f"Version {new.number}", className="mc-timeline-actor"),
        html.Span(["by ", new.saved_by, " · ", _at(new.saved_at, reader)], className="mc-quiet"),
    ]
    if may_write and new.number != rule.version:
        href = f"{RULES}/{rule.id}?version={new.number}"
        head.append(dcc.Link("Back to this one", href=href, title="Put it into the form; it counts when it is saved"))
        named: dict[str, str | int] = {"type": RESTORE, "number": str(new.number)}
        head.append(button("Restore", id=named, kind="quiet", small=True, title="Save it again as the newest version"))
    made: list[Component] = [html.P("Made.")]
    changes = made if old is None else differences(difference(old.document, new.document))
    body = [html.Div(head, className="mc-timeline-head"), html.Div(changes, className="mc-audit-change")]
    return html.Li(body, className="mc-timeline-entry")


def differences(changes: Sequence[FieldChange]) -> list[Component]:
    """Return what differs, a line a field: what it was, struck out, and what it is."""
    if not changes:
        return [html.P("Nothing that counts.", className="mc-quiet")]
    return [html.Div(_difference(each)) for each in changes]


def _difference(change: FieldChange) -> list[Child]:
    before: list[Child] = [html.Del(change.before), " "] if change.before != NOTHING else []
    after = html.Span(change.after) if change.after != NOTHING else html.Span("none", className="mc-quiet")
    return [html.Span(f"{change.label}: ", className="mc-quiet"), *before, after]


def _scope(document: Mapping[str, Any]) -> str:
    scope: Any = document.get("scope") or {}
    return " ".join(filter(None, (scope.get("model"), scope.get("version"), scope.get("segment")))) or "all models"


def _spoken(rule: RuleSummary) -> str:
    state = "paused" if rule.paused else "broken" if rule.broken else "firing" if rule.firing_count else "ok"
    return f"{rule.name} {rule.type.label} {rule.condition_text} {rule.model or 'all models'} {state}".lower()


def _at(at: datetime, reader: Reader) -> Component:
    return when(at, zone=reader.zone, now=reader.now)


def notices(rule: RuleDetail) -> list[Component]:
    """Say what keeps the rule from watching all that it should."""
    found: list[Component] = []
    if rule.broken:
        found.append(notice(rule.broken, tone="critical", title="This rule cannot be evaluated."))
    if rule.left_out:
        limit = rule.document.get("series_limit")
        words = (
            f"It has {rule.left_out:,} more series than its limit of {limit:,}. What fires already is kept and judged;"
            " narrow what it is about, or raise the limit."
        )
        found.append(notice(words, tone="warning", title="Some series are not judged."))
    return found
