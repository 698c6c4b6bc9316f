"""Two versions beside each other: who they are, each metric with its difference, their courses, the same cases."""

from collections.abc import Mapping, Sequence

from dash import dcc, html
from dash.development.base_component import Component

from webapp.catalog.models import Deployment, Task
from webapp.core.formatting import day, number, share
from webapp.figures import metric_trend
from webapp.figures.answers import class_confusion, confusion_height
from webapp.figures.confusion import confusion_matrix
from webapp.metrics.difference import Difference, Verdict
from webapp.metrics.display import change_text, number_text, text_of
from webapp.metrics.metric import Metric, MetricSeries, Value
from webapp.metrics.multiclass_report import square
from webapp.metrics.performance import Confusion
from webapp.metrics.versions import Candidate, Comparison, Paired, Row, Side
from webapp.web.components import (
    Column,
    cell,
    data_table,
    empty_state,
    explanation,
    facts,
    graph,
    grid,
    notice,
    panel,
    pill,
    when,
)
from webapp.web.components.content import Child
from webapp.web.views.metric_cards import explained, window_text
from webapp.web.views.performance_parts import uncomputed
from webapp.web.views.technical import Technical

TONES = {Verdict.BETTER: "good", Verdict.WORSE: "critical", Verdict.DIFFERENT: "warning"}
LEVEL = 0.05  # A split that is less likely than this is called real.
MOST_DEPLOYMENTS = 4
PAIRED = (
    "McNemar: the chance of so uneven a split, or a more uneven one, among the cases where just one was right, if both"
    " were equally good"
)


def not_seen(side: Side, known: Sequence[Candidate], href: str, view: Technical) -> list[Component]:
    """Say when a version that predicted nothing in the window was seen last; the link leads to a longer one."""
    ever = next((each.seen for each in known if each.name == side.name), None)
    if side.seen is not None:
        return []
    if ever is None:
        return [notice(f"{side.name} has not predicted anything yet.", tone="warning")]
    words = [f"{side.name} predicted nothing in this window; it was last seen on {day(ever.end, view.zone)}. "]
    return [notice([*words, dcc.Link("Show a window that holds both", href=href), "."], tone="warning")]


def sides(found: Comparison, view: Technical) -> Component:
    """Return who is compared: where each runs, how much it predicted, and when it was deployed."""
    return grid(cell(6, _side("Champion", found.first, view)), cell(6, _side("Challenger", found.second, view)))


def metric_table(found: Comparison, view: Technical) -> Component:
    """Return each metric of both with its interval, the difference, and whether it is real."""
    columns = [
        Column("metric", "Metric"),
        Column("first", found.first.name, align="right"),
        Column("second", found.second.name, align="right"),
        Column("difference", "Difference", align="right"),
        Column("verdict", f"{found.second.name} is"),
    ]
    shown = [row for row in found.rows if not _is_missing(row)]
    missing = [(row.metric.label, row.first.reason) for row in found.rows if _is_missing(row)]
    table = data_table(columns, [_row(row, view) for row in shown], caption="Each metric of both versions")
    body = html.Div(table, className="mc-dense mc-dense-two")
    return panel("Metric by metric", body, *uncomputed(missing), subtitle=_summary(found), flush=True)


def courses(
    found: Comparison,
    series: Mapping[str, MetricSeries],
    deployed: Sequence[Deployment],
    metric: Metric,
    choice: Component,
    view: Technical,
) -> Component:
    """Return a metric of both over time; `choice` is where another one is chosen."""
    names = (found.first.name, found.second.name)
    chosen = {name: series[name] for name in names if any(each.value.value is not None for each in series[name].points)}
    value = next((row.first for row in found.rows if row.metric.name == metric.name), None)
    actions = [choice] if value is None else [choice, explained(metric, value, view)]
    if not chosen:
        body: Component = empty_state(
            "Nothing to draw yet", "The course appears when outcomes arrive.", picture="chart-line"
        )
    else:
        figure = metric_trend(
            list(chosen.values()),
            target=view.model.targets.get(metric.name),
            deployments=[each for each in deployed if each.version in names],
            title_by=list(chosen),
            zone=view.zone,
            currency=view.currency,
        )
        body = graph(figure, height=280, label=f"{metric.label} over time of both versions")
    subtitle = "dotted where few outcomes are known; upright lines are deployments"
    return panel(f"{metric.label} over time", body, subtitle=subtitle, actions=actions)


