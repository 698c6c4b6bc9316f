"""How far the shares of the predicted classes moved."""

from dataclasses import replace

import numpy as np

from tests.unit.metrics.answered import class_counts, of_classes
from webapp.metrics.registry import METRICS
from webapp.telemetry.aggregate import Aggregate
from webapp.telemetry.reference import Baseline

NAMES = ("billing", "hardware", "network")
METRIC = METRICS["class_drift"]


def predicted(*counts, names=NAMES):
    places = np.repeat(np.arange(len(counts)), counts)
    return class_counts(places, places, names=names)


def drift(before, now):
    baseline = Baseline(None, Aggregate(classes=before))
    return METRIC.compute(replace(of_classes(now), baseline=baseline))


def test_a_queue_that_grows_is_named():
    found = drift(predicted(500, 300, 200), predicted(300, 300, 400))

    assert found.value > 0.1
    assert found.note in {"billing -20.0 pp", "network +20.0 pp"}


def test_what_chance_alone_gives_is_no_drift():
    found = drift(predicted(500, 300, 200), predicted(52, 28, 20))

    assert found.value == 0
    assert "within what chance alone gives" in found.note


def test_a_class_that_the_baseline_never_had_counts():
    found = drift(predicted(500, 300, 200), predicted(400, 300, 200, 100, names=(*NAMES, "access")))

    assert found.value > 0.1


def test_without_a_baseline_or_with_few_predictions_there_is_a_reason():
    assert METRIC.compute(of_classes(predicted(500, 300, 200))).reason == "no baseline yet"
    assert drift(predicted(500, 300, 200), predicted(5, 3, 2)).reason == "too few predictions (10 of at least 100)"
