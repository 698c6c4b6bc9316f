"""A rule as a form: its questions come from the document and its kind, what is wrong stands at the field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from dash import html
from dash._utils import stringify_id
from dash.development.base_component import Component

from webapp.alerting.document import RuleDocument
from webapp.alerting.plugins import prepare, types
from webapp.alerting.rule_type import Parameters
from webapp.alerting.severity import Severity
from webapp.alerting.types import AlertType
from webapp.catalog.models import Model, Task
from webapp.core.errors import InvalidInputError
from webapp.metrics.metric import Metric, Unit
from webapp.metrics.registry import METRICS
from webapp.web import components
from webapp.web.components import fieldset, notice, select, severity_badge, text_area, text_input
from webapp.web.components.content import Child
from webapp.web.views import condition_rows
from webapp.web.views.struct_form import Question, answer, duration_text, questions, written

FIELD, PARAMETER = "rule-field", "rule-parameter"
PARAMETERS_PLACE, PREVIEW, UNIT = "rule-parameters", "rule-preview", "rule-unit"
LADDER = frozenset(severity.value for severity in Severity)
DOCUMENT = questions(RuleDocument)
GROUPS = {"performance": "Performance", "drift": "Drift", "quality": "Quality", "service": "Service"}
IN_UNIT = {
    Unit.SHARE: "as a share, 0.05 or 5%.",
    Unit.PERCENT: "in percent.",
    Unit.MILLISECONDS: "in milliseconds.",
    Unit.MONEY: "in the currency of the model.",
    Unit.MULTIPLE: "as a multiple.",
    Unit.VALUE: "in the unit of what the model predicts.",
}
ALL_MODELS = "*"
NEW = RuleDocument(
    name="New rule",
    type=AlertType.PERFORMANCE_DEGRADATION,
    kind="threshold",
    metric="accuracy",
)


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in the form: text, as people write it, and what is wrong with it."""

    fields: Mapping[str, str]
    parameters: Mapping[str, str]
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return self.fields.get("kind", "")

    @property
    def metric(self) -> Metric | None:
        return METRICS.get(self.fields.get("metric", ""))


def draft_of(document: Mapping[str, Any]) -> Draft:
    """Return the form of a document, as it is stored in plain values."""
    scope, given = document.get("scope") or {}, document.get("parameters") or {}
    fields = {name: written(document.get(name, each.default), each) for name, each in DOCUMENT.items()}
    fields |= {"model": scope.get("model") or ALL_MODELS, "version": scope.get("version") or ""}
    fields["segment"] = scope.get("segment") or ""
    kind = str(document.get("kind", ""))
    texts = {name: written(given.get(name, each.default), each) for name, each in _parameters(kind).items()}
    return Draft(fields, {**texts, **(condition_rows.texts_of(given) if condition_rows.is_asked(kind) else {})})


def blank() -> Draft:
    """Return the form of a rule that is not there yet."""
    found = draft_of(msgspec.to_builtins(NEW))
    return Draft({**found.fields, "name": ""}, found.parameters)


def for_kind(draft: Draft) -> Draft:
    """Return the form for another kind: what was written under the same name stays, the rest begins as usual."""
    asked = _parameters(draft.kind)
    kept = {name: draft.parameters.get(name, "") for name in asked}
    begun = {
        name: kept[name] if _fits(kept[name], each) else written(each.default, each) for name, each in asked.items()
    }
    more = condition_rows.kept(draft.parameters) if condition_rows.is_asked(draft.kind) else {}
    return Draft(draft.fields, {**begun, **more})


def read(draft: Draft) -> tuple[RuleDocument | None, Draft]:
    """Return the document that the form makes, or the form with a sentence at each field that is wrong."""
    errors: dict[str, str] = {}
    values = {name: _read(each, draft.fields.get(name, ""), name, errors) for name, each in DOCUMENT.items()}
    in_percent = draft.parameters.get("measured_in") == "percent"  # then 50% is 50
    is_share = draft.metric is not None and draft.metric.unit is Unit.SHARE and not in_percent
    given = {}
    for name, each in _parameters(draft.kind).items():
        found = _read(each, draft.parameters.get(name, ""), f"parameters.{name}", errors, is_share=is_share)
        if found is not None:
            given[name] = found
    if condition_rows.is_asked(draft.kind):
        given[condition_rows.CONDITIONS] = condition_rows.read(draft.parameters, draft.fields.get("metric", ""), errors)
    if draft.metric is None:
        errors["metric"] = "Choose a metric."
    model, version = draft.fields.get("model", ""), draft.fields.get("version", "").strip()
    scope = {"model": None if model in {"", ALL_MODELS} else model, "version": version or None}
    segment = draft.fields.get("segment", "").strip()
    scope["segment"] = segment or None
    if segment and scope["model"] is None:
        errors["segment"] = "Choose the model of this segment first."
    if version and scope["model"] is None:
        errors["version"] = "Choose the model of this version first."
    if errors:
        return None, Draft(draft.fields, draft.parameters, errors)
    values["runbook"] = values.get("runbook") or ""
    try:
        document = msgspec.convert({**values, "scope": scope, "parameters": given}, type=RuleDocument)
        prepare(document)
    except msgspec.ValidationError as error:
        return None, Draft(draft.fields, draft.parameters, {"": f"{str(error).replace('`', '')}."})
    except InvalidInputError as error:
        return None, Draft(draft.fields, draft.parameters, {"parameters": error.message})
    return document, draft


