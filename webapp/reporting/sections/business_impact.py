"""What the model brought and what it cost, from summed counts, each line with how it was computed."""

from collections.abc import Sequence

from webapp.core import formatting
from webapp.metrics.headlines import KINDS
from webapp.metrics.metric import Unit, Value
from webapp.metrics.registry import METRICS
from webapp.reporting.books import Books, books_of, totals
from webapp.reporting.document import Block, Column, Paragraph, Table
from webapp.reporting.facts import Facts, ModelFacts
from webapp.reporting.section import Section
from webapp.reporting.wording import NOTHING, change, sentence, text, worth_words

LINES = (
    "customers_at_risk",
    "customers_saved",
    "revenue_protected",
    "retention_cost",
    "net_benefit",
    "roi",
    "return_multiple",
    "cost_reduction",
    "missed_revenue",
)


def build(facts: Facts) -> Sequence[Block]:
    if facts.only is not None and not facts.only.decides:
        return _of_answers(facts, facts.only)
    others = [each for each in facts.models if not each.decides]
    if all(books_of(each.now, each.currency) is None for each in facts.models):
        deciding = any(each.decides for each in facts.models)
        return [*([Paragraph(_why_not(facts))] if deciding or not others else []), *_others(others)]
    return [*_of_all(facts), *_others(others)] if facts.only is None else _of_one(facts, facts.only)


def _why_not(facts: Facts) -> str:
    reasons = {each.value("revenue_protected").reason or "not computed" for each in facts.models if each.decides}
    return f"No money figures for {facts.period.label}: {'; '.join(sorted(reasons))}."


def _columns(facts: Facts) -> tuple[Column, ...]:
    return (
        Column("Figure", share=3),
        Column(facts.period.short, is_number=True, share=2),
        Column("Before", is_number=True, share=2),
        Column("Change", is_number=True, share=4),
        Column("How it is computed", share=5),
    )


def _of_one(facts: Facts, each: ModelFacts) -> Sequence[Block]:
    columns = _columns(facts)
    rows = tuple(_line(each, name) for name in LINES if name in METRICS)
    blocks: list[Block] = [Paragraph(_said(facts, each)), Table("Money, customers and return", columns, rows)]
    if notes := _notes(each):
        blocks.append(Paragraph(notes, is_note=True))
    return blocks


def _line(each: ModelFacts, name: str) -> tuple[str, ...]:
    metric = METRICS[name]
    delta, _, _, word = change(each, name)
    changed = f"{delta} {word}".strip() if delta else NOTHING
    values = [text(value, name, currency=each.currency) for value in (each.value(name), each.former(name))]
    estimated = " (est.)" if metric.unit is Unit.MONEY and name != "retention_cost" else ""
    return (f"{metric.label}{estimated}", *values, changed, metric.formula)


def _said(facts: Facts, each: ModelFacts) -> str:
    books = books_of(each.now, each.currency)
    if books is None:
        return _why_not(facts)
    contacted = formatting.number(each.value("customers_at_risk").value or 0.0)
    words = (
        f"{contacted} customers were flagged, {formatting.number(books.saved)} of them saved by estimate."
        f" That protected {books.money(books.returns)} for {books.money(books.investment)} invested:"
        f" a net benefit of {books.money(books.net_benefit)}"
    )
    if books.roi is None:
        return f"{words}. Without an investment there is no return on investment."
    return f"{words} and a return on investment of {books.roi_text}."


def _notes(each: ModelFacts) -> str:
    """Say what the money rests on, once."""
    notes = [each.value(name).note or "" for name in ("customers_saved", "revenue_protected")]
    parts = dict.fromkeys(part for note in notes for part in note.split("; ") if part)
    return " ".join(sentence(part) for part in parts)


def _of_all(facts: Facts) -> Sequence[Block]:
    columns = (
        Column("Model", share=4),
        Column("Saved", is_number=True, share=2),
        Column("Revenue protected", is_number=True, share=3),
        Column("Investment", is_number=True, share=3),
        Column("Net benefit", is_number=True, share=3),
        Column("ROI", is_number=True, share=2),
    )
    kept = [(each, books_of(each.now, each.currency)) for each in facts.models if each.decides]
    rows = [_row(each.short_title, books) for each, books in kept]
    sums = totals(books for _, books in kept)
    rows += [_row(f"All models in {total.currency}", total) for total in sums]
    table = Table("Money by model", columns, tuple(rows), has_total=len(sums) == 1)
    note = "The ROI of all models is the ratio of the sums. Amounts in different currencies are never added."
    return [table, Paragraph(note, is_note=True)]


def _of_answers(facts: Facts, each: ModelFacts) -> Sequence[Block]:
    """Return what the answers of a model of several classes were worth, or what the errors of its numbers cost."""
    value, former = each.value(each.worth), each.former(each.worth)
    if value.value is None:
        return [Paragraph(f"No money figures for {facts.period.label}: {value.reason or 'not computed'}.")]
    columns = _columns(facts)
    line = _line(each, each.worth)
    single = [
        text(Value(one.value / one.sample_count), each.worth, currency=each.currency)
        if one.value is not None and one.sample_count
        else NOTHING
        for one in (value, former)
    ]
    rows = (line, ("For each known answer", *single, NOTHING, "the same, divided by the answers that are known"))
    blocks: list[Block] = [Table("Money", columns, rows)]
    if value.note:
        blocks.append(Paragraph(sentence(value.note), is_note=True))
    return blocks


def _others(others: Sequence[ModelFacts]) -> Sequence[Block]:
    """Return what forecasts and routers are worth: counted by unit and by answer, it is no return on an investment."""
    if not others:
        return []
    columns = (
        Column("Model", share=4),
        Column("Answers", share=3),
        Column("What it is worth", share=4),
        Column("Before", is_number=True, share=3),
    )
    rows = tuple(
        (
            each.short_title,
            KINDS[each.model.task],
            worth_words(each),
            text(each.former(each.worth), each.worth, currency=each.currency),
        )
        for each in others
    )
    return [Table("Forecasts and routers", columns, rows)]


def _row(title: str, books: Books | None) -> tuple[str, ...]:
    if books is None:
        return (title, *[NOTHING] * 5)
    amounts = (books.money(amount) for amount in (books.returns, books.investment, books.net_benefit))
    return (title, formatting.number(books.saved), *amounts, books.roi_text)


SECTION = Section(title="Business impact", order=30, build=build, begins_page=True)
