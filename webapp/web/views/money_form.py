"""What a model's decisions are worth: the parameters by their day, and the form that puts new ones in force."""

from collections.abc import Sequence
from typing import Any

import msgspec
from dash import html
from dash.development.base_component import Component

from webapp.accounts.actor import Actor
from webapp.accounts.permissions import Permission
from webapp.catalog.models import Business, Costs, Task
from webapp.core.errors import InvalidInputError
from webapp.web.components import button, field, panel, text_area, text_input
from webapp.web.model_changes import LONGEST_HORIZON_MONTHS
from webapp.web.views.model_parts import Record, money_table
from webapp.web.views.requests import instant_in, number_in, text_in

FIELDS = tuple(
    f"model-money-{part}"
    for part in (
        *("from", "value", "contact", "rate", "running", "horizon", "currency"),
        *("over", "under", "right", "wrong", "pairs"),
    )
)
FROM, VALUE, CONTACT, RATE, RUNNING, HORIZON, CURRENCY, OVER, UNDER, RIGHT, WRONG, PAIRS = FIELDS
EXAMPLE = '{"network": {"hardware": -16}}'
SAVE, SAVED, TABLE = "model-money-save", "model-money-saved", "model-money"


def money_panels(found: Record, who: Actor) -> list[Component]:
    """Return what decisions are worth, for those who may know."""
    if not who.may(Permission.IMPACT_READ):
        return []
    table = html.Div(money_table(found.business, found.zone, found.model.task), id=TABLE)
    form = _form(found) if who.may(Permission.MODELS_WRITE) else []
    return [panel("Business parameters", table, *form, subtitle="each in force from its day on")]


def read(written: Sequence[object], zone: str, *, last: Business | None) -> Business:
    """Read the fields, in their order; what the form does not ask for stays as it was last."""
    since, value, contact, rate, running, horizon, currency, *costs = written
    return Business(
        valid_from=instant_in(since, "The first day", zone),
        customer_value=number_in(value, "The customer value", low=0),
        contact_cost=number_in(contact, "The contact cost", low=0),
        save_rate=number_in(rate, "The save rate", low=0, high=100) / 100,
        running_cost_monthly=number_in(running, "The running cost", low=0),
        horizon_months=number_in(horizon, "The horizon", low=0.1, high=LONGEST_HORIZON_MONTHS),
        currency=_currency(currency),
        costs=_costs(costs) if any(cost is not None for cost in costs) else Costs() if last is None else last.costs,
    )


def _costs(written: Sequence[object]) -> Costs:
    over, under, right, wrong, pairs = written
    return Costs(
        over=_cost(over, "The cost of a unit too much", low=0),
        under=_cost(under, "The cost of a unit too little", low=0),
        right=_cost(right, "The worth of a right answer"),
        wrong=_cost(wrong, "The worth of a wrong answer"),
        matrix=_pairs(text_in(pairs, "The single pairs", longest=20_000, required=False)),
    )


def _cost(written: object, name: str, *, low: float | None = None) -> float | None:
    return None if written is None or written == "" else number_in(written, name, low=low)


def _pairs(text: str) -> dict[str, dict[str, float]]:
    if not text:
        return {}
    try:
        return msgspec.json.decode(text, type=dict[str, dict[str, float]])
    except (msgspec.DecodeError, UnicodeError) as error:
        raise InvalidInputError(f"The single pairs are no JSON like {EXAMPLE}: {error}.") from None


def _form(found: Record) -> list[Component]:
    """Return the fields of the model's kind; those of other kinds go along unseen, as the form sends them all."""
    last = found.business[-1] if found.business else Business(found.now, 0.0, 0.0)
    asked, costs = found.model.task, last.costs
    always = html.Div(
        [
            field("In force from", text_input(FROM, type="date", value=f"{found.now:%Y-%m-%d}")),
            field("Currency", text_input(CURRENCY, value=last.currency, maxlength=3)),
        ],
        className="mc-fields",
    )
    of_decisions = html.Div(
        [
            field("Customer value a year", _amount(VALUE, last.customer_value)),
            field("Contact cost", _amount(CONTACT, last.contact_cost)),
            field("Save rate in %", _amount(RATE, round(last.save_rate * 100, 6))),
            field("Running cost a month", _amount(RUNNING, last.running_cost_monthly)),
            field("Horizon in months", _amount(HORIZON, last.horizon_months)),
        ],
        className="mc-fields",
        hidden=asked is not Task.BINARY,
    )
    of_numbers = html.Div(
        [
            field("Cost of a unit too much", _amount(OVER, costs.over)),
            field("Cost of a unit too little", _amount(UNDER, costs.under)),
        ],
        className="mc-fields",
        hidden=asked is not Task.REGRESSION,
    )
    of_classes = html.Div(
        [
            field("Worth of a right answer", _amount(RIGHT, costs.right)),
            field("Worth of a wrong answer", _amount(WRONG, costs.wrong), help="A loss is negative."),
            field(
                "Single pairs, as JSON",
                text_area(PAIRS, value=_as_json(costs), rows=3, maxlength=20_000),
                help=f"What happened, what was predicted, and what that is worth: {EXAMPLE}",
            ),
        ],
        className="mc-fields",
        hidden=asked is not Task.MULTICLASS,
    )
    save = html.Div([button("Put in force", id=SAVE), html.Span(id=SAVED, role="status")], className="mc-save")
    head = html.H3("Change them from a day on", className="mc-subhead")
    return [head, always, of_decisions, of_numbers, of_classes, save]


def _as_json(costs: Costs) -> str:
    return msgspec.json.encode(costs.matrix).decode() if costs.matrix else ""


def _amount(id: str, value: float | None) -> Any:
    return text_input(id, value="" if value is None else f"{value:g}", type="number", step="any")


def _currency(value: object) -> str:
    text = text_in(value, "The currency", longest=3).upper()
    if len(text) != 3 or not text.isascii() or not text.isalpha():
        raise InvalidInputError("The currency is a code of three letters, like USD or EUR.")
    return text
