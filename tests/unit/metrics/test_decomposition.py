"""Every split adds up to the change, whatever appears, disappears or belongs to no part."""

import math

import numpy as np
import pytest

from tests.unit.metrics.answered import class_counts, error_counts
from tests.unit.metrics.evidence import evidence, labelled
from webapp.metrics.decomposition import SPLITTINGS, effects
from webapp.metrics.registry import METRICS
from webapp.telemetry.aggregate import EMPTY, Aggregate, Tally

# Of several classes micro F1 is the accuracy, whose split this is.
TALLIES = [name for name in SPLITTINGS if METRICS[name].source == "counts" and name != "micro_f1"]


def tally(tp, fp, fn, tn):
    known = tp + fp + fn + tn
    return Aggregate(tally=Tally(predictions=known, known=known, tp=tp, fp=fp, fn=fn, tn=tn, flagged=tp + fp))


def together(parts):
    return sum(parts.values(), EMPTY)


def value(name, aggregate):
    found = METRICS[name].compute(evidence(aggregate.tally)).value
    assert found is not None
    return found


@pytest.mark.parametrize("name", TALLIES)
def test_the_parts_of_a_share_add_up_to_its_change(name):
    rng = np.random.default_rng(7)
    for _ in range(20):
        before = {key: tally(*rng.integers(1, 400, 4).tolist()) for key in ("a", "b", "gone")}
        now = {key: tally(*rng.integers(1, 400, 4).tolist()) for key in ("a", "b", "new")}
        outside = tally(*rng.integers(0, 50, 4).tolist())
        whole = together(before), together(now) + outside

        found = effects(name, before, now, whole)

        change = value(name, whole[1]) - value(name, whole[0])
        assert sum(effect.total for effect in found.values()) == pytest.approx(change, abs=1e-12)
        assert sum(effect.weight for effect in found.values()) == pytest.approx(1)


def test_a_part_that_only_grows_is_mix_and_one_that_only_worsens_is_rate():
    before = {"good": tally(90, 0, 0, 810), "bad": tally(10, 30, 10, 50)}
    grown = {"good": tally(45, 0, 0, 405), "bad": tally(60, 180, 60, 300)}
    worse = {"good": tally(80, 20, 20, 780), "bad": tally(10, 30, 10, 50)}

    by_mix = effects("accuracy", before, grown, (together(before), together(grown)))
    by_rate = effects("accuracy", before, worse, (together(before), together(worse)))

    assert all(effect.rate == pytest.approx(0) for effect in by_mix.values())
    assert by_mix["bad"].mix < 0
    assert by_mix["good"].mix < 0  # less of what is above the mean lowers it, too
    assert all(effect.mix == pytest.approx(0) for effect in by_rate.values())
    assert by_rate["good"].rate == pytest.approx(0.9 * (860 / 900 - 1))
    assert by_rate["bad"].rate == pytest.approx(0)


def test_a_version_that_replaces_another_is_all_of_the_change():
    before, now = {"v12": tally(40, 10, 10, 40)}, {"v13": tally(30, 20, 20, 30)}

    found = effects("accuracy", before, now, (before["v12"], now["v13"]))

    assert sum(effect.mix for effect in found.values()) == pytest.approx(-0.2)
    assert all(effect.rate == 0 for effect in found.values())


@pytest.mark.parametrize("name", ["mae", "bias", "mape", "rmse"])
def test_the_parts_of_an_error_add_up_to_its_change(name):
    rng = np.random.default_rng(11)

    def side(scale):
        rows = {key: (rng.normal(50, 10, 200), rng.normal(50, scale, 200)) for key in ("a", "b")}
        return rows, {key: Aggregate(errors=error_counts(*each)) for key, each in rows.items()}

    (rows_before, before), (rows_now, now) = side(5), side(15)

    found = effects(name, before, now, (together(before), together(now)))

    change = _error(name, rows_now) - _error(name, rows_before)
    assert sum(effect.total for effect in found.values()) == pytest.approx(change, rel=1e-9)


@pytest.mark.parametrize("name", ["brier", "log_loss", "calibration_bias"])
def test_the_parts_of_a_loss_add_up_to_its_change(name):
    rng = np.random.default_rng(13)
    edges = np.linspace(0, 1, 101)

    def side(shift):
        parts = {}
        for key in ("a", "b"):
            score = rng.beta(2, 4, 500)
            actual = (rng.random(500) < (score + shift).clip(0, 1)).astype(int)
            parts[key] = labelled(score, actual, edges=edges).aggregate
        return parts

    before, now = side(0.0), side(0.2)
    whole = together(before), together(now)

    found = effects(name, before, now, whole)

    first, second = (METRICS[name].compute(evidence(each.tally, scores=each.scores)).value for each in whole)
    assert sum(effect.total for effect in found.values()) == pytest.approx(second - first, abs=1e-9)


def test_losses_of_several_classes_split_by_their_sums():
    rng = np.random.default_rng(17)

    def part(size):
        scores = rng.dirichlet((2, 1, 1), size)
        actual = rng.integers(0, 3, size)
        counts = class_counts(actual, scores.argmax(axis=1), names="abc", scores=scores)
        return Aggregate(classes=counts)

    before, now = {"a": part(100), "b": part(50)}, {"a": part(30), "b": part(200)}
    whole = together(before), together(now)

    found = effects("log_loss_multiclass", before, now, whole)

    first, second = (each.classes.log_loss_sum / each.classes.scored for each in whole)
    assert sum(effect.total for effect in found.values()) == pytest.approx(second - first)


def test_an_area_does_not_split_and_neither_does_what_was_not_known():
    known, nothing = tally(10, 5, 5, 10), tally(0, 0, 0, 0)

    assert effects("roc_auc", {"a": known}, {"a": known}, (known, known)) == {}
    assert effects("accuracy", {"a": nothing}, {"a": known}, (nothing, known)) == {}


def _error(name, rows):
    predicted, actual = (np.concatenate([each[place] for each in rows.values()]) for place in (0, 1))
    error = predicted - actual
    match name:
        case "mae":
            return float(np.abs(error).mean())
        case "bias":
            return float(error.mean())
        case "mape":
            return float(np.abs(error / actual).mean())
        case _:
            return math.sqrt(float((error**2).mean()))
