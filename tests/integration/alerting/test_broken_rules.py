"""Rules that raise, and rules with more series than they may have: the others go on, and it is said."""

from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tests.factories import (
    NOW,
    ROOT,
    make_measurements,
)
from tests.integration.alerting.helpers import MINUTE, alerts, cpu_rule, play, save
from webapp.alerting import evaluate, queries, rules
from webapp.alerting.tables import RuleRow
from webapp.alerting.types import Status


def test_a_rule_that_raises_is_put_in_quarantine_and_the_others_go_on(session: Session) -> None:
    broken = save(session, cpu_rule("broken"))
    save(session, cpu_rule("sound"))
    session.execute(
        text("UPDATE rule SET version = 2, document = jsonb_set(document, '{metric}', '\"gone\"') WHERE id = :id"),
        {"id": broken},
    )

    (cycle,) = play(session, [95])

    assert cycle.broken == ("broken",)
    assert [alert.rule_name for alert in alerts(session)] == ["sound"]
    row = session.scalars(select(RuleRow).where(RuleRow.id == broken)).one()
    session.refresh(row)
    assert row.broken_reason is not None
    assert "gone" in row.broken_reason
    assert row.retry_at == NOW + MINUTE + timedelta(seconds=30)
    summaries = {rule.name: rule.broken for rule in queries.rules(session)}
    assert summaries["broken"]
    assert summaries["sound"] is None


def busy(session: Session, *instances: str, at: datetime = NOW, value: float = 95.0) -> None:
    for instance in instances:
        make_measurements(session, values=[value], instance=instance, start=at + MINUTE / 2, now=at + MINUTE)


def test_beyond_its_limit_a_rule_keeps_what_fires_and_says_how_many_it_leaves_out(session: Session) -> None:
    rule_id = save(session, cpu_rule(series_limit=2))
    busy(session, "api-8", "api-9")
    evaluate.evaluate_due(session, now=NOW + MINUTE)
    busy(session, "api-1", "api-2", "api-8", "api-9", at=NOW + MINUTE)

    crowded = evaluate.evaluate_due(session, now=NOW + 2 * MINUTE)

    assert {(alert.labels["instance"], alert.status) for alert in alerts(session)} == {
        ("api-8", Status.OPEN),
        ("api-9", Status.OPEN),
    }
    assert (crowded.series, queries.rule(session, rule_id).left_out) == (2, 2)

    rules.save_rule(session, cpu_rule(series_limit=4), rule_id=rule_id, actor=ROOT, now=NOW + 2 * MINUTE)
    busy(session, "api-1", "api-2", "api-8", "api-9", at=NOW + 2 * MINUTE)
    evaluate.evaluate_due(session, now=NOW + 3 * MINUTE)

    assert len(alerts(session)) == 4
    assert queries.rule(session, rule_id).left_out == 0


def test_a_rule_with_few_series_again_watches_them_all(session: Session) -> None:
    rule_id = save(session, cpu_rule(series_limit=1))
    busy(session, "api-1", "api-2", value=10)
    evaluate.evaluate_due(session, now=NOW + MINUTE)
    assert queries.rule(session, rule_id).left_out == 1

    busy(session, "api-2", at=NOW + timedelta(hours=25))
    evaluate.evaluate_due(session, now=NOW + timedelta(hours=25) + MINUTE)

    assert queries.rule(session, rule_id).left_out == 0
    assert [alert.labels["instance"] for alert in alerts(session)] == ["api-2"]


def test_a_rule_that_goes_on_raising_is_asked_ever_less_often_and_let_off_once_it_works(session: Session) -> None:
    rule_id = save(session, cpu_rule(interval_seconds=30))
    session.execute(text("UPDATE rule SET version = 2, document = jsonb_set(document, '{metric}', '\"gone\"')"))
    asked = [evaluate.evaluate_due(session, now=NOW + n * MINUTE / 2).rules for n in range(1, 20)]
    # After 30 s, 1 min, 2 min and 4 min.
    assert [n for n, count in enumerate(asked) if count] == [0, 1, 3, 7, 15]

    rules.save_rule(session, cpu_rule(interval_seconds=30), rule_id=rule_id, actor=ROOT, now=NOW + 10 * MINUTE)

    assert queries.rule(session, rule_id).broken is None
    assert evaluate.evaluate_due(session, now=NOW + 10 * MINUTE).rules == 1
