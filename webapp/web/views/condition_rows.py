"""The conditions of a composite rule as rows of the rule form: a metric, a side, a line for each severity.

Each control's name is a path into the parameters, `conditions.0.metric`. A row whose metric is not chosen is not there.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from dash import html
from dash._utils import stringify_id
from dash.development.base_component import Component

from webapp.alerting.conditions import MOST, Part
from webapp.alerting.plugins import types
from webapp.alerting.severity import Severity
from webapp.metrics.metric import Unit
from webapp.metrics.registry import METRICS
from webapp.web.components import fieldset, select, severity_badge, text_input
from webapp.web.views.struct_form import answer, questions, written

CONDITIONS = "conditions"
NOT_USED, OWN = "-", "="
ASKED = questions(Part)
_NAME = re.compile(rf"{CONDITIONS}\.(\d+)\.(\w+)")


def is_asked(kind: str) -> bool:
    """Say whether rules of the kind have conditions of their own."""
    rule_type = types().get(kind)
    return rule_type is not None and CONDITIONS in rule_type.parameters.__struct_fields__


def texts_of(given: Mapping[str, Any]) -> dict[str, str]:
    """Return what stands in every row; without conditions the first row is about the rule's own metric."""
    rows: Sequence[Mapping[str, Any]] = given.get(CONDITIONS) or ({},)
    texts: dict[str, str] = {}
    for number in range(MOST):
        row = rows[number] if number < len(rows) else None
        for name, question in ASKED.items():
            value = question.default if row is None else row.get(name, question.default)
            texts[_path(number, name)] = written(value, question)
        texts[_path(number, "metric")] = NOT_USED if row is None else row.get("metric") or OWN
    return texts


def kept(parameters: Mapping[str, str]) -> dict[str, str]:
    """Return the rows as they stand in the form, or as they begin."""
    found = {name: text for name, text in parameters.items() if _NAME.fullmatch(name)}
    return found or texts_of({})


def read(parameters: Mapping[str, str], own: str, errors: dict[str, str]) -> list[dict[str, Any]]:
    """Return the conditions that are used; what is wrong is noted under `parameters.` and the control's name."""
    return [
        _read_row(number, parameters, own, errors)
        for number in range(MOST)
        if parameters.get(_path(number, "metric"), NOT_USED) != NOT_USED
    ]


def rows(parameters: Mapping[str, str], errors: Mapping[str, str], *, kind: str) -> Component:
    """Return the rows to fill in; `kind` is the first part of the controls' ids."""
    shown = [html.Div(_row(number, parameters, errors, kind=kind), className="mc-condition") for number in range(MOST)]
    return fieldset("Conditions", *shown, help="Up to five, all judged for the same model or machine.")


def _read_row(number: int, parameters: Mapping[str, str], own: str, errors: dict[str, str]) -> dict[str, Any]:
    chosen = parameters[_path(number, "metric")]
    metric = METRICS.get(own if chosen == OWN else chosen)
    found: dict[str, Any] = {"metric": "" if chosen == OWN else chosen}
    for name, question in ASKED.items():
        if name == "metric":
            continue
        path = _path(number, name)
        try:
            value = answer(
                question, parameters.get(path, ""), is_share=metric is not None and metric.unit is Unit.SHARE
            )
        except ValueError as error:
            errors[f"parameters.{path}"] = str(error)
            continue
        if value is not None:
            found[name] = value
    return found


def _row(number: int, parameters: Mapping[str, str], errors: Mapping[str, str], *, kind: str) -> list[Component]:
    def named(name: str) -> Any:
        return {"type": kind, "name": _path(number, name)}

    chosen, side = parameters.get(_path(number, "metric")), parameters.get(_path(number, "direction"))
    return [
        html.Div(
            [
                _labelled(f"Condition {number + 1}", select(named("metric"), _metrics(), chosen or NOT_USED)),
                _labelled("Direction", select(named("direction"), ASKED["direction"].options, side or "above")),
            ],
            className="mc-condition-of",
        ),
        html.Div(
            [
                _line(named(each.value), each, parameters.get(_path(number, each.value), ""), errors)
                for each in Severity
            ],
            className="mc-ladder",
        ),
    ]


def _line(named: Any, severity: Severity, value: str, errors: Mapping[str, str]) -> Component:
    control = text_input(named, value=value, maxlength=40, autocomplete="off")
    error = errors.get(f"parameters.{named['name']}")
    wrong = [html.P(error, className="mc-error", role="alert")] if error else []
    label = html.Label([severity_badge(severity.value)], htmlFor=stringify_id(named))
    return html.Div([label, control, *wrong], className="mc-field has-error" if error else "mc-field")


def _labelled(label: str, control: Component) -> Component:
    target = stringify_id(control.id)  # type: ignore[attr-defined]
    return html.Div([html.Label(label, className="mc-label", htmlFor=target), control], className="mc-field")


def _metrics() -> Sequence[tuple[str, str]]:
    listed = sorted(METRICS.values(), key=lambda each: each.label)
    named = [(each.name, each.label) for each in listed]
    return [(NOT_USED, "– not used –"), (OWN, "The rule's own metric"), *named]


def _path(number: int, name: str) -> str:
    return f"{CONDITIONS}.{number}.{name}"
