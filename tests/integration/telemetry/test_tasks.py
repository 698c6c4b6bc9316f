"""Models that tell several classes apart or predict numbers: every count agrees with the rows that made it."""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy.orm import Session

from tests.factories import HOUR_AGO, NOW, make_outcomes, make_predictions, outcome, prediction
from webapp.catalog.models import Task
from webapp.catalog.queries import model_named, version_ids
from webapp.catalog.register import put_model
from webapp.core.errors import ConflictError
from webapp.core.periods import Window
from webapp.telemetry.aggregate import Aggregate, ClassCounts, ErrorCounts
from webapp.telemetry.answers import error_slots
from webapp.telemetry.baselines import create_from_window
from webapp.telemetry.decode import PARTS
from webapp.telemetry.fold import fold
from webapp.telemetry.queries import totals
from webapp.telemetry.wire import Prediction

TODAY = Window(NOW - timedelta(days=1), NOW)
CLASSES = ("hardware", "network", "billing")


def counted(session: Session, name: str) -> Aggregate:
    model = model_named(session, name)
    groups = {model.id: list(version_ids(session, [model.id])[model.id])}
    return totals(session, groups, TODAY, parts=frozenset(PARTS), now=NOW)[model.id]


def tickets(count: int, *, seed: int = 3) -> tuple[list[Prediction], list[str]]:
    """Return predictions with a probability a class, and what the tickets really were."""
    rng = np.random.default_rng(seed)
    actual = rng.integers(0, 3, count)
    logits = rng.normal(size=(count, 3)) + 1.5 * np.eye(3)[actual]
    scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    sent = [
        Prediction(
            model="tickets",
            prediction_id=f"t-{place}",
            at=HOUR_AGO + timedelta(seconds=place),
            scores={name: float(row[number]) for number, name in enumerate(CLASSES)},
        )
        for place, row in enumerate(scores)
    ]
    return sent, [CLASSES[place] for place in actual]


def forecasts(count: int, *, seed: int = 5) -> tuple[list[Prediction], list[float]]:
    rng = np.random.default_rng(seed)
    actual = np.round(rng.gamma(4, 20, count), 2)
    actual[:3] = 0.0
    predicted = np.round(actual + rng.normal(2, 8, count), 3)
    sent = [
        Prediction(model="demand", prediction_id=f"d-{place}", at=HOUR_AGO, predicted=float(value))
        for place, value in enumerate(predicted)
    ]
    return sent, [float(value) for value in actual]


def tell(session: Session, model: str, prefix: str, actual: Sequence[str | float]) -> None:
    told = [outcome(f"{prefix}-{place}", value, model=model) for place, value in enumerate(actual)]
    assert make_outcomes(session, told).accepted == len(actual)


def test_an_unknown_model_is_taken_for_what_it_sends(session: Session) -> None:
    make_predictions(session, [*tickets(1)[0], *forecasts(1)[0], prediction(model="churn")])

    assert [model_named(session, name).task for name in ("tickets", "demand", "churn")] == [
        Task.MULTICLASS,
        Task.REGRESSION,
        Task.BINARY,
    ]


@pytest.mark.parametrize(
    ("answered", "task"),
    [
        ({"predicted": "network", "score": 0.7}, Task.MULTICLASS),
        ({"predicted": "network"}, Task.MULTICLASS),
        ({"predicted": 7, "score": 0.7}, Task.MULTICLASS),
        ({"predicted": 7}, Task.REGRESSION),
        ({"predicted": "true", "score": 0.7}, Task.BINARY),
        ({"predicted": 0, "score": 0.7}, Task.BINARY),
        ({"predicted": "yes", "score": 0.7}, Task.BINARY),
        ({"error": "timeout"}, Task.BINARY),
    ],
)
def test_the_first_answer_says_what_an_unknown_model_does(session: Session, answered: dict, task: Task) -> None:
    make_predictions(session, [Prediction(model="new", prediction_id="1", at=HOUR_AGO, **answered)])

    assert model_named(session, "new").task is task


@pytest.mark.parametrize(
    ("actual", "task"), [("network", Task.MULTICLASS), (12.5, Task.REGRESSION), (1, Task.BINARY), ("no", Task.BINARY)]
)
def test_so_does_an_outcome_that_comes_before_any_prediction(session: Session, actual: str | float, task: Task) -> None:
    make_outcomes(session, [outcome("1", actual, model="new")])

    assert model_named(session, "new").task is task


