"""From nothing to a watched model: add it, send a prediction, compare with a baseline, be told by rules."""

import json
from dataclasses import dataclass
from datetime import datetime

from dash import dcc, html
from dash.development.base_component import Component

from webapp.accounts.actor import Actor
from webapp.accounts.permissions import Permission
from webapp.web.components import icon, stack
from webapp.web.components.content import attributes
from webapp.web.session import runtime

NO_MODEL_YET = "my-model"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a model, or the whole, has come."""

    has_model: bool = False
    has_predictions: bool = False
    has_baseline: bool = False
    has_rules: bool = False

    @property
    def is_watched(self) -> bool:
        return self.has_predictions and self.has_baseline


def first_steps(progress: Progress, *, model: str | None, actor: Actor, now: datetime) -> Component:
    """Return the four steps; those that are done carry a tick, the next one is unfolded."""
    address = runtime().settings.public_url
    steps = (
        (progress.has_model, "Add a model", _add_model(actor)),
        (
            progress.has_predictions,
            "Send the first prediction",
            snippets(address, model or NO_MODEL_YET, actor, now=now),
        ),
        (progress.has_baseline, "Make a baseline", _make_baseline(model)),
        (progress.has_rules, "Let rules watch it", _add_rules(actor)),
    )
    done = [each for each, _, _ in steps]
    current = done.index(False) if False in done else len(steps)
    unfolded = {current, 1} if current == 0 else {current}  # A model may as well come by its first prediction.
    items = [
        _step(place, title, body, is_done, is_current=place == current, is_open=place in unfolded)
        for place, (is_done, title, body) in enumerate(steps)
    ]
    return html.Ol(items, className="mc-steps")


def snippets(address: str, model: str, actor: Actor, *, now: datetime) -> Component:
    """Return the same prediction as a command and as a program, ready to be copied."""
    token: list[Component | str] = ["Put a token with the right to send events in the place of MC_TOKEN. "]
    if actor.may(Permission.TOKENS_WRITE):
        token.append(dcc.Link("Make a token", href="/administration/tokens"))
    else:
        token.append("An administrator makes one under Administration › API tokens.")
    return stack(
        html.P(token),
        snippet("curl", curl(address, model, now=now)),
        snippet("Python", python(address, model)),
        html.P("This page notices by itself when it arrives.", className="mc-quiet"),
        gap="small",
    )


def curl(address: str, model: str, *, now: datetime) -> str:
    return (
        f"curl -X POST {address}/api/v1/predictions \\\n"
        '  -H "Authorization: Bearer $MC_TOKEN" -H "Content-Type: application/json" \\\n'
        f"  -d '{json.dumps(_body(model, f'{now:%Y-%m-%dT%H:%M:%SZ}'))}'"
    )


def python(address: str, model: str) -> str:
    return f"""import datetime, json, os, urllib.request

body = {{"predictions": [{{
    "model": {json.dumps(model)}, "version": "v1", "prediction_id": "first-1",
    "at": datetime.datetime.now(datetime.timezone.utc).isoformat(),
    "features": {{"tenure": 5, "contract": "One year"}}, "score": 0.83, "latency_ms": 12.5,
}}]}}
request = urllib.request.Request(
    "{address}/api/v1/predictions",
    data=json.dumps(body).encode(),
    headers={{"Authorization": "Bearer " + os.environ["MC_TOKEN"], "Content-Type": "application/json"}},
)
print(urllib.request.urlopen(request).read().decode())"""


def _body(model: str, at: str) -> dict[str, object]:
    prediction = {
        "model": model,
        "version": "v1",
        "prediction_id": "first-1",
        "at": at,
        "features": {"tenure": 5, "contract": "One year"},
        "score": 0.83,
        "latency_ms": 12.5,
    }
    return {"predictions": [prediction]}


def snippet(name: str, text: str) -> Component:
    """Return a text to copy, with its name over it."""
    copy = html.Button(
        [icon("copy"), "Copy"],
        type="button",
        className="mc-button mc-button-secondary mc-button-small",
        **attributes(data_mc_copy=text),
    )
    head = html.Div([html.Strong(name), copy], className="mc-snippet-head")
    code = html.Pre(html.Code(text), tabIndex="0", **attributes(aria_label=f"{name} example"))
    return html.Div([head, code], className="mc-snippet")


def _add_model(actor: Actor) -> Component:
    if actor.may(Permission.MODELS_WRITE):
        return html.P(
            [
                dcc.Link("Register a model", href="/models?register=1"),
                " with its title and decision threshold – or just send its first prediction: it then appears by itself,"
                " to be completed.",
            ]
        )
    return html.P("A data scientist registers it under Models, or it appears by itself with its first prediction.")


def _make_baseline(model: str | None) -> Component:
    where = dcc.Link("its page", href=f"/models/{model}") if model else "its page under Models"
    return html.P(
        [
            "Drift is measured against a reference. From 1,000 predictions on a provisional one is made;"
            " choose a window that you trust on ",
            where,
            ".",
        ]
    )


def _add_rules(actor: Actor) -> Component:
    if actor.may(Permission.RULES_READ):
        return html.P(
            ["A pack of rules watches every model from its start: ", dcc.Link("see the rules", href="/rules"), "."]
        )
    return html.P("A pack of rules watches every model from its start; what fires stands in the alert inbox.")


def _step(place: int, title: str, body: Component, is_done: bool, *, is_current: bool, is_open: bool) -> Component:
    mark = icon("circle-check", label="done") if is_done else str(place + 1)
    head = html.Summary([html.Span(mark, className="mc-step-mark"), html.Span(title, className="mc-step-title")])
    state = "is-done" if is_done else "is-current" if is_current else ""
    return html.Li(
        html.Details([head, html.Div(body, className="mc-step-body")], open=is_open), className=f"mc-step {state}"
    )
