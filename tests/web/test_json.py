"""What the browser is sent says the same as Dash's own way of writing it."""

import json

import numpy as np
import plotly.graph_objects as go
import pytest
from dash import Patch, dcc, html
from plotly.io.json import to_json_plotly

from webapp.web.json import dumps, written

FIGURE = {"data": [{"x": np.array([1.5, 2.5]), "y": np.arange(2)}], "layout": {"shapes": []}}
TREES = {
    "nested": html.Div([html.B("a"), None, 3, ["x", html.I(["y"])]], id={"type": "a", "index": 1}, className="b"),
    "wildcards": html.Button("x", **{"data-mc-act": "resolve", "aria-label": "Resolve"}),
    "graph": dcc.Graph(figure=FIGURE, config={"displayModeBar": False}),
    "store": dcc.Store(id="s", data={"ids": [1, None, True], "né": "ü<script>"}),
    "none": html.Div(id="x", hidden=False, children=None),
}


def plain(text: str | bytes) -> object:
    return json.loads(text)


@pytest.mark.parametrize("name", TREES)
def test_a_tree_is_written_as_dash_writes_it(name):
    assert plain(dumps(TREES[name])) == plain(to_json_plotly(TREES[name]))


def test_what_json_cannot_hold_becomes_null():
    assert plain(dumps(dcc.Graph(figure={"data": [{"y": [float("nan"), np.inf, 1.0]}]}))) == plain(
        to_json_plotly(dcc.Graph(figure={"data": [{"y": [None, None, 1.0]}]}))
    )


def test_the_outputs_of_a_callback_mean_the_same_when_their_components_are_written_already():
    longer = Patch()
    longer.extend([html.Li("new")])
    outputs = (TREES["nested"], [html.Li("a"), "b"], {"ids": [1]}, None, longer, "text")

    assert plain(to_json_plotly(written(outputs))) == plain(to_json_plotly(outputs))


def test_a_value_that_nobody_can_show_is_an_error_that_names_it():
    with pytest.raises(TypeError, match="JSON"):
        dumps(html.Div(object()))


def test_a_figure_object_is_not_taken_for_a_dictionary():
    assert written(go.Figure()) == go.Figure()
