"""What did not come while nobody was there to take it is no news: neither an end nor a beginning."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tests.factories import NOW, make_measurements
from tests.integration.alerting.helpers import MINUTE, alerts, cpu_rule, save
from webapp.alerting import evaluate
from webapp.alerting.tables import ScheduleRow
from webapp.alerting.types import NoData

SECOND = timedelta(seconds=1)


def tick(session: Session, start: datetime, seconds: int, *, hears: bool = True) -> None:
    """Look every second, as the worker does; every 15 seconds each machine says how busy it is."""
    for second in range(seconds):
        at = start + second * SECOND
        if hears and second % 15 == 0:
            for number in range(3):
                make_measurements(session, values=[95], instance=f"api-{number}", start=at, now=at)
        evaluate.evaluate_due(session, now=at)


def stood(session: Session) -> list[tuple[str, str | None]]:
    return sorted((alert.rule_name, alert.resolve_reason) for alert in alerts(session))


@pytest.mark.parametrize(("interval", "away"), [(15, 60), (60, 64), (60, 120)])
def test_after_an_outage_nothing_is_resolved_and_nothing_fires_for_want_of_data(
    session: Session, interval: int, away: int
) -> None:
    for no_data in (NoData.OK, NoData.ALERT):
        save(session, cpu_rule(f"busy {no_data}", no_data=no_data, interval_seconds=interval))
    calm = {"direction": "above", "high": 99, "window_minutes": 1}
    save(session, cpu_rule("calm", no_data=NoData.ALERT, interval_seconds=interval, parameters=calm))
    tick(session, NOW, 121)
    before = stood(session)

    tick(session, NOW + timedelta(seconds=121 + away), 150)

    assert before == [("busy alert", None)] * 3 + [("busy ok", None)] * 3
    assert stood(session) == before


def test_where_nothing_comes_long_after_we_are_back_it_is_news_again(session: Session) -> None:
    save(session, cpu_rule("busy", no_data=NoData.OK, interval_seconds=15))
    tick(session, NOW, 31)

    tick(session, NOW + 2 * MINUTE, 46, hears=False)
    assert stood(session) == [("busy", None)] * 3

    tick(session, NOW + 2 * MINUTE + 46 * SECOND, 30, hears=False)
    assert stood(session) == [("busy", "no_data")] * 3


def test_a_new_interval_has_been_watched_for_as_long_as_the_others(session: Session) -> None:
    save(session, cpu_rule("old", interval_seconds=15))
    tick(session, NOW, 31)
    save(session, cpu_rule("new", interval_seconds=30))

    tick(session, NOW + 31 * SECOND, 2)

    assert set(session.scalars(select(ScheduleRow.resumed_at))) == {NOW}


def test_a_clock_set_back_is_a_new_beginning(session: Session) -> None:
    save(session, cpu_rule(interval_seconds=15))
    tick(session, NOW, 5)

    tick(session, NOW - 60 * MINUTE, 5)

    assert session.execute(text("SELECT resumed_at FROM rule_schedule")).scalar() == NOW - 60 * MINUTE