@pytest.mark.parametrize(
    ("predicted", "flagged"), [("true", 1), ("True", 1), (True, 1), (1.0, 1), ("1", 1), ("false", 0), (0, 0)]
)
def test_yes_and_no_are_read_alike_in_predictions_and_outcomes(
    session: Session, predicted: str | float, flagged: int
) -> None:
    make_predictions(session, [Prediction(model="churn", prediction_id="1", at=HOUR_AGO, predicted=predicted)])
    make_outcomes(session, [outcome("1", predicted, model="churn")])

    found = counted(session, "churn").tally

    assert (found.predictions, found.flagged, found.tp, found.tn) == (1, flagged, flagged, 1 - flagged)


def test_classes_are_counted_against_classes(session: Session) -> None:
    sent, actual = tickets(300)
    make_predictions(session, sent[:200])
    tell(session, "tickets", "t", actual)  # a hundred of them before their predictions
    make_predictions(session, sent[200:])

    found = counted(session, "tickets")

    assert_classes(found.classes, sent, actual)
    right = sum(
        max(item.scores or {}, key=(item.scores or {}).__getitem__) == real
        for item, real in zip(sent, actual, strict=True)
    )
    assert (found.tally.known, found.tally.tp, found.tally.fp, found.tally.fn) == (300, right, 300 - right, 0)
    assert found.scores is not None
    assert (found.scores.positives.sum(), found.scores.negatives.sum()) == (right, 300 - right)


def test_a_corrected_class_moves_one_case(session: Session) -> None:
    sent, actual = tickets(40)
    make_predictions(session, sent)
    tell(session, "tickets", "t", actual)
    actual[7] = "billing" if actual[7] != "billing" else "network"

    make_outcomes(session, [outcome("t-7", actual[7], model="tickets")])

    assert_classes(counted(session, "tickets").classes, sent, actual)


def test_a_class_that_comes_up_later_gets_its_place(session: Session) -> None:
    sent, actual = tickets(60)
    make_predictions(session, sent)
    tell(session, "tickets", "t", [*actual[:59], "a new queue"])

    found = counted(session, "tickets").classes

    assert found is not None
    assert found.names == (*sorted(CLASSES, key=found.names.index), "a new queue")
    assert found.confusion[3].sum() == 1
    assert found.confusion.sum() == 60


def test_a_baseline_recounts_classes_and_folding_changes_nothing(session: Session) -> None:
    sent, actual = tickets(150)
    make_predictions(session, sent)
    tell(session, "tickets", "t", actual)

    create_from_window(session, model_named(session, "tickets"), TODAY, by="ada", now=NOW)
    assert_classes(counted(session, "tickets").classes, sent, actual)
    fold(session, now=NOW)

    assert_classes(counted(session, "tickets").classes, sent, actual)


def test_the_same_ticket_again_is_a_repeat_and_another_one_a_conflict(session: Session) -> None:
    sent, _ = tickets(3)
    make_predictions(session, sent)
    other = Prediction(model="tickets", prediction_id="t-1", at=sent[1].at, scores={"network": 1.0})

    answered = make_predictions(session, [*sent, other])

    assert (answered.accepted, answered.duplicates, len(answered.rejected)) == (0, 3, 1)


def test_more_classes_than_can_be_told_apart_are_refused(session: Session) -> None:
    sent = [
        Prediction(model="tickets", prediction_id=f"t-{place}", at=HOUR_AGO, scores={f"queue {place}": 1.0})
        for place in range(52)
    ]

    answered = make_predictions(session, sent)

    assert answered.accepted == 50
    assert "50 classes already" in answered.rejected[0].message


def test_errors_of_numbers_are_counted(session: Session) -> None:
    sent, actual = forecasts(400)
    make_predictions(session, sent)
    tell(session, "demand", "d", actual)

    found = counted(session, "demand")

    assert_errors(found.errors, sent, actual)
    assert found.scores is not None
    assert found.scores.everything.sum() == 400
    too_high = sum(float(item.predicted or 0) > real for item, real in zip(sent, actual, strict=True))
    assert found.scores.positives.sum() == too_high
    assert (found.tally.known, found.tally.tp, found.tally.flagged) == (400, 0, 0)


