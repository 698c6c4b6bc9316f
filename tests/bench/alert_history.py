"""A past to measure beside: a hundred thousand alerts and a million entries of timelines, made by the database."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.factories import ROOT
from webapp.alerting import rules
from webapp.alerting.document import RuleDocument
from webapp.alerting.types import AlertType

ALERTS, ENTRIES_EACH = 100_000, 10
ACTIVE = 5_000  # of them still open; the others were resolved
SPREAD = timedelta(days=300)
MODELS = 100


def fill(session: Session, *, now: datetime, alerts: int = ALERTS, active: int = ACTIVE) -> UUID:
    """Store alerts that began over the last months, the newest ones active, each with its timeline; return their rule.

    The rule is paused, so that no evaluation touches them. Every seventh alert belongs to somebody, every third of the
    active ones is acknowledged.
    """
    rule_id = rules.save_rule(session, _document(), actor=ROOT, now=now - SPREAD)
    rules.pause_rule(session, rule_id, actor=ROOT, now=now - SPREAD)
    session.flush()
    values = {
        "rule_id": rule_id,
        "count": alerts,
        "active": active,
        "now": now,
        "spacing": SPREAD / alerts,
        "models": MODELS,
    }
    session.execute(text(_ALERTS), values)
    session.execute(text(_ENTRIES), {**values, "each": ENTRIES_EACH})
    return rule_id


def settle(session: Session) -> None:
    """Let the planner know what is there; call it outside of a transaction that fills."""
    session.execute(text("ANALYZE alert"))
    session.execute(text("ANALYZE alert_entry"))


def _document() -> RuleDocument:
    return RuleDocument(
        name="Past alerts",
        type=AlertType.PERFORMANCE_DEGRADATION,
        kind="threshold",
        metric="error_rate",
        parameters={"high": 0.1, "window_minutes": 5},
    )


# Identifiers of version 7, so that they sort by the time at which the alert began, as those of the application do.
_ALERTS = """
INSERT INTO alert (
    id, fingerprint, rule_id, rule_version, rule_name, type, title, model, version, labels, metric, operator, runbook,
    started_at, signal, severity, value, threshold, summary, sample_count, active_at, fired_at, evaluated_at,
    reopen_count, status, acknowledged_at, acknowledged_by, assignee, assignee_email, comment_count,
    resolved_at, resolved_by, is_resolved_by_hand, resolve_reason, source_name, source_url, muting_looked)
SELECT
    overlay(overlay(lpad(to_hex((extract(epoch FROM began) * 1000)::bigint), 12, '0') || md5('alert' || n)
        PLACING '7' FROM 13) PLACING '8' FROM 17 FOR 1)::varchar(32)::uuid,
    md5('series' || n)::uuid, :rule_id, 1, 'Past alerts',
    (ARRAY['performance_degradation', 'data_drift', 'high_error_rate', 'resource_exhaustion'])[1 + n % 4],
    'Past alerts: model-' || n % :models || ' api-' || n, 'model-' || n % :models, 'v' || n % 7,
    jsonb_build_object('model', 'model-' || n % :models, 'instance', 'api-' || n), 'error_rate', '>', '',
    began, CASE WHEN is_active THEN 'firing' ELSE 'ok' END, 1 + n % 4, 0.1 + n % 50 / 100.0, 0.1,
    'Error rate of model-' || n % :models || ' is high.', 100 + n % 900, began, began, began, 0,
    CASE WHEN NOT is_active THEN 'resolved' WHEN n % 3 = 0 THEN 'acknowledged' ELSE 'open' END,
    CASE WHEN n % 3 = 0 THEN began END, CASE WHEN n % 3 = 0 THEN 'omar' END,
    CASE WHEN n % 7 = 0 THEN 'ada' END, CASE WHEN n % 7 = 0 THEN 'ada@example.com' END, 0,
    CASE WHEN NOT is_active THEN began + interval '20 min' END, CASE WHEN NOT is_active THEN 'system' END, false,
    CASE WHEN NOT is_active THEN 'recovered' END, '', '', CASE WHEN is_active THEN (1 + n % 4) * 2 + 1 END
FROM (
    SELECT n, n > :count - :active AS is_active, :now - CAST(:spacing AS interval) * (:count - n) AS began
    FROM generate_series(1, :count) AS n
) AS numbered
"""

_ENTRIES = """
INSERT INTO alert_entry (alert_id, at, kind, actor_kind, actor_name, text, before, after)
SELECT
    id, started_at + interval '2 min' * (place - 1),
    CASE WHEN place = 1 THEN 'fired' WHEN place = :each AND status = 'resolved' THEN 'resolved' ELSE 'commented' END,
    CASE WHEN place IN (1, :each) THEN 'system' ELSE 'user' END,
    CASE WHEN place IN (1, :each) THEN 'system' ELSE 'ada' END,
    'Entry ' || place || ' of ' || title,
    CASE WHEN place = :each AND status = 'resolved' THEN 'open' END,
    CASE WHEN place = 1 THEN 'open' WHEN place = :each AND status = 'resolved' THEN 'resolved' END
FROM alert CROSS JOIN generate_series(1, :each) AS place
WHERE rule_id = :rule_id
ORDER BY id, place
"""
