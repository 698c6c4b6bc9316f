"""The parts of a screen say what they must, to eyes and to screen readers, and take what is missing for granted."""

from base64 import b64decode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from dash import html
from dash.development.base_component import Component

from webapp.alerting.severity import Severity
from webapp.web.components import (
    Column,
    button,
    confirm,
    data_table,
    empty_state,
    explanation,
    field,
    graph,
    health_badge,
    kpi_card,
    menu,
    meter,
    modal,
    page_header,
    panel,
    segmented,
    severity_badge,
    shown_once,
    sparkline,
    status_badge,
    text_input,
    timeline,
    when,
)

AT = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Moved:
    text: str = "+2.1 pp"
    direction: str = "up"
    tone: str = "better"


@dataclass(frozen=True)
class Happened:
    at: datetime
    actor: str
    kind: str
    text: str


def parts(component: Any) -> list[Component]:
    """Return a component and everything below it."""
    if not isinstance(component, Component):
        return []
    return [component, *(each for each in component._traverse() if isinstance(each, Component))]


def texts(component: Any) -> str:
    below = component._traverse() if isinstance(component, Component) else []
    own = [getattr(each, "children", None) for each in parts(component)]
    return " ".join(
        [str(each) for each in [*own, *below] if isinstance(each, str | int | float) and not isinstance(each, bool)]
    )


def with_class(component: Component, name: str) -> list[Component]:
    return [each for each in parts(component) if name in str(getattr(each, "className", "") or "").split()]


def test_a_card_says_value_change_target_and_how_it_was_computed():
    disclosure = explanation("right / all", window="last 30 days", sample_count=1234, coverage=0.83, notes=("Late.",))
    card = kpi_card("Accuracy", "88.0%", delta=Moved(), target="target 85%", state="good", explanation=disclosure)

    words = texts(card)

    for expected in ("Accuracy", "88.0%", "+2.1 pp", "target 85%", "right / all", "1,234", "83.0%", "Late."):
        assert expected in words
    assert with_class(card, "mc-change-better")
    assert with_class(card, "mc-mark")[0].to_plotly_json()["props"]["aria-label"] == "Within limits"


def test_a_card_without_anything_else_is_still_a_card():
    assert "no data" in texts(kpi_card("Recall", "no data"))


def test_a_sparkline_breaks_where_a_value_is_missing():
    drawn = drawing(sparkline([1, 2, None, 4, 5]))

    assert drawn.split('fill="none"')[0].rsplit('d="', 1)[1].count("M") == 2


@pytest.mark.parametrize("values", [[], [None, None], [3.0], [2.0, 2.0, 2.0]])
def test_a_sparkline_draws_little_or_nothing_without_failing(values):
    assert drawing(sparkline(values)).startswith("<svg")


def drawing(component: Component) -> str:
    drawn = component.style["--mc-spark"].removeprefix('url("data:image/svg+xml;base64,').removesuffix('")')
    return b64decode(drawn).decode()


@pytest.mark.parametrize(
    ("share", "level"), [(0.2, "good"), (0.7, "warning"), (0.95, "critical"), (1.4, "critical"), (None, "unknown")]
)
def test_a_meter_turns_where_attention_and_alarm_begin(share, level):
    made = meter("CPU", "70%", share, warning=0.7, critical=0.9)

    assert made.className == f"mc-meter mc-meter-{level}"


def test_a_meter_on_which_less_is_worse():
    assert meter("Coverage", "30%", 0.3, warning=0.6, critical=0.4).className.endswith("critical")
    assert meter("Coverage", "90%", 0.9, warning=0.6, critical=0.4).className.endswith("good")


def test_a_meter_tells_a_screen_reader_its_value():
    bar = next(each for each in parts(meter("Disk", "1.4 TB", 1.4, warning=None, critical=None)) if has(each, "role"))

    shown = bar.to_plotly_json()["props"]
    assert (shown["role"], shown["aria-valuenow"], shown["aria-valuetext"]) == ("meter", "100", "1.4 TB")


def has(component: Component, prop: str) -> bool:
    return prop in component.to_plotly_json()["props"]


@pytest.mark.parametrize("severity", list(Severity))
def test_a_severity_is_a_word_and_a_shape(severity):
    badge = severity_badge(severity)

    assert severity.label in texts(badge)
    assert f"mc-severity-{severity}" in badge.className
    assert with_class(badge, "mc-mark")


def test_states_are_words():
    assert "no data" in texts(status_badge("no_data"))
    assert "Needs attention" in texts(health_badge("attention"))
    assert "2 of 3 well" in texts(health_badge("attention", "2 of 3 well"))


def test_a_table_carries_its_headings_into_each_cell_for_narrow_screens():
    rows = [{"model": "churn", "value": "88%", "_class": "is-faded"}]
    table = data_table([Column("model", "Model"), Column("value", "Accuracy", align="right")], rows, caption="Models")

    cells = [each for each in parts(table) if isinstance(each, html.Td)]
    heads = [each for each in parts(table) if isinstance(each, html.Th)]

    assert [cell.to_plotly_json()["props"]["data-label"] for cell in cells] == ["Accuracy"]
    assert [head.scope for head in heads] == ["col", "col", "row"]
    assert any(isinstance(each, html.Caption) and each.children == "Models" for each in parts(table))
    assert with_class(table, "is-faded")