def confusions(found: Comparison, view: Technical) -> list[Component]:
    """Return what each version took for what; nothing of models that predict numbers."""
    if view.model.task is Task.REGRESSION or not (found.first.known or found.second.known):
        return []
    return [grid(*(cell(6, _confusion(side, view)) for side in (found.first, found.second)))]


def same_cases(found: Comparison, view: Technical) -> Component:
    """Return what both made of the cases that both decided."""
    title = "The same cases"
    if found.paired is None:
        words = (
            "No case was decided by both in this window. Let a challenger predict in the shadow, with the same"
            ' prediction ids and "environment": "shadow", and it is compared case by case: that needs far fewer cases.'
        )
        return panel(title, html.P(words, className="mc-help"))
    paired, pairs = found.paired, found.paired.pairs
    why = explanation(
        PAIRED,
        window=window_text(view.window, view.zone),
        sample_count=pairs.known,
        coverage=pairs.known / pairs.both,
        notes=_limits(found),
    )
    agreed = f"both said the same in {share(pairs.agreed / pairs.both)} of {number(pairs.both)} cases"
    if not pairs.known:
        return panel(title, html.P("No outcome of them is known yet.", className="mc-help"), subtitle=agreed)
    return panel(title, _paired_words(found, paired, view), _split(found, view), subtitle=agreed, actions=[why])


def single_version(known: int) -> Component:
    """Say what to do where there are not two versions."""
    title = "Only one version so far" if known else "No version yet"
    words: list[Child] = [
        "Predictions name their version. Send some with another one, and both stand here side by side. A challenger"
        " that decides nothing yet sends its predictions with ",
        html.Code('"environment": "shadow"'),
        " and the same prediction ids, and is compared case by case.",
    ]
    link = html.A("How predictions are sent", href="/api/docs", className="mc-button mc-button-secondary")
    return empty_state(title, words, link, picture="scale")


def _side(role: str, side: Side, view: Technical) -> Component:
    known = "–" if side.coverage is None else f"{share(side.coverage)} ({number(side.known)})"
    if side.seen is None:
        hours: list[tuple[str, Child | Sequence[Child]]] = [("Seen", "not in this window")]
    else:
        hours = [
            ("First hour", when(side.seen.start, zone=view.zone)),
            ("Last hour", when(side.seen.end, zone=view.zone)),
        ]
    rows = [("Predictions", number(side.predictions)), ("Outcomes known", known), *hours, _deployed(side, view)]
    return panel(f"{role}: {side.name}", facts(rows), subtitle=pill(side.environment, tone=_tone(side.environment)))


def _tone(environment: str) -> str:
    return "good" if environment == "production" else "accent"


def _deployed(side: Side, view: Technical) -> tuple[str, Child | Sequence[Child]]:
    shown = side.deployments[:MOST_DEPLOYMENTS]
    if not shown:
        return "Deployed", "not in this window"
    lines = [
        html.Div([when(each.at, zone=view.zone), html.Span(f" {each.note}", className="mc-quiet")]) for each in shown
    ]
    more = len(side.deployments) - len(shown)
    return "Deployed", [*lines, html.Div(f"and {more} times before")] if more else list(lines)


def _summary(found: Comparison) -> str:
    verdicts = [row.difference.verdict for row in found.rows]
    counted = [(verdict, verdicts.count(verdict)) for verdict in (Verdict.BETTER, Verdict.WORSE, Verdict.UNCLEAR)]
    words = ", ".join(f"{count} {verdict}" for verdict, count in counted if count)
    said = f"{words}; " if words else ""
    return f"{said}each difference with its 95 % interval, so of twenty equal metrics one differs by chance"


def _is_missing(row: Row) -> bool:
    return row.first.value is None and row.second.value is None


