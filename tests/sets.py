"""Rows that a model scored, with what really happened: generated, and real where MC_TEST_DATA names a folder.

The folder has telco.csv (customers who leave) and elec.csv (electricity prices); half of each trains a model, the other
half is scored by it.
"""

import csv
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import OneHotEncoder, StandardScaler

DATA = os.environ.get("MC_TEST_DATA", "")
REAL = ("telco", "elec") if DATA else ()


@dataclass(frozen=True)
class Rows:
    """Features as a client sends them, the model's scores, and the outcomes, 0 or 1."""

    features: list[dict[str, float | str | None]]
    scores: NDArray[np.float64]
    actual: NDArray[np.int64]

    def part(self, start: int, stop: int) -> "Rows":
        return Rows(self.features[start:stop], self.scores[start:stop], self.actual[start:stop])


def balanced() -> tuple[Rows, Rows]:
    """Return rows of which four in ten are positive."""
    return _generated(4000, -0.5, seed=1)


def imbalanced() -> tuple[Rows, Rows]:
    """Return rows of which eight in a thousand are positive."""
    return _generated(20_000, -6.65, seed=2)


def telco() -> tuple[Rows, Rows]:
    """Return both halves of the customers, drawn at random."""
    numeric = ["tenure", "MonthlyCharges", "TotalCharges"]
    texts = ["Contract", "PaymentMethod", "InternetService", "gender"]
    rows = _read("telco.csv")
    rows = [rows[place] for place in np.random.default_rng(1).permutation(len(rows))]
    features = [{name: _number(row[name]) for name in numeric} | {name: row[name] for name in texts} for row in rows]
    numbers = np.array([[row[name] or 0.0 for name in numeric] for row in features])
    encoded = OneHotEncoder(sparse_output=False).fit_transform([[row[name] for name in texts] for row in features])
    inputs = np.hstack([StandardScaler().fit_transform(numbers), encoded])
    actual = np.array([row["Churn"] == "Yes" for row in rows]).astype(np.int64)
    half = len(rows) // 2
    scores = LogisticRegression(max_iter=1000).fit(inputs[:half], actual[:half]).predict_proba(inputs)[:, 1]
    both = Rows(features, scores, actual)
    return both.part(0, half), both.part(half, len(rows))


def elec() -> tuple[Rows, Rows]:
    """Return the first quarter of the stream in its order, in halves."""
    names = ["period", "nswprice", "nswdemand", "vicprice", "vicdemand", "transfer"]
    rows = _read("elec.csv")[:12_000]
    features: list[dict[str, float | str | None]] = [{name: float(row[name]) for name in names} for row in rows]
    inputs = np.array([[row[name] for name in names] for row in features])
    actual = np.array([int(row["class"]) for row in rows])
    half = len(rows) // 2
    fitted = HistGradientBoostingClassifier(max_iter=60, random_state=1).fit(inputs[:half], actual[:half])
    both = Rows(features, fitted.predict_proba(inputs)[:, 1], actual)
    return both.part(0, half), both.part(half, len(rows))


def telco_by_formula() -> tuple[Mapping[str, NDArray[np.bool_]], Rows]:
    """Return the customers in the order of the file, scored by a formula, and which of them stand for what."""
    rows = _read("telco.csv")
    score = [
        -1
        - 0.04 * float(row["tenure"])
        + 0.02 * (float(row["MonthlyCharges"]) - 65)
        + (row["Contract"] == "Month-to-month")
        for row in rows
    ]
    actual = np.array([row["Churn"] == "Yes" for row in rows]).astype(np.int64)
    first = np.arange(len(rows)) < 3500
    fiber = np.array([row["InternetService"] == "Fiber optic" for row in rows])
    parts = {"first": first, "fiber": ~first & fiber, "all": np.full(len(rows), True)}
    return parts, Rows([], 1 / (1 + np.exp(-np.array(score))), actual)


def _generated(size: int, middle: float, *, seed: int) -> tuple[Rows, Rows]:
    """Return a reference and later rows, whose features have moved; scores are shares of positives in both."""
    rng = np.random.default_rng(seed)
    share = 1 / (1 + np.exp(-rng.normal(middle, 2.0, 2 * size)))
    actual = (rng.random(2 * size) < share).astype(np.int64)
    later = np.arange(2 * size) >= size
    usage = rng.normal(0.4 * later, 1.0)
    visits = rng.poisson(3 + later)
    plan = np.where(
        rng.random(2 * size) < 0.3 + 0.2 * later, "basic", np.where(rng.random(2 * size) < 0.5, "plus", "pro")
    )
    missing = rng.random(2 * size) < 0.05 + 0.1 * later
    features: list[dict[str, float | str | None]] = [
        {
            "usage": None if missing[row] else float(usage[row]),
            "visits": float(visits[row]),
            "plan": "trial" if later[row] and row % 20 == 0 else str(plan[row]),
        }
        for row in range(2 * size)
    ]
    both = Rows(features, share, actual)
    return both.part(0, size), both.part(size, 2 * size)


def _read(name: str) -> list[dict[str, str]]:
    with (Path(DATA) / name).open(newline="") as file:
        return list(csv.DictReader(file))


def _number(text: str) -> float | None:
    return float(text) if text.strip() else None
