"""Card payments, and the few that are fraud."""

from datetime import timedelta

import numpy as np

from webapp.demo.frame import Floats, Frame, pick, weigh
from webapp.demo.world import Release, World, probability

MERCHANTS = {"grocery": 0.33, "fuel": 0.15, "restaurant": 0.18, "electronics": 0.09, "travel": 0.08, "online": 0.17}
CHANNELS = {"chip": 0.55, "contactless": 0.22, "web": 0.23}
MERCHANT_PULL = {"electronics": 1.2, "travel": 0.6, "online": 0.9, "grocery": -0.8}


def draw(rng: np.random.Generator, count: int) -> Frame:
    merchants = {name: share / sum(MERCHANTS.values()) for name, share in MERCHANTS.items()}
    abroad = rng.random(count) < 0.06
    hurried = rng.random(count) < 0.05
    return {
        "amount": np.round(rng.lognormal(3.4, 1.0, count), 2),
        "merchant": pick(rng, merchants, count),
        "channel": pick(rng, CHANNELS, count),
        "country": np.where(abroad, "abroad", "home"),
        "distance_km": np.round(rng.exponential(9.0, count) + abroad * rng.exponential(900.0, count), 1),
        "attempts_last_hour": rng.poisson(0.2, count) + hurried * rng.poisson(3.0, count).astype(np.float64),
        "card_age_months": np.round(rng.gamma(2.2, 14.0, count)),
        "device_known": pick(rng, {"yes": 0.9, "no": 0.1}, count),
    }


def truth(frame: Frame) -> Floats:
    """Return the chance of fraud: a strange device far away, trying often, for a large amount."""
    logit = (
        -10.6
        + 1.5 * np.log(frame["amount"] / 30 + 0.2).clip(-1)
        + 1.5 * frame["attempts_last_hour"]
        + 3.4 * (frame["device_known"] == "no")
        + 2.6 * (frame["country"] == "abroad")
        + 0.5 * np.log1p(frame["distance_km"])
        + 1.1 * (frame["channel"] == "web")
        + weigh(frame["merchant"], MERCHANT_PULL)
        - 0.02 * frame["card_age_months"]
    )
    return probability(1.05 * logit)


WORLD = World(
    name="card-fraud",
    title="Card fraud",
    prefix="payment",
    draw=draw,
    truth=truth,
    a_day=900,
    threshold=0.4,
    segments={"channel": "channel"},
    latency_ms=46,
    outcome_days=(1, 8),
    outcome_share=0.93,
    owners=("ada@demo.example", "dev@demo.example"),
    releases=(
        Release("4.2", timedelta(days=-150), "The model in use since the autumn", seed=31, rows=40_000),
        Release("4.3", timedelta(days=-52, hours=13), "Knows the distance from home", seed=32, rows=60_000),
    ),
)
