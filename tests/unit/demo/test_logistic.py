"""The demo's own logistic regression against scikit-learn's."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from webapp.demo.frame import take
from webapp.demo.logistic import RIDGE, fit
from webapp.demo.worlds.churn import WORLD


def test_the_weights_are_those_of_scikit_learn():
    rng = np.random.default_rng(1)
    frame = WORLD.draw(rng, 3_000)
    actual = (rng.random(3_000) < WORLD.truth(frame)).astype(float)

    ours = fit(frame, actual)

    rows = ours.encoding.matrix(frame)[:, 1:]
    theirs = LogisticRegression(C=1 / RIDGE, tol=1e-10, max_iter=5_000).fit(rows, actual)
    assert ours.weights[0] == pytest.approx(theirs.intercept_[0], abs=1e-3)
    assert ours.weights[1:] == pytest.approx(theirs.coef_[0], abs=1e-3)


def test_a_missing_number_counts_as_the_mean_and_an_unknown_category_as_none():
    rng = np.random.default_rng(2)
    frame = WORLD.draw(rng, 2_000)
    model = fit(frame, (rng.random(2_000) < WORLD.truth(frame)).astype(float))
    one = dict(take(frame, np.array([0])))

    one["tenure"], one["Contract"] = np.array([np.nan]), np.array(["Ten years"])
    row = model.encoding.matrix(one)[0]

    assert row[1] == 0
    assert np.isfinite(model.score(one)).all()
    assert row[1 + len(model.encoding.centre) :][:3].tolist() == [0, 0, 0]
