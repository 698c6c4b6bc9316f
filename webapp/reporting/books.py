"""Money over several months or models: sums by currency, and ratios of those sums, never means of ratios."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from webapp.core import formatting
from webapp.figures.business import investment_of
from webapp.metrics.metric import Value


@dataclass(frozen=True, slots=True)
class Books:
    """Returns and investment in one currency."""

    currency: str
    returns: float = 0.0
    investment: float = 0.0
    saved: float = 0.0

    @property
    def net_benefit(self) -> float:
        return self.returns - self.investment

    @property
    def roi(self) -> float | None:
        """Return the return on investment in percent; without an investment there is none."""
        return (self.returns - self.investment) / self.investment * 100 if self.investment else None

    @property
    def roi_text(self) -> str:
        return "n/a" if self.roi is None else formatting.percent(self.roi)

    def money(self, amount: float) -> str:
        return formatting.money(amount, self.currency)

    def __add__(self, other: "Books") -> "Books":
        return Books(
            self.currency,
            self.returns + other.returns,
            self.investment + other.investment,
            self.saved + other.saved,
        )


def books_of(values: Mapping[str, Value], currency: str) -> Books | None:
    """Return the books behind a set of business metrics; None where they could not be computed."""
    returns, investment = values.get("revenue_protected"), investment_of(values)
    if returns is None or returns.value is None or investment is None:
        return None
    saved = values.get("customers_saved")
    return Books(currency, returns.value, investment, 0.0 if saved is None else saved.value or 0.0)


def totals(each: Iterable[Books | None]) -> tuple[Books, ...]:
    """Return the sums, one for each currency: amounts in different ones are never added."""
    sums: dict[str, Books] = {}
    for books in each:
        if books is not None:
            sums[books.currency] = sums.get(books.currency, Books(books.currency)) + books
    return tuple(sums[currency] for currency in sorted(sums))
