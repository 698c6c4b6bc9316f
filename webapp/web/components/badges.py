"""Words with a shape and a colour: never a colour alone."""

from dash import html

from webapp.web.components.content import attributes, classes

TONES = {
    "open": "critical",
    "acknowledged": "warning",
    "snoozed": "quiet",
    "resolved": "good",
    "ok": "good",
    "pending": "warning",
    "firing": "critical",
    "recovering": "warning",
    "no_data": "quiet",
    "error": "critical",
    "active": "good",
    "invited": "warning",
    "disabled": "quiet",
    "revoked": "quiet",
    "expired": "quiet",
    "retired": "quiet",
    "paused": "quiet",
    "broken": "critical",
    "ready": "good",
    "building": "warning",
    "failed": "critical",
}
HEALTH_WORDS = {"healthy": "Healthy", "attention": "Needs attention", "critical": "Critical", "unknown": "No data"}


def severity_badge(severity: str) -> html.Span:
    """Return how bad it is: a shape that grows sharper, a word, a colour."""
    word = str(getattr(severity, "label", None) or str(severity).capitalize())
    return html.Span([_mark(), word], className=f"mc-severity mc-severity-{severity}")


def status_badge(status: str) -> html.Span:
    """Return where something stands (an alert, a user, a token, a report), as a pill."""
    text = str(status)
    return pill(text.replace("_", " "), tone=TONES.get(text, "quiet"))


def pill(text: str, *, tone: str = "quiet", title: str | None = None) -> html.Span:
    """Return a short word in a frame; the tone is good, warning, critical, accent or quiet."""
    return html.Span(text, className=f"mc-pill mc-pill-{tone}", title=title)


def health_badge(state: str, text: str | None = None, *, large: bool = False) -> html.Span:
    """Return the health of a model or of everything: healthy, attention, critical or unknown."""
    words = text if text is not None else HEALTH_WORDS.get(str(state), str(state))
    return html.Span(
        [_mark(), words], className=classes("mc-health", f"mc-health-{state}", large and "mc-health-large")
    )


def _mark() -> html.Span:
    return html.Span(className="mc-mark", **attributes(aria_hidden="true"))
