"""Shops and what they sell: the units of a product on one of the next days, by weekday, weather and promotion."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import numpy as np

from webapp.catalog.models import Business, Costs, Target, Task
from webapp.demo import poisson
from webapp.demo.frame import Floats, Frame, pick, weigh
from webapp.demo.world import Release, World

STORES = {
    "Harbour": 1.5,
    "Station": 1.3,
    "Old Town": 1.0,
    "University": 0.9,
    "Airport": 0.8,
    "Riverside": 0.7,
    "Hillside": 0.5,
    "Village": 0.35,
}
UNITS = {"Bread": 64.0, "Milk": 48.0, "Soft drinks": 42.0, "Salad": 26.0, "Ice cream": 18.0}  # on a usual day
WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
BUSY = {"Mon": -0.08, "Tue": -0.12, "Wed": -0.05, "Thu": 0.0, "Fri": 0.14, "Sat": 0.32, "Sun": -0.25}
PROMOTIONS = {"none": 0.86, "leaflet": 0.09, "price cut": 0.05}
LIFT = {"leaflet": 0.28, "price cut": 0.62}
WARMTH: Mapping[str, float] = {"Ice cream": 0.05, "Soft drinks": 0.025, "Salad": 0.012}  # for each degree


def draw(rng: np.random.Generator, count: int) -> Frame:
    store = pick(rng, dict.fromkeys(STORES, 1 / len(STORES)), count)
    product = pick(rng, dict.fromkeys(UNITS, 1 / len(UNITS)), count)
    usual = weigh(store, STORES) * weigh(product, UNITS)
    return {
        "store": store,
        "product": product,
        "weekday": pick(rng, dict.fromkeys(WEEK, 1 / len(WEEK)), count),
        "promotion": pick(rng, PROMOTIONS, count),
        "price_index": np.round(rng.normal(1.0, 0.04, count).clip(0.8, 1.2), 3),
        "temperature": np.round(rng.normal(13.0, 5.5, count), 1),
        "sold_last_week": np.where(rng.random(count) < 0.02, np.nan, np.round(usual * rng.lognormal(0, 0.2, count))),
    }


def truth(frame: Frame) -> Floats:
    """Return how many units are to be expected: the shop and the product, times what the day makes of it."""
    usual = weigh(frame["store"], STORES) * weigh(frame["product"], UNITS)
    day = weigh(frame["weekday"], BUSY) + weigh(frame["promotion"], LIFT)
    weather = weigh(frame["product"], WARMTH) * (frame["temperature"] - 13.0)
    expected: Floats = usual * np.exp(day + weather - 1.4 * np.log(frame["price_index"]))
    return expected


WORLD = World(
    name="demand-forecast",
    title="Demand forecast",
    prefix="order",
    task=Task.REGRESSION,
    fit=poisson.fit,
    draw=draw,
    truth=truth,
    a_day=120,
    threshold=0.5,
    segments={"store": "store"},
    latency_ms=64,
    outcome_days=(1, 7.5),  # The forecast is for one of the next seven days.
    outcome_share=0.99,
    owners=("bea@demo.example",),
    releases=(
        Release("f7", timedelta(days=-170), "The seasonal model", seed=41, rows=2_500),
        Release("f8", timedelta(days=-33, hours=6), "Trained on a year of orders", seed=42, rows=9_000),
    ),
    targets={"mape": Target(0.22, 0.28, 0.40), "r2": Target(0.85, 0.75, 0.50)},
    business=Business(
        valid_from=datetime(2020, 1, 1, tzinfo=UTC),
        customer_value=0.0,
        contact_cost=0.0,
        costs=Costs(over=0.6, under=1.9),
    ),
)
