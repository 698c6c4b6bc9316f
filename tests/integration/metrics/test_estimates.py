"""Estimated performance of stored events: where its calibration comes from, before outcomes and beside them."""

from datetime import timedelta

import numpy as np
import pytest

from tests.agreement import send
from tests.factories import NOW, fold_all, make_model, make_outcomes, make_predictions, outcome
from tests.sets import balanced
from webapp.catalog.models import Task
from webapp.catalog.register import put_model
from webapp.core.errors import InvalidInputError
from webapp.core.periods import DAY, Window
from webapp.metrics import queries
from webapp.telemetry import baselines
from webapp.telemetry.wire import Prediction

BEFORE = Window(NOW - timedelta(days=30), NOW - timedelta(days=15))
AFTER = Window(NOW - timedelta(days=10), NOW)
NAMES = ["estimated_accuracy", "estimated_roc_auc", "accuracy", "roc_auc"]
FIRST, SECOND = balanced()


def unlabelled(session, model, rows, window):
    spacing = window.duration / (len(rows.scores) + 1)
    sent = [
        Prediction(
            model=model.name, prediction_id=f"u-{row}", at=window.start + (row + 1) * spacing, score=float(score)
        )
        for row, score in enumerate(rows.scores)
    ]
    make_predictions(session, sent)


def test_before_outcomes_arrive_there_is_an_estimate_and_afterwards_both(session):
    model = make_model(session)
    send(session, model, FIRST, BEFORE, prefix="a", now=NOW)
    baselines.create_from_window(session, model, BEFORE, by="ada", now=NOW)
    unlabelled(session, model, SECOND, AFTER)

    early = queries.values(session, [model], NAMES, AFTER, now=NOW)["churn"]
    make_outcomes(session, [outcome(f"u-{row}", int(each), at=NOW) for row, each in enumerate(SECOND.actual)])
    fold_all(session)
    late = queries.values(session, [model], NAMES, AFTER, now=NOW)["churn"]

    assert early["accuracy"].reason == "no outcomes yet"
    assert late["estimated_accuracy"].value == early["estimated_accuracy"].value
    for name in ("accuracy", "roc_auc"):
        estimate = late[f"estimated_{name}"]
        assert estimate.low <= late[name].value <= estimate.high


def test_an_estimate_has_a_course(session):
    model = make_model(session)
    send(session, model, FIRST, BEFORE, prefix="a", now=NOW)
    baselines.create_from_window(session, model, BEFORE, by="ada", now=NOW)
    unlabelled(session, model, SECOND, AFTER)

    found = queries.series(session, model, ["estimated_accuracy"], AFTER, DAY, now=NOW)["estimated_accuracy"]

    assert len(found.points) == 10
    assert all(0.7 < point.value.value < 0.9 for point in found.points)


def test_a_file_with_outcomes_calibrates_and_one_without_does_not(session):
    model = make_model(session)
    columns = {"tenure": list(range(len(FIRST.scores)))}
    unlabelled(session, model, SECOND, AFTER)

    baselines.create_from_columns(
        session, model, columns, scores=FIRST.scores.tolist(), source="train.csv", by="ada", now=NOW
    )
    without = queries.values(session, [model], NAMES, AFTER, now=NOW)["churn"]["estimated_accuracy"]
    actual = [*FIRST.actual.tolist()[:-1], None]
    baselines.create_from_columns(
        session, model, columns, scores=FIRST.scores.tolist(), outcomes=actual, source="train.csv", by="ada", now=NOW
    )
    found = queries.values(session, [model], NAMES, AFTER, now=NOW)["churn"]["estimated_accuracy"]

    assert without.reason == "the baseline has no outcomes to calibrate with"
    assert found.note.endswith("the 3,999 outcomes of baseline 2")
    assert found.value == pytest.approx(((SECOND.scores >= 0.5) == SECOND.actual).mean(), abs=0.02)


def test_outcomes_of_a_file_are_one_or_zero_and_one_a_row(session):
    model = make_model(session)

    def make(outcomes):
        baselines.create_from_columns(
            session, model, {"x": [1.0] * 200}, outcomes=outcomes, source="x", by="ada", now=NOW
        )

    with pytest.raises(InvalidInputError, match="neither 1 nor 0"):
        make([2.0] * 200)
    with pytest.raises(InvalidInputError, match="There are 3 outcomes for 200 rows"):
        make([1, 0, 1])


def test_several_classes_have_an_estimated_accuracy(session):
    model = put_model(session, "tickets", task=Task.MULTICLASS, now=NOW)
    names = ("hardware", "network", "billing")
    rng = np.random.default_rng(4)

    def told(count, window, prefix):
        logits = rng.normal(0, 1.5, (count, 3))
        shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        actual = [rng.choice(3, p=row) for row in shares]
        spacing = window.duration / (count + 1)
        sent = [
            Prediction(
                model="tickets",
                prediction_id=f"{prefix}-{row}",
                at=window.start + (row + 1) * spacing,
                scores={name: float(share) for name, share in zip(names, shares[row], strict=True)},
            )
            for row in range(count)
        ]
        make_predictions(session, sent)
        make_outcomes(
            session,
            [outcome(f"{prefix}-{row}", names[real], model="tickets", at=NOW) for row, real in enumerate(actual)],
        )

    told(1500, BEFORE, "a")
    baselines.create_from_window(session, model, BEFORE, by="ada", now=NOW)
    told(1500, AFTER, "b")

    found = queries.values(session, [model], NAMES, AFTER, now=NOW)["tickets"]

    estimate = found["estimated_accuracy"]
    assert estimate.low <= found["accuracy"].value <= estimate.high
    assert estimate.high - estimate.low < 0.12
    assert found["estimated_roc_auc"].reason == "not defined for multiclass models"
