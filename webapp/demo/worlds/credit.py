"""Applicants for a loan, and which of them do not pay it back."""

from datetime import timedelta

import numpy as np

from webapp.demo.frame import Floats, Frame, pick, weigh
from webapp.demo.world import Release, World, probability

PURPOSES = {"car": 0.31, "home": 0.24, "education": 0.11, "business": 0.14, "debt": 0.20}
HOUSING = {"own": 0.46, "mortgage": 0.30, "rent": 0.24}
PURPOSE_PULL = {"debt": 0.9, "business": 0.7, "education": 0.2}
HOUSING_PULL = {"rent": 0.5, "own": -0.3}


def draw(rng: np.random.Generator, count: int) -> Frame:
    income = np.round(rng.lognormal(10.6, 0.45, count))
    amount = np.round(income * rng.uniform(0.08, 0.75, count), -2).clip(500)
    return {
        "income": income,
        "loan_amount": amount,
        "term_months": rng.choice(np.array([12.0, 24.0, 36.0, 48.0, 60.0]), count),
        "credit_years": np.where(rng.random(count) < 0.04, np.nan, np.round(rng.gamma(3.0, 3.6, count), 1)),
        "open_accounts": rng.poisson(4.2, count).astype(np.float64),
        "utilisation": np.round(rng.beta(2.0, 3.2, count), 3),
        "late_payments": rng.poisson(0.45, count).astype(np.float64),
        "purpose": pick(rng, PURPOSES, count),
        "housing": pick(rng, HOUSING, count),
    }


def truth(frame: Frame) -> Floats:
    """Return the chance of a default: large loans on small incomes, used-up credit, late payments before."""
    burden = frame["loan_amount"] / frame["income"]
    logit = (
        -4.9
        + 3.4 * burden
        + 2.3 * frame["utilisation"]
        + 1.1 * frame["late_payments"]
        - 0.06 * np.nan_to_num(frame["credit_years"], nan=4.0)
        + 0.012 * frame["term_months"]
        + weigh(frame["purpose"], PURPOSE_PULL)
        + weigh(frame["housing"], HOUSING_PULL)
    )
    return probability(1.7 * logit)


WORLD = World(
    name="credit-default",
    title="Credit default",
    prefix="loan",
    draw=draw,
    truth=truth,
    a_day=220,
    threshold=0.4,
    segments={"purpose": "purpose"},
    latency_ms=205,
    outcome_days=(5, 14),
    outcome_share=0.95,
    owners=("bea@demo.example",),
    releases=(
        Release("2026.1", timedelta(days=-180), "The yearly release", seed=21, rows=5_000),
        Release("2026.2", timedelta(days=-27, hours=8), "Recalibrated", seed=22, rows=12_000),
    ),
)