def form(draft: Draft, models: Sequence[Model], footer: Child) -> list[Component]:
    """Return the form with what stands in it."""
    kinds = [(name, each.label) for name, each in types().items()]
    named = [(each.name, each.title) for each in models]
    if (model := draft.fields.get("model", "")) not in {"", ALL_MODELS, *(name for name, _ in named)}:
        named.append((model, model))
    wrong = [notice(draft.errors[""], tone="critical")] if draft.errors.get("") else []
    return [
        *wrong,
        html.Div(
            [
                _ask(draft, "name", _text(draft, "name", maxlength=120), label="Name"),
                _ask(draft, "type", _choice(draft, "type", DOCUMENT["type"].options), label="Kind of trouble"),
                _ask(draft, "metric", _choice(draft, "metric", metric_options(draft, models))),
                _ask(draft, "kind", _choice(draft, "kind", kinds), label="Judged by"),
                _ask(draft, "model", _choice(draft, "model", [(ALL_MODELS, "All models"), *named])),
                _ask(draft, "version", _text(draft, "version", maxlength=64), help="Empty: every version."),
                _ask(
                    draft,
                    "segment",
                    _text(draft, "segment", maxlength=200),
                    help="A segment key, for an alert of its own for each value; or one of them: plan=basic.",
                ),
            ],
            className="mc-fields",
        ),
        html.Div(
            [html.Div(parameters(draft), id=PARAMETERS_PLACE), html.P(unit_words(draft), id=UNIT, className="mc-help")],
            className="mc-rule-parameters",
        ),
        html.P(id=PREVIEW, className="mc-rule-preview", role="status"),
        html.Div(
            [_question(draft, name) for name in ("for_seconds", "keep_firing_for_seconds", "interval_seconds")]
            + [_question(draft, name) for name in ("minimum_sample_count", "no_data", "when_worse", "series_limit")],
            className="mc-fields",
        ),
        _ask(draft, "runbook", _area(draft, "runbook"), label="Recommended steps"),
        html.Div(footer, className="mc-form-actions"),
    ]


def parameters(draft: Draft) -> list[Component]:
    """Return the questions of the draft's kind; the severities' lines stand side by side."""
    rule_type = types().get(draft.kind)
    if rule_type is None:
        return [notice("This kind of rule is not known here.", tone="warning")]
    asked = _parameters(draft.kind)
    ladder = [each for name, each in asked.items() if name in LADDER]
    # What all kinds have in common comes last: it is rarely needed.
    others = sorted((each for name, each in asked.items() if name not in LADDER), key=_is_common)
    parts: list[Component] = [html.P(rule_type.description, className="mc-help")]
    if draft.errors.get("parameters"):
        parts.append(html.P(draft.errors["parameters"], className="mc-error", role="alert"))
    if ladder:
        steps = html.Div([_step(draft, each) for each in ladder], className="mc-ladder")
        parts.append(fieldset("Severity ladder", steps, help="Where each severity begins. Empty: not used."))
    if condition_rows.is_asked(draft.kind):
        parts.append(condition_rows.rows(draft.parameters, draft.errors, kind=PARAMETER))
    return [*parts, html.Div([_parameter(draft, each) for each in others], className="mc-fields")]


def with_a_name(draft: Draft) -> Draft:
    """Return the form with some name, for what may be asked before a rule has one."""
    return Draft({**draft.fields, "name": draft.fields.get("name", "").strip() or "This rule"}, draft.parameters)


def unit_words(draft: Draft) -> str:
    """Say in which unit the lines are written."""
    if draft.metric is None:
        return ""
    return f"{draft.metric.label}: {IN_UNIT.get(draft.metric.unit, 'a plain number.')}"


