"""What dashboards are put together from, as pure functions."""

from datetime import UTC, datetime, timedelta

import pytest

from webapp.catalog.models import Model, Target, Task
from webapp.catalog.targets import DEFAULTS
from webapp.core.periods import Window
from webapp.figures import BusinessMonth
from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import Better, MetricSeries, Point, Value, undefined
from webapp.metrics.registry import METRICS
from webapp.telemetry.aggregate import Aggregate, Tally
from webapp.web.views.company import last_months
from webapp.web.views.fleet import RATIOS, combined, combined_series, investment
from webapp.web.views.metric_cards import settled_values, standing
from webapp.web.views.model_parts import as_kept, as_shown, order_fault
from webapp.web.views.months import totals
from webapp.web.views.what_if import ceiling_of

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
MODEL = Model(1, "churn", "Churn", Task.BINARY, "active", "1", 0.5, DEFAULTS, (), "jensen_shannon", NOON)
DOLLARS = frozenset({"USD"})
INVESTED = (25_000, 22_000, 23_000, 26_000, 24_000, 25_000)
RETURNED = (95_000, 110_000, 102_000, 135_000, 118_000, 142_000)


def a_month(number: int, spent: float, returned: float) -> BusinessMonth:
    return BusinessMonth(
        datetime(2026, number, 1, tzinfo=UTC),
        {
            "revenue_protected": Value(returned),
            "net_benefit": Value(returned - spent),
            "roi": Value(100 * (returned - spent) / spent),
        },
    )


def test_half_a_year_comes_to_what_the_specification_says():
    months = [a_month(*entry) for entry in zip(range(1, 7), INVESTED, RETURNED, strict=True)]

    found = totals(months)

    assert (found.invested, found.returned, found.net) == (145_000, 702_000, 557_000)
    assert (round(found.overall_roi, 1), round(found.mean_roi, 1)) == (384.1, 383.7)
    assert found.best is months[5]
    assert round(found.best.value("roi").value, 1) == 468.0


def test_months_without_money_come_to_nothing_without_a_fault():
    found = totals([BusinessMonth(NOON, {})])

    assert (found.invested, found.overall_roi, found.mean_roi, found.best) == (0.0, None, None, None)


def test_shares_weigh_by_what_they_were_counted_from_and_amounts_add_up():
    values = {
        "small": {"accuracy": Value(0.5, 100), "prediction_count": Value(100.0, 100)},
        "large": {"accuracy": Value(0.9, 300), "prediction_count": Value(300.0, 300)},
    }

    found = combined(values, ["accuracy", "prediction_count"], currencies=DOLLARS)

    assert found["accuracy"].value == pytest.approx(0.8)
    assert found["accuracy"].sample_count == 400
    assert found["prediction_count"].value == 400


def test_a_model_without_a_value_is_left_out_and_said_to_be():
    values = {"one": {"accuracy": Value(0.8, 10)}, "two": {"accuracy": undefined("no outcomes yet")}}

    found = combined(values, ["accuracy"], currencies=DOLLARS)["accuracy"]

    assert found.value == 0.8
    assert found.note == "from 1 of 2 models; the others have no value"


def test_the_coverage_of_all_is_of_all_predictions_those_of_silent_models_too():
    values = {
        "judged": {"precision": Value(0.5, 20, coverage=0.9), "outcome_coverage": Value(0.9, 1_000)},
        "early": {"precision": Value(0.8, 10, coverage=0.1), "outcome_coverage": Value(0.1, 9_000)},
        "silent": {"precision": undefined("no outcomes yet", coverage=0.0), "outcome_coverage": Value(0.0, 8_000)},
        "of numbers": {"precision": undefined("not defined for regression"), "outcome_coverage": Value(1.0, 50_000)},
    }

    found = combined(values, ["precision", "outcome_coverage"], currencies=DOLLARS)

    assert found["precision"].value == pytest.approx((0.5 * 20 + 0.8 * 10) / 30)
    assert found["precision"].coverage == pytest.approx((900 + 900) / 18_000)
    assert found["outcome_coverage"].value == pytest.approx((900 + 900 + 50_000) / 68_000)


def test_without_the_counts_of_outcomes_no_coverage_of_all_is_made_up():
    values = {name: {"accuracy": Value(0.5, 20, coverage=0.9)} for name in ("one", "two")}

    assert combined(values, ["accuracy"], currencies=DOLLARS)["accuracy"].coverage is None


@pytest.mark.parametrize("name", ["response_time_p95", "response_time_p99", "roc_auc", "f1", "drift_score", "cpu"])
def test_what_is_no_sum_and_no_ratio_of_sums_is_not_averaged_over_models(name):
    values = {"one": {name: Value(120.0, 10)}, "two": {name: Value(900.0, 990)}}

    found = combined(values, [name], currencies=DOLLARS)[name]

    assert (found.value, found.reason) == (None, "several models have none in common; choose one")
    assert combined({"one": {name: Value(120.0, 10)}}, [name], currencies=DOLLARS)[name].value == 120


