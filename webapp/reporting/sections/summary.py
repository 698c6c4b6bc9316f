"""The first page: six figures and their course, so that nobody has to read on to know how the month went."""

from collections.abc import Callable, Mapping, Sequence

from msgspec import structs

from webapp.catalog.models import Task
from webapp.core import formatting
from webapp.figures.answers import worth_by_month
from webapp.figures.business import money_flow
from webapp.figures.trends import metric_trend, volume
from webapp.metrics.display import Direction
from webapp.metrics.registry import METRICS
from webapp.reporting.books import Books, books_of, totals
from webapp.reporting.document import Block, Card, Cards, Chart, Column, Level, Pair, Table
from webapp.reporting.drawing import chart, settled
from webapp.reporting.facts import Facts, ModelFacts
from webapp.reporting.observations import observations
from webapp.reporting.section import Section
from webapp.reporting.wording import (
    NOTHING,
    PENDING,
    card,
    headline_words,
    is_pending,
    sentence,
    state_word,
    text,
    worth_words,
)

HEIGHT = 185
CARDS: Mapping[Task, Sequence[str]] = {
    Task.MULTICLASS: ("accuracy", "macro_f1", "decision_value", "outcome_coverage"),
    Task.REGRESSION: ("mae", "bias", "forecast_cost", "outcome_coverage"),
}
MOST_MODELS = 12
NO_MONEY = "No business parameters or no outcomes."


def build(facts: Facts) -> Sequence[Block]:
    only = facts.only
    cards = _portfolio_cards(facts) if only is None else _model_cards(facts, only)
    blocks: list[Block] = [Cards(cards)]
    blocks += [_models(facts)] if only is None else _charts(facts, only)
    return blocks


def _model_cards(facts: Facts, each: ModelFacts) -> tuple[Card, ...]:
    if not each.decides:
        return _answer_cards(facts, each)
    return (
        card(each, "accuracy"),
        card(each, "customers_saved", note=_assumption(each)),
        card(each, "revenue_protected", note=_invested(each)),
        card(each, "roi", label="Return on investment", note="(returns − investment) ÷ investment"),
        card(each, "drift_score", note=_culprit(each)),
        _alert_card(facts),
    )


def _answer_cards(facts: Facts, each: ModelFacts) -> tuple[Card, ...]:
    """Return the figures of a model of several classes or of numbers."""
    names = CARDS[each.model.task]
    return (*(card(each, name) for name in names), card(each, "drift_score", note=_culprit(each)), _alert_card(facts))


def _culprit(each: ModelFacts) -> str | None:
    drift = each.value("drift_score")
    return sentence(drift.note or "") if not drift.value else f"Most: {drift.note}" if drift.note else None


def _assumption(each: ModelFacts) -> str:
    rates = sorted({business.save_rate for business in each.business})
    if rates == [1.0]:
        return "Assumes every flagged churner is saved"
    return f"Save rate {', '.join(formatting.share(rate, 0) for rate in rates)}" if rates else ""


def _invested(each: ModelFacts) -> str | None:
    books = books_of(each.now, each.currency)
    return None if books is None else f"For {books.money(books.investment)} invested"


def _alert_card(facts: Facts) -> Card:
    now, before = facts.alerts.opened, facts.former_alerts.opened
    change = now - before
    direction = Direction.UP if change > 0 else Direction.DOWN if change < 0 else Direction.FLAT
    return Card(
        label="Alerts opened",
        value=formatting.number(now),
        previous=formatting.number(before),
        delta=formatting.signed(formatting.number(change)) if change else "±0",
        direction=direction.value,
        tone="worse" if change > 0 else "better" if change < 0 else "neutral",
        word="more" if change > 0 else "fewer" if change < 0 else "",
        note=f"{formatting.number(facts.alerts.unresolved)} unresolved",
        level=Level.ATTENTION if facts.alerts.unresolved else None,
    )


def _portfolio_cards(facts: Facts) -> tuple[Card, ...]:
    now = totals(books_of(each.now, each.currency) for each in facts.models)
    before = totals(books_of(each.before, each.currency) for each in facts.models)
    former = sum(each.former("prediction_count").value or 0.0 for each in facts.models)
    active = sum(1 for each in facts.models if each.predictions > 0)
    predictions = _sum_card("Predictions", facts.predictions, former, formatting.number)
    return (
        Card("Models with predictions", f"{active} of {len(facts.models)}"),
        predictions,
        _money_card(facts, "Revenue protected", now, before, lambda books: books.returns),
        _money_card(facts, "Net benefit", now, before, lambda books: books.net_benefit),
        _roi_card(now, before),
        _alert_card(facts),
    )


def _sum_card(label: str, now: float, before: float, say: Callable[[float], str], *, note: str | None = None) -> Card:
    """Return the card of a sum, its change in percent of what it was."""
    if not before:
        return Card(label, say(now), previous=say(before), note=note)
    change = (now - before) / abs(before)
    direction = Direction.UP if change > 0 else Direction.DOWN if change < 0 else Direction.FLAT
    delta = formatting.signed(formatting.share(change))
    return Card(label, say(now), previous=say(before), delta=delta, direction=direction.value, note=note)


