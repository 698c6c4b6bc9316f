"""Why a metric changed, from stored events: by version, by segment, by feature, with few statements."""

import random
from datetime import timedelta

import pytest
from sqlalchemy import event

from tests.factories import NOW, fold_all, make_deployment, make_outcomes, make_predictions, outcome, prediction
from webapp.catalog import register
from webapp.core.errors import InvalidInputError
from webapp.core.periods import DAY, Window
from webapp.metrics import queries
from webapp.metrics.cause import Kind
from webapp.metrics.why import explainable, why
from webapp.telemetry import baselines, segments

LAST_WEEK = Window(NOW - 7 * DAY, NOW)
BEFORE = Window(NOW - 37 * DAY, NOW - 7 * DAY)


@pytest.fixture
def model(session):
    made = register.put_model(session, "churn", now=NOW, importances={"tenure": 0.4})
    return segments.declare(session, made, ["plan"], now=NOW)


def send(session, window, *, accuracy, version="v12", prefix="a", size=1200, tenure=36.0, missing=0.0, told=1.0):
    """Store decisions of which so many are right, the share by plan, and their outcomes as far as they are known."""
    rng = random.Random(prefix)
    spacing, sent, answers = (window.end - window.start) / size, [], []
    for number in range(size):
        plan = rng.choice(tuple(accuracy))
        at = window.start + number * spacing
        features = {} if rng.random() < missing else {"tenure": round(rng.gauss(tenure, 10), 1)}
        sent.append(
            prediction(
                f"{prefix}-{number}",
                version=version,
                at=at,
                features={"age": rng.randrange(18, 90), **features},
                score=0.9 if rng.random() < 0.5 else 0.1,
                segments={"plan": plan},
            )
        )
        is_right = rng.random() < accuracy[plan]
        flagged = sent[-1].score > 0.5
        if rng.random() < told:
            answers.append(outcome(f"{prefix}-{number}", int(flagged == is_right), at=at + timedelta(minutes=1)))
    for first in range(0, size, 1000):
        make_predictions(session, sent[first : first + 1000])
    for first in range(0, len(answers), 1000):
        make_outcomes(session, answers[first : first + 1000])


def test_the_segment_that_got_worse_explains_the_drop_in_its_own_figures(session, model):
    send(session, BEFORE, accuracy={"basic": 0.9, "plus": 0.9}, prefix="before")
    send(session, LAST_WEEK, accuracy={"basic": 0.6, "plus": 0.9}, prefix="now")

    found = why(session, model, "accuracy", LAST_WEEK, now=NOW)

    own = queries.values(session, [model], ["accuracy"], LAST_WEEK, now=NOW)["churn"]["accuracy"]
    (cause,) = [each for each in found.causes if each.kind is Kind.SEGMENT]
    assert found.clear
    assert found.now == own
    assert found.before_window == BEFORE
    assert (cause.segment, cause.clear) == ("plan=basic", True)
    assert cause.contribution == pytest.approx(found.change.difference, abs=0.02)


def test_a_new_version_with_its_deployment_and_a_moved_feature_are_told_apart(session, model):
    send(session, BEFORE, accuracy={"basic": 0.9, "plus": 0.9}, prefix="before")
    make_deployment(session, version="v13", at=LAST_WEEK.start)
    send(session, LAST_WEEK, accuracy={"basic": 0.7, "plus": 0.7}, prefix="now", version="v13", tenure=60.0)
    baselines.create_from_window(session, model, BEFORE, by="ada", now=NOW)

    found = why(session, model, "accuracy", LAST_WEEK, now=NOW)

    version, reading, feature = found.causes[:3]
    assert (version.kind, version.version, version.at) == (Kind.VERSION, "v13", LAST_WEEK.start)
    assert version.contribution == pytest.approx(found.change.difference)
    assert reading.kind is Kind.RELATION
    assert (feature.kind, feature.feature) == (Kind.FEATURE, "tenure")
    assert "from the time before; " in feature.title
    assert feature.title.endswith("; importance 0.40.")
    assert found.notes[0] == "No value of plan stands out: the drop is in all of them."


def test_values_that_stopped_coming_and_outcomes_that_do_not_come_are_named_first(session, model):
    send(session, BEFORE, accuracy={"plus": 0.9}, prefix="before")
    send(session, LAST_WEEK, accuracy={"plus": 0.75}, prefix="now", missing=0.5, told=0.4)
    baselines.create_from_window(session, model, BEFORE, by="ada", now=NOW)

    found = why(session, model, "accuracy", LAST_WEEK, now=NOW)

    assert [cause.kind for cause in found.causes[:2]] == [Kind.COVERAGE, Kind.MISSING]
    assert found.causes[1].feature == "tenure"


def test_drift_is_explained_by_its_features_against_the_baseline(session, model):
    send(session, BEFORE, accuracy={"plus": 0.9}, prefix="before")
    send(session, LAST_WEEK, accuracy={"plus": 0.9}, prefix="now", tenure=70.0)
    baselines.create_from_window(session, model, BEFORE, by="ada", now=NOW)

    found = why(session, model, "drift_score", LAST_WEEK, now=NOW)

    (cause,) = found.causes
    assert (cause.kind, cause.feature) == (Kind.FEATURE, "tenure")
    assert cause.title.startswith("tenure moved far: ")
    assert "from the baseline" in cause.title


def test_one_segment_alone_is_not_split_by_others(session, model):
    send(session, BEFORE, accuracy={"basic": 0.9, "plus": 0.9}, prefix="before")
    send(session, LAST_WEEK, accuracy={"basic": 0.6, "plus": 0.9}, prefix="now")

    basic = why(session, model, "accuracy", LAST_WEEK, now=NOW, segment="plan=basic")
    plus = why(session, model, "accuracy", LAST_WEEK, now=NOW, segment="plan=plus")

    assert basic.change.difference == pytest.approx(-0.3, abs=0.05)
    assert not plus.clear
    assert all(cause.kind is not Kind.SEGMENT for cause in basic.causes)


def test_the_same_comes_out_after_counts_are_folded_with_a_dozen_statements(session, model):
    send(session, BEFORE, accuracy={"basic": 0.9, "plus": 0.9}, prefix="before")
    send(session, LAST_WEEK, accuracy={"basic": 0.6, "plus": 0.9}, prefix="now")
    first = why(session, model, "accuracy", LAST_WEEK, now=NOW)
    fold_all(session)
    asked = []
    event.listen(session.connection(), "before_cursor_execute", lambda *given: asked.append(given[2]))

    second = why(session, model, "accuracy", LAST_WEEK, now=NOW)

    assert second == first
    assert len(asked) <= 12


def test_before_anything_happened_there_is_a_reason_and_no_cause(session, model):
    found = why(session, model, "accuracy", LAST_WEEK, now=NOW)

    assert (found.clear, found.causes) == (False, ())
    assert found.headline == "Accuracy cannot be compared: now there is none (no predictions in this window)."


def test_only_performance_and_drift_are_explained(session, model):
    with pytest.raises(InvalidInputError, match="Changes of CPU are not explained"):
        why(session, model, "cpu", LAST_WEEK, now=NOW)

    names = [metric.name for metric in explainable(model)]
    assert names[0] == "accuracy"
    assert {"roc_auc", "precision", "recall"} <= set(names)
    assert not any(name.startswith("estimated_") for name in names)
