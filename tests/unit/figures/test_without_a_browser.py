"""Reports draw the screens' charts themselves: none may use what their renderer does not know."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.figures.answers import ANSWERS
from tests.unit.figures.conftest import NOON
from webapp import figures
from webapp.alerting.views import Backtest, BacktestPoint, BacktestSeries
from webapp.catalog.models import Deployment, Target, Task
from webapp.figures.predictions import answer_bars
from webapp.metrics.drift import Distribution
from webapp.metrics.metric import Value
from webapp.reporting.svg import static_svg

TARGET = Target(0.85, 0.80, 0.70)
MONTHS = [
    figures.BusinessMonth(NOON, {"revenue_protected": Value(95_000), "net_benefit": Value(70_000), "roi": Value(280.0)})
]


def replayed():
    points = tuple(
        BacktestPoint(NOON + timedelta(hours=hour), value, 0.8, bool(value and value > 0.8))
        for hour, value in enumerate([0.5, 0.9, None, 0.95, 0.2])
    )
    return Backtest(
        start=NOON,
        end=NOON + timedelta(hours=4),
        step_seconds=3600,
        slots=5,
        series_count=1,
        firings=2,
        silenced=0,
        firing_series=1,
        firing_share=0.4,
        by_severity={},
        not_judged=1,
        judgements=5,
        episodes=(),
        episode_count=2,
        drawn=(BacktestSeries({"instance": "api-<1>"}, "api-<1>", points),),
        currency="USD",
        notes=(),
    )


@pytest.fixture
def charts(series, performance, drift_report, alert):
    week = series(0.9, None, 0.8, 0.85, low_high=(0.8, 0.9))
    deployed = [Deployment(NOON, "v13", "")]
    return {
        "metric_trend": figures.metric_trend([week], target=TARGET, deployments=deployed),
        "metric_trend of versions": figures.metric_trend([week, week], title_by=["v12", "v13"]),
        "gauge_trend": figures.gauge_trend([week], target=TARGET, names=["api-1"]),
        "volume": figures.volume([week, week], names=["v12", "v13"]),
        "confusion_matrix": figures.confusion_matrix(performance.confusion),
        "roc_curve": figures.roc_curve(performance),
        "precision_recall_curve": figures.precision_recall_curve(performance),
        "calibration_curve": figures.calibration_curve(performance),
        "threshold_curve": figures.threshold_curve(performance),
        "answer_bars": answer_bars(ANSWERS, Task.BINARY, threshold=0.5),
        "drift_bars": figures.drift_bars(drift_report),
        "drift_heatmap": figures.drift_heatmap({"tenure": week.points}, critical=0.6),
        "distribution_bars": figures.distribution_bars(Distribution(("a", "b"), (0.5, 0.5), (0.2, 0.8))),
        "business_impact": figures.business_impact(MONTHS),
        "roi_bars": figures.roi_bars(MONTHS, 300.0),
        "money_flow": figures.money_flow(MONTHS),
        "alert_evidence": figures.alert_evidence(alert),
        "rule_replay": figures.rule_replay(replayed()),
    }


def test_every_chart_can_be_drawn_without_a_browser(charts):
    for name, figure in charts.items():
        drawing = static_svg(figure, width=560, height=280, title=name, description=name)
        assert drawing.startswith("<svg"), name


def test_a_replay_is_red_where_it_fires_and_shows_its_line():
    figure = figures.rule_replay(replayed())
    line, red = figure["data"]

    assert line["name"] == "api-&lt;1&gt;"
    assert (red["name"], red["y"]) == ("Fires", [None, 0.9, None, 0.95, None])
    assert line["customdata"][1] == "api-&lt;1&gt;: 0.900, fires"
    assert [shape["y0"] for shape in figure["layout"]["shapes"]] == [0.8]


def test_a_line_that_moves_is_drawn_for_a_single_series():
    result = replayed()
    (series,) = result.drawn
    moving = tuple(replace(point, threshold=0.7 + place / 50) for place, point in enumerate(series.points))

    alone = figures.rule_replay(replace(result, drawn=(replace(series, points=moving),)))
    among_others = figures.rule_replay(replace(result, drawn=(replace(series, points=moving), series)))

    assert alone["data"][-1]["name"] == "Line"
    assert alone["data"][-1]["y"] == [point.threshold for point in moving]
    assert [trace["name"] for trace in among_others["data"] if trace["name"] == "Line"] == []
