"""Numbers that mean something at a glance: cards, sparklines, bullet bars, and how each number came about."""

from base64 import b64encode
from collections.abc import Sequence
from typing import Protocol

from dash import dcc, html
from dash.development.base_component import Component

from webapp.core.formatting import number, share
from webapp.web.components.content import Child, attributes, classes
from webapp.web.components.icons import icon

WIDTH, HEIGHT, INSET = 100.0, 28.0, 2.0
ARROWS = {"up": "▲", "down": "▼", "flat": "■"}
STATES = {"good": "Within limits", "warning": "Needs attention", "critical": "Critical", "unknown": "No data"}


class Change(Protocol):
    """How a number moved: its text, where to (up, down, flat) and what that means (better, worse, neutral, unclear)."""

    @property
    def text(self) -> str: ...
    @property
    def direction(self) -> str: ...
    @property
    def tone(self) -> str: ...


def kpi_card(
    label: str,
    value: str,
    *,
    delta: Change | None = None,
    target: str | None = None,
    note: str | None = None,
    spark: Sequence[float | None] | None = None,
    state: str | None = None,
    href: str | None = None,
    explanation: Component | None = None,
) -> Component:
    """Return a number with its name, its change, its target and its recent course."""
    name: Child = label if href is None else dcc.Link(label, href=href, className="mc-kpi-link")
    head: list[Child] = [html.H2(name, className="mc-kpi-label")]
    if explanation is not None:
        head.append(explanation)
    lower: list[Child] = []
    if delta is not None:
        lower.append(_change(delta))
    if target is not None:
        lower.append(html.Span(target, className="mc-kpi-target"))
    body: list[Child] = [html.Div(head, className="mc-kpi-head"), _figure(value, state)]
    body.append(html.P(lower, className="mc-kpi-lower"))
    if note is not None:
        body.append(html.P(note, className="mc-kpi-note"))
    if spark is not None:
        body.append(sparkline(spark, state or "neutral"))
    return html.Article(body, className=classes("mc-panel", "mc-kpi", state is not None and f"mc-kpi-{state}"))


def kpi_row(*cards: Child) -> Component:
    """Put cards side by side: four on a wide screen, two on a phone."""
    return html.Div(list(cards), className="mc-kpis")


def explanation(
    formula: str,
    *,
    window: str,
    sample_count: int | None,
    coverage: float | None,
    notes: Sequence[str] = (),
) -> Component:
    """Answer "how was this computed?": a disclosure with the formula and what went into it."""
    entries: list[tuple[str, str]] = [("Formula", formula), ("Window", window)]
    if sample_count is not None:
        entries.append(("Counted", number(sample_count)))
    if coverage is not None:
        entries.append(("Outcomes known", share(coverage)))
    rows = [html.Div([html.Dt(name), html.Dd(text)]) for name, text in entries]
    words: list[Child] = [html.Strong("How was this computed?"), html.Dl(rows), *[html.P(note) for note in notes]]
    summary = html.Summary(icon("info", label="How was this computed?"), title="How was this computed?")
    return html.Details([summary, html.Div(words, className="mc-explanation-body")], className="mc-explanation")


def sparkline(values: Sequence[float | None], state: str | None = None) -> Component:
    """Return the course of a number as a line in the colour of its state; where a value is missing, so is the line."""
    drawn = b64encode(_drawing(values).encode()).decode()
    style = {"--mc-spark": f'url("data:image/svg+xml;base64,{drawn}")'}
    tone = classes("mc-spark", f"mc-spark-{state or 'neutral'}")
    return html.Span(className=tone, style=style, **attributes(aria_hidden="true"))


