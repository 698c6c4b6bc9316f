"""What the same decisions would have brought under other money parameters: the metrics' own formulas, other numbers."""

from collections.abc import Mapping
from dataclasses import replace

from webapp.catalog.models import Business, Model
from webapp.core.periods import Window
from webapp.metrics.evidence import Evidence, MoneyPeriod
from webapp.metrics.metric import Value
from webapp.metrics.performance import Performance
from webapp.metrics.queries import value_of
from webapp.metrics.registry import METRICS
from webapp.telemetry.aggregate import Aggregate, Tally

SHOWN = ("customers_saved", "revenue_protected", "retention_cost", "net_benefit", "roi", "return_multiple")


def what_if(model: Model, window: Window, found: Performance, business: Business) -> Mapping[str, Value]:
    """Return the money metrics of the counted decisions as if these parameters had been in force all the time."""
    counts = found.confusion
    tally = Tally(
        predictions=found.predictions,
        known=found.known,
        tp=counts.tp,
        fp=counts.fp,
        fn=counts.fn,
        tn=counts.tn,
        flagged=counts.tp + counts.fp,
    )
    evidence = Evidence(
        model=model,
        window=window,
        aggregate=Aggregate(tally=tally),
        money=(MoneyPeriod(business, window, tally),),
    )
    return {name: value_of(METRICS[name], evidence) for name in SHOWN}


def answers_if(evidence: Evidence, name: str, business: Business) -> Value:
    """Return what the counted answers were worth if these parameters had been in force all the time."""
    period = MoneyPeriod.of(business, evidence.window, evidence.aggregate)
    return value_of(METRICS[name], replace(evidence, money=(period,)))


def changed(business: Business, *, customer_value: float, contact_cost: float, save_rate: float) -> Business:
    return replace(business, customer_value=customer_value, contact_cost=contact_cost, save_rate=save_rate)


def ceiling_of(amount: float) -> float:
    """Return a round end for a slider: at least three times what is in force."""
    wanted = max(amount * 3, 10.0)
    size = 10.0 ** (len(str(int(wanted))) - 1)
    return size * -(-wanted // size)