def test_a_corrected_number_takes_the_old_error_back(session: Session) -> None:
    sent, actual = forecasts(50)
    make_predictions(session, sent)
    tell(session, "demand", "d", actual)
    actual[9] += 100

    make_outcomes(session, [outcome("d-9", actual[9], model="demand")])

    assert_errors(counted(session, "demand").errors, sent, actual)


def test_a_baseline_gives_a_regression_edges_that_fit(session: Session) -> None:
    sent, actual = forecasts(500)
    make_predictions(session, sent)
    tell(session, "demand", "d", actual)

    create_from_window(session, model_named(session, "demand"), TODAY, by="ada", now=NOW)

    found = counted(session, "demand")
    assert_errors(found.errors, sent, actual)
    assert found.scores is not None
    assert np.count_nonzero(found.scores.everything) > 100


@pytest.mark.parametrize(
    ("model", "item", "words"),
    [
        ("demand", Prediction(model="demand", prediction_id="x", at=HOUR_AGO, score=0.5), "predicts a number"),
        ("demand", Prediction(model="demand", prediction_id="x", at=HOUR_AGO, predicted="many"), "must be a number"),
        ("demand", Prediction(model="demand", prediction_id="x", at=HOUR_AGO, predicted=True), "must be a number"),
        ("demand", Prediction(model="demand", prediction_id="x", at=HOUR_AGO, predicted=float("inf")), "finite"),
        ("churn", Prediction(model="churn", prediction_id="x", at=HOUR_AGO, scores={"a": 1.0}), "for multiclass"),
        ("churn", Prediction(model="churn", prediction_id="x", at=HOUR_AGO, predicted="yes"), "the classes 0 and 1"),
        ("churn", Prediction(model="churn", prediction_id="x", at=HOUR_AGO, predicted=12.5), "the classes 0 and 1"),
    ],
)
def test_an_answer_of_another_kind_is_refused(session: Session, model: str, item: Prediction, words: str) -> None:
    put_model(session, "demand", now=NOW, task=Task.REGRESSION)
    put_model(session, "churn", now=NOW, task=Task.BINARY)

    answered = make_predictions(session, [item])

    assert answered.accepted == 0
    assert words in answered.rejected[0].message


def test_a_model_with_events_keeps_its_task(session: Session) -> None:
    make_predictions(session, 20)

    with pytest.raises(ConflictError, match="already has events"):
        put_model(session, "churn", now=NOW, task=Task.REGRESSION)


def assert_classes(found: ClassCounts | None, sent: Sequence[Prediction], actual: Sequence[str]) -> None:
    assert found is not None
    place = {name: number for number, name in enumerate(found.names)}
    confusion, log_loss, brier = np.zeros((len(place), len(place)), dtype=int), 0.0, 0.0
    for item, real in zip(sent, actual, strict=True):
        scores = item.scores or {}
        confusion[place[real], place[max(scores, key=scores.__getitem__)]] += 1
        log_loss -= np.log(scores[real])
        brier += sum((score - (name == real)) ** 2 for name, score in scores.items())
    np.testing.assert_array_equal(found.confusion, confusion)
    np.testing.assert_array_equal(found.predicted, confusion.sum(axis=0))
    assert found.scored == len(sent)
    assert found.log_loss_sum == pytest.approx(log_loss, rel=1e-12)
    assert found.brier_sum == pytest.approx(brier, rel=1e-12)
    np.testing.assert_array_equal(found.ranks[:, 0].sum(axis=1), confusion.sum(axis=1))
    assert (found.ranks.sum(axis=(1, 2)) == len(sent)).all()


def assert_errors(found: ErrorCounts | None, sent: Sequence[Prediction], actual: Sequence[float]) -> None:
    assert found is not None
    real = np.array(actual)
    error = np.array([float(item.predicted or 0) for item in sent]) - real
    np.testing.assert_array_equal(found.counts, np.bincount(error_slots(error), minlength=len(found.counts)))
    scale = real != 0
    expected = {
        "count": len(error),
        "total": error.sum(),
        "absolute": np.abs(error).sum(),
        "squares": (error**2).sum(),
        "actual": real.sum(),
        "actual_squares": (real**2).sum(),
        "relative": np.abs(error[scale] / real[scale]).sum(),
        "relative_count": scale.sum(),
        "over": error[error > 0].sum(),
        "under": -error[error < 0].sum(),
    }
    for name, value in expected.items():
        assert getattr(found, name) == pytest.approx(value, rel=1e-9), name