def meter(
    label: str, value_text: str, share: float | None, *, warning: float | None, critical: float | None, note: str = ""
) -> Component:
    """Return a bullet bar from 0 to 1 with marks where attention and alarm begin.

    When alarm begins below attention, less is worse.
    """
    level = _level(share, warning, critical)
    filled = 0.0 if share is None else min(max(share, 0.0), 1.0)
    marks = [
        html.Span(className=f"mc-meter-mark mc-meter-mark-{kind}", style={"left": f"{bound:.1%}"})
        for kind, bound in (("warning", warning), ("critical", critical))
        if bound is not None and 0 <= bound <= 1
    ]
    bar = html.Div(
        [html.Span(className="mc-meter-fill", style={"width": f"{filled:.1%}"}), *marks],
        className="mc-meter-bar",
        role="meter",
        **attributes(
            aria_label=label,
            aria_valuemin="0",
            aria_valuemax="100",
            aria_valuenow=f"{filled * 100:.0f}",
            aria_valuetext=value_text,
        ),
    )
    head = [
        html.Span(label, className="mc-meter-label", title=label),
        html.Span(value_text, className="mc-meter-value"),
    ]
    lower = [html.Span(note or STATES[level], className="mc-meter-note")]
    return html.Div([html.Div(head, className="mc-meter-head"), bar, *lower], className=f"mc-meter mc-meter-{level}")


def _figure(value: str, state: str | None) -> Component:
    parts: list[Child] = [html.Span(value, className="mc-kpi-value")]
    if state is not None:
        word = STATES.get(state, state)
        parts.append(html.Span(className="mc-mark", role="img", title=word, **attributes(aria_label=word)))
    return html.Div(parts, className="mc-kpi-figure")


def _change(delta: Change) -> Component:
    arrow = html.Span(ARROWS.get(delta.direction, ""), **attributes(aria_hidden="true"))
    return html.Span([arrow, f" {delta.text}"], className=f"mc-change mc-change-{delta.tone}", title=f"{delta.tone}")


def _level(share: float | None, warning: float | None, critical: float | None) -> str:
    if share is None:
        return "unknown"
    less_is_worse = warning is not None and critical is not None and critical < warning
    for level, bound in (("critical", critical), ("warning", warning)):
        if bound is not None and (share <= bound if less_is_worse else share >= bound):
            return level
    return "good"


def _drawing(values: Sequence[float | None]) -> str:
    """Return the line, and a pale area under it, as SVG of numbers only."""
    runs = [run for run in _runs(values) if run]
    paths = [_path(run) for run in runs]
    line, long = " ".join(paths), [(path, run) for path, run in zip(paths, runs, strict=True) if len(run) > 1]
    area = " ".join(f"{path}L{run[-1][0]:.1f},{HEIGHT}L{run[0][0]:.1f},{HEIGHT}Z" for path, run in long)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" preserveAspectRatio="none">'
        f'<path d="{area}" fill="#000" fill-opacity=".13"/>'
        f'<path d="{line}" fill="none" stroke="#000" stroke-width="1.6" stroke-linecap="round"'
        ' stroke-linejoin="round" vector-effect="non-scaling-stroke"/></svg>'
    )


def _runs(values: Sequence[float | None]) -> list[list[tuple[float, float]]]:
    """Return the points of each stretch without a gap, scaled to the picture."""
    known = [value for value in values if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    span, step = (high - low) or 1.0, WIDTH / max(len(values) - 1, 1)
    middle = 0.5 if high == low else None
    runs: list[list[tuple[float, float]]] = [[]]
    for index, value in enumerate(values):
        if value is None:
            runs.append([])
            continue
        height = middle if middle is not None else (value - low) / span
        runs[-1].append((index * step, HEIGHT - INSET - height * (HEIGHT - 2 * INSET)))
    return runs


def _path(run: Sequence[tuple[float, float]]) -> str:
    if len(run) == 1:
        x, y = run[0]
        return f"M{max(x - 1, 0):.1f},{y:.1f}L{min(x + 1, WIDTH):.1f},{y:.1f}"
    return "M" + "L".join([f"{x:.1f},{y:.1f}" for x, y in run])
