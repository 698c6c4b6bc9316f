"""The worked example of the metrics: from stored events, through the same door as every other number."""

from datetime import UTC, datetime

import pytest

from tests.factories import NOW, Confusion, fold_all, make_business, make_confusion, make_model
from webapp.core.periods import Window, month
from webapp.metrics import queries
from webapp.metrics.display import text_of
from webapp.metrics.registry import METRICS

MARCH = month(2026, 3)
NAMES = [
    "accuracy",
    "precision",
    "recall",
    "customers_saved",
    "revenue_protected",
    "retention_cost",
    "roi",
    "return_multiple",
    "cost_reduction",
]


@pytest.fixture
def model(session):
    made = make_model(session)
    make_business(session, made)
    return made


def test_the_worked_example_comes_out(session, model):
    make_confusion(session)

    found = queries.values(session, [model], NAMES, MARCH, now=NOW)["churn"]

    assert [text_of(found[name], METRICS[name]) for name in NAMES] == [
        "88.0%",
        "71.4%",
        "78.9%",
        "450",
        "$540,000",
        "$31,500",
        "1,614.3%",
        "17.1×",
        "74.8%",
    ]
    assert found["roi"].note == "assumes that all flagged were contacted; assumes that every flagged churner is saved"


def test_folding_changes_nothing(session, model):
    make_confusion(session)
    names = list(METRICS)
    before = queries.values(session, [model], names, MARCH, now=NOW)

    fold_all(session)

    after = queries.values(session, [model], names, MARCH, now=NOW)
    assert {name: value.value for name, value in after["churn"].items()} == pytest.approx(
        {name: value.value for name, value in before["churn"].items()}
    )


def test_months_of_investment_and_returns_come_out(session):
    model = make_model(session)
    make_business(session, model, customer_value=1000, contact_cost=50)
    flagged = {1: (95, 500), 2: (110, 440), 3: (102, 460)}
    for number, (tp, contacted) in flagged.items():
        start, end = month(2026, number).start, month(2026, number).end
        counts = Confusion(tp=tp, fp=contacted - tp, fn=3, tn=10)
        make_confusion(session, counts, start=start, end=min(end, NOW), prefix=f"m{number}")
    quarter = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))

    months = [
        queries.values(session, [model], ["roi"], month(2026, number), now=NOW)["churn"]["roi"].value
        for number in flagged
    ]
    total = queries.values(session, [model], ["roi", "net_benefit", "revenue_protected"], quarter, now=NOW)["churn"]

    assert months == pytest.approx([280.0, 400.0, 343.478], abs=1e-3)
    assert total["revenue_protected"].value == 307_000
    assert total["net_benefit"].value == 307_000 - 70_000
    assert total["roi"].value == pytest.approx(100 * 237 / 70)
