"""Two versions beside each other, from stored events: sides, differences, cases that both decided, a switch by day."""

import re
from datetime import timedelta

import pytest
from scipy import stats
from sqlalchemy import text

from tests.factories import (
    NOW,
    Confusion,
    fold_all,
    make_confusion,
    make_deployment,
    make_model,
    make_outcomes,
    make_predictions,
    outcome,
    prediction,
)
from webapp.catalog import register
from webapp.catalog.models import Task
from webapp.catalog.queries import versions
from webapp.core.errors import InvalidInputError, NotFoundError
from webapp.core.ids import lower_bound
from webapp.core.periods import DAY, HOUR, Window
from webapp.metrics import queries
from webapp.metrics.difference import Verdict
from webapp.metrics.versions import candidates, compare, pick
from webapp.telemetry import pairs

WINDOW = Window(NOW - timedelta(days=10), NOW)
NAMES = ("accuracy", "roc_auc", "precision")
GOOD, BAD = Confusion(180, 40, 30, 750), Confusion(120, 100, 90, 690)


@pytest.fixture
def model(session):
    return make_model(session)


@pytest.fixture
def sequence(session, model):
    """v12 was good and was replaced by v13, which is not."""
    make_confusion(session, GOOD, version="v12", start=NOW - timedelta(days=9), end=NOW - timedelta(days=4))
    make_deployment(session, version="v12", at=NOW - timedelta(days=9))
    make_confusion(session, BAD, version="v13", start=NOW - timedelta(days=4), prefix="x", seed=8)
    make_deployment(session, version="v13", at=NOW - timedelta(days=4), note="retrained")


def shadow(session, decisions, *, model="churn", environment="shadow"):
    """Let both versions decide the same cases: (what v12 said, what v13 said, what came true or None)."""
    sent, told = [], []
    for number, (one, other, actual) in enumerate(decisions):
        at = NOW - timedelta(days=2) + timedelta(minutes=number)
        name = f"s-{number}"
        sent.append(prediction(name, model=model, version="v12", at=at, score=None, predicted=one))
        late = at + timedelta(seconds=5)
        sent.append(
            prediction(name, model=model, version="v13", at=late, score=None, predicted=other, environment=environment)
        )
        if actual is not None:
            told.append(outcome(name, actual, model=model, at=at + timedelta(hours=1)))
    make_predictions(session, sent)
    make_outcomes(session, told)


def test_both_sides_are_counted_apart_and_a_real_difference_is_called_worse(session, model, sequence):
    found = compare(session, model, "v12", "v13", NAMES, WINDOW, now=NOW)

    assert [side.predictions for side in (found.first, found.second)] == [1000, 1000]
    assert [side.environment for side in (found.first, found.second)] == ["production", "production"]
    assert [each.note for each in found.second.deployments] == ["retrained"]
    assert found.first.seen.end < NOW - timedelta(days=4) <= found.second.seen.start + HOUR
    accuracy = found.rows[0]
    assert (accuracy.first.value, accuracy.second.value) == (0.93, 0.81)
    assert accuracy.difference.verdict is Verdict.WORSE
    assert accuracy.difference.high < 0
    assert found.paired is None


def test_the_values_are_those_of_every_other_screen(session, model, sequence):
    found = compare(session, model, "v12", "v13", NAMES, WINDOW, now=NOW)

    alone = queries.values(session, [model], NAMES, WINDOW, now=NOW, version="v13")["churn"]
    assert {row.metric.name: row.second for row in found.rows} == alone


def test_the_same_numbers_come_after_folding(session, model, sequence):
    before = compare(session, model, "v12", "v13", NAMES, WINDOW, now=NOW)

    fold_all(session)

    assert compare(session, model, "v12", "v13", NAMES, WINDOW, now=NOW).rows == before.rows


def test_cases_that_both_decided_are_compared_one_by_one(session, model):
    decisions = [(1, 1, 1)] * 40 + [(1, 0, 1)] * 12 + [(1, 0, 0)] * 3 + [(0, 0, 1)] * 5 + [(0, 1, None)] * 7
    shadow(session, decisions)
    make_predictions(session, [prediction("alone", version="v12")])

    found = compare(session, model, "v12", "v13", NAMES, WINDOW, now=NOW).paired

    pair = found.pairs
    assert (pair.both, pair.agreed, pair.known) == (67, 45, 60)
    assert (pair.both_right, pair.only_first, pair.only_second, pair.neither) == (40, 12, 3, 5)
    assert found.p_value == pytest.approx(stats.binomtest(3, 15).pvalue)
    assert not pair.is_limited


def test_the_other_way_round_the_sides_change_places(session, model):
    shadow(session, [(1, 0, 1)] * 12 + [(1, 0, 0)] * 3)
    make_predictions(session, [prediction("alone", version="v12")])

    there = compare(session, model, "v12", "v13", NAMES, WINDOW, now=NOW).paired
    back = compare(session, model, "v13", "v12", NAMES, WINDOW, now=NOW).paired

    assert (there.pairs.only_first, there.pairs.only_second) == (12, 3)
    assert (back.pairs.only_first, back.pairs.only_second) == (3, 12)
    assert there.p_value == back.p_value


