"""Cycles over real data: what fires, what ends, what is kept when data stops."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tests.factories import (
    NOW,
    ROOT,
    make_measurements,
    make_model,
    make_outcomes,
    make_predictions,
    outcome,
    prediction,
)
from tests.integration.alerting.helpers import MINUTE, alerts, cpu_rule, only_alert, play, save
from webapp.alerting import evaluate, queries, rules
from webapp.alerting.document import RuleDocument, Scope
from webapp.alerting.severity import Severity
from webapp.alerting.tables import RuleRow, RuleStateRow, ScheduleRow
from webapp.alerting.types import AlertType, EntryKind, NoData, Signal, Status
from webapp.telemetry.segments import declare


def kinds(session: Session, alert_id: object) -> list[EntryKind]:
    return [entry.kind for entry in reversed(queries.alert(session, alert_id, now=NOW).timeline)]  # type: ignore[arg-type]


def test_a_value_over_the_line_opens_an_alert_that_says_what_how_much_and_since_when(session: Session) -> None:
    save(session)

    play(session, [50, 85])

    found = queries.inbox(session, queries.InboxFilters()).rows
    assert [(row.title, row.severity, row.value_text, row.threshold_text) for row in found] == [
        ("High CPU: api-1", Severity.MEDIUM, "85.0%", "> 80%")
    ]
    detail = queries.alert(session, found[0].id, now=NOW + 2 * MINUTE)
    assert detail.summary.startswith("CPU of api-1 is 85.0%, 5.0% above the line of 80%")
    assert detail.started_at == NOW + 2 * MINUTE
    assert [point.value for point in detail.evidence if point.value is not None] == [50, 85]
    assert detail.labels == {"instance": "api-1"}


def test_a_ladder_is_one_alert_that_changes_severity(session: Session) -> None:
    save(session)

    play(session, [85, 95, 85, 50])

    alert = only_alert(session)
    assert kinds(session, alert.id) == [
        EntryKind.FIRED,
        EntryKind.SEVERITY_RAISED,
        EntryKind.SEVERITY_LOWERED,
        EntryKind.RESOLVED,
    ]
    assert (alert.status, alert.resolve_reason) == (Status.RESOLVED, "recovered")


def test_each_instance_is_a_series_of_its_own(session: Session) -> None:
    save(session)
    make_measurements(session, values=[95], instance="api-1", start=NOW + MINUTE / 2, now=NOW + MINUTE)
    make_measurements(session, values=[10], instance="api-2", start=NOW + MINUTE / 2, now=NOW + MINUTE)

    evaluate.evaluate_due(session, now=NOW + MINUTE)

    assert [alert.labels for alert in alerts(session)] == [{"instance": "api-1"}]


def test_for_is_waited_for(session: Session) -> None:
    save(session, cpu_rule(for_seconds=120))

    cycles = play(session, [95, 95, 95])

    assert [cycle.fired for cycle in cycles] == [0, 0, 1]
    assert only_alert(session).active_at == NOW + MINUTE


def test_a_slot_is_evaluated_once_and_missed_ones_are_counted_not_replayed(session: Session) -> None:
    save(session)
    play(session, [95])

    again = evaluate.evaluate_due(session, now=NOW + MINUTE + timedelta(seconds=30))
    late = evaluate.evaluate_due(session, now=NOW + 6 * MINUTE)

    assert again.rules == 0
    assert (late.rules, late.missed_slots) == (1, 4)
    assert session.scalars(select(ScheduleRow.missed_slots)).one() == 4


def test_a_clock_set_back_an_hour_does_not_stop_evaluation(session: Session) -> None:
    save(session)
    play(session, [50])

    back = evaluate.evaluate_due(session, now=NOW - timedelta(hours=1))

    assert back.rules == 1


def test_a_metric_that_stops_resolves_nothing_and_shows_that_there_is_no_data(session: Session) -> None:
    save(session)

    play(session, [95, None, None, None])

    alert = only_alert(session)
    assert (alert.status, alert.signal, alert.value) == (Status.OPEN, Signal.NO_DATA, 95)


def test_no_data_may_resolve_and_may_fire_where_the_rule_says_so(session: Session) -> None:
    save(session, cpu_rule("resolves", no_data=NoData.OK))
    save(session, cpu_rule("fires", no_data=NoData.ALERT))

    play(session, [95, None])

    found = {alert.rule_name: alert for alert in alerts(session)}
    assert (found["resolves"].status, found["resolves"].resolve_reason) == (Status.RESOLVED, "no_data")
    assert (found["fires"].status, found["fires"].signal) == (Status.OPEN, Signal.NO_DATA)


def test_a_series_that_is_gone_for_good_is_resolved_as_missing(session: Session) -> None:
    save(session)
    play(session, [95])

    evaluate.evaluate_due(session, now=NOW + timedelta(hours=25))

    assert only_alert(session).resolve_reason == "missing_series"
    assert session.scalars(select(RuleStateRow)).all() == []


def test_what_fires_again_within_half_an_hour_is_the_same_episode(session: Session) -> None:
    save(session)

    play(session, [95, 50, 95])

    alert = only_alert(session)
    assert (alert.status, alert.reopen_count) == (Status.OPEN, 1)
    assert kinds(session, alert.id) == [EntryKind.FIRED, EntryKind.RESOLVED, EntryKind.REOPENED]


def test_what_fires_again_later_is_a_new_episode_that_names_the_former(session: Session) -> None:
    save(session)
    play(session, [95, 50])

    play(session, [95], start=NOW + timedelta(hours=1))

    first, second = alerts(session)
    assert second.previous_id == first.id
    assert second.status == Status.OPEN
    assert first.status == Status.RESOLVED


def test_a_metric_that_crosses_every_minute_for_an_hour_is_one_alert_marked_as_flapping(session: Session) -> None:
    save(session)

    play(session, [95, 50] * 30)

    alert = only_alert(session)
    assert alert.flapping_since is not None
    told = kinds(session, alert.id)
    assert told.count(EntryKind.FLAPPING) == 1

    evaluate.evaluate_due(session, now=NOW + timedelta(minutes=100))

    assert only_alert(session).flapping_since is None
    assert kinds(session, alert.id)[-1] is EntryKind.CALM


def test_the_fourth_change_in_half_an_hour_marks_an_alert_and_holds_what_comes_after(session: Session) -> None:
    save(session)

    play(session, [95, 50, 95, 50, 95, 99])

    alert = only_alert(session)
    told = [(entry.kind, entry.held) for entry in reversed(queries.alert(session, alert.id, now=NOW).timeline)]
    assert told == [
        (EntryKind.FIRED, None),
        (EntryKind.RESOLVED, None),
        (EntryKind.REOPENED, None),
        (EntryKind.RESOLVED, "flapping"),
        (EntryKind.FLAPPING, None),
        (EntryKind.REOPENED, "flapping"),
    ]
    assert alert.flapping_since == NOW + 4 * MINUTE

    calm = NOW + 5 * MINUTE + timedelta(minutes=30)
    evaluate.evaluate_due(session, now=calm)
    assert only_alert(session).flapping_since is not None
    evaluate.evaluate_due(session, now=calm + timedelta(seconds=1))

    newest = queries.alert(session, alert.id, now=NOW).timeline[0]
    assert (newest.kind, newest.held, only_alert(session).flapping_since) == (EntryKind.CALM, None, None)


def test_four_changes_over_a_longer_time_are_no_flapping(session: Session) -> None:
    save(session)

    play(session, [95] * 20 + [50] + [95] * 20 + [50])

    assert only_alert(session).flapping_since is None


def test_a_pause_and_a_deletion_resolve_at_once_with_their_reason(session: Session) -> None:
    paused, deleted = save(session, cpu_rule("paused")), save(session, cpu_rule("deleted"))
    play(session, [95])

    rules.pause_rule(session, paused, actor=ROOT, now=NOW + 2 * MINUTE)
    rules.delete_rule(session, deleted, actor=ROOT, now=NOW + 2 * MINUTE)
    play(session, [95], start=NOW + 2 * MINUTE)

    assert {alert.rule_name: alert.resolve_reason for alert in alerts(session)} == {
        "paused": "paused",
        "deleted": "rule_deleted",
    }
    assert session.scalars(select(RuleStateRow)).all() == []


def test_a_line_that_was_moved_while_firing_resolves_as_updated(session: Session) -> None:
    rule_id = save(session)
    play(session, [95])
    moved = cpu_rule(parameters={"direction": "above", "medium": 99, "window_minutes": 1})

    rules.save_rule(session, moved, rule_id=rule_id, actor=ROOT, now=NOW + MINUTE)
    play(session, [95], start=NOW + MINUTE)

    assert only_alert(session).resolve_reason == "updated"


def test_another_metric_ends_what_the_former_version_found(session: Session) -> None:
    rule_id = save(session)
    play(session, [95])

    rules.save_rule(session, cpu_rule(metric="memory"), rule_id=rule_id, actor=ROOT, now=NOW + 2 * MINUTE)

    assert only_alert(session).resolve_reason == "updated"


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


def test_a_model_metric_is_judged_per_model_and_names_the_version(session: Session) -> None:
    make_model(session, "churn")
    make_model(session, "fraud")
    document = RuleDocument(
        name="High error rate",
        type=AlertType.HIGH_ERROR_RATE,
        kind="threshold",
        metric="error_rate",
        parameters={"high": 0.1},
        minimum_sample_count=10,
    )
    save(session, document)
    failing = [
        prediction(f"e-{n}", at=NOW - MINUTE, error="boom" if n % 2 else None, score=None if n % 2 else 0.5)
        for n in range(20)
    ]
    make_predictions(session, failing)

    cycle = evaluate.evaluate_due(session, now=NOW)

    alert = only_alert(session)
    assert cycle.series == 2
    assert (alert.model, alert.version, alert.value, alert.sample_count) == ("churn", "v12", 0.5, 20)


def test_a_rule_for_one_model_judges_only_that(session: Session) -> None:
    make_model(session, "churn")
    make_model(session, "fraud")
    document = RuleDocument(
        name="Few",
        type=AlertType.SYSTEM_FAILURE,
        kind="threshold",
        metric="prediction_count",
        scope=Scope(model="fraud"),
        parameters={"direction": "below", "medium": 5},
    )
    save(session, document)

    evaluate.evaluate_due(session, now=NOW)

    assert [alert.model for alert in alerts(session)] == ["fraud"]


def test_a_heartbeat_that_stops_is_heard_of_and_one_that_was_missed_while_we_were_away_is_not(
    session: Session,
) -> None:
    document = RuleDocument(
        name="Service unavailable",
        type=AlertType.SERVICE_UNAVAILABLE,
        kind="absence",
        metric="availability",
        parameters={"severity": "critical", "intervals": 2, "every_seconds": 60},
    )
    save(session, document)
    make_measurements(session, "up", [1.0], start=NOW, now=NOW)

    def fired_at(seconds: int) -> int:
        return evaluate.evaluate_due(session, now=NOW + timedelta(seconds=seconds)).fired

    assert [fired_at(seconds) for seconds in range(0, 150, 15)] == [0] * 8 + [1, 0]

    # We were away for ten minutes: what did not come meanwhile could not come.
    make_measurements(session, "up", [1.0], instance="api-2", start=NOW + timedelta(seconds=150), now=NOW + 4 * MINUTE)
    assert [fired_at(seconds) for seconds in (750, 765)] == [0, 0]


def test_the_pack_is_there_once_and_what_was_deleted_stays_deleted(session: Session) -> None:
    made = rules.ensure_rule_pack(session, now=NOW)
    first = queries.rules(session)
    rules.delete_rule(session, first[0].id, actor=ROOT, now=NOW)

    again = rules.ensure_rule_pack(session, now=NOW)

    assert made == len(first) == 14
    assert again == 0
    assert first[0].name not in {rule.name for rule in queries.rules(session)}


def test_the_whole_pack_is_evaluated_without_a_fault(session: Session) -> None:
    rules.ensure_rule_pack(session, now=NOW)
    make_model(session, "churn")
    make_predictions(session, 50)

    cycle = evaluate.evaluate_due(session, now=NOW)

    assert cycle.broken == ()
    assert cycle.rules == 14


@pytest.mark.parametrize("away", [MINUTE, timedelta(hours=2)])
def test_the_last_evaluation_is_told(session: Session, away: timedelta) -> None:
    save(session)

    evaluate.evaluate_due(session, now=NOW + away)

    assert queries.last_evaluation(session) == NOW + away


def plan_rule(segment: str, **changes: object) -> RuleDocument:
    """Return a rule on the precision of the model's plans."""
    return RuleDocument(
        name="Precision by plan",
        type=AlertType.PERFORMANCE_DEGRADATION,
        kind="threshold",
        metric="precision",
        scope=Scope(model="churn", segment=segment),
        parameters={"direction": "below", "high": 0.6},
        **changes,  # type: ignore[arg-type]
    )


