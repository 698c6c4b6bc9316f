"""Something that is shown once and never again: a token, a link."""

from dash import html
from dash.development.base_component import Component

from webapp.web.components.content import Children, attributes
from webapp.web.components.icons import icon


def shown_once(text: str, *, label: str, sentence: Children) -> Component:
    """Return a secret with a button that copies it."""
    copy = html.Button(
        [icon("copy"), "Copy"],
        type="button",
        className="mc-button mc-button-secondary",
        **attributes(data_mc_copy=text),
    )
    code = html.Code(text, tabIndex="0", **attributes(aria_label=label))
    return html.Div(
        [html.P(sentence), html.Div([code, copy], className="mc-secret-row")], className="mc-secret", role="status"
    )