def _row(row: Row, view: Technical) -> Mapping[str, Child]:
    return {
        "metric": row.metric.label,
        "first": _value(row.metric, row.first, view),
        "second": _value(row.metric, row.second, view),
        "difference": _difference(row.difference, row.metric, view),
        "verdict": _verdict(row.difference),
    }


def _value(metric: Metric, value: Value, view: Technical) -> Component:
    words: list[Child] = [text_of(value, metric, currency=view.currency)]
    if value.low is not None and value.high is not None:
        low, high = (number_text(bound, metric, currency=view.currency) for bound in (value.low, value.high))
        words.append(html.Span(f"{low} – {high}", className="mc-second mc-quiet"))
    stacked = html.Span(words, title=value.reason or "")
    return html.Span([stacked, explained(metric, value, view)], className="mc-number")


def _difference(found: Difference, metric: Metric, view: Technical) -> Component | str:
    if found.difference is None:
        return "–"
    words: list[Child] = [change_text(found.difference, metric, currency=view.currency)]
    if found.low is not None and found.high is not None:
        low, high = (change_text(bound, metric, currency=view.currency) for bound in (found.low, found.high))
        words.append(html.Span(f"{low} to {high}", className="mc-second mc-quiet"))
    return html.Span(words)


def _verdict(found: Difference) -> Component:
    said: list[Child] = [pill(found.verdict, tone=TONES.get(found.verdict, "quiet"))]
    if found.reason:
        said.append(html.Span(found.reason, className="mc-second mc-quiet"))
    return html.Span(said)


def _confusion(side: Side, view: Technical) -> Component:
    aggregate = side.evidence.aggregate
    title, label = f"Confusion of {side.name}", f"Confusion matrix of {side.name}"
    if not side.known:
        return panel(title, empty_state("No outcomes yet", "It appears when outcomes arrive.", picture="chart-line"))
    if view.model.task is Task.MULTICLASS and aggregate.classes is not None:
        found = square(aggregate.classes)
        body = graph(class_confusion(found), height=confusion_height(found), label=label)
    else:
        tally = aggregate.tally
        figure = confusion_matrix(Confusion(tally.tp, tally.fp, tally.fn, tally.tn))
        body = graph(figure, height=260, label=label)
    return panel(title, body, subtitle=f"{number(side.known)} outcomes, each row in shares of what really happened")


def _paired_words(found: Comparison, paired: Paired, view: Technical) -> Component:
    """Say who is better on the same cases, and how sure that is."""
    pairs = paired.pairs
    is_real = paired.p_value < LEVEL
    ahead = found.first.name if pairs.only_first > pairs.only_second else found.second.name
    nearer = "nearer" if view.model.task is Task.REGRESSION else "right"
    verdict = f"{ahead} is better" if is_real else "no clear difference"
    chance = "p < 0.001" if paired.p_value < 0.001 else f"p = {number(paired.p_value, 3)}"
    words = (
        f"{found.first.name} alone was {nearer} in {number(pairs.only_first)} of {number(pairs.known)} cases with an"
        f" outcome, {found.second.name} alone in {number(pairs.only_second)} ({chance})."
    )
    return html.P([pill(verdict, tone="accent" if is_real else "quiet"), " ", words])


def _split(found: Comparison, view: Technical) -> Component:
    pairs, (first, second) = found.paired.pairs if found.paired else None, (found.first.name, found.second.name)
    assert pairs is not None
    right, wrong = ("as near or nearer", "farther") if view.model.task is Task.REGRESSION else ("right", "wrong")
    columns = [
        Column("row", ""),
        Column("right", f"{second} {right}", align="right"),
        Column("wrong", f"{second} {wrong}", align="right"),
    ]
    rows = [
        {"row": f"{first} {right}", "right": number(pairs.both_right), "wrong": number(pairs.only_first)},
        {"row": f"{first} {wrong}", "right": number(pairs.only_second), "wrong": number(pairs.neither)},
    ]
    return data_table(columns, rows, caption="Cases by who was right")


def _limits(found: Comparison) -> list[str]:
    pairs = found.paired.pairs if found.paired else None
    if pairs is None or not pairs.is_limited:
        return []
    return [
        f"Only the newest {number(pairs.looked_up)} predictions of the version that predicted less were looked up under"
        " the other."
    ]
