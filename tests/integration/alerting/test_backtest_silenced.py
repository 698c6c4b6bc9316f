"""A replay counts the firings that nobody would have been told of, by the silences of that time."""

from datetime import timedelta

import pytest

from tests.factories import NOW, ROOT, make_measurements
from tests.integration.alerting.helpers import cpu_rule
from tests.integration.alerting.muted import HOUR, silence
from webapp.alerting.backtest import backtest
from webapp.alerting.muting import silences
from webapp.web.views import replay_parts
from webapp.web.views.alert_rows import Reader

RULE = cpu_rule(interval_seconds=3600, parameters={"medium": 80, "high": 90, "window_minutes": 60})


@pytest.fixture
def busy(session):
    """A machine that is busy at three hours of the last day, an hour apart each, and once more the day before."""
    for hours, value in ((30, 95), (29, 20), (10, 95), (9, 20), (8, 85), (7, 20), (4, 95), (3, 20), (1, 20)):
        start = NOW - hours * HOUR + timedelta(minutes=30)
        make_measurements(session, values=[value], instance="api-1", start=start, now=NOW)


@pytest.mark.parametrize(
    ("matchers", "from_hours", "lasting", "silenced"),
    [
        ("instance=api-1", 12, 6, 2),
        ("instance=api-2", 12, 6, 0),
        ("instance=api-1, severity=high", 12, 6, 1),
        ('rule="High CPU"', 48, 47, 4),
        ("type=resource_exhaustion", 5, 1, 0),
    ],
)
def test_firings_under_a_silence_are_counted(session, busy, matchers, from_hours, lasting, silenced):
    silence(session, matchers, hours=lasting, now=NOW - from_hours * HOUR)

    found = backtest(session, RULE, days=2, actor=ROOT, now=NOW)

    assert (found.firings, found.silenced) == (4, silenced)
    assert sum(each.silenced for each in found.episodes) == silenced


def test_one_that_was_ended_counts_until_then_and_the_panel_says_how_many(session, busy):
    made = silence(session, "instance=api-1", hours=40, now=NOW - 12 * HOUR)
    silences.end(session, made, actor=ROOT, now=NOW - 5 * HOUR)

    found = backtest(session, RULE, days=2, actor=ROOT, now=NOW)

    count, where = replay_parts.result(found, RULE, Reader(ROOT, NOW))[0].children
    assert count.children == "Would have fired 4 times, 2 of them under a silence,"
    assert where.startswith(" in 2 days, on 1 of 1 series")