def _money_card(
    facts: Facts, label: str, now: Sequence[Books], before: Sequence[Books], amount: Callable[[Books], float]
) -> Card:
    """Return one amount; of several currencies, the amounts beside each other and never their sum."""
    if len(now) == 1 and len(before) == 1 and now[0].currency == before[0].currency:
        card = _sum_card(label, amount(now[0]), amount(before[0]), now[0].money)
        if any(is_pending(each, "revenue_protected") for each in facts.models):
            return structs.replace(card, tone="unclear", word=PENDING)
        tones = {"up": "better", "down": "worse", "flat": "neutral"}
        tone = tones[card.direction]
        return structs.replace(card, tone=tone, word=tone if tone != "neutral" else "")
    value = " · ".join(books.money(amount(books)) for books in now) or NOTHING
    previous = " · ".join(books.money(amount(books)) for books in before) or None
    return Card(label, value, previous=previous, note=None if now else NO_MONEY)


def _roi_card(now: Sequence[Books], before: Sequence[Books]) -> Card:
    value = " · ".join(books.roi_text for books in now) or NOTHING
    previous = " · ".join(books.roi_text for books in before) or None
    return Card("Return on investment", value, previous=previous, note="Ratio of the sums" if now else NO_MONEY)


def _models(facts: Facts) -> Table:
    """Return each model in a line, so that the first page names them all."""
    decide = all(each.decides for each in facts.models)
    columns = (
        Column("Model", share=5),
        *([Column("Accuracy", is_number=True, share=2)] if decide else [Column("How good", share=4)]),
        Column("Drift", is_number=True, share=2),
        *([Column("Net benefit", is_number=True, share=3)] if decide else [Column("What it is worth", share=5)]),
        Column("ROI", is_number=True, share=2),
        Column("State", share=3),
    )
    worst = _worst_levels(facts)
    rows = tuple(
        (
            each.short_title,
            text(each.value("accuracy"), "accuracy") if decide else headline_words(each),
            text(each.value("drift_score"), "drift_score"),
            text(each.value("net_benefit"), "net_benefit", currency=each.currency) if decide else worth_words(each),
            text(each.value("roi"), "roi"),
            state_word(each, worst[each.model.name]),
        )
        for each in facts.models[:MOST_MODELS]
    )
    return Table("Models", columns, rows, empty="There are no models yet.")


def _worst_levels(facts: Facts) -> dict[str, Level]:
    found = {each.model.name: Level.GOOD for each in facts.models}
    for seen in reversed(observations(facts)):  # the worst comes last and stays
        if seen.model is not None:
            found[seen.model.model.name] = seen.level
    return found


def _charts(facts: Facts, each: ModelFacts) -> list[Block]:
    left = _quality(facts, each)
    right = _money(facts, each)
    if left is not None and right is not None:
        return [Pair(left, right)]
    return [block for block in (left, right) if block is not None]


def _quality(facts: Facts, each: ModelFacts) -> Chart | None:
    """Return what the model is judged by, by day with its target; before there are outcomes, how many predictions."""
    trends, name = each.trends or {}, each.headline
    course, label = trends.get(name), METRICS[name].label
    is_half = any(month.value(_money_name(each)).value is not None for month in each.months)
    drawn = None if course is None else settled(course)
    if drawn is not None and any(point.value.value is not None for point in drawn.points):
        figure = metric_trend([drawn], target=each.target(name), zone=facts.zone)
        whole = text(each.value(name), name)
        words = f"{label} by day in {facts.period.label}; over the whole it was {whole}."
        return chart(figure, f"{label} by day", words, height=HEIGHT, is_half=is_half)
    counts = trends.get("prediction_count")
    if counts is None or not each.predictions:
        return None
    words = f"Predictions by day, {formatting.number(each.predictions)} in all."
    return chart(volume([counts], zone=facts.zone), "Predictions by day", words, height=HEIGHT, is_half=is_half)


def _money(facts: Facts, each: ModelFacts) -> Chart | None:
    months = [month for month in each.months if month.value(_money_name(each)).value is not None]
    if not months:
        return None
    if not each.decides:
        label, whole = METRICS[each.worth].label, worth_words(each)
        figure = worth_by_month(months, [each.worth], currency=each.currency, zone=facts.zone)
        words = f"{whole} in this period." if whole != NOTHING else f"{label} of the months before."
        return chart(figure, f"{label} by month", words, height=HEIGHT, is_half=True)
    figure = money_flow(months, currency=each.currency, zone=facts.zone)
    return chart(figure, "Investment and returns by month", money_words(each), height=HEIGHT, is_half=True)


def _money_name(each: ModelFacts) -> str:
    """Return the metric that tells whether money is known."""
    return "revenue_protected" if each.decides else each.worth


def money_words(each: ModelFacts) -> str:
    books = books_of(each.now, each.currency)
    if books is None:
        return "Investment and returns of the months before."
    return (
        f"Returns of {books.money(books.returns)} for an investment of {books.money(books.investment)} in this period."
    )


SECTION = Section(title="", order=10, build=build)
