"""Declared segments are counted apart: each is exactly the part of the events that belongs to it."""

from datetime import timedelta

import msgspec
import pytest
from sqlalchemy.orm import Session

from tests.factories import NOW, make_outcomes, make_predictions, outcome, predictions
from webapp.catalog.models import Model
from webapp.catalog.queries import model_named, segments, version_ids
from webapp.catalog.register import put_model
from webapp.core.errors import InvalidInputError
from webapp.core.periods import Window
from webapp.telemetry.aggregate import Aggregate
from webapp.telemetry.baselines import create_from_window
from webapp.telemetry.decode import PARTS
from webapp.telemetry.fold import fold
from webapp.telemetry.queries import totals
from webapp.telemetry.segments import declare
from webapp.telemetry.wire import Prediction

TODAY = Window(NOW - timedelta(days=1), NOW)


def sent(count: int = 120) -> list[Prediction]:
    """Return predictions of two plans and three regions; every sixth has no region."""
    return [
        msgspec.structs.replace(
            item,
            segments={"plan": "basic" if place % 2 else "gold"}
            | ({} if place % 6 == 0 else {"region": f"r{place % 3}"}),
        )
        for place, item in enumerate(predictions(count))
    ]


def churn(session: Session, *keys: str) -> Model:
    return declare(session, put_model(session, "churn", now=NOW), keys, now=NOW)


def counted(session: Session, key: str, value: str) -> Aggregate:
    model = model_named(session, "churn")
    (found,) = [each for each in segments(session, [model.id])[model.id] if (each.key, each.value) == (key, value)]
    groups = {0: list(version_ids(session, [model.id])[model.id])}
    return totals(session, groups, TODAY, parts=frozenset(PARTS), now=NOW, segments={0: found.id})[0]


def everything(session: Session) -> Aggregate:
    model = model_named(session, "churn")
    groups = {0: list(version_ids(session, [model.id])[model.id])}
    return totals(session, groups, TODAY, parts=frozenset(PARTS), now=NOW)[0]


def tell(session: Session, items: list[Prediction]) -> None:
    make_outcomes(session, [outcome(item.prediction_id, place % 3 == 0) for place, item in enumerate(items)])


def assert_parts_are_the_whole(session: Session) -> None:
    gold, basic, whole = counted(session, "plan", "gold"), counted(session, "plan", "basic"), everything(session)
    together = gold + basic
    for name in ("predictions", "known", "errors", "tp", "fp", "fn", "tn", "flagged", "latency_count"):
        assert getattr(together.tally, name) == getattr(whole.tally, name), name
    assert together.tally.latency_sum_ms == pytest.approx(whole.tally.latency_sum_ms)
    assert together.tally.delay_sum_s == pytest.approx(whole.tally.delay_sum_s)
    assert together.scores is not None
    assert whole.scores is not None
    assert (together.scores.counts == whole.scores.counts).all()
    assert together.latencies is not None
    assert whole.latencies is not None
    assert (together.latencies == whole.latencies).all()
    for name, histogram in whole.features.items():
        assert (together.features[name].counts == histogram.counts).all(), name


def test_the_segments_of_a_key_add_up_to_everything(session: Session) -> None:
    churn(session, "plan", "region")
    items = sent()
    make_predictions(session, items)
    tell(session, items)

    assert_parts_are_the_whole(session)
    assert counted(session, "plan", "gold").tally.predictions == 60
    regions = [counted(session, "region", f"r{place}").tally.predictions for place in range(3)]
    assert sum(regions) == 100  # every sixth has none


def test_a_key_that_is_declared_later_has_its_history(session: Session) -> None:
    items = sent()
    make_predictions(session, items)
    tell(session, items)
    fold(session, now=NOW)

    churn(session, "plan")

    assert_parts_are_the_whole(session)


def test_what_comes_after_and_corrections_reach_the_segment(session: Session) -> None:
    churn(session, "plan")
    items = sent()
    make_predictions(session, items[:60])
    tell(session, items)
    make_predictions(session, items[60:])
    make_outcomes(session, [outcome(items[0].prediction_id, False), outcome(items[1].prediction_id, True)])
    fold(session, now=NOW)

    assert_parts_are_the_whole(session)


def test_a_new_baseline_counts_segments_in_its_bins(session: Session) -> None:
    churn(session, "plan")
    items = sent()
    make_predictions(session, items)
    tell(session, items)

    create_from_window(session, model_named(session, "churn"), TODAY, by="ada", now=NOW)

    assert_parts_are_the_whole(session)


def test_values_beyond_fifty_are_counted_together(session: Session) -> None:
    churn(session, "city")
    items = [
        msgspec.structs.replace(item, segments={"city": f"city {place % 70}"})
        for place, item in enumerate(predictions(140))
    ]
    make_predictions(session, items)
    model = model_named(session, "churn")

    known = [each.value for each in segments(session, [model.id])[model.id]]

    assert len(known) == 51
    assert counted(session, "city", "other").tally.predictions == 40


def test_a_key_that_is_no_longer_declared_is_counted_no_more(session: Session) -> None:
    churn(session, "plan")
    make_predictions(session, sent())

    declare(session, model_named(session, "churn"), ["region"], now=NOW)

    assert counted(session, "plan", "gold").tally.predictions == 0
    assert counted(session, "region", "r1").tally.predictions == 40


@pytest.mark.parametrize("keys", [["a", "b", "c", "d", "e", "f"], [""], ["a=b"], ["k" * 65]])
def test_keys_that_cannot_be_counted_are_refused(session: Session, keys: list[str]) -> None:
    model = put_model(session, "churn", now=NOW)

    with pytest.raises(InvalidInputError):
        declare(session, model, keys, now=NOW)
