"""When people are told: whoever knows that an alert fires hears of its end, and nobody hears what is held."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from tests.factories import NOW
from webapp.alerting.grouping import Because, Member, Policy, Told, first_look, leaves, message

POLICY = Policy()
A, B = UUID(int=1), UUID(int=2)
told = st.none() | st.builds(Told, is_resolved=st.booleans(), severity=st.integers(1, 4))
members = st.lists(
    st.builds(
        Member,
        alert_id=st.uuids(),
        is_firing=st.booleans(),
        severity=st.integers(1, 4),
        is_held=st.booleans(),
        is_flapping=st.booleans(),
        news=st.none() | st.sampled_from([Because.SNOOZE_ENDED, Because.FLAPPING, Because.SILENCE_ENDED]),
        told=told,
    ),
    max_size=6,
    unique_by=lambda member: member.alert_id,
)
told_at = st.none() | st.integers(0, 20_000).map(lambda seconds: NOW - timedelta(seconds=seconds))


@given(members, told_at)
def test_whoever_knows_that_an_alert_fires_is_told_of_its_end(found, at):
    said = message(found, POLICY, told_at=at, now=NOW)

    for each in found:
        if each.is_known and not each.is_firing and not each.waits:
            assert said is not None
            assert each.alert_id in said.resolved


@given(members, told_at)
def test_nothing_is_said_of_what_is_held(found, at):
    said = message(found, POLICY, told_at=at, now=NOW)

    for each in found:
        if said is not None and each.is_firing and each.is_held:
            assert each.alert_id not in said.firing
        if said is not None and each.waits:
            assert each.alert_id not in {*said.firing, *said.resolved}


@given(members, told_at)
def test_what_was_said_is_not_said_again_before_the_repeat(found, at):
    first = message(found, POLICY, told_at=at, now=NOW)
    spoken = set() if first is None else {*first.firing, *first.resolved}
    after = [
        replace(each, told=Told(not each.is_firing, each.severity), news=None) if each.alert_id in spoken else each
        for each in found
        if not leaves(each)
    ]
    last = NOW if first is not None else at

    again = message(after, POLICY, told_at=last, now=NOW + timedelta(seconds=1))

    if first is not None:
        assert again is None


@given(members, told_at)
def test_a_message_says_something_and_nothing_twice(found, at):
    said = message(found, POLICY, told_at=at, now=NOW)

    if said is not None:
        assert said.firing or said.resolved
        assert not said.firing.keys() & said.resolved.keys()


def test_what_got_worse_is_told_again_and_what_got_better_is_not():
    known = Member(A, is_firing=True, severity=2, told=Told(False, 2))
    worse, better = replace(known, severity=3), replace(known, severity=1)

    said = message([worse], POLICY, told_at=NOW, now=NOW)

    assert said is not None
    assert said.firing == {A: Because.WORSE}
    assert message([better], POLICY, told_at=NOW, now=NOW) is None


def test_what_comes_back_is_told_again():
    said = message([Member(A, is_firing=True, severity=2, told=Told(True, 2))], POLICY, told_at=NOW, now=NOW)

    assert said is not None
    assert said.firing == {A: Because.AGAIN}


def test_what_nobody_has_taken_on_is_repeated_and_what_somebody_has_is_not():
    open_one = Member(A, is_firing=True, severity=2, told=Told(False, 2))
    taken = replace(open_one, alert_id=B, is_held=True)
    later = NOW + POLICY.repeat_interval

    said = message([open_one, taken], POLICY, told_at=NOW, now=later)

    assert said is not None
    assert said.firing == {A: Because.REPEAT}
    assert message([taken], POLICY, told_at=NOW, now=later) is None


def test_a_group_waits_for_others_unless_its_alert_has_waited_already():
    assert first_look(NOW, POLICY, now=NOW) == NOW + POLICY.group_wait
    assert first_look(NOW - timedelta(minutes=1), POLICY, now=NOW) == NOW