def in_words(draft: Draft) -> str:
    """Say when the rule fires, or what is still missing."""
    document, checked = read(with_a_name(draft))
    if document is None:
        return checked.errors.get("parameters") or "Fill in what is missing to read here when it fires."
    prepared = prepare(document)
    words = prepared.rule_type.condition_text(prepared.parameters, prepared.metric)
    held = f", for at least {duration_text(document.for_seconds)}" if document.for_seconds else ""
    where = document.scope.model or "each model or machine"
    version = f" {document.scope.version}" if document.scope.version else ""
    part = _part_words(document.scope.segment)
    every = duration_text(document.interval_seconds)
    return f"Fires while {words}{held}. Judged for {where}{version}{part} every {every}."


def _part_words(segment: str | None) -> str:
    if segment is None:
        return ""
    return f", {segment} only," if "=" in segment else f", each {segment} apart,"


def _read(question: Question, raw: str, at: str, errors: dict[str, str], *, is_share: bool = False) -> Any:
    try:
        return answer(question, raw, is_share=is_share)
    except ValueError as error:
        errors[at] = str(error)
        return None


def _is_common(question: Question) -> bool:
    return question.name in Parameters.__struct_fields__


def _fits(text: str, question: Question) -> bool:
    return bool(text) and (question.kind != "choice" or text in {value for value, _ in question.options})


def _parameters(kind: str) -> Mapping[str, Question]:
    rule_type = types().get(kind)
    return {} if rule_type is None else questions(rule_type.parameters)


def _ask(draft: Draft, name: str, control: Component, *, label: str = "", help: str | None = None) -> Component:
    words = label or (DOCUMENT[name].label if name in DOCUMENT else name.capitalize())
    return components.field(words, control, help=help, error=draft.errors.get(name))


def _question(draft: Draft, name: str) -> Component:
    each = DOCUMENT[name]
    control = _choice(draft, name, each.options) if each.kind == "choice" else _text(draft, name, maxlength=40)
    return _ask(draft, name, control, help=each.help)


def _parameter(draft: Draft, each: Question) -> Component:
    named: dict[str, Any] = {"id": {"type": PARAMETER, "name": each.name}}
    value = draft.parameters.get(each.name, "")
    if each.kind == "choice":
        control = select(named["id"], each.options, value or each.options[0][0])
    else:
        control = text_input(named["id"], value=value, maxlength=40, autocomplete="off")
    return components.field(each.label, control, help=each.help, error=draft.errors.get(f"parameters.{each.name}"))


def _step(draft: Draft, each: Question) -> Component:
    named: Any = {"type": PARAMETER, "name": each.name}
    control = text_input(named, value=draft.parameters.get(each.name, ""), maxlength=40, autocomplete="off")
    error = draft.errors.get(f"parameters.{each.name}")
    label = html.Label([severity_badge(each.name)], htmlFor=stringify_id(named))
    wrong = [html.P(error, className="mc-error", role="alert")] if error else []
    return html.Div([label, control, *wrong], className="mc-field has-error" if error else "mc-field")


def _text(draft: Draft, name: str, **options: Any) -> Component:
    value = draft.fields.get(name, "")
    return text_input({"type": FIELD, "name": name}, value=value, autocomplete="off", **options)


def _area(draft: Draft, name: str) -> Component:
    return text_area({"type": FIELD, "name": name}, value=draft.fields.get(name, ""), rows=5, maxlength=10_000)


def _choice(draft: Draft, name: str, options: Sequence[tuple[str, str]]) -> Component:
    return select({"type": FIELD, "name": name}, options, draft.fields.get(name) or options[0][0])


def metric_options(draft: Draft, models: Sequence[Model]) -> Sequence[tuple[str, str]]:
    """Return the metrics that the chosen model can have; of all models, all of them, with whose they are."""
    chosen = next((model.task for model in models if model.name == draft.fields.get("model")), None)
    kept = draft.fields.get("metric")
    listed = sorted(METRICS.values(), key=lambda each: (each.group, each.label))
    return [
        (each.name, f"{GROUPS.get(each.group, each.group.capitalize())}: {each.label}{_whose(each, chosen)}")
        for each in listed
        if chosen is None or chosen in each.tasks or each.name == kept
    ]


def _whose(metric: Metric, chosen: Task | None) -> str:
    """Say which models a metric is for, where it is not for all, or that it is not for the chosen one."""
    if chosen is not None:
        return "" if chosen in metric.tasks else f" (not of {chosen} models)"
    named = " and ".join(task for task in Task if task in metric.tasks)
    return f" ({named})" if len(metric.tasks) < len(Task) else ""


def plain(document: RuleDocument) -> dict[str, Any]:
    """Return the document in plain values, as it is stored."""
    found: dict[str, Any] = msgspec.to_builtins(document)
    return found
