"""Icons, drawn by the style sheet as masks: they take the colour of the text beside them and cost no script."""

from dash import html

from webapp.web.components.content import attributes


def icon(name: str, *, label: str | None = None) -> html.Span:
    """Return an icon of assets/icons.css. Without a label it is decoration and silent to screen readers."""
    spoken = attributes(aria_hidden="true") if label is None else attributes(role="img", aria_label=label)
    return html.Span(className=f"mc-icon mc-icon-{name}", **spoken)
