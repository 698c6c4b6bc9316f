"""How the numbers were computed: formulas, the parameters with their dates, what was left out, and the words used."""

from collections.abc import Mapping, Sequence

from webapp.catalog.models import Costs, Task
from webapp.core import formatting
from webapp.metrics.registry import METRICS
from webapp.reporting.books import books_of
from webapp.reporting.document import Block, Column, Definition, Definitions, Paragraph, Table
from webapp.reporting.facts import Facts, ModelFacts
from webapp.reporting.section import Section
from webapp.reporting.wording import sentence, text

ANSWERS: Mapping[Task, Sequence[str]] = {
    Task.MULTICLASS: ("accuracy", "macro_f1", "macro_precision", "macro_recall", "roc_auc_ovr", "decision_value"),
    Task.REGRESSION: ("mae", "rmse", "bias", "mape", "r2", "over_forecast_share", "forecast_cost"),
}
MOST_PAIRS = 12
OF_ALL = ("drift_score", "outcome_coverage", "error_rate", "availability")
NAMES = (
    *("accuracy", "precision", "recall", "roc_auc", "drift_score", "customers_at_risk", "customers_saved"),
    *("revenue_protected", "retention_cost", "net_benefit", "roi", "return_multiple", "cost_reduction"),
    *("missed_revenue", "outcome_coverage", "error_rate", "availability"),
)


def build(facts: Facts) -> Sequence[Block]:
    blocks: list[Block] = [Paragraph(_said(facts)), Definitions(_definitions(facts))]
    blocks += [table for table in (_parameters(facts), _costs(facts)) if table.rows]
    blocks.append(Paragraph(_words(facts), is_note=True))
    return blocks


def _said(facts: Facts) -> str:
    window = facts.period.window
    start, end = (formatting.instant(at, facts.zone) for at in (window.start, window.end))
    return (
        f"The period runs from {start} to {end} ({facts.zone}), its end not included, and is compared with"
        f" {facts.period.comparison}. Every figure comes from the counts of the whole period, never from a mean of"
        " days; shares change in percentage points (pp), amounts in their own unit and in percent. A figure that cannot"
        " be computed is a dash with its reason, never 0."
    )


def _definitions(facts: Facts) -> tuple[Definition, ...]:
    return tuple(
        Definition(METRICS[name].label, METRICS[name].formula, _worked(facts, name))
        for name in _names(facts)
        if name in METRICS
    )


def _names(facts: Facts) -> Sequence[str]:
    """Return the metrics of the kinds of models that the report is about."""
    tasks = {each.model.task for each in facts.models}
    names = list(NAMES) if Task.BINARY in tasks or not tasks else []
    for task in (Task.MULTICLASS, Task.REGRESSION):
        names += ANSWERS[task] if task in tasks else ()
    return list(dict.fromkeys([*names, *OF_ALL]))


def _worked(facts: Facts, name: str) -> str:
    each = facts.only
    if each is None:
        return ""
    value = each.value(name)
    if value.value is None:
        return sentence(value.reason or "not measured")
    if known := inserted(each, name):
        return known
    basis = f" from {formatting.number(value.sample_count)} samples" if value.sample_count else ""
    return f"{text(value, name, currency=each.currency)}{basis}"


def inserted(each: ModelFacts, name: str) -> str:
    """Return a formula with the month's own numbers in it, where counts are known."""
    if each.performance is None or not each.performance.known:
        return ""
    counts = each.performance.confusion
    tp, fp, fn, tn = (formatting.number(count) for count in (counts.tp, counts.fp, counts.fn, counts.tn))
    sums = {
        "accuracy": f"({tp} + {tn}) ÷ {formatting.number(counts.tp + counts.fp + counts.fn + counts.tn)}",
        "precision": f"{tp} ÷ ({tp} + {fp})",
        "recall": f"{tp} ÷ ({tp} + {fn})",
        "customers_at_risk": f"{tp} + {fp}",
    }
    said = sums.get(name, "")
    return f"{said} = {text(each.value(name), name, currency=each.currency)}" if said else _money(each, name)


