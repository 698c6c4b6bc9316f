"""The window of the chart around an alert: fine enough to read, coarse enough for each point to say something."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.factories import NOW
from webapp.alerting.detail import BEFORE, POINTS, STEPS, around
from webapp.core.periods import DAY, HOUR, MINUTE

lengths = st.timedeltas(timedelta(0), 30 * DAY)


def test_a_service_is_drawn_by_the_minute():
    _, step = around(NOW, NOW, timedelta(hours=2))

    assert step == MINUTE


def test_what_is_judged_by_the_day_is_drawn_by_the_day():
    window, step = around(NOW, NOW + HOUR, 3 * DAY, least=DAY)

    assert step == DAY
    assert window.start <= NOW - BEFORE * DAY


@given(lasted=lengths, lead=lengths, least=st.sampled_from([timedelta(0), HOUR, DAY, 7 * DAY]))
def test_the_alert_lies_within_and_no_step_is_too_short(lasted, lead, least):
    window, step = around(NOW, NOW + lasted, lead, least=least)

    assert window.start <= NOW - lead
    assert window.end >= NOW + lasted
    assert step >= least
    assert (window.end - window.start) / step <= POINTS + 2 or step == STEPS[-1]
