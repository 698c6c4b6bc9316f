"""Inhibition rules as components: a table of all, the form of one, and what it would mute at this moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from webapp.accounts.permissions import Permission
from webapp.alerting.muting.inhibition import MAX_NAME, Inhibition, InhibitionView, Source
from webapp.alerting.muting.matchers import Matchers, parse
from webapp.core.errors import InvalidInputError
from webapp.web import components
from webapp.web.components import Column, button, data_table, empty_state, facts, text_area, text_input, when
from webapp.web.components.content import Child
from webapp.web.views.alert_rows import Reader
from webapp.web.views.requests import names_in
from webapp.web.views.silence_parts import INHIBITIONS, chips

FIELD = "inhibition-field"
PREVIEW = "inhibition-preview"
EXAMPLE = "example"  # of the address of a new rule
TYPING_MS = 400
TITLES_SHOWN = 5
COLUMNS = (
    Column("name", "Rule"),
    Column("source", "While this fires"),
    Column("target", "These are muted"),
    Column("equal", "Where equal"),
    Column("changed", "Changed"),
)
SIDES = {"source": "While this fires", "target": "Mute these"}


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in the form, and what is wrong with it."""

    fields: Mapping[str, str]
    errors: Mapping[str, str] = field(default_factory=dict)


def blank() -> Draft:
    return Draft({"equal": "model"})


def draft_of(rule: Inhibition) -> Draft:
    sides = {"source": _lines(rule.source), "target": _lines(rule.target)}
    return Draft({"name": rule.name, **sides, "equal": ", ".join(rule.equal)})


def read(draft: Draft) -> tuple[Inhibition | None, Draft]:
    """Return the rule that the form makes, or the form with a sentence at each field that is wrong."""
    errors: dict[str, str] = {}
    sides: dict[str, Matchers] = {}
    for side in SIDES:
        try:
            sides[side] = parse(draft.fields.get(side, ""))
        except InvalidInputError as error:
            errors[side] = error.message
    name = draft.fields.get("name", "").strip()
    if not name:
        errors["name"] = "Give the rule a name."
    if errors:
        return None, replace(draft, errors=errors)
    return Inhibition(name=name, **sides, equal=tuple(names_in(draft.fields.get("equal")))), draft


def table(found: Sequence[InhibitionView], reader: Reader) -> Component:
    """Return the rules; without any, what they are for."""
    may_write = reader.who.may(Permission.RULES_WRITE)
    if not found:
        words = (
            "While one alert fires, a rule mutes others that follow from it: when a machine is gone, nobody needs to"
            " hear that it is slow as well."
        )
        example = button("Begin with an example", picture="plus", href=f"{INHIBITIONS}/new?{EXAMPLE}=1")
        return empty_state("No inhibition rules", words, example if may_write else None, picture="git-branch")
    rows = [_row(each, reader) for each in found]
    return data_table(COLUMNS, rows, caption="Inhibition rules")


def form(draft: Draft, footer: Sequence[Child]) -> list[Component]:
    parts: list[Component] = [
        components.field("Name", _text(draft, "name", maxlength=MAX_NAME), error=draft.errors.get("name"))
    ]
    for side, words in SIDES.items():
        area = text_area(
            _id(side),
            value=draft.fields.get(side, ""),
            rows=3,
            maxlength=20_000,
            debounce=TYPING_MS,
            spellcheck=False,
        )
        parts.append(components.field(words, area, help="One matcher a line.", error=draft.errors.get(side)))
    equal = _text(draft, "equal", maxlength=500)
    help_text = "Labels between commas: both alerts must say the same there. One that neither has counts as the same."
    return [
        *parts,
        components.field("Where these are equal", equal, help=help_text),
        html.Div(id=PREVIEW, className="mc-silence-affected", role="status"),
        html.Div(list(footer), className="mc-form-actions"),
    ]


def reading(view: InhibitionView, reader: Reader) -> Component:
    changed = html.Span([when(view.updated_at, zone=reader.zone, now=reader.now), f" by {view.updated_by}"])
    return facts(
        [
            ("While this fires", chips(view.source)),
            ("These are muted", chips(view.target)),
            ("Where equal", ", ".join(view.equal) or "anything"),
            ("Changed", changed),
        ]
    )


def preview(sources: Sequence[Source], titles: Sequence[str]) -> list[Component]:
    """Say what the rule would do at this moment."""
    firing = "1 alert fires" if len(sources) == 1 else f"{len(sources):,} alerts fire"
    muted = "1 alert" if len(titles) == 1 else f"{len(titles):,} alerts"
    if not sources:
        return [html.P([html.Strong("Mutes nothing now"), ": no alert fires that matches the first part."])]
    parts: list[Component] = [html.P([html.Strong(f"Mutes {muted} now"), f"; {firing} that match the first part."])]
    if titles:
        lines = [html.Li(each) for each in titles[:TITLES_SHOWN]]
        if len(titles) > TITLES_SHOWN:
            lines.append(html.Li(f"and {len(titles) - TITLES_SHOWN:,} more", className="mc-quiet"))
        parts.append(html.Ul(lines))
    return parts


def _row(view: InhibitionView, reader: Reader) -> Mapping[str, Child]:
    return {
        "name": dcc.Link(view.name, href=f"{INHIBITIONS}/{view.id}"),
        "source": chips(view.source),
        "target": chips(view.target),
        "equal": ", ".join(view.equal) or html.Span("anything", className="mc-quiet"),
        "changed": html.Span([when(view.updated_at, zone=reader.zone, now=reader.now), f" by {view.updated_by}"]),
    }


def _lines(matchers: Matchers) -> str:
    return "\n".join(map(str, matchers))


def _text(draft: Draft, name: str, **options: Any) -> Component:
    return text_input(_id(name), value=draft.fields.get(name, ""), autocomplete="off", **options)


def _id(name: str) -> dict[str, str | int]:
    return {"type": FIELD, "name": name}
