import dataclasses
import json
from datetime import UTC, datetime

from webapp.catalog.models import Deployment, Target
from webapp.figures import estimated_trend, gauge_trend, metric_trend, volume

TARGET = Target(0.85, 0.80, 0.70)


def test_a_step_without_a_value_is_a_gap_and_not_a_zero(series):
    figure = metric_trend([series(0.9, None, 0.8)])

    assert figure["data"][-1]["y"] == [0.9, None, 0.8]
    assert figure["data"][-1]["connectgaps"] is False
    assert "no outcomes yet" in figure["data"][-1]["customdata"][1]


def test_the_target_and_the_alarm_line_stand_inside_of_what_the_axis_shows(series):
    figure = metric_trend([series(0.9, 0.91)], target=TARGET)

    assert [shape["y0"] for shape in figure["layout"]["shapes"]] == [0.85, 0.70]
    low, high = figure["layout"]["yaxis"]["range"]
    assert low < 0.70
    assert 0.91 < high <= 1.0


def test_a_share_never_gets_an_axis_beyond_everything(series):
    figure = metric_trend([series(0.5, 1.0)])

    assert figure["layout"]["yaxis"]["range"][1] == 1.0


def test_one_line_shows_how_sure_it_is(series):
    alone = metric_trend([series(0.9, 0.91, low_high=(0.88, 0.93))])
    together = metric_trend([series(0.9, low_high=(0.88, 0.93))] * 2, title_by=["v12", "v13"])

    assert [trace.get("fill") for trace in alone["data"]] == [None, "tonexty", None]
    assert [trace["name"] for trace in together["data"]] == ["v12", "v13"]


def test_few_values_stand_as_dots_and_many_as_a_line(series):
    few = metric_trend([series(0.9, 0.8)])
    many = metric_trend([series(*[0.9] * 40)])
    alone_between_gaps = metric_trend([series(*[0.9] * 20, None, 0.8, None, *[0.9] * 20)])

    assert few["data"][0]["mode"] == "lines+markers"
    assert many["data"][0]["mode"] == "lines"
    assert alone_between_gaps["data"][0]["mode"] == "lines+markers"


def test_deployments_and_values_share_the_clock_of_the_reader(series):
    deployed = Deployment(datetime(2026, 3, 10, 12, tzinfo=UTC), "v13", "")

    figure = metric_trend([series(0.9)], deployments=[deployed], zone="America/New_York")

    assert figure["data"][0]["x"] == ["2026-03-10T08:00:00"]
    assert figure["layout"]["shapes"][0]["x0"] == "2026-03-10T08:00:00"


def test_a_name_from_outside_is_text_and_never_markup(series):
    figure = metric_trend([series(0.9)] * 2, title_by=["<b>v1</b>", "v2"])

    assert figure["data"][0]["name"] == "&lt;b&gt;v1&lt;/b&gt;"
    assert "<b>" not in figure["data"][0]["customdata"][0]


def test_gauges_and_volumes_begin_at_zero(series):
    assert gauge_trend([series(0.5)])["layout"]["yaxis"]["rangemode"] == "tozero"
    assert volume([series(5, 6)])["layout"]["yaxis"]["rangemode"] == "tozero"


def test_what_is_provisional_goes_on_dotted_from_the_last_settled_value(series):
    settled = series(0.9, 0.8, 0.5, 0.4)
    points = [
        dataclasses.replace(point, value=dataclasses.replace(point.value, provisional=place > 1))
        for place, point in enumerate(settled.points)
    ]

    solid, dotted = metric_trend([dataclasses.replace(settled, points=tuple(points))])["data"]

    assert solid["y"] == [0.9, 0.8, None, None]
    assert dotted["y"] == [None, 0.8, 0.5, 0.4]
    assert dotted["line"]["dash"] == "dot"
    assert dotted["showlegend"] is False
    assert dotted["customdata"][2].endswith("provisional")


def test_a_trend_of_nothing_is_an_empty_chart(series):
    assert metric_trend([])["data"] == []
    assert metric_trend([series()])["data"][0]["x"] == []


def test_figures_are_plain_values_that_json_takes(series):
    json.dumps(metric_trend([series(0.9, None)], target=TARGET))


def test_what_was_to_be_expected_is_dashed_with_its_interval_beside_what_came_out(series):
    realised = series(*[0.9] * 20, None, None)
    estimated = series(*[0.88] * 22, low_high=(0.86, 0.90))

    figure = estimated_trend(realised, estimated, target=TARGET)

    named = {trace["name"]: trace for trace in figure["data"] if "name" in trace}
    assert named["Estimated"]["line"]["dash"] == "dash"
    assert "dash" not in named["Realised"]["line"]
    assert named["Realised"]["y"][-1] is None
    assert [trace.get("fill") for trace in figure["data"][:2]] == [None, "tonexty"]
    assert figure["layout"]["showlegend"] is True


def test_deployments_stand_on_counts_and_measurements_too(series):
    deployed = [Deployment(datetime(2026, 3, 10, 12, tzinfo=UTC), "v13", "")]

    for figure in (volume([series(3.0)], deployments=deployed), gauge_trend([series(0.4)], deployments=deployed)):
        assert [note["text"] for note in figure["layout"]["annotations"]] == ["v13"]
