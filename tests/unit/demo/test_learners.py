"""The demo's own models of several classes and of counts against scikit-learn's."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, PoissonRegressor

from webapp.demo import poisson, softmax
from webapp.demo.logistic import RIDGE
from webapp.demo.worlds import demand, routing


def test_the_shares_are_those_of_scikit_learn():
    rng = np.random.default_rng(1)
    frame = routing.WORLD.draw(rng, 4_000)
    actual = routing.WORLD.happening(rng, routing.WORLD.truth(frame))

    ours = softmax.fit(frame, actual)

    rows = ours.encoding.matrix(frame)[:, 1:]
    theirs = LogisticRegression(C=1 / RIDGE, tol=1e-8, max_iter=5_000).fit(rows, actual.astype(int))
    assert np.abs(ours.score(frame) - theirs.predict_proba(rows)).mean() < 0.01
    assert ours.score(frame).sum(axis=1) == pytest.approx(1)


def test_the_expected_counts_are_those_of_scikit_learn():
    rng = np.random.default_rng(2)
    frame = demand.WORLD.draw(rng, 4_000)
    actual = demand.WORLD.happening(rng, demand.WORLD.truth(frame))

    ours = poisson.fit(frame, actual)

    rows = ours.encoding.matrix(frame)[:, 1:]
    theirs = PoissonRegressor(alpha=RIDGE / 4_000, tol=1e-8, max_iter=5_000).fit(rows, actual)
    assert ours.score(frame) == pytest.approx(theirs.predict(rows), rel=0.02)


def test_what_happens_follows_the_truth():
    rng = np.random.default_rng(3)
    chances = np.tile([0.5, 0.3, 0.2, 0.0, 0.0, 0.0], (20_000, 1))

    classes = np.bincount(routing.WORLD.happening(rng, chances).astype(int), minlength=6) / 20_000
    counts = demand.WORLD.happening(rng, np.full(20_000, 30.0))

    assert classes == pytest.approx(chances[0], abs=0.02)
    assert counts.mean() == pytest.approx(30, rel=0.01)
    assert counts.var() > 30