def test_cases_repeated_days_later_by_the_challenger_are_pairs_too(session, model):
    at = NOW - timedelta(days=8)
    make_predictions(session, [prediction(f"r-{number}", version="v12", at=at, predicted=1) for number in range(5)])
    later = NOW - timedelta(days=1)
    make_predictions(session, [prediction(f"r-{number}", version="v13", at=later, predicted=0) for number in range(5)])

    assert compare(session, model, "v12", "v13", NAMES, WINDOW, now=NOW).paired.pairs.both == 5
    part = Window(NOW - timedelta(days=2), NOW)
    assert compare(session, model, "v12", "v13", NAMES, part, now=NOW).paired is None


def test_of_numbers_the_nearer_one_is_right(session):
    model = register.put_model(session, "demand", now=NOW, task=Task.REGRESSION)
    shadow(session, [(10.0, 14.0, 11.0), (10.0, 12.0, 11.0), (10.0, 11.5, 12.0)], model="demand")

    pair = compare(session, model, "v12", "v13", ("mae",), WINDOW, now=NOW).paired.pairs

    assert (pair.both_right, pair.only_first, pair.only_second, pair.neither) == (1, 1, 1, 0)


def test_more_cases_than_are_looked_up_are_said_to_be_more(session, model):
    shadow(session, [(1, 1, 1)] * 6 + [(1, 0, 1)] * 4)
    numbers = {each.name: [each.id] for each in versions(session, model.id)}

    found = pairs.pairs(session, numbers["v12"], numbers["v13"], within=WINDOW, among=WINDOW, most=4)

    assert (found.both, found.only_first, found.looked_up, found.is_limited) == (4, 4, 4, True)


def test_cases_are_looked_up_by_the_index(session, model):
    shadow(session, [(1, 1, 1)] * 200)
    session.execute(text("ANALYZE prediction"))
    query = f"EXPLAIN {pairs._BY_CLASS.text}"
    bounds = {"since": WINDOW.start, "until": WINDOW.end, "start": WINDOW.start, "end": WINDOW.end}
    parameters = {"first": [1], "second": [2], "limit": 5000, "walked": 50_000}
    parameters |= {name: str(lower_bound(at)) for name, at in bounds.items()}

    plan = "\n".join(session.scalars(text(query), parameters))

    assert re.search(r"Index Scan Backward using \S*key_id_idx.*\n.*Index Cond: \(\(key = mine.key\)", plan), plan


def test_the_version_deployed_last_is_compared_with_the_one_before(session, model, sequence):
    make_predictions(session, [prediction("old", version="v9", at=NOW - timedelta(days=30))])
    make_predictions(session, [prediction("new", version="v14", environment="shadow")])

    known = candidates(session, model, now=NOW)

    assert [each.name for each in known] == ["v13", "v12", "v14", "v9"]
    assert known[2].environment == "shadow"
    assert pick(known, None, None) == ("v13", "v12")
    assert pick(known, "v12", None) == ("v12", "v13")
    assert pick(known, None, "v13") == ("v12", "v13")


def test_one_version_alone_is_no_pair(session, model):
    make_predictions(session, 3)

    assert pick(candidates(session, model, now=NOW), None, None) is None


def test_a_version_is_not_compared_with_itself_or_with_nothing(session, model, sequence):
    with pytest.raises(InvalidInputError, match="two different versions"):
        compare(session, model, "v12", "v12", NAMES, WINDOW, now=NOW)
    with pytest.raises(NotFoundError, match="no version 'v99'"):
        compare(session, model, "v12", "v99", NAMES, WINDOW, now=NOW)


@pytest.mark.parametrize("is_folded", [False, True])
def test_a_switch_in_the_middle_of_a_day_is_attributed_to_the_second(session, model, is_folded):
    switch = NOW - timedelta(days=3) + timedelta(hours=2, minutes=36, seconds=59)  # 14:36:59
    make_deployment(session, version="v13", at=switch)
    sent, told = [], []
    for number in range(240):  # one a second on both sides: v12 is always right, v13 never
        at = switch + timedelta(seconds=number - 120)
        is_new = at > switch
        sent.append(prediction(f"d-{number}", version="v13" if is_new else "v12", at=at, score=0.9))
        told.append(outcome(f"d-{number}", 0 if is_new else 1, at=at + timedelta(minutes=1)))
    make_predictions(session, sent)
    make_outcomes(session, told)
    if is_folded:
        fold_all(session)
    day = Window(switch.replace(hour=0, minute=0, second=0), switch.replace(hour=0, minute=0, second=0) + DAY)

    found = compare(session, model, "v12", "v13", ("accuracy",), day, now=NOW)
    courses = queries.version_series(session, model, "accuracy", day, HOUR, now=NOW)

    assert (found.first.predictions, found.second.predictions) == (121, 119)
    assert (found.rows[0].first.value, found.rows[0].second.value) == (1.0, 0.0)
    at_the_hour = {
        name: [point.value for point in series.points if point.at.hour == 14] for name, series in courses.items()
    }
    assert [(value.value, value.sample_count) for value in at_the_hour["v12"]] == [(1.0, 121)]
    assert [(value.value, value.sample_count) for value in at_the_hour["v13"]] == [(0.0, 119)]
