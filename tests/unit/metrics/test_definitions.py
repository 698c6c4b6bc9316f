"""Every metric: its declaration, and what it says about nothing."""

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from tests.unit.metrics.evidence import BUSINESS, EXAMPLE, MARCH, MODEL, evidence
from webapp.catalog.models import Business
from webapp.core.periods import Window
from webapp.metrics.evidence import Evidence, MoneyPeriod
from webapp.metrics.money import months_in
from webapp.metrics.registry import METRICS
from webapp.telemetry.aggregate import LATENCY_BINS, LATENCY_EDGES, Tally
from webapp.telemetry.gauges import Gauge

EVERY = pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS.keys())
COUNTS_NOTHING = {"prediction_count", "throughput"}  # none is a number too


@EVERY
def test_a_metric_explains_itself(metric):
    assert METRICS[metric.name] is metric
    assert metric.label
    assert metric.formula
    assert metric.group in {"performance", "drift", "quality", "service", "business"}


@EVERY
def test_of_nothing_there_is_a_reason_and_no_number(metric):
    found = metric.compute(Evidence(MODEL, MARCH))

    if metric.name in COUNTS_NOTHING:
        assert found.value == 0
    else:
        assert found.value is None
        assert found.reason


@EVERY
@pytest.mark.parametrize(
    "tally",
    [
        Tally(predictions=5),
        Tally(predictions=5, errors=5),
        Tally(predictions=5, known=5, tn=5),
        Tally(predictions=5, known=5, fn=5),
        Tally(predictions=9, known=1, tp=1, flagged=9),
    ],
)
def test_whatever_is_missing_no_metric_breaks(metric, tally):
    for business in (None, BUSINESS, Business(BUSINESS.valid_from, 0, 0)):
        found = metric.compute(evidence(tally, business=business))
        assert (found.value is None) == (found.reason is not None)
        assert found.value is None or math.isfinite(found.value)


def value(name, *args, **kwargs):
    return METRICS[name].compute(evidence(*args, **kwargs)).value


def test_the_worked_example():
    assert value("accuracy") == 0.88
    assert value("precision") == pytest.approx(0.714286, abs=1e-6)
    assert value("recall") == pytest.approx(0.789474, abs=1e-6)
    assert value("specificity") == pytest.approx(1750 / 1930)
    assert value("f1") == pytest.approx(2 * 450 / (2 * 450 + 180 + 120))
    assert value("customers_at_risk") == 630
    assert value("customers_saved") == 450
    assert value("revenue_protected") == 540_000
    assert value("retention_cost") == 31_500
    assert value("net_benefit") == 508_500
    assert value("roi") == pytest.approx(1614.2857)
    assert value("return_multiple") == pytest.approx(17.142857)
    assert value("cost_reduction") == pytest.approx(0.748)
    assert value("missed_revenue") == 144_000


def test_a_save_rate_and_a_running_cost_count():
    business = Business(BUSINESS.valid_from, 1200, 50, save_rate=0.5, running_cost_monthly=3500, horizon_months=6)

    assert value("customers_saved", business=business) == 225
    assert value("revenue_protected", business=business) == 135_000
    assert value("net_benefit", business=business) == 135_000 - 31_500 - 3_500
    assert value("roi", business=business) == pytest.approx(100 * 100_000 / 35_000)


def test_assumptions_are_told():
    whole = METRICS["revenue_protected"].compute(evidence())
    half = METRICS["revenue_protected"].compute(evidence(business=Business(BUSINESS.valid_from, 1200, 50, 0.5)))
    partial = METRICS["retention_cost"].compute(evidence(Tally(predictions=100, known=80, tp=40, tn=40)))

    assert whole.note == "assumes that every flagged churner is saved"
    assert half.note is None
    assert partial.note == (
        "assumes that all flagged were contacted; realised: from the 80% of predictions whose outcome is known"
    )


def test_no_business_parameters_is_a_reason():
    assert METRICS["roi"].compute(evidence(business=None)).reason == "no business parameters in this window"


def test_parameters_that_change_within_the_window_value_their_own_part():
    middle = datetime(2026, 3, 11, tzinfo=UTC)
    doubled = Business(middle, customer_value=2400, contact_cost=50)
    money = (
        MoneyPeriod(BUSINESS, Window(MARCH.start, middle), Tally(tp=1)),
        MoneyPeriod(doubled, Window(middle, MARCH.end), Tally(tp=1)),
    )
    whole = evidence(Tally(predictions=2, known=2, tp=2))

    found = METRICS["revenue_protected"].compute(Evidence(MODEL, MARCH, aggregate=whole.aggregate, money=money))

    assert found.value == 3600


def test_thin_coverage_is_provisional():
    thin = METRICS["accuracy"].compute(evidence(Tally(predictions=100, known=59, tp=59)))
    enough = METRICS["accuracy"].compute(evidence(Tally(predictions=100, known=60, tp=60)))

    assert (thin.provisional, thin.coverage) == (True, 0.59)
    assert not enough.provisional


def test_months_count_by_their_own_length():
    def at(month, day, hour=0):
        return datetime(2026, month, day, hour, tzinfo=UTC)

    assert months_in(MARCH) == 1
    assert months_in(Window(at(2, 1), at(2, 15))) == 0.5
    assert months_in(Window(at(1, 1), at(7, 1))) == 6
    assert months_in(Window(at(2, 15), at(3, 1))) + months_in(Window(at(3, 1), at(3, 2))) == pytest.approx(0.5 + 1 / 31)


@pytest.mark.parametrize(("name", "share"), [("50", 0.5), ("95", 0.95), ("99", 0.99)])
def test_response_time_percentiles_are_within_two_percent(name, share):
    times = np.random.default_rng(1).lognormal(5, 0.7, 20_000)
    counts = np.bincount(np.searchsorted(LATENCY_EDGES, times, side="right") - 1, minlength=LATENCY_BINS)

    found = value(f"response_time_p{name}", latencies=counts)

    assert found == pytest.approx(np.quantile(times, share, method="inverted_cdf"), rel=0.0201)


def test_gauges_are_means_and_availability_a_share():
    gauges = {"cpu_percent": Gauge(4, 240.0, 20.0, 95.0), "up": Gauge(1000, 999.0, 0.0, 1.0)}

    assert value("cpu", gauges=gauges) == 60
    assert METRICS["cpu"].compute(evidence(gauges=gauges)).note == "highest 95%"
    assert value("availability", gauges=gauges) == 0.999


def test_freshness_is_the_age_of_the_newest_event():
    assert value("freshness", newest=MARCH.end - timedelta(minutes=3)) == 180_000


def test_throughput_is_by_the_hour():
    assert value("throughput") == pytest.approx(EXAMPLE.predictions / (31 * 24))
