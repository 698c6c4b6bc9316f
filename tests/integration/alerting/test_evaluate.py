"""Cycles over real data: what fires, what ends, what is kept when data stops."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories import (
    NOW,
    ROOT,
    make_measurements,
    make_model,
    make_predictions,
)
from tests.integration.alerting.helpers import MINUTE, alerts, cpu_rule, only_alert, play, save
from webapp.alerting import episodes, evaluate, queries, rules
from webapp.alerting.document import RuleDocument
from webapp.alerting.episodes import Finding
from webapp.alerting.origin import Origin
from webapp.alerting.severity import Severity
from webapp.alerting.states import Condition, Phase, SeriesState
from webapp.alerting.tables import RuleStateRow, ScheduleRow
from webapp.alerting.transitions import Seen
from webapp.alerting.types import AlertType, EntryKind, NoData, Signal, Status


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


def test_what_was_seen_already_at_the_same_instant_is_written_once_more_without_harm(session: Session) -> None:
    save(session)
    play(session, [95])
    alert = only_alert(session)
    latest = episodes.latest_of(session, [alert.fingerprint])
    firing = SeriesState(Phase.FIRING, latest[alert.fingerprint].active_at, NOW, None, Condition.HIT)
    seen = Seen(
        firing, Severity.of_rank(alert.severity), alert.value, alert.threshold, alert.summary, alert.sample_count
    )
    finding = Finding(Origin("High CPU", AlertType.RESOURCE_EXHAUSTION), alert.fingerprint, {}, ">", seen)

    outcome = episodes.apply(session, [finding], at=alert.evaluated_at)

    assert outcome.alert_of == {alert.fingerprint: alert.id}
    assert episodes.latest_of(session, [alert.fingerprint]) == latest
