from datetime import UTC, datetime, timedelta

from tests.unit.figures.conftest import NOON
from webapp.catalog.models import Deployment
from webapp.figures import distribution_bars, drift_bars, drift_heatmap
from webapp.metrics.drift import Distribution
from webapp.metrics.metric import Point, Value, undefined


def test_drift_bars_put_the_highest_on_top_and_draw_both_lines(drift_report):
    figure = drift_bars(drift_report)

    assert figure["layout"]["yaxis"]["categoryarray"] == ["tenure", "contract", "monthly_charges"]
    assert [shape["x0"] for shape in figure["layout"]["shapes"]] == [0.3, 0.6]
    assert [trace["name"] for trace in figure["data"]] == ["Stable", "Moved", "Moved far", "Noise floor"]


def test_a_feature_without_a_score_has_no_bar(drift_report):
    names = [name for trace in drift_bars(drift_report)["data"] for name in trace["y"]]

    assert "region" not in names


def test_a_bar_keeps_the_whole_name_for_whoever_clicks_it(drift_report):
    bar = drift_bars(drift_report)["data"][-2]

    assert bar["customdata"][0][0] == "monthly_charges"
    assert bar["customdata"][0][1] == "monthly_charges: 0.710 · noise up to 0.030 · 2,000 values"


def test_each_bar_has_a_mark_at_its_noise_floor(drift_report):
    floors = drift_bars(drift_report)["data"][-1]

    assert floors["x"] == [0.03, 0.03, 0.03]
    assert floors["y"] == ["tenure", "contract", "monthly_charges"]
    assert floors["customdata"][0] == ["tenure", "tenure: chance alone gives up to 0.030"]


def test_bars_are_of_the_features_that_are_asked_for(drift_report):
    figure = drift_bars(drift_report, features=drift_report.features[1:])

    assert figure["layout"]["yaxis"]["categoryarray"] == ["tenure", "contract"]


def test_many_categories_do_not_hide_what_is_new_or_missing():
    labels = (*(f"city {n}" for n in range(30)), "other", "new values", "missing")
    shares = tuple(1 / 33 for _ in labels)

    shown = distribution_bars(Distribution(labels, shares, shares))["data"][0]["x"]

    assert len(shown) == 24
    assert shown[-3:] == ["other", "new values", "missing"]


def test_the_heat_map_has_a_row_a_feature_and_empty_cells_where_nothing_was_seen():
    days = [NOON + number * timedelta(days=1) for number in range(2)]
    series = {
        "tenure": (Point(days[0], Value(0.1)), Point(days[1], undefined("no values in the window"))),
        "contract": (Point(days[0], Value(0.4)), Point(days[1], Value(0.5))),
    }

    heatmap = drift_heatmap(series, critical=0.6)["data"][0]

    assert heatmap["y"] == ["tenure", "contract"]
    assert heatmap["z"] == [[0.1, None], [0.4, 0.5]]
    assert "no values in the window" in heatmap["customdata"][0][1]


def test_a_feature_that_came_later_stands_in_its_days():
    days = [NOON + number * timedelta(days=1) for number in range(3)]
    series = {
        "monthly_charges": (Point(days[2], undefined("no reference yet")),),
        "discount": (Point(days[1], Value(0.2)), Point(days[2], Value(0.3))),
        "tenure": tuple(Point(at, Value(0.4)) for at in days),
    }

    heatmap = drift_heatmap(series, critical=0.6)["data"][0]

    assert [at[:10] for at in heatmap["x"]] == ["2026-03-10", "2026-03-11", "2026-03-12"]
    assert heatmap["z"] == [[None, None, None], [None, 0.2, 0.3], [0.4, 0.4, 0.4]]
    assert "it did not arrive" in heatmap["customdata"][1][0]


def test_a_heat_map_of_nothing_is_empty():
    assert drift_heatmap({}, critical=0.6)["data"] == []


def test_both_distributions_stand_side_by_side_as_shares():
    figure = distribution_bars(Distribution(("One year", "Two year"), (0.25, 0.75), (0.5, 0.5)))

    assert figure["layout"]["barmode"] == "group"
    assert [trace["y"] for trace in figure["data"]] == [[0.25, 0.75], [0.5, 0.5]]


def test_a_deployment_stands_before_the_cells_of_the_day_it_happened_on(series):
    days = {"tenure": series(0.1, 0.2, 0.3).points}  # from 10 March, 12:00, on
    deployed = Deployment(datetime(2026, 3, 11, 14, 37, tzinfo=UTC), "v13", "")

    layout = drift_heatmap(days, critical=0.6, deployments=[deployed])["layout"]

    assert [
        (shape["x0"], note["text"]) for shape, note in zip(layout["shapes"], layout["annotations"], strict=True)
    ] == [("2026-03-11T00:00:00", "v13")]
