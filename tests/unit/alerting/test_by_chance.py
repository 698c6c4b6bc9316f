"""Rules over series of chance, held to an oracle that knows neither phases nor verdicts: it counts steps.

What is run is all that runs live but for the reading and the writing: rule type, states, and what becomes of the alert.
"""

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.alerting.document import RuleDocument
from webapp.alerting.judging import Changes, Rule, needs_of
from webapp.alerting.past_readings import GatheredPast
from webapp.alerting.plugins import prepare
from webapp.alerting.readings import Labels, Need, UnreadableError
from webapp.alerting.replay import Replay
from webapp.alerting.rule_type import CURRENT, Readings
from webapp.alerting.severity import Severity
from webapp.alerting.states import Sample, newest_value
from webapp.alerting.types import AlertType, NoData
from webapp.core.errors import InvalidInputError
from webapp.metrics.metric import Value, undefined

START, STEP = datetime(2026, 3, 10, 12, tzinfo=UTC), timedelta(minutes=3)
MEDIUM, HIGH, BACK, ENOUGH = 80.0, 90.0, 60.0, 10
REOPENED_WITHIN = timedelta(minutes=30)
LABELS: Labels = (("instance", "api-1"),)
ERROR, NOTHING = "error", None  # a reading that fails, and a series without a value
Reading = float | str | tuple[float, int] | None  # a value, or one with its number of samples

VALUES = st.sampled_from([20.0, 50.0, 70.0, 85.0, 95.0])
READINGS = st.one_of(
    VALUES,
    VALUES,
    VALUES,
    st.sampled_from([NOTHING, NOTHING, ERROR, math.nan, math.inf]),
    st.tuples(VALUES, st.integers(0, ENOUGH - 1)),
)


@dataclass(frozen=True)
class Asked:
    """What a rule says, with its times in steps."""

    hold: int
    keep: int
    no_data: NoData
    has_way_back: bool
    longer_from: int  # the step from which `for` is longer
    longer: int


ASKED = st.builds(
    Asked,
    hold=st.integers(0, 4),
    keep=st.integers(0, 4),
    no_data=st.sampled_from(list(NoData)),
    has_way_back=st.booleans(),
    longer_from=st.integers(0, 60),
    longer=st.integers(0, 6),
)


@dataclass(frozen=True)
class Stood:
    """How a series stood after a step: whether it fires, whether an alert is open and how bad that is."""

    fires: bool
    is_open: bool
    severity: Severity | None


@settings(max_examples=400, deadline=None)
@given(st.lists(READINGS, min_size=1, max_size=60), ASKED)
def test_what_fires_and_how_bad_it_is_is_what_the_oracle_says(readings: Sequence[Reading], asked: Asked) -> None:
    replay, stood = run(readings, asked)

    expected = oracle(readings, asked)
    assert stood == expected
    assert [(each.start, each.alert.reopen_count) for each in replay.episodes] == episodes(expected)


def run(readings: Sequence[Reading], asked: Asked) -> tuple[Replay, list[Stood]]:
    replay = Replay(rule_of(asked, 1, asked.hold))
    stood: list[Stood] = []
    for place, reading in enumerate(readings):
        if place == asked.longer_from:
            replay.rule = rule_of(asked, 2, asked.hold + asked.longer)
        at = START + place * STEP
        (need,) = needs_of([replay.rule], Changes(), at=at)
        assert need is not None
        with suppress(InvalidInputError):  # how a replay says that the rule raised
            replay.cycle(need, Gathered(reading, at), at=at)
        held, latest = list(replay.held.values()), list(replay.latest.values())
        alert = latest[0].alert if latest and latest[0].alert.is_active else None
        fires = bool(held) and held[0].state.phase.is_firing
        stood.append(Stood(fires, alert is not None, None if alert is None else Severity.of_rank(alert.severity)))
    return replay, stood


def rule_of(asked: Asked, version: int, hold: int) -> Rule:
    back = {"recover_at": BACK} if asked.has_way_back else {}
    document = RuleDocument(
        name="High CPU",
        type=AlertType.RESOURCE_EXHAUSTION,
        kind="threshold",
        metric="cpu",
        parameters={"medium": MEDIUM, "high": HIGH, **back},
        for_seconds=hold * int(STEP.total_seconds()),
        keep_firing_for_seconds=asked.keep * int(STEP.total_seconds()),
        no_data=asked.no_data,
        minimum_sample_count=ENOUGH,
        interval_seconds=int(STEP.total_seconds()),
    )
    return Rule.of(UUID(int=1), version, prepare(document))


class Gathered(GatheredPast):
    """A cycle that read this of the one series there is."""

    def __init__(self, reading: Reading, at: datetime) -> None:
        super().__init__(at, None, {})
        self.reading = reading

    def series(self, need: Need) -> Sequence[tuple[Labels, Readings]]:
        match self.reading:
            case str():
                raise UnreadableError("the database is in the way")
            case None:
                value = undefined("no data")
            case (float() as number, int() as count):
                value = Value(number, sample_count=count)
            case number:
                value = Value(float(number), sample_count=ENOUGH)
        return [(LABELS, Readings({CURRENT: value}))]


