"""The return on investment month by month against its target; over several months, the ratio of the sums."""

from collections.abc import Sequence

from webapp.core import formatting
from webapp.figures.business import BusinessMonth, roi_bars
from webapp.reporting.books import books_of, totals
from webapp.reporting.document import Block, Column, Paragraph, Table
from webapp.reporting.drawing import chart
from webapp.reporting.facts import Facts, ModelFacts
from webapp.reporting.section import Section
from webapp.reporting.wording import NOTHING


def build(facts: Facts) -> Sequence[Block]:
    each = facts.only
    if each is None:
        return []
    months = [month for month in each.months if month.value("roi").value is not None]
    if not months:
        return []
    target = each.target("roi")
    figure = roi_bars(months, None if target is None else target.target, zone=facts.zone)
    words = _said(facts, each, months)
    return [chart(figure, "Return on investment by month", words, height=180), Paragraph(words), _table(facts, each)]


def _said(facts: Facts, each: ModelFacts, months: Sequence[BusinessMonth]) -> str:
    best = max(months, key=lambda month: month.value("roi").value or 0.0)
    said = f"The best month was {formatting.month(best.start, facts.zone)} with"
    said += f" {formatting.percent(best.value('roi').value or 0.0)}."
    if (target := each.target("roi")) is not None:
        reached = sum(1 for month in months if (month.value("roi").value or 0.0) >= target.target)
        said += f" {reached} of {len(months)} reached the target of {formatting.percent(target.target, 0)}."
    return said


def _table(facts: Facts, each: ModelFacts) -> Table:
    columns = (
        Column("Month", share=3),
        Column("Investment", is_number=True, share=2),
        Column("Returns", is_number=True, share=2),
        Column("Net benefit", is_number=True, share=2),
        Column("ROI", is_number=True, share=2),
        Column("Multiple", is_number=True, share=2),
    )
    rows = [_row(facts, month, each.currency) for month in each.months]
    (total,) = totals(books_of(month.values, each.currency) for month in each.months) or (None,)
    if total is not None:
        amounts = (total.money(amount) for amount in (total.investment, total.returns, total.net_benefit))
        rows.append(("Together", *amounts, total.roi_text, _multiple(total.returns, total.investment)))
    return Table("Investment and returns", columns, tuple(rows), has_total=total is not None)


def _row(facts: Facts, month: BusinessMonth, currency: str) -> tuple[str, ...]:
    label = formatting.month(month.start, facts.zone) + (" to date" if month.in_progress else "")
    books = books_of(month.values, currency)
    if books is None:
        return (label, *[NOTHING] * 5)
    amounts = (books.money(amount) for amount in (books.investment, books.returns, books.net_benefit))
    return (label, *amounts, books.roi_text, _multiple(books.returns, books.investment))


def _multiple(returns: float, investment: float) -> str:
    return formatting.multiple(returns / investment) if investment else "n/a"


SECTION = Section(title="Return on investment", order=40, build=build)
