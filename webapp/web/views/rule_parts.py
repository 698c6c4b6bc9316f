"""Rules as components: a table of all of them, how one stands, its versions and what changed, its alerts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

import msgspec
from dash import dcc, html
from dash.development.base_component import Component

from webapp.accounts.permissions import Permission
from webapp.alerting.plugins import types
from webapp.alerting.queries import InboxRow, RuleDetail, RuleSummary, RuleVersion
from webapp.core.errors import InvalidInputError
from webapp.metrics.registry import METRICS
from webapp.web.components import (
    Column,
    data_table,
    empty_state,
    facts,
    icon,
    menu,
    notice,
    pill,
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
MOST = 200  # rows on one screen; who has more rules searches
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
    return html.Ol(lines, className="mc-timeline")


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
    shown = ("for_seconds", "keep_firing_for_seconds", "interval_seconds", "minimum_sample_count", "no_data")
    pairs += [(DOCUMENT[name].label, written(document.get(name), DOCUMENT[name])) for name in shown]
    pairs.append((DOCUMENT["series_limit"].label, written(document.get("series_limit"), DOCUMENT["series_limit"])))
    pairs.append(("Recommended steps", html.Div(str(document.get("runbook") or "–"), className="mc-detail-note")))
    return facts(pairs)


def normal(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document with what it leaves out written in, so that two of them can be compared."""
    kind = types().get(str(document.get("kind")))
    given: Any = document.get("parameters") or {}
    try:
        full = given if kind is None else msgspec.to_builtins(kind.parse(given))
    except InvalidInputError:
        full = given
    return {**document, "parameters": {name: value for name, value in full.items() if value is not None}}


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
    changes = [html.P("Made.")] if old is None else _changes(old.document, new.document)
    body = [html.Div(head, className="mc-timeline-head"), html.Div(changes, className="mc-audit-change")]
    return html.Li(body, className="mc-timeline-entry")


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Component]:
    was, became = _flat(normal(before)), _flat(normal(after))
    lines: list[Component] = []
    for name in dict.fromkeys([*was, *became]):
        old, new = was.get(name, ""), became.get(name, "")
        if old != new:
            words: list[Child] = [html.Span(f"{name}: ", className="mc-quiet")]
            words += [html.Del(old), " "] if old else []
            words += [html.Span(new)] if new else [html.Span("none", className="mc-quiet")]
            lines.append(html.Div(words))
    return lines or [html.P("Nothing that counts.", className="mc-quiet")]


def _flat(document: Mapping[str, Any]) -> dict[str, str]:
    """Return every value of the document in words, by a name in words."""
    found: dict[str, str] = {}
    for name, value in document.items():
        if isinstance(value, Mapping):
            found |= _flat(value)
        elif value is not None:
            question = DOCUMENT.get(name)
            label = name.replace("_", " ") if question is None else question.label.lower()
            found[label] = _plain(value) if question is None else written(value, question)
    return found


def _plain(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


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