def oracle(readings: Sequence[Reading], asked: Asked) -> list[Stood]:
    """Go through the series as somebody would who has the contract on the table and counts steps."""
    since: int | None = None  # the step at which what holds began to hold
    missing: int | None = None  # the step at which it began to be missed while it fired
    fires = is_open = False
    seen: Severity | None = None  # how bad what holds was when there was a value
    severity, ended = Severity.MEDIUM, -99  # of the newest alert, and the step at which it ended
    stood = []
    for place, reading in enumerate(readings):
        hold = asked.hold + (asked.longer if place >= asked.longer_from else 0)
        found = judged(reading, asked, is_active=since is not None)
        if found is True:
            since, missing = place if since is None else since, None
        elif found is False and since is not None:
            missing = place if missing is None else missing
            if not fires or place - missing >= asked.keep:
                since = missing = None
        seen = None if since is None else (ladder(reading) if found else None) or seen
        if found is not None:
            is_long_enough = since is not None and place - since >= hold
            fires = is_long_enough and (fires or found)
            missing = missing if fires else None
            was_open, is_open = is_open, since is not None and (is_open or fires)
            if is_open and not was_open and (place - ended) * STEP > REOPENED_WITHIN:
                severity = seen or Severity.MEDIUM  # a new alert; one that comes back is as bad as it was
            ended = place if was_open and not is_open else ended
        if found and fires:
            severity = ladder(reading) or severity
        stood.append(Stood(fires, is_open, severity if is_open else None))
    return stood


def judged(reading: Reading, asked: Asked, *, is_active: bool) -> bool | None:
    """Return whether the condition holds, or None where nothing changes."""
    alerting, fine = asked.no_data is NoData.ALERT, asked.no_data is NoData.OK
    if reading == ERROR:
        return None
    if reading is NOTHING:
        return True if alerting else False if fine else None
    if isinstance(reading, tuple):
        return False if fine else None
    assert isinstance(reading, float)
    if not math.isfinite(reading):
        return True if alerting else None
    return reading > MEDIUM or (is_active and asked.has_way_back and reading > BACK)


def ladder(reading: Reading) -> Severity | None:
    """Return how bad a value is; what has none says nothing about that."""
    if not isinstance(reading, float) or not math.isfinite(reading):
        return None
    return Severity.HIGH if reading > HIGH else Severity.MEDIUM


def episodes(stood: Sequence[Stood]) -> list[tuple[datetime, int]]:
    """Return when each alert began and how often it came back within half an hour of its end."""
    found: list[tuple[datetime, int]] = []
    ended: datetime | None = None
    was_open = False
    for place, each in enumerate(stood):
        at = START + place * STEP
        if each.is_open and not was_open:
            if ended is not None and at - ended <= REOPENED_WITHIN:
                found[-1] = (found[-1][0], found[-1][1] + 1)
            else:
                found.append((at, 0))
        ended = at if was_open and not each.is_open else ended
        was_open = each.is_open
    return found


@given(
    marks=st.lists(st.tuples(st.integers(1, 400), st.one_of(st.none(), st.floats(0, 1))), max_size=12),
    asked=st.integers(0, 4_000),
    look_back=st.sampled_from([60, 300]),
)
def test_the_newest_value_is_that_of_the_look_back_unless_a_stale_marker_ended_it(
    marks: Sequence[tuple[int, float | None]], asked: int, look_back: int
) -> None:
    at, samples = START, []
    for gap, value in marks:
        at += timedelta(seconds=gap)
        samples.append(Sample(at, value))
    now = START + timedelta(seconds=asked)

    heard = {each.at: each.value for each in samples if now - timedelta(seconds=look_back) <= each.at <= now}
    expected = heard[max(heard)] if heard else None
    assert newest_value(samples, at=now, look_back=timedelta(seconds=look_back)) == expected


def test_the_oracle_speaks_of_all_that_it_should() -> None:
    """A series in which each clause of the contract comes up once, by hand."""
    asked = Asked(hold=1, keep=2, no_data=NoData.KEEP, has_way_back=True, longer_from=99, longer=0)
    readings: list[Reading] = [85.0, 85.0, 95.0, NOTHING, ERROR, (20.0, 3), 70.0, 50.0, 50.0, 50.0, 70.0]

    stood = run(readings, asked)[1]

    assert stood == oracle(readings, asked)
    assert [each.fires for each in stood] == [False, *[True] * 8, False, False]
    assert [each.severity for each in stood[1:9]] == [Severity.MEDIUM, *[Severity.HIGH] * 4, *[Severity.MEDIUM] * 3]