def make_plans(session: Session) -> None:
    """Store decisions that are right for the plan gold and wrong for the plan basic."""
    declare(session, make_model(session), ["plan"], now=NOW)
    items = [
        prediction(f"c-{place}", score=0.9, segments={"plan": "basic" if place % 2 else "gold"}) for place in range(40)
    ]
    make_predictions(session, items)
    make_outcomes(session, [outcome(f"c-{place}", place % 2 == 0) for place in range(40)])


def test_each_segment_is_a_series_of_its_own(session: Session) -> None:
    make_plans(session)
    save(session, plan_rule("plan"))

    evaluate.evaluate_due(session, now=NOW + MINUTE)

    alert = only_alert(session)
    assert alert.labels == {"model": "churn", "segment": "plan=basic"}
    detail = queries.alert(session, alert.id, now=NOW + MINUTE)
    assert detail.title == "Precision by plan: churn plan=basic"
    assert detail.summary.startswith("Precision of churn plan=basic is 0.0%")
    assert [point.value for point in detail.evidence if point.value is not None] == [0.0]


def test_a_rule_may_watch_one_segment_only(session: Session) -> None:
    make_plans(session)
    save(session, plan_rule("plan=gold"))

    evaluate.evaluate_due(session, now=NOW + MINUTE)

    assert alerts(session) == []


@pytest.mark.parametrize("segment", ["city", "plan=platinum"])
def test_a_rule_on_a_segment_that_is_not_counted_says_so(session: Session, segment: str) -> None:
    make_plans(session)
    rule_id = save(session, plan_rule(segment))

    evaluate.evaluate_due(session, now=NOW + MINUTE)

    assert alerts(session) == []
    reason = rules_seen(session)[rule_id]
    assert "segment" in reason


def rules_seen(session: Session) -> dict[object, str]:
    return {row.id: row.broken_reason or "" for row in session.scalars(select(RuleRow))}
