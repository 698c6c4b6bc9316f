from datetime import UTC, datetime

from webapp.figures import BusinessMonth, alert_evidence, business_impact, money_flow, roi_bars, theme
from webapp.metrics.metric import Value, undefined


def a_month(number: int, *, year: int = 2026, in_progress: bool = False, **values: float) -> BusinessMonth:
    return BusinessMonth(
        datetime(year, number, 1, tzinfo=UTC), {name: Value(value) for name, value in values.items()}, in_progress
    )


def test_revenue_stands_as_bars_and_customers_as_a_line_on_axes_of_their_own():
    months = [a_month(1, revenue_protected=95_000, customers_saved=80), a_month(2, revenue_protected=110_000)]

    figure = business_impact(months)

    bars, line = figure["data"]
    assert (bars["type"], bars["x"], bars["y"]) == ("bar", ["Jan", "Feb"], [95_000, 110_000])
    assert (line["yaxis"], line["y"]) == ("y2", [80, None])
    assert bars["customdata"][0] == "January 2026: $95,000"


def test_months_of_two_years_name_theirs_and_the_running_one_says_so():
    months = [a_month(12, year=2025), a_month(1, in_progress=True)]

    assert business_impact(months)["data"][0]["x"] == ["Dec 25", "Jan 26 …"]


def test_roi_is_coloured_by_whether_it_reaches_the_target():
    months = [a_month(1, roi=280.0), a_month(2, roi=400.0), a_month(3, roi=-20.0)]

    figure = roi_bars(months, 300.0)

    colours = theme.COLOURS
    assert figure["data"][0]["marker"]["color"] == [colours.warning, colours.good, colours.critical]
    assert figure["layout"]["shapes"][0]["y0"] == 300.0


def test_a_month_without_money_says_why():
    month = BusinessMonth(datetime(2026, 1, 1, tzinfo=UTC), {"roi": undefined("no investment")})

    assert roi_bars([month], None)["data"][0]["customdata"] == ["January 2026: no investment"]


def test_what_was_spent_is_what_came_back_less_what_remained():
    figure = money_flow([a_month(1, revenue_protected=540_000, net_benefit=508_500)])

    assert [trace["y"] for trace in figure["data"]] == [[31_500], [540_000]]


def test_the_evidence_of_an_alert_shows_its_line_and_where_it_began(alert):
    figure = alert_evidence(alert)

    assert figure["data"][0]["y"] == [0.9, None, 0.6]
    assert figure["data"][0]["customdata"][1] == "no data"
    assert next(shape.get("y0") for shape in figure["layout"]["shapes"]) == 0.7
    assert figure["layout"]["shapes"][1]["x0"] == "2026-03-10T14:00:00"
