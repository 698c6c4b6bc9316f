"""How often a rule would have fired, as a panel: the count, a chart, what it would have found, what is not known."""

from collections.abc import Mapping, Sequence

from dash import html
from dash.development.base_component import Component

from webapp.alerting.document import RuleDocument
from webapp.alerting.severity import Severity
from webapp.alerting.views import Backtest, BacktestEpisode
from webapp.core import formatting
from webapp.figures import rule_replay
from webapp.metrics.registry import METRICS
from webapp.web.components import Column, data_table, graph, notice, pill, severity_badge, when
from webapp.web.components.content import Child
from webapp.web.views.alert_rows import Reader

SHOWN = 8
USUAL_DAYS = 30
PERIODS = (("1", "24 hours"), ("7", "7 days"), ("30", "30 days"))
COLUMNS = (
    Column("subject", "For"),
    Column("severity", "Severity"),
    Column("start", "Fired"),
    Column("lasted", "For how long"),
    Column("peak", "Furthest", align="right"),
)


def result(found: Backtest, document: RuleDocument, reader: Reader) -> list[Component]:
    """Return what a replay came to."""
    if not found.judgements:
        words = "There is nothing of that time that this rule would have looked at."
        return [html.P(words, className="mc-quiet", role="status")]
    metric = METRICS[document.metric]
    head = html.P([html.Strong(_count(found)), f" {_where(found)}"], className="mc-replay-count", role="status")
    parts: list[Component] = [head]
    if found.by_severity:
        parts.append(html.Div([_of(severity, count) for severity, count in _worst_first(found)], className="mc-pills"))
    figure = rule_replay(found, unit=metric.unit, currency=found.currency, zone=reader.zone)
    if figure["data"]:
        parts.append(
            graph(figure, height=240, label=f"{metric.label} over the past, red where the rule would have fired")
        )
    if found.series_count > len(found.drawn):
        parts.append(html.P(f"Drawn are the {len(found.drawn)} that fired most.", className="mc-help"))
    if found.episodes:
        rows = [_row(episode, reader, until=found) for episode in found.episodes[:SHOWN]]
        parts.append(data_table(COLUMNS, rows, caption="What it would have found"))
        if found.episode_count > SHOWN:
            more = f"These are the newest {SHOWN} of {found.episode_count:,} alerts."
            parts.append(html.P(more, className="mc-help"))
    notes = [*found.notes, *_unjudged(found)]
    if notes:
        parts.append(html.Ul([html.Li(each) for each in notes], className="mc-replay-notes"))
    return parts


def unfinished(sentence: str) -> list[Component]:
    return [notice(sentence, tone="warning")]


def _count(found: Backtest) -> str:
    if not found.firings:
        return "Would not have fired"
    times = "once" if found.firings == 1 else f"{found.firings:,} times"
    if not found.silenced:
        return f"Would have fired {times}"
    if found.silenced == found.firings:
        return f"Would have fired {times}, {'' if found.firings == 1 else 'always '}under a silence,"
    return f"Would have fired {times}, {found.silenced:,} of them under a silence,"


def _where(found: Backtest) -> str:
    days = round((found.end - found.start).total_seconds() / 86_400)
    period = "24 hours" if days == 1 else f"{days} days"
    if not found.firings:
        return f"in {period}, judged for {found.series_count:,} series."
    share = formatting.share(found.firing_share)
    of = f"{found.firing_series:,} of {found.series_count:,} series"
    return f"in {period}, on {of}; firing {share} of the time."


def _of(severity: Severity, count: int) -> Component:
    return html.Span([severity_badge(severity), f" {count:,}"])


def _worst_first(found: Backtest) -> Sequence[tuple[Severity, int]]:
    return sorted(((Severity(name), count) for name, count in found.by_severity.items()), reverse=True)


def _row(episode: BacktestEpisode, reader: Reader, *, until: Backtest) -> Mapping[str, Child]:
    if episode.end is None:
        lasted = f"{formatting.age(until.end - episode.start)}, still firing"
    else:
        lasted = formatting.age(episode.end - episode.start)
    again = f" ({episode.firings} times)" if episode.firings > 1 else ""
    return {
        "subject": episode.subject,
        "severity": html.Span([severity_badge(episode.severity), *_silent(episode)]),
        "start": when(episode.start, zone=reader.zone, now=reader.now),
        "lasted": f"{lasted}{again}",
        "peak": episode.peak_text,
    }


def _silent(episode: BacktestEpisode) -> list[Child]:
    if not episode.silenced:
        return []
    words = "silenced" if episode.silenced == episode.firings else f"{episode.silenced} silenced"
    return [" ", pill(words, title="A silence was on: nobody would have been told")]


def _unjudged(found: Backtest) -> list[str]:
    if not found.not_judged:
        return []
    share = formatting.share(found.not_judged / found.judgements)
    return [f"{share} of the judgements found too little data to say anything."]
