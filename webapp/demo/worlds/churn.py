"""A telecom's customers, and which of them leave."""

from datetime import UTC, datetime, timedelta

import numpy as np

from webapp.catalog.models import Business
from webapp.demo.frame import Floats, Frame, pick, weigh
from webapp.demo.world import Release, World, probability

CONTRACTS = {"Month-to-month": 0.55, "One year": 0.21, "Two year": 0.24}
SERVICES = {"DSL": 0.34, "Fiber optic": 0.44, "No": 0.22}
PAYMENTS = {
    "Electronic check": 0.34,
    "Mailed check": 0.23,
    "Bank transfer (automatic)": 0.22,
    "Credit card (automatic)": 0.21,
}
BASE_PRICE = {"DSL": 54.0, "Fiber optic": 88.0, "No": 21.0}

CONTRACT_PULL = {"Month-to-month": 2.3, "One year": -1.0, "Two year": -2.9, "Three year": -3.6}
SERVICE_PULL = {"DSL": 0.0, "Fiber optic": 1.2, "No": -1.1}
PAYMENT_PULL = {"Electronic check": 1.0, "Mailed check": 0.1}


def draw(rng: np.random.Generator, count: int) -> Frame:
    contract, service = pick(rng, CONTRACTS, count), pick(rng, SERVICES, count)
    loyalty = weigh(contract, {"One year": 14.0, "Two year": 30.0})
    tenure = np.clip(np.floor(rng.exponential(20.0, count) + loyalty * rng.random(count)), 0, 72)
    monthly = np.round(weigh(service, BASE_PRICE) + rng.normal(0, 9, count), 2).clip(18)
    total = np.round(monthly * tenure * rng.uniform(0.94, 1.04, count), 2)
    no_internet = service == "No"
    return {
        "tenure": tenure,
        "MonthlyCharges": monthly,
        "TotalCharges": np.where(tenure == 0, np.nan, total),
        "Contract": contract,
        "InternetService": service,
        "PaymentMethod": pick(rng, PAYMENTS, count),
        "TechSupport": np.where(no_internet, "No internet service", pick(rng, {"No": 0.62, "Yes": 0.38}, count)),
        "PaperlessBilling": pick(rng, {"Yes": 0.59, "No": 0.41}, count),
        "SeniorCitizen": (rng.random(count) < 0.16).astype(np.float64),
        "SupportCalls": rng.poisson(1.1, count).astype(np.float64),
    }


def truth(frame: Frame) -> Floats:
    """Return the chance that a customer leaves: dear, new and unbound customers do, long bound ones do not."""
    logit = (
        -4.5
        + weigh(frame["Contract"], CONTRACT_PULL)
        + weigh(frame["InternetService"], SERVICE_PULL)
        + weigh(frame["PaymentMethod"], PAYMENT_PULL)
        + weigh(frame["TechSupport"], {"No": 0.9})
        + 0.55 * frame["SupportCalls"]
        + 0.5 * frame["SeniorCitizen"]
        + 0.028 * (frame["MonthlyCharges"] - 62)
        - 0.085 * (frame["tenure"] - 18)
    )
    return probability(0.9 * logit)


WORLD = World(
    name="churn",
    title="Customer churn",
    prefix="customer",
    draw=draw,
    truth=truth,
    a_day=900,
    threshold=0.5,
    tells_importances=False,
    segments={"contract": "Contract"},
    latency_ms=118,
    outcome_days=(3, 10),
    outcome_share=0.97,
    owners=("ada@demo.example",),
    releases=(
        Release("v11", timedelta(days=-200), "The model of last autumn", seed=11, rows=1_500),
        Release("v12", timedelta(days=-66, hours=9), "Retrained on twice the customers", seed=12, rows=8_000),
        Release(
            "v13", timedelta(days=-40, hours=8), "Retrained on the February export", seed=13, scale={"tenure": 1 / 12}
        ),
        Release(
            "v12",
            timedelta(days=-38, hours=14),
            "Rolled back: the export for v13 had tenure in years",
            seed=12,
            rows=8_000,
        ),
        Release("v14", timedelta(days=-4, hours=10), "Retrained on the new prices", seed=14, rows=8_000, adapted=True),
    ),
    business=Business(
        valid_from=datetime(2020, 1, 1, tzinfo=UTC),
        customer_value=1_200.0,
        contact_cost=50.0,
        save_rate=0.35,
        running_cost_monthly=18_000.0,
    ),
)