@pytest.mark.parametrize("name", sorted(RATIOS - {"availability"}))
def test_a_ratio_over_models_is_that_of_their_counts_together(name):
    tallies = [
        Tally(120, 80, 4, 30, 10, 15, 25, 50, 116, 5_800.0, 900.0),
        Tally(40, 20, 1, 2, 3, 5, 10, 9, 39, 9_750.0, 7_200.0),
    ]

    def value(tally):
        return METRICS[name].compute(Evidence(MODEL, Window(NOON, NOON), Aggregate(tally)))

    parts = {str(place): {name: value(tally)} for place, tally in enumerate(tallies)}

    found = combined(parts, [name], currencies=DOLLARS)[name]

    assert found.value == pytest.approx(value(tallies[0] + tallies[1]).value)
    assert found.sample_count == value(tallies[0] + tallies[1]).sample_count


def test_when_no_model_has_a_value_the_reason_stays():
    values = {name: {"accuracy": undefined("no outcomes yet")} for name in ("one", "two")}

    assert combined(values, ["accuracy"], currencies=DOLLARS)["accuracy"].reason == "no outcomes yet"


def test_the_return_of_all_is_made_of_sums_and_not_of_single_returns():
    def of(returns: float, spent: float) -> dict[str, Value]:
        return {"revenue_protected": Value(returns, 1), "net_benefit": Value(returns - spent, 1), "roi": Value(0.0, 1)}

    names = ["revenue_protected", "net_benefit", "roi", "return_multiple"]

    found = combined({"one": of(100, 50), "two": of(900, 50)}, names, currencies=DOLLARS)

    assert found["roi"].value == pytest.approx(900.0)
    assert found["return_multiple"].value == pytest.approx(10.0)
    assert investment(found).value == 100


def test_without_an_investment_there_is_no_return_on_it():
    values = {name: {"revenue_protected": Value(0.0), "net_benefit": Value(0.0), "roi": undefined("")} for name in "ab"}

    found = combined(values, ["revenue_protected", "net_benefit", "roi"], currencies=DOLLARS)

    assert found["roi"].reason == "nothing was invested"


def test_series_of_several_models_are_combined_step_by_step():
    def series(*values: float) -> dict[str, MetricSeries]:
        points = tuple(Point(NOON + place * timedelta(days=1), Value(value, 10)) for place, value in enumerate(values))
        return {"prediction_count": MetricSeries(METRICS["prediction_count"], points)}

    found = combined_series([series(1, 2), series(10, 20)], "prediction_count", currencies=DOLLARS)

    assert [point.value.value for point in found.points] == [11, 22]


def test_a_series_of_several_models_has_the_coverage_of_all_at_each_step():
    def of(known: float, predictions: int) -> dict[str, MetricSeries]:
        values = {"accuracy": Value(0.9, 9, coverage=known), "outcome_coverage": Value(known, predictions)}
        return {name: MetricSeries(METRICS[name], (Point(NOON, value),)) for name, value in values.items()}

    (point,) = combined_series([of(1.0, 10), of(0.1, 90)], "accuracy", currencies=DOLLARS).points

    assert point.value.coverage == pytest.approx(0.19)


def test_a_step_that_is_not_over_is_no_part_of_a_sparkline():
    window = Window(NOON - timedelta(days=2, hours=12), NOON)
    points = tuple(Point(window.start + place * timedelta(days=1), Value(float(place))) for place in range(3))

    assert settled_values(MetricSeries(METRICS["accuracy"], points), window) == [0.0, 1.0]


@pytest.mark.parametrize(
    ("value", "better", "state"),
    [
        (0.90, Better.HIGHER, "good"),
        (0.80, Better.HIGHER, "good"),
        (0.75, Better.HIGHER, "warning"),
        (0.60, Better.HIGHER, "critical"),
        (None, Better.HIGHER, "unknown"),
    ],
)
def test_a_value_stands_where_its_target_says(value, better, state):
    shown = undefined("no data") if value is None else Value(value)

    assert standing(shown, Target(0.85, 0.80, 0.70), better) == state


def test_less_is_better_turns_the_scale_around():
    target = Target(0.1, 0.3, 0.6)

    assert [standing(Value(score), target, Better.LOWER) for score in (0.2, 0.4, 0.9)] == [
        "good",
        "warning",
        "critical",
    ]


def test_targets_are_written_as_people_read_them_and_kept_as_they_are_computed():
    assert (as_shown("accuracy", 0.915), as_kept("accuracy", 91.5)) == (91.5, 0.915)
    assert (as_shown("response_time_mean", 300), as_kept("response_time_mean", 300)) == (300, 300)
    for name, target in DEFAULTS.items():
        assert order_fault(name, target) is None


def test_the_last_months_reach_over_the_turn_of_the_year():
    starts = [f"{window.start:%Y-%m}" for window in last_months(datetime(2026, 2, 3, tzinfo=UTC), 4)]

    assert starts == ["2025-11", "2025-12", "2026-01", "2026-02"]


@pytest.mark.parametrize(("amount", "ceiling"), [(1200, 4000), (50, 200), (0, 10), (33.3, 100)])
def test_a_slider_ends_at_a_round_number_above_what_is_in_force(amount, ceiling):
    assert ceiling_of(amount) == ceiling
