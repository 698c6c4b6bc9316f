"""A silence as a form: which alerts, why, and when, once or again and again; what is wrong stands at the field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from dash import html
from dash.development.base_component import Component

from webapp.alerting.muting import matchers as matching
from webapp.alerting.muting import silence_times
from webapp.alerting.muting.matchers import Matcher, Operator
from webapp.alerting.muting.recurrence import DAY_NAMES
from webapp.alerting.muting.silence_queries import SilenceView
from webapp.alerting.muting.silence_times import State
from webapp.alerting.muting.silences import MAX_COMMENT, Plan
from webapp.alerting.queries import AlertDetail
from webapp.core.errors import InvalidInputError
from webapp.core.periods import DAY, HOUR
from webapp.web import components
from webapp.web.components import check_list, fieldset, notice, segmented, select, text_area, text_input
from webapp.web.components.content import Child
from webapp.web.views.alert_rows import Reader
from webapp.web.views.requests import instant_in

FIELD = "silence-field"
AFFECTED, WINDOWS = "silence-affected", "silence-windows"
ONCE, AGAIN = "once", "again"
KINDS = ((ONCE, "Once"), (AGAIN, "Again and again"))
UNTIL = "until"
LENGTHS: Mapping[str, timedelta] = {"1h": HOUR, "4h": 4 * HOUR, "1d": DAY}
LASTS = (("1h", "1 hour"), ("4h", "4 hours"), ("1d", "1 day"), (UNTIL, "Until …"))
HELP = (
    'One a line: model=churn, severity=~"high|critical", team!=ml. Labels are model, version, rule, severity, type,'
    " source, and those of the series. An expression matches the whole value."
)
TYPING_MS = 400  # a preview waits until somebody has stopped typing
LOCAL = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in the form, as the browser has it, and what is wrong with it."""

    fields: Mapping[str, Any]
    errors: Mapping[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        given = self.fields.get(name)
        return given if isinstance(given, str) else ""

    @property
    def days(self) -> list[str]:
        given = self.fields.get("days")
        return [str(each) for each in given] if isinstance(given, list) else []


def blank(reader: Reader) -> Draft:
    today = reader.now.astimezone(ZoneInfo(reader.zone)).date().isoformat()
    usual = {"kind": ONCE, "lasts": "1h", "begins": "22:00", "stops": "02:00", "zone": reader.zone, "first": today}
    return Draft(usual)


def of_alert(alert: AlertDetail, reader: Reader) -> Draft:
    """Begin with what an alert is: its rule and model; of one without a model, the labels of its series."""
    series = {name: text for name, text in alert.labels.items() if name not in matching.OWN}
    about = {"model": alert.model} if alert.model else {"source": alert.source_name, **series}
    named = {"rule": alert.rule_name, **about}
    matchers = [
        Matcher(name, Operator.EQUAL, text) for name, text in named.items() if 0 < len(text) <= matching.LONGEST_VALUE
    ]
    return Draft({**blank(reader).fields, "matchers": _lines(matchers[: matching.MOST])})


def of_silence(view: SilenceView, reader: Reader) -> Draft:
    """Show a silence as it is; one that is over, with times of its own choosing: to make it again."""
    fields = {**blank(reader).fields, "matchers": _lines(view.matchers), "comment": view.comment}
    if view.recurrence is not None:
        again = view.recurrence
        last = again["last"] if view.state is not State.ENDED else None
        length = again["duration_minutes"]
        return Draft(
            {
                **fields,
                "kind": AGAIN,
                "days": again["days"],
                "begins": again["start"],
                "stops": again["end"] or "",
                "minutes": "" if length is None else str(length),
                "zone": again["zone"],
                "first": again["first"],
                "last": last or "",
            }
        )
    if view.state is State.ENDED:
        return Draft(fields)
    starts = "" if view.state is State.ACTIVE else _local(view.starts_at, reader)
    ends = "" if view.ends_at is None else _local(view.ends_at, reader)
    return Draft({**fields, "lasts": UNTIL, "starts": starts, "ends": ends})


def read(draft: Draft, reader: Reader) -> tuple[Plan | None, Draft]:
    """Return what the form asks for, or the form with a sentence at each field that is wrong."""
    errors: dict[str, str] = {}
    plan = Plan(matchers=(), comment=draft.text("comment").strip())
    if not plan.comment:
        errors["comment"] = "Write why it is silent: others will ask."
    try:
        plan = replace(plan, matchers=matching.parse(draft.text("matchers")))
    except InvalidInputError as error:
        errors["matchers"] = error.message
    try:
        plan = _with_times(plan, draft, reader)
    except InvalidInputError as error:
        errors["when"] = error.message
    return (None, replace(draft, errors=errors)) if errors else (plan, draft)


def form(draft: Draft, footer: Sequence[Child]) -> list[Component]:
    """Return the form with what stands in it."""
    wrong = [notice(draft.errors["when"], tone="critical")] if draft.errors.get("when") else []
    matchers = text_area(
        _id("matchers"),
        value=draft.text("matchers"),
        rows=4,
        maxlength=20_000,
        debounce=TYPING_MS,
        spellcheck=False,
        placeholder="model=churn",
    )
    comment = text_input(_id("comment"), value=draft.text("comment"), maxlength=MAX_COMMENT, autocomplete="off")
    return [
        components.field("Which alerts", matchers, help=HELP, error=draft.errors.get("matchers")),
        html.Div(id=AFFECTED, className="mc-silence-affected", role="status"),
        components.field("Why", comment, help="It stands at each alert.", error=draft.errors.get("comment")),
        fieldset("When", segmented(_id("kind"), KINDS, draft.text("kind") or ONCE, "When")),
        *wrong,
        html.Div(_once(draft), className="mc-silence-once"),
        html.Div(_again(draft), className="mc-silence-again"),
        html.Div(id=WINDOWS, className="mc-silence-windows", role="status"),
        html.Div(list(footer), className="mc-form-actions"),
    ]


def _once(draft: Draft) -> list[Component]:
    lasts = segmented(_id("lasts"), LASTS, draft.text("lasts") or "1h", "For how long")
    starts = text_input(_id("starts"), value=draft.text("starts"), type="datetime-local")
    ends = text_input(_id("ends"), value=draft.text("ends"), type="datetime-local")
    return [
        fieldset("For how long", lasts),
        html.Div(
            [
                components.field("From", starts, help="Empty: from now."),
                html.Div(components.field("Until", ends), className="mc-silence-until"),
            ],
            className="mc-fields",
        ),
    ]


def _again(draft: Draft) -> list[Component]:
    days = [(each, name[:3]) for each, name in zip(silence_times.DAYS, DAY_NAMES, strict=True)]
    length = text_input(_id("minutes"), value=draft.text("minutes"), type="number", min=1, max=1440)
    return [
        html.Div(fieldset("On", check_list(_id("days"), days, draft.days)), className="mc-silence-days"),
        html.Div(
            [
                components.field("From", _input(draft, "begins", "time")),
                components.field("Until", _input(draft, "stops", "time"), help="Before the start: the next day."),
                components.field("Or for so many minutes", length, help="Leave “Until” empty then."),
                components.field("Time zone", select(_id("zone"), _zones(draft.text("zone")), draft.text("zone"))),
                components.field("First day", _input(draft, "first", "date")),
                components.field("Last day", _input(draft, "last", "date"), help="Empty: for good."),
            ],
            className="mc-fields",
        ),
    ]


def _with_times(plan: Plan, draft: Draft, reader: Reader) -> Plan:
    if draft.text("kind") == AGAIN:
        return replace(plan, recurrence=silence_times.read(_recurrence(draft)))
    starts = instant_in(draft.text("starts"), "The start", reader.zone) if draft.text("starts") else None
    length = LENGTHS.get(draft.text("lasts"))
    if length is not None:
        return replace(plan, starts_at=starts, ends_at=max(starts or reader.now, reader.now) + length)
    if not draft.text("ends"):
        raise InvalidInputError("Say until when it is silent.")
    return replace(plan, starts_at=starts, ends_at=instant_in(draft.text("ends"), "The end", reader.zone))


def _recurrence(draft: Draft) -> dict[str, Any]:
    minutes = draft.fields.get("minutes")
    try:
        length = int(float(minutes)) if minutes not in {None, ""} else None
    except (TypeError, ValueError, OverflowError):
        raise InvalidInputError("Write how many minutes a window lasts as a number.") from None
    return {
        "days": draft.days,
        "start": draft.text("begins"),
        "end": draft.text("stops") or None,
        "duration_minutes": length,
        "zone": draft.text("zone"),
        "first": draft.text("first"),
        "last": draft.text("last") or None,
    }


def _lines(matchers: Sequence[Matcher]) -> str:
    return "\n".join(map(str, matchers))


def _local(at: datetime, reader: Reader) -> str:
    return at.astimezone(ZoneInfo(reader.zone)).strftime(LOCAL)


def _input(draft: Draft, name: str, kind: str) -> Component:
    return text_input(_id(name), value=draft.text(name), type=kind)


def _zones(chosen: str) -> list[tuple[str, str]]:
    return [(name, name.replace("_", " ")) for name in sorted(available_timezones() | {chosen})]


def _id(name: str) -> dict[str, str | int]:
    return {"type": FIELD, "name": name}
