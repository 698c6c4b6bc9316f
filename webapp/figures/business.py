"""What a model brings, month by month: revenue and customers, and the return on what was spent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from webapp.core.formatting import money, month, number, percent
from webapp.figures import theme
from webapp.figures.axes import unit_axis
from webapp.figures.trends import HINT, bars, dots
from webapp.metrics.metric import Unit, Value, undefined

NOT_COMPUTED = "not computed"


@dataclass(frozen=True, slots=True)
class BusinessMonth:
    """One calendar month's business metrics, by name."""

    start: datetime
    values: Mapping[str, Value]
    in_progress: bool = False

    def value(self, name: str) -> Value:
        return self.values.get(name, undefined(NOT_COMPUTED))


def business_impact(months: Sequence[BusinessMonth], *, currency: str = "USD", zone: str = "UTC") -> dict[str, Any]:
    """Return revenue protected as bars and customers saved as a line, each on its own axis."""
    labels = month_labels(months, zone)
    revenue = [each.value("revenue_protected").value for each in months]
    customers = [each.value("customers_saved").value for each in months]
    columns = bars(
        labels,
        revenue,
        "Revenue protected",
        theme.categorical(0),
        marker={"opacity": 0.55},
        customdata=[_hint(each, "revenue_protected", zone, currency) for each in months],
        hovertemplate=HINT,
    )
    line = theme.line(
        labels,
        customers,
        "Customers saved",
        theme.categorical(1),
        **dots(theme.categorical(1)),
        yaxis="y2",
        customdata=[_hint(each, "customers_saved", zone, currency) for each in months],
        hovertemplate=HINT,
    )
    layout = theme.base_layout(
        bargap=0.45,
        xaxis={"type": "category", "showgrid": False},
        yaxis=unit_axis(Unit.MONEY, currency=currency, rangemode="tozero"),
        yaxis2=theme.second_axis(**unit_axis(Unit.COUNT, rangemode="tozero")),
        showlegend=True,
    )
    return {"data": [columns, line], "layout": layout}


def roi_bars(months: Sequence[BusinessMonth], target: float | None, *, zone: str = "UTC") -> dict[str, Any]:
    """Return the return on investment by month, coloured by whether it reaches the target, with the target's line."""
    values = [each.value("roi").value for each in months]
    colours = [_colour(value, target) for value in values]
    columns = bars(
        month_labels(months, zone),
        values,
        "ROI",
        colours,
        customdata=[_roi_hint(each, zone) for each in months],
        hovertemplate=HINT,
    )
    layout = theme.base_layout(
        bargap=0.45,
        xaxis={"type": "category", "showgrid": False},
        yaxis=unit_axis(Unit.PERCENT, rangemode="tozero"),
        showlegend=False,
    )
    if target is not None:
        theme.add_lines(layout, [(target, f"dashed: target {percent(target, 0)}", theme.COLOURS.good)])
        # Beside the line the word would stand in front of a bar; above the plot there is none.
        layout["annotations"][-1] |= {"x": 0, "xanchor": "left", "yref": "paper", "y": 1}
    return {"data": [columns], "layout": layout}


def money_flow(months: Sequence[BusinessMonth], *, currency: str = "USD", zone: str = "UTC") -> dict[str, Any]:
    """Return what was spent beside what came back, month by month."""
    labels = month_labels(months, zone)
    spent = [investment_of(each.values) for each in months]
    returned = [each.value("revenue_protected").value for each in months]
    data = [
        bars(
            labels,
            amounts,
            name,
            colour,
            customdata=[
                f"{name} {month(each.start, zone)}: {'no value' if amount is None else money(amount, currency)}"
                for each, amount in zip(months, amounts, strict=True)
            ],
            hovertemplate=HINT,
        )
        for name, amounts, colour in (
            ("Investment", spent, theme.COLOURS.ink),
            ("Returns", returned, theme.categorical(1)),
        )
    ]
    layout = theme.base_layout(
        barmode="group",
        bargap=0.35,
        xaxis={"type": "category", "showgrid": False},
        yaxis=unit_axis(Unit.MONEY, currency=currency, rangemode="tozero"),
        showlegend=True,
    )
    return {"data": data, "layout": layout}


def investment_of(values: Mapping[str, Value]) -> float | None:
    """Return what was spent: returns less net benefit, which is retention cost and running cost together."""
    returns, net = (values[name].value if name in values else None for name in ("revenue_protected", "net_benefit"))
    return None if returns is None or net is None else returns - net


def month_labels(months: Sequence[BusinessMonth], zone: str) -> list[str]:
    """Return `Jan`, or `Jan 26` where the months span two years; the one in progress says so."""
    words = [month(each.start, zone) for each in months]
    years = {word[-4:] for word in words}
    short = [word[:3] if len(years) == 1 else f"{word[:3]} {word[-2:]}" for word in words]
    return [f"{word} …" if each.in_progress else word for word, each in zip(short, months, strict=True)]


def _colour(value: float | None, target: float | None) -> str:
    if value is None or target is None:
        return theme.categorical(0)
    return theme.COLOURS.good if value >= target else theme.COLOURS.warning if value > 0 else theme.COLOURS.critical


def _hint(each: BusinessMonth, name: str, zone: str, currency: str) -> str:
    value, when = each.value(name), month(each.start, zone)
    so_far = " so far" if each.in_progress else ""
    if value.value is None:
        return f"{when}: {value.reason}"
    text = money(value.value, currency) if name == "revenue_protected" else f"{number(value.value)} customers"
    return f"{when}{so_far}: {text}"


def _roi_hint(each: BusinessMonth, zone: str) -> str:
    value = each.value("roi")
    said = value.reason if value.value is None else percent(value.value)
    return f"{month(each.start, zone)}{' so far' if each.in_progress else ''}: {said}"
