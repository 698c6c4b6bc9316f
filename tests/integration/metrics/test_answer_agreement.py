"""Stored answers of several classes and stored numbers beside scikit-learn: every metric there is."""

from datetime import timedelta

import pytest

from tests import answer_agreement as agreement
from tests.factories import NOW
from webapp.catalog.models import Task
from webapp.core.periods import Window
from webapp.metrics.metric import MULTICLASS_ONLY, REGRESSION_ONLY
from webapp.metrics.registry import METRICS

WINDOW = Window(NOW - timedelta(days=10), NOW)


@pytest.mark.parametrize(
    ("task", "rows", "lines_of", "own"),
    [
        (Task.MULTICLASS, agreement.classes, agreement.of_classes, MULTICLASS_ONLY),
        (Task.REGRESSION, agreement.numbers, agreement.of_numbers, REGRESSION_ONLY),
    ],
)
def test_every_metric_agrees_with_scikit_learn(session, task, rows, lines_of, own):
    answers = rows()
    found = agreement.store(session, "model", task, answers, WINDOW, now=NOW)

    lines = list(lines_of(str(task), found, answers))

    assert [(line.metric, line.ours, line.reference) for line in lines if not line.agrees] == []
    compared = {line.metric for line in lines}
    ours = {name for name, metric in METRICS.items() if metric.tasks == own and metric.group != "drift"}
    assert ours <= compared
