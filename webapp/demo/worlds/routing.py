"""Support tickets, and which queue can solve them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import numpy as np

from webapp.catalog.models import Business, Costs, Target, Task
from webapp.demo import softmax
from webapp.demo.frame import Floats, Frame, pick, weigh
from webapp.demo.world import Release, World

QUEUES = ("Access", "Billing", "Hardware", "Mobile", "Network", "Software")
PRODUCTS = {"Laptop": 0.24, "Printer": 0.12, "VPN": 0.15, "ERP": 0.19, "Mail": 0.14, "Phone": 0.16}
CHANNELS = {"portal": 0.44, "mail": 0.31, "phone": 0.17, "chat": 0.08}
# What each product, the new line "Dock" among them, says for each queue.
PRODUCT_PULL: Mapping[str, Mapping[str, float]] = {
    "Access": {"VPN": 0.9, "ERP": 0.8, "Mail": 0.9},
    "Billing": {"ERP": 1.6, "Phone": 0.7},
    "Hardware": {"Laptop": 1.9, "Printer": 2.6, "Dock": 3.1},
    "Mobile": {"Phone": 2.9},
    "Network": {"VPN": 2.3, "Printer": 0.6, "Dock": 2.9},
    "Software": {"ERP": 1.2, "Mail": 1.4, "Laptop": 0.7},
}
# And each word of the text, as a weight from 0 to 1.
WORDS: Mapping[str, Mapping[str, float]] = {
    "Access": {"password": 5.2, "denied": 3.4},
    "Billing": {"invoice": 6.0},
    "Hardware": {"screen": 4.6, "broken": 2.6},
    "Mobile": {"sim": 5.0},
    "Network": {"slow": 2.2, "disconnected": 4.8},
    "Software": {"error": 3.8, "update": 3.0, "slow": 1.0},
}
SAID = ("password", "denied", "invoice", "screen", "broken", "sim", "slow", "disconnected", "error", "update")


def draw(rng: np.random.Generator, count: int) -> Frame:
    said = {word: np.round(rng.beta(0.5, 2.4, count) * (rng.random(count) < 0.42), 3) for word in SAID}
    return {
        "product": pick(rng, PRODUCTS, count),
        "channel": pick(rng, CHANNELS, count),
        "words": np.round(rng.lognormal(3.6, 0.6, count)),
        "reopened": (rng.random(count) < 0.07).astype(np.float64),
        **said,
    }


def truth(frame: Frame) -> Floats:
    """Return the chance of each queue."""
    logits = [
        weigh(frame["product"], PRODUCT_PULL[queue])
        + sum(weight * frame[word] for word, weight in WORDS[queue].items())
        for queue in QUEUES
    ]
    return softmax.shares(3.2 * np.stack(logits, axis=1))


WORLD = World(
    name="ticket-routing",
    title="Ticket routing",
    prefix="ticket",
    task=Task.MULTICLASS,
    classes=QUEUES,
    fit=softmax.fit,
    draw=draw,
    truth=truth,
    a_day=160,
    threshold=0.5,
    segments={"product": "product"},
    latency_ms=31,
    outcome_days=(0.1, 1.5),
    outcome_share=0.96,
    owners=("ada@demo.example", "omar@demo.example"),
    releases=(
        Release("r3", timedelta(days=-150), "Six queues instead of four", seed=51, rows=3_000),
        Release("r4", timedelta(days=-24, hours=9), "Reads the text with more words", seed=52, rows=6_000),
    ),
    targets={"macro_f1": Target(0.82, 0.78, 0.65)},
    business=Business(
        valid_from=datetime(2020, 1, 1, tzinfo=UTC),
        customer_value=0.0,
        contact_cost=0.0,
        costs=Costs(right=4.0, wrong=-9.0, matrix={"Network": {"Hardware": -16.0}, "Access": {"Software": -14.0}}),
    ),
)
