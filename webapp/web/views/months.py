"""What several months come to: from their sums, never from a mean, with the mean beside it for comparison."""

from collections.abc import Sequence
from dataclasses import dataclass

from webapp.figures.business import BusinessMonth, investment_of


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the months with known money. Returns on investment are in percent."""

    invested: float
    returned: float
    overall_roi: float | None
    mean_roi: float | None
    best: BusinessMonth | None

    @property
    def net(self) -> float:
        return self.returned - self.invested


def totals(months: Sequence[BusinessMonth]) -> Totals:
    spent = sum(investment_of(each.values) or 0.0 for each in months)
    returned = sum(each.value("revenue_protected").value or 0.0 for each in months)
    rated = [each for each in months if each.value("roi").value is not None]
    rois = [_roi(each) for each in rated]
    return Totals(
        invested=spent,
        returned=returned,
        overall_roi=100 * (returned - spent) / spent if spent > 0 else None,
        mean_roi=sum(rois) / len(rois) if rois else None,
        best=max(rated, key=_roi, default=None),
    )


def _roi(month: BusinessMonth) -> float:
    value = month.value("roi").value
    assert value is not None
    return value
