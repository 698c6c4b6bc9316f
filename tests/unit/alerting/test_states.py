"""What a series goes through: by hand for the rules that differ from Prometheus, by chance against an oracle."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.alerting.states import OK, Change, Condition, Phase, Policy, Sample, SeriesState, newest_value, step
from webapp.alerting.types import NoData, Signal

START = datetime(2026, 3, 10, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HIT, MISS, GONE = Condition.HIT, Condition.MISS, Condition.NO_DATA


def run(conditions: list[Condition], policy: Policy, *, state: SeriesState = OK) -> list[Phase]:
    phases = []
    for place, condition in enumerate(conditions):
        state = step(state, condition, policy, at=START + place * MINUTE).state
        phases.append(state.phase)
    return phases


def test_without_a_hold_the_first_hit_fires() -> None:
    made = step(OK, HIT, Policy(), at=START)

    assert made.state.phase is Phase.FIRING
    assert made.change is Change.FIRED


def test_a_hold_is_waited_for_and_a_miss_begins_it_anew() -> None:
    assert run([HIT, HIT, MISS, HIT, HIT, HIT], Policy(hold=2 * MINUTE)) == [
        Phase.PENDING,
        Phase.PENDING,
        Phase.OK,
        Phase.PENDING,
        Phase.PENDING,
        Phase.FIRING,
    ]


def test_keep_firing_for_ends_strictly_after_its_time() -> None:
    assert run([HIT, MISS, MISS, MISS, MISS], Policy(keep_firing_for=2 * MINUTE)) == [
        Phase.FIRING,
        Phase.RECOVERING,
        Phase.RECOVERING,
        Phase.OK,
        Phase.OK,
    ]


def test_a_lengthened_hold_withdraws_what_fires() -> None:
    firing = step(OK, HIT, Policy(), at=START).state

    made = step(firing, HIT, Policy(hold=5 * MINUTE), at=START + MINUTE)

    assert (made.state.phase, made.change) == (Phase.PENDING, Change.WITHDRAWN)


def test_no_data_keeps_what_was_and_is_shown_as_such() -> None:
    firing = step(OK, HIT, Policy(), at=START).state

    made = step(firing, GONE, Policy(no_data=NoData.KEEP), at=START + MINUTE)

    assert made.change is Change.NONE
    assert made.state.phase is Phase.FIRING
    assert made.state.signal is Signal.NO_DATA


def test_no_data_fires_where_the_rule_says_so_after_the_same_hold() -> None:
    assert run([GONE, GONE, MISS], Policy(hold=MINUTE, no_data=NoData.ALERT)) == [
        Phase.PENDING,
        Phase.FIRING,
        Phase.OK,
    ]


def test_no_data_resolves_where_the_rule_says_ok() -> None:
    firing = step(OK, HIT, Policy(), at=START).state

    assert step(firing, GONE, Policy(no_data=NoData.OK), at=START + MINUTE).change is Change.RESOLVED


@pytest.mark.parametrize("no_data", list(NoData))
def test_an_error_changes_nothing_whatever_the_policy(no_data: NoData) -> None:
    firing = step(OK, HIT, Policy(), at=START).state

    made = step(firing, Condition.ERROR, Policy(no_data=no_data), at=START + MINUTE)

    assert (made.state.phase, made.change, made.state.signal) == (Phase.FIRING, Change.NONE, Signal.ERROR)


@pytest.mark.parametrize("no_data", [NoData.KEEP, NoData.OK])
def test_an_invalid_value_neither_fires_nor_resolves(no_data: NoData) -> None:
    firing = step(OK, HIT, Policy(), at=START).state

    assert step(OK, Condition.INVALID, Policy(no_data=no_data), at=START).change is Change.NONE
    assert step(firing, Condition.INVALID, Policy(no_data=no_data), at=START + MINUTE).change is Change.NONE


def test_too_few_samples_never_fire() -> None:
    assert step(OK, Condition.TOO_LITTLE, Policy(no_data=NoData.ALERT), at=START).state.phase is Phase.OK


def test_a_clock_set_back_does_not_hold_an_alert_for_an_hour() -> None:
    pending = step(OK, HIT, Policy(hold=MINUTE), at=START + timedelta(hours=1)).state

    first = step(pending, HIT, Policy(hold=MINUTE), at=START)
    second = step(first.state, HIT, Policy(hold=MINUTE), at=START + MINUTE)

    assert (first.state.phase, second.state.phase) == (Phase.PENDING, Phase.FIRING)


def test_a_stale_marker_ends_a_series_at_once_and_old_samples_after_the_look_back() -> None:
    samples = [Sample(START, 1.0), Sample(START + MINUTE, None)]

    assert newest_value(samples[:1], at=START + 5 * MINUTE) == 1.0
    assert newest_value(samples[:1], at=START + 6 * MINUTE) is None
    assert newest_value(samples, at=START + MINUTE) is None
    assert newest_value(samples, at=START) == 1.0


@given(
    hits=st.lists(st.booleans(), min_size=1, max_size=60),
    hold=st.integers(0, 6),
    keep=st.integers(0, 6),
)
def test_by_chance_it_fires_just_when_the_oracle_says(hits: list[bool], hold: int, keep: int) -> None:
    policy = Policy(hold=hold * MINUTE, keep_firing_for=keep * MINUTE)

    phases = run([HIT if hit else MISS for hit in hits], policy)

    assert [phase.is_firing for phase in phases] == oracle(hits, hold, keep)


def oracle(hits: list[bool], hold: int, keep: int) -> list[bool]:
    """Look at the whole history instead of a state: a run of hits fires once it is long enough, and goes on through
    gaps that are shorter than `keep`."""
    firing: list[bool] = []
    for now in range(len(hits)):
        was = firing[-1] if firing else False
        run_length = 0
        while run_length <= now and hits[now - run_length]:
            run_length += 1
        gap = 0
        while gap <= now and not hits[now - gap]:
            gap += 1
        if hits[now]:
            firing.append(was or run_length > hold)
        else:
            firing.append(was and gap <= keep)
    return firing
