"""What is older than it is kept goes, some at a time, and nothing else does."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.factories import (
    HOUR_AGO,
    NOW,
    fold_all,
    make_measurements,
    make_outcomes,
    make_predictions,
    outcome,
    prediction,
)
from tests.integration.alerting.muted import alert
from webapp.accounts import links, sessions, throttle
from webapp.accounts.links import LinkKind
from webapp.accounts.permissions import Role
from webapp.accounts.tables import UserRow
from webapp.alerting.tables import AlertDeedRow, AlertEntryRow
from webapp.core.ids import uuid7
from webapp.core.periods import DAY, Window
from webapp.notifications.tables import NotificationRow, ToldRow
from webapp.runtime import Runtime
from webapp.telemetry import expiry, gauges
from webapp.worker.jobs import expire_data

LONG_AGO = NOW - 500 * DAY
LATELY = NOW - 300 * DAY
KEPT = NOW - 400 * DAY  # what the settings say unless they are changed


def names(session: Session, statement: str) -> list[Any]:
    return list(session.scalars(text(statement)))


def told(session: Session, *outcomes: Any, at: datetime) -> None:
    make_outcomes(session, outcomes, now=at)


def test_outcomes_go_with_their_predictions_and_corrections(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        for at, name in ((LONG_AGO, "old"), (LATELY, "new")):
            make_predictions(session, [prediction(name, at=at)], now=at)
            told(session, outcome(name, 0, at=at + DAY), at=at + DAY)
            told(session, outcome(name, 1, at=at + 2 * DAY), at=at + 2 * DAY)
        told(session, outcome("never predicted", 1, at=LONG_AGO), at=LONG_AGO)

    said = expire_data.run(runtime, NOW)

    with runtime.transaction() as session:
        assert names(session, "SELECT prediction_id FROM prediction") == ["new"]
        assert names(session, "SELECT prediction_id FROM outcome") == ["new"]
        assert names(session, "SELECT former FROM outcome_correction") == [0.0]
        fold_all(session)
        counted = names(session, "SELECT sum(known)::int FROM rollup WHERE grain = 4")
    assert counted == [2], "what was counted of them stays"
    assert said == "dropped: weeks of events 1, outcomes 2"


def test_an_outcome_dated_before_its_prediction_stays_as_long_as_that(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        told(session, outcome("early", 1, at=KEPT - DAY), at=KEPT - DAY)
        make_predictions(session, [prediction("early", at=LATELY)], now=LATELY)

    expire_data.run(runtime, NOW)

    with runtime.transaction() as session:
        assert names(session, "SELECT prediction_id FROM outcome") == ["early"]


def test_measured_values_go_and_their_sums_stay(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        make_measurements(session, values=(50.0, 60.0), start=LONG_AGO, now=LONG_AGO + DAY)
        make_measurements(session, values=(70.0,), start=LATELY, now=LATELY + DAY)

    said = expire_data.run(runtime, NOW)

    with runtime.transaction() as session:
        assert names(session, "SELECT value FROM measurement") == [70.0]
        window = Window(LONG_AGO - DAY, LONG_AGO + DAY)
        assert gauges.totals(session, ["cpu_percent"], None, window, now=NOW)["cpu_percent"].mean == 55.0
    assert said == "dropped: measured values 2"


def test_sessions_and_links_that_are_over_go_after_a_month(runtime: Runtime, make_user: Callable[..., UserRow]) -> None:
    month, year = 40 * DAY, 365 * DAY
    ada = make_user(Role.DATA_SCIENTIST)
    with runtime.transaction() as session:
        for ago in (year, month, DAY, timedelta(hours=1)):
            sessions.open_session(session, ada.id, address=str(ago.days), user_agent="tests", now=NOW - ago)
        for ago, kind in ((year, LinkKind.PASSWORD), (month, LinkKind.INVITATION), (DAY, LinkKind.PASSWORD)):
            links.create(session, kind, user_id=ada.id, created_by=str(ago.days), now=NOW - ago)

    said = expire_data.run(runtime, NOW)

    with runtime.transaction() as session:
        assert names(session, "SELECT address FROM user_session ORDER BY created_at") == ["1", "0"]
        assert names(session, "SELECT created_by FROM one_time_link") == ["1"]
    assert said == "dropped: sessions 2, links 2"


def test_counters_of_guessing_go_when_they_count_no_more(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        throttle.count_attempt(session, email="old@example.com", address="192.0.2.1", now=NOW - 2 * DAY)
        throttle.count_attempt(session, email="new@example.com", address="192.0.2.2", now=HOUR_AGO)

    expire_data.run(runtime, NOW)

    with runtime.transaction() as session:
        found = names(session, "SELECT key FROM sign_in_attempt ORDER BY key")
    assert found == ["account:new@example.com", "address:192.0.2.2", "everyone"]


def test_messages_and_deeds_of_long_ago_go_and_the_timeline_stays(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        about = alert(session)
        for at in (LONG_AGO, LATELY):
            sent = NotificationRow(
                id=uuid7(at), at=at, status="firing", title="High CPU", labels={}, firing=1, resolved=0
            )
            deed = AlertDeedRow(
                id=uuid7(at), part=0, at=at, action="Acknowledge", actor_name="omar", count=1, changed=[]
            )
            session.add_all([sent, deed])
            session.flush()
            for message in (sent.id, None):
                session.add(
                    ToldRow(alert_id=about, at=at, notification_id=message, state="firing", because="", text="")
                )
            entry = {"alert_id": about, "at": at, "kind": "fired", "actor_kind": "system", "actor_name": "system"}
            session.add(AlertEntryRow(**entry, text="Fired."))

    said = expire_data.run(runtime, NOW)

    with runtime.transaction() as session:
        for table in ("notification", "alert_deed", "notification_alert"):
            assert set(names(session, f"SELECT at FROM {table}")) == {LATELY}
        assert len(names(session, "SELECT id FROM alert_entry")) == 2
    assert said == "dropped: deeds for many alerts 1, words on who was told 2, messages 1"


def test_one_run_takes_as_many_batches_as_it_needs(runtime: Runtime) -> None:
    many = 2 * expire_data.BATCH + 1
    with runtime.transaction() as session:
        session.execute(
            text(
                "INSERT INTO refusal (day, model, kind, reason, item_count)"
                " SELECT :day, 'm' || n, 'prediction', 'malformed', 1 FROM generate_series(1, :many) AS n"
            ),
            {"day": LONG_AGO, "many": many},
        )

    assert expire_data.run(runtime, NOW) == f"dropped: counters of refused items {many:,}"
    assert expire_data.run(runtime, NOW) == "", "a run that has nothing to drop says nothing"


@pytest.mark.parametrize("expire", [expiry.expire_outcomes, expiry.expire_measurements])
def test_no_more_rows_go_at_once_than_were_allowed(session: Session, expire: Callable[..., int]) -> None:
    told(session, *(outcome(f"o-{number}", 1, at=LONG_AGO) for number in range(5)), at=LONG_AGO)
    told(session, *(outcome(f"p-{number}", 1, model="fraud", at=LONG_AGO) for number in range(5)), at=LONG_AGO)
    make_measurements(session, values=(1.0,) * 5, start=LONG_AGO, now=LONG_AGO + DAY)
    make_measurements(session, values=(1.0,) * 5, instance="api-2", start=LONG_AGO, now=LONG_AGO + DAY)

    assert [expire(session, before=KEPT, limit=4) for _ in range(4)] == [4, 4, 2, 0]


def test_what_somebody_holds_is_left_for_the_next_time(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        told(session, outcome("held", 1, at=LONG_AGO), outcome("free", 1, at=LONG_AGO), at=LONG_AGO)

    with runtime.transaction() as holder:
        holder.execute(text("SELECT FROM outcome WHERE prediction_id = 'held' FOR UPDATE"))
        first = expire_data.run(runtime, NOW)
    second = expire_data.run(runtime, NOW)

    assert (first, second) == ("dropped: outcomes 1", "dropped: outcomes 1")