def _money(each: ModelFacts, name: str) -> str:
    """Insert the money parameters too, where one set was in force all the time."""
    books = books_of(each.now, each.currency)
    if len(each.business) != 1 or each.performance is None or books is None:
        return ""
    counts, terms = each.performance.confusion, each.business[0]
    tp, fn, contacted, everyone = (
        formatting.number(count)
        for count in (counts.tp, counts.fn, counts.tp + counts.fp, counts.tp + counts.fp + counts.fn + counts.tn)
    )
    value, cost, running = (
        formatting.money(amount, terms.currency)
        for amount in (terms.customer_value, terms.contact_cost, terms.running_cost_monthly)
    )
    rate = "" if terms.save_rate == 1 else f" × {formatting.share(terms.save_rate, 0)}"
    horizon = "" if terms.horizon_months == 12 else f" × {formatting.number(terms.horizon_months)} ÷ 12"
    returns, spent = books.money(books.returns), books.money(books.investment)
    running_words = f" − running cost ({running} a month)" if terms.running_cost_monthly else ""
    on_contacts = text(each.value("retention_cost"), "retention_cost", currency=each.currency)
    sums = {
        "customers_saved": f"{tp} × {formatting.share(terms.save_rate, 0)}",
        "revenue_protected": f"{tp}{rate} × {value}{horizon}",
        "retention_cost": f"{contacted} × {cost}",
        "net_benefit": f"{returns} − {on_contacts}{running_words}",
        "roi": f"({returns} − {spent}) ÷ {spent}",
        "return_multiple": f"{returns} ÷ {spent}",
        "cost_reduction": f"1 − {on_contacts} ÷ ({everyone} × {cost})",
        "missed_revenue": f"{fn}{rate} × {value}",
    }
    said = sums.get(name, "")
    return f"{said} = {text(each.value(name), name, currency=each.currency)}" if said else ""


def _parameters(facts: Facts) -> Table:
    columns = (
        *([Column("Model", share=4)] if facts.is_portfolio else []),
        Column("In force from", share=3),
        Column("Customer value a year", is_number=True, share=3),
        Column("Contact cost", is_number=True, share=2),
        Column("Save rate", is_number=True, share=2),
        Column("Horizon", is_number=True, share=2),
        Column("Running cost a month", is_number=True, share=3),
    )
    rows = tuple(
        (
            *([each.short_title] if facts.is_portfolio else []),
            formatting.instant(business.valid_from, facts.zone),
            formatting.money(business.customer_value, business.currency),
            formatting.money(business.contact_cost, business.currency),
            formatting.share(business.save_rate, 0),
            f"{formatting.number(business.horizon_months)} months",
            formatting.money(business.running_cost_monthly, business.currency),
        )
        for each in facts.models
        if each.decides
        for business in each.business
    )
    return Table("Business parameters", columns, rows)


def _costs(facts: Facts) -> Table:
    """Return what answers of several classes are worth, and what errors of numbers cost, with their dates."""
    columns = (
        *([Column("Model", share=4)] if facts.is_portfolio else []),
        Column("In force from", share=3),
        Column("What counts", share=4),
        Column("Amount", is_number=True, share=3),
    )
    rows = tuple(
        (
            *([each.short_title] if facts.is_portfolio else []),
            formatting.instant(business.valid_from, facts.zone),
            words,
            formatting.money(amount, business.currency),
        )
        for each in facts.models
        if not each.decides
        for business in each.business
        for words, amount in _priced(business.costs)
    )
    return Table("Costs of answers", columns, rows)


def _priced(costs: Costs) -> Sequence[tuple[str, float]]:
    named = (
        ("a unit too much", costs.over),
        ("a unit too little", costs.under),
        ("a right answer", costs.right),
        ("a wrong answer", costs.wrong),
    )
    pairs = [
        (f"{actual} taken for {predicted}", worth)
        for actual, row in costs.matrix.items()
        for predicted, worth in row.items()
    ]
    return [(words, amount) for words, amount in named if amount is not None] + pairs[:MOST_PAIRS]


def _words(facts: Facts) -> str:
    known = formatting.share(facts.minimum_coverage, 0)
    counts = "" if all(each.model.task is Task.REGRESSION for each in facts.models) and facts.models else _COUNTS
    return (
        f"{counts}Outcome: what really happened. Provisional: outcomes are known for less than {known}. No clear"
        " change: the difference lies within the 95% interval. Left out: predictions without an outcome (for quality"
        " and money) and errors without a score."
    )


_COUNTS = "TP: flagged and it happened. FP: flagged and it did not. FN: missed. TN: rightly left. "
SECTION = Section(title="How the numbers were computed", order=90, build=build, begins_page=True)
