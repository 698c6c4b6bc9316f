"""Plotly figures as static drawings."""

import re
from typing import Any
from xml.etree import ElementTree as Tree

import pytest

from tests.unit.reporting import made
from webapp.figures.business import business_impact, money_flow, roi_bars
from webapp.figures.confusion import confusion_matrix
from webapp.figures.drift import distribution_bars, drift_bars, drift_heatmap
from webapp.figures.trends import metric_trend, volume
from webapp.metrics.drift import Distribution
from webapp.metrics.metric import Point, Value
from webapp.metrics.performance import Confusion
from webapp.reporting.svg import UnsupportedFigureError, static_svg

SVG = "{http://www.w3.org/2000/svg}"


def drawn(figure: dict[str, Any], *, width: float = 400, height: float = 200) -> Tree.Element:
    return Tree.fromstring(static_svg(figure, width=width, height=height, title="A chart", description="What it shows"))


def texts(root: Tree.Element) -> list[str]:
    return [entry.text or "" for entry in root.iter(f"{SVG}text")]


def scatter(**over: Any) -> dict[str, Any]:
    return {"type": "scatter", "x": [1, 2, 3], "y": [1.0, 3.0, 2.0], "mode": "lines", "name": "a"} | over


FIGURES = {
    "trend": lambda: metric_trend([made.trend("accuracy")], target=made.model().targets["accuracy"]),
    "trends": lambda: metric_trend([made.trend("precision"), made.trend("recall")]),
    "volume": lambda: volume([made.trend("prediction_count")]),
    "money": lambda: money_flow(made.months()),
    "impact": lambda: business_impact(made.months()),
    "roi": lambda: roi_bars(made.months(), 300.0),
    "confusion": lambda: confusion_matrix(Confusion(tp=450, fp=180, fn=120, tn=1_750)),
    "drift": lambda: drift_bars(made.drift_report()),
    "heat map": lambda: drift_heatmap(
        {"tenure": [Point(made.MARCH.start, Value(0.2)), Point(made.FEBRUARY.start, Value(0.1))]}, critical=0.6
    ),
    "distribution": lambda: distribution_bars(Distribution(("low", "high"), (0.5, 0.5), (0.2, 0.8))),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_that_a_report_may_hold_is_drawn(name):
    root = drawn(FIGURES[name]())

    assert root.tag == f"{SVG}svg"
    assert texts(root)


@pytest.mark.parametrize("name", FIGURES)
def test_a_drawing_has_a_title_and_a_description_and_no_colour_that_printers_do_not_know(name):
    figure = FIGURES[name]()

    svg = static_svg(figure, width=300, height=150, title="Money", description="It rose")

    assert "<title>Money</title><desc>It rose</desc>" in svg
    assert "rgba(" not in svg
    assert "NaN" not in svg
    assert "None" not in svg


@pytest.mark.parametrize("name", FIGURES)
def test_no_label_leaves_the_paper(name):
    width, height = 312.0, 180.0

    root = drawn(FIGURES[name](), width=width, height=height)

    for entry in root.iter(f"{SVG}text"):
        x, y = float(entry.get("x", "0")), float(entry.get("y", "0"))
        assert -1 <= x <= width + 1, entry.text
        assert 0 <= y <= height + 1, entry.text


@pytest.mark.parametrize(
    ("figure", "reason"),
    [
        ({"data": [{"type": "pie", "values": [1]}]}, "pie"),
        ({"data": [scatter(mode="text")]}, "texts"),
        ({"data": [scatter(fill="toself")]}, "toself"),
        ({"data": [scatter(line={"shape": "spline"})]}, "spline"),
        ({"data": [scatter()], "layout": {"yaxis": {"type": "log"}}}, "log"),
        ({"data": [scatter()], "layout": {"yaxis": {"tickformat": "e"}}}, "format"),
        ({"data": [scatter()], "layout": {"shapes": [{"type": "circle"}]}}, "circle"),
        ({"data": [scatter()], "layout": {"annotations": [{"text": "x", "x": 1, "y": 1}]}}, "arrow"),
        ({"data": [{"type": "bar", "x": ["a"], "y": [1]}], "layout": {"barmode": "other"}}, "barmode"),
        ({"data": [{"type": "heatmap", "z": [[1]], "colorscale": "Viridis"}]}, "colour scale"),
    ],
)
def test_what_would_look_different_from_the_screen_is_refused(figure, reason):
    with pytest.raises(UnsupportedFigureError, match=reason):
        drawn(figure)


def test_a_gap_stays_a_gap():
    root = drawn({"data": [scatter(x=[1, 2, 3, 4, 5], y=[1, 2, None, 2, 1])]})

    lines = [path for path in root.iter(f"{SVG}path") if path.get("fill") == "none"]
    assert len(lines) == 2


def test_bars_start_at_zero_and_their_heights_are_in_proportion():
    root = drawn({"data": [{"type": "bar", "x": ["a", "b"], "y": [10, 20], "marker": {"color": "#112233"}}]})

    heights = [float(box.get("height", "0")) for box in root.iter(f"{SVG}rect") if box.get("fill") == "#112233"]
    assert heights[1] == pytest.approx(2 * heights[0], rel=0.02)


def test_bars_upon_each_other_begin_where_the_former_end():
    def bar(size: float, colour: str) -> dict[str, Any]:
        return {"type": "bar", "x": ["a"], "y": [size], "marker": {"color": colour}}

    root = drawn({"data": [bar(1, "#111111"), bar(3, "#222222")], "layout": {"barmode": "stack"}})

    low, high = (_box(root, fill) for fill in ("#111111", "#222222"))
    assert high[0] + high[1] == pytest.approx(low[0], abs=0.2)


def _box(root: Tree.Element, fill: str) -> tuple[float, float]:
    """Return the top and the height of the rectangle with that colour."""
    found = next(box for box in root.iter(f"{SVG}rect") if box.get("fill") == fill)
    return float(found.get("y", "0")), float(found.get("height", "0"))


def test_a_name_with_mark_up_is_text_and_nothing_else():
    name = '<script>alert(1)</script><image href="http://evil"/>&amp;\x00\u202e'

    svg = static_svg(
        {"data": [scatter(name=name), scatter(name="b")]}, width=300, height=100, title=name, description=name
    )

    root = Tree.fromstring(svg)
    assert {entry.tag.removeprefix(SVG) for entry in root.iter()} <= {
        *("svg", "title", "desc", "defs", "clipPath", "rect", "g", "path", "text", "line", "circle"),
    }
    assert "\u202e" not in svg


def test_a_long_label_loses_its_middle_but_keeps_both_ends():
    names = [f"feature_{'x' * 300}_a", f"feature_{'x' * 300}_b"]

    root = drawn({"data": [{"type": "bar", "orientation": "h", "x": [1, 2], "y": names}]})

    labels = [text for text in texts(root) if "…" in text]
    assert {label[-2:] for label in labels} == {"_a", "_b"}


def test_dates_get_round_ticks_in_order():
    days = [f"2026-03-{day:02d}" for day in range(1, 32)]

    root = drawn({"data": [scatter(x=days, y=[1.0] * 31)]}, width=660)

    labels = [text for text in texts(root) if re.fullmatch(r"\d+ Mar", text)]
    assert len(labels) >= 4
    assert [int(label.split()[0]) for label in labels] == sorted(int(label.split()[0]) for label in labels)


def test_packed_columns_are_read():
    packed = {"dtype": "f8", "bdata": "AAAAAAAA8D8AAAAAAAAAQA=="}  # 1.0, 2.0

    root = drawn({"data": [scatter(x=["a", "b"], y=packed)]})

    assert [path for path in root.iter(f"{SVG}path") if path.get("fill") == "none"]


def test_an_empty_figure_is_an_empty_drawing():
    assert drawn({"data": [], "layout": {}}).tag == f"{SVG}svg"
