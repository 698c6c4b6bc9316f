"""What a model's decisions are worth: the parameters by their day, and the form that puts new ones in force."""

from collections.abc import Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from webapp.accounts.actor import Actor
from webapp.accounts.permissions import Permission
from webapp.catalog.models import Business, Costs
from webapp.core.errors import InvalidInputError
from webapp.web.components import button, field, panel, text_input
from webapp.web.model_changes import LONGEST_HORIZON_MONTHS
from webapp.web.views.model_parts import Record, money_table
from webapp.web.views.requests import instant_in, number_in, text_in

FIELDS = tuple(f"model-money-{part}" for part in ("from", "value", "contact", "rate", "running", "horizon", "currency"))
FROM, VALUE, CONTACT, RATE, RUNNING, HORIZON, CURRENCY = FIELDS
SAVE, SAVED, TABLE = "model-money-save", "model-money-saved", "model-money"


def money_panels(found: Record, who: Actor) -> list[Component]:
    """Return what decisions are worth, for those who may know."""
    if not who.may(Permission.IMPACT_READ):
        return []
    table = html.Div(money_table(found.business, found.zone), id=TABLE)
    form = _form(found) if who.may(Permission.MODELS_WRITE) else []
    return [panel("Business parameters", table, *form, subtitle="each in force from its day on")]


def read(written: Sequence[object], zone: str, *, last: Business | None) -> Business:
    """Read the fields, in their order; what the form does not ask for stays as it was last."""
    since, value, contact, rate, running, horizon, currency = written
    return Business(
        valid_from=instant_in(since, "The first day", zone),
        customer_value=number_in(value, "The customer value", low=0),
        contact_cost=number_in(contact, "The contact cost", low=0),
        save_rate=number_in(rate, "The save rate", low=0, high=100) / 100,
        running_cost_monthly=number_in(running, "The running cost", low=0),
        horizon_months=number_in(horizon, "The horizon", low=0.1, high=LONGEST_HORIZON_MONTHS),
        currency=_currency(currency),
        costs=Costs() if last is None else last.costs,
    )


def _form(found: Record) -> list[Component]:
    last = found.business[-1] if found.business else Business(found.now, 0.0, 0.0)
    fields = html.Div(
        [
            field("In force from", text_input(FROM, type="date", value=f"{found.now:%Y-%m-%d}")),
            field("Customer value a year", _amount(VALUE, last.customer_value)),
            field("Contact cost", _amount(CONTACT, last.contact_cost)),
            field("Save rate in %", _amount(RATE, round(last.save_rate * 100, 6))),
            field("Running cost a month", _amount(RUNNING, last.running_cost_monthly)),
            field("Horizon in months", _amount(HORIZON, last.horizon_months)),
            field("Currency", text_input(CURRENCY, value=last.currency, maxlength=3)),
        ],
        className="mc-fields",
    )
    save = html.Div([button("Put in force", id=SAVE), html.Span(id=SAVED, role="status")], className="mc-save")
    return [html.H3("Change them from a day on", className="mc-subhead"), fields, save]


def _amount(id: str, value: float) -> Any:
    return text_input(id, value=f"{value:g}", type="number", step="any")


def _currency(value: object) -> str:
    text = text_in(value, "The currency", longest=3).upper()
    if len(text) != 3 or not text.isascii() or not text.isalpha():
        raise InvalidInputError("The currency is a code of three letters, like USD or EUR.")
    return text