def test_an_empty_table_says_what_to_do_next():
    empty = empty_state("No models yet", "Add the first one.", button("Add a model", href="/models"))

    assert "Add the first one." in texts(data_table([Column("a", "A")], [], caption="Models", empty=empty))


def test_a_graph_has_a_height_a_label_and_no_way_to_a_stranger():
    made = graph({"data": [], "layout": {}}, id="chart", height=320, label="Accuracy by day")

    chart = next(each for each in parts(made) if type(each).__name__ == "Graph")
    assert chart.style == {"height": "320px"}
    assert chart.config["showSendToCloud"] is False
    assert chart.config["displaylogo"] is False
    assert made.to_plotly_json()["props"]["aria-label"] == "Accuracy by day"


def test_an_instant_is_local_with_utc_on_hover():
    made = when(AT, zone="Europe/Paris")

    assert made.children == "10 Mar 2026, 13:00"
    assert made.title == "2026-03-10 12:00:00 UTC"
    assert made.dateTime == "2026-03-10T12:00:00+00:00"


@pytest.mark.parametrize(
    ("ago", "words"),
    [(timedelta(seconds=5), "just now"), (timedelta(hours=3), "3 h ago"), (timedelta(days=2), "2 d ago")],
)
def test_an_age_keeps_the_instant_on_hover(ago, words):
    made = when(AT - ago, now=AT)

    assert made.children == words
    assert "UTC" in made.title


def test_what_never_happened_says_so():
    assert when(None, never="never").children == "never"


def test_a_label_names_its_control_and_an_error_is_announced():
    made = field("Name", text_input("user-name"), help="As others see it.", error="Give a name.")

    label = next(each for each in parts(made) if isinstance(each, html.Label))
    assert label.htmlFor == "user-name"
    assert "Give a name." in texts(made)
    assert any(has(each, "role") and each.role == "alert" for each in parts(made))


def test_a_label_names_a_control_with_a_pattern():
    made = field("Name", text_input({"type": "rule", "index": 1}))

    label = next(each for each in parts(made) if isinstance(each, html.Label))
    assert label.htmlFor == '{"index":1,"type":"rule"}'


def test_buttons_lead_press_open_close_and_download():
    assert type(button("Rules", href="/rules")).__name__ == "Link"
    assert type(button("PDF", href="/api/v1/report.pdf", download=True)).__name__ == "A"
    assert button("Open", opens="dialog").to_plotly_json()["props"]["data-mc-open"] == "dialog"
    assert "data-mc-close" in button("Cancel", closes=True).to_plotly_json()["props"]
    assert button("Delete", kind="danger").className == "mc-button mc-button-danger"


def test_a_picture_alone_still_has_a_name():
    made = button("Delete", picture="trash-2", quiet_label=True)

    assert "Delete" in texts(made)
    assert made.title == "Delete"


def test_windows_are_labelled_by_their_title():
    made = modal("dialog", "Invite somebody", "…")
    asked = confirm("sure", "Delete it?", "It is gone then.", action="Delete", action_id="sure-delete")

    assert made.labelledby == "dialog-title"
    assert made.is_open is False
    assert "It is gone then." in texts(asked)
    assert [each for each in parts(asked) if getattr(each, "id", None) == "sure-delete"]


def test_a_choice_of_few_is_a_group_of_radio_buttons_with_a_name():
    made = segmented("tab", [("a", "A"), ("b", "B")], "a", "Tab")

    props = made.to_plotly_json()["props"]
    assert (props["role"], props["aria-label"]) == ("radiogroup", "Tab")
    assert made.children.value == "a"


def test_a_timeline_tells_who_did_what_when():
    made = timeline([Happened(AT, "ada", "comment", "Looks like the price change.")], zone="UTC")

    assert all(words in texts(made) for words in ("ada", "Looks like the price change.", "10 Mar 2026, 12:00"))


def test_a_panel_names_itself_and_a_page_has_one_heading_that_takes_the_focus():
    made = html.Div([page_header("Rules", subtitle="What is watched."), panel("All", "…", subtitle="12")])

    headings = [each for each in parts(made) if isinstance(each, html.H1)]
    assert [(each.children, each.tabIndex) for each in headings] == [("Rules", "-1")]
    assert "12" in texts(made)


def test_a_secret_can_be_copied():
    made = shown_once("mc_abc", label="The token", sentence="Only now.")

    assert any(each.to_plotly_json()["props"].get("data-mc-copy") == "mc_abc" for each in parts(made))


def test_a_column_of_buttons_has_a_name_that_is_not_seen():
    table = data_table(
        [Column("model", "Model"), Column("act", "", align="right")], [{"model": "churn"}], caption="Models"
    )

    assert "Actions" in texts(table)


def test_a_menu_is_named_for_those_who_do_not_see_its_picture():
    assert "Open alerts" in texts(menu("…", name="Open alerts"))
