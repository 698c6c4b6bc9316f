"""The pages of silences and inhibition rules over their callbacks: what each role sees, asks, makes and ends."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from tests.factories import NOW, ROOT
from tests.web import alarms
from tests.web.firing import changed, fire, texts, told
from webapp.accounts.permissions import Role
from webapp.alerting.muting import inhibition, silence_queries, silences, watch
from webapp.alerting.muting.inhibition import Inhibition
from webapp.alerting.muting.matchers import parse
from webapp.alerting.muting.silences import Plan
from webapp.web.views import silence_form
from webapp.web.views.alert_rows import Reader

HOUR = timedelta(hours=1)


@pytest.fixture
def firing(runtime):
    return list(alarms.fire(runtime, "api-1", "api-2", "api-3"))


def page_of(client: Any, address: str) -> Any:
    return client.get("/_dash-layout", headers={"Referer": f"http://localhost{address}"}).get_json()


def press(client: Any, kind: str, trigger: str, fields: dict[str, Any], **states: Any) -> Any:
    """Press a button of a form as the browser does: every field with its id."""
    for callback in client.get("/_dash-dependencies").get_json():
        if any(each["id"] == trigger and each["property"] == "n_clicks" for each in callback["inputs"]):
            return client.post("/_dash-update-component", json=_body(callback, kind, trigger, fields, states),
                               headers=client.csrf)  # fmt: skip
    raise AssertionError(f"this person may not press {trigger}")


def _body(
    callback: dict[str, Any], kind: str, trigger: str, fields: dict[str, Any], states: dict[str, Any]
) -> dict[str, Any]:
    def entry(each: dict[str, str]) -> Any:
        if each["id"].startswith("{"):
            ids = [{"name": name, "type": kind} for name in fields]
            values = {"id": lambda one: one, "value": lambda one: fields[one["name"]]}[each["property"]]
            return [{"id": one, "property": each["property"], "value": values(one)} for one in ids]
        value = 1 if each["id"] == trigger else states.get(each["id"])
        return {"id": each["id"], "property": each["property"], "value": value}

    names = [part.rpartition(".") for part in callback["output"].strip(".").split("...")]
    return {
        "output": callback["output"],
        "outputs": [{"id": name, "property": prop.partition("@")[0]} for name, _, prop in names],
        "inputs": [entry(each) for each in callback["inputs"]],
        "state": [entry(each) for each in callback["state"]],
        "changedPropIds": [f"{trigger}.n_clicks"],
    }


def save(client: Any, trigger: str = "silence-save", subject: dict[str, str] | None = None, **fields: Any) -> Any:
    given = {"matchers": "instance=api-1", "comment": "Deployment", "kind": "once", "lasts": "1h", **fields}
    return press(client, "silence-field", trigger, given, **{"silence-subject": subject or {}})


def found(runtime) -> Any:
    with runtime.transaction() as session:
        return silence_queries.silences(session, now=NOW)


def silent(runtime, matchers: str = "instance=api-1", *, hours: float = 2) -> UUID:
    with runtime.transaction() as session:
        plan = Plan(matchers=parse(matchers), comment="Nightly <b>", ends_at=NOW + hours * HOUR)
        made = silences.create(session, plan, actor=ROOT, now=NOW, confirmed=True)
        watch.refresh(session, now=NOW)
    return made


def test_a_silence_is_made_from_the_form(client_of, runtime, firing):
    answer = save(client_of(Role.ONCALL))

    assert told(answer) == "Silent. 1 alert is muted now."
    assert changed(answer)["location"] == {"pathname": "/silences", "search": ""}
    (made,) = found(runtime)
    assert (made.author, made.ends_at, made.matchers_text) == ("Omar", NOW + HOUR, "instance=api-1")


def test_one_that_looks_like_a_mistake_is_asked_about_in_a_window(client_of, runtime, firing):
    omar = client_of(Role.ONCALL)
    asked = changed(save(omar, matchers='instance=~"api-.*"'))

    assert asked["silence-ask"]["is_open"] is True
    assert asked["silence-question"]["children"].startswith("It mutes all 3 active alerts")
    assert found(runtime) == []
    assert told(save(omar, "silence-sure", matchers='instance=~"api-.*"')) == "Silent. 3 alerts are muted now."


def test_one_begun_at_an_alert_leads_back_to_it(client_of, runtime, firing):
    omar = client_of(Role.ONCALL)
    form = page_of(omar, f"/silences/new?alert={firing[0]}")

    assert 'rule="High CPU"' in texts(form)
    assert "instance=api-1" in texts(form)
    answer = changed(save(omar, subject={"alert": str(firing[0])}))
    assert answer["location"] == {"pathname": "/alerts", "search": f"?alert={firing[0]}"}
    page = texts(page_of(omar, f"/alerts/{firing[0]}"))
    assert "Silenced by Omar until 13:00: Deployment" in page
    assert f"/silences/new?alert={firing[0]}" in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"matchers": "oops"}, "'oops' is not a matcher"),
        ({"comment": " "}, "Write why it is silent"),
        ({"lasts": "until", "ends": ""}, "Say until when"),
        ({"lasts": "until", "ends": "soon"}, "The end is not a day"),
        ({"kind": "again", "days": [], "begins": "22:00", "stops": "02:00", "zone": "UTC", "first": "2026-03-01"},
         "at least one day"),
        ({"kind": "again", "days": ["mon"], "begins": "", "stops": "", "zone": "UTC", "first": "2026-03-01"},
         "not a time of day"),
        ({"kind": "again", "days": ["mon"], "begins": "22:00", "stops": "", "minutes": "1e400", "zone": "UTC",
          "first": "2026-03-01"}, "as a number"),
        ({"kind": "again", "days": ["mon"], "begins": "22:00", "stops": "02:00", "zone": "X", "first": "2026-03-01"},
         "'X' is not a time zone"),
    ],
)  # fmt: skip
def test_what_is_wrong_stands_in_the_form(client_of, runtime, fields, said):
    answer = changed(save(client_of(Role.ONCALL), **fields))

    assert said in texts(answer["silence-form"])
    assert found(runtime) == []


def test_times_are_those_of_the_person(client_of, runtime, firing):
    fields = {"lasts": "until", "starts": "2026-03-10T18:00", "ends": "2026-03-10T20:30"}
    assert told(save(client_of(Role.ONCALL), **fields)).startswith("The silence is kept.")

    (made,) = found(runtime)
    assert (made.starts_at.hour, made.ends_at.hour) == (18, 20)
    assert made.state == "pending"


def test_windows_that_come_again_are_kept_and_shown_again(client_of, runtime, firing):
    omar = client_of(Role.ONCALL)
    again = {"kind": "again", "days": ["tue"], "begins": "22:00", "stops": "02:00", "zone": "Europe/Berlin"}
    save(omar, "silence-sure", **again, first="2026-03-01", last="2026-03-31")

    (made,) = found(runtime)
    assert made.recurrence_text == "Tue 22:00–02:00 Europe/Berlin, until 31 Mar 2026"
    page = texts(page_of(omar, f"/silences/{made.id}"))
    assert "Europe/Berlin" in page
    assert "10 Mar 2026, 21:00 – 01:00" in texts(page_of(omar, "/silences"))


def test_the_preview_counts_names_and_says_when(client_of, firing):
    omar = client_of(Role.ONCALL)

    def preview(**fields: Any) -> Any:
        given = {"matchers": 'instance=~"api-[12]"', "comment": "", "kind": "once", "lasts": "4h", **fields}
        for callback in omar.get("/_dash-dependencies").get_json():
            if "silence-affected" in callback["output"]:
                body = _body(callback, "silence-field", "", given, {})
                body["changedPropIds"] = ['{"name":"matchers","type":"silence-field"}.value']
                return changed(omar.post("/_dash-update-component", json=body, headers=omar.csrf))
        raise AssertionError("there is no preview")

    shown = preview()
    assert "Affects 2 alerts now of 3 that are active." in " ".join(texts(shown["silence-affected"]).split())
    assert "High CPU: api-1" in texts(shown["silence-affected"])
    assert "Silent until 10 Mar 2026, 16:00." in texts(shown["silence-windows"])
    assert "Write here which alerts" in texts(preview(matchers=" ")["silence-affected"])
    assert "RE2" in texts(preview(matchers='a=~"("')["silence-affected"])
    again = preview(kind="again", days=["wed"], begins="02:00", stops="", minutes=90, zone="UTC", first="2026-03-01")
    assert "11 Mar 2026, 02:00 – 03:30" in texts(again["silence-windows"])


def test_it_is_ended_from_the_list_and_from_its_page(client_of, runtime, firing):
    omar = client_of(Role.ONCALL)
    first, second = silent(runtime), silent(runtime, "instance=api-2")

    trigger = {"id": {"type": "silence-end", "silence": str(first)}, "property": "n_clicks"}
    answer = fire(omar, trigger)
    assert told(answer) == "The silence is over. 1 alert is no longer under it."
    assert "by Omar" in texts(changed(answer)["silences-lists"])
    assert told(fire(omar, "silence-end-this.n_clicks", silence_subject={"id": str(second)})).startswith("The silence")
    assert [each.state.value for each in found(runtime)] == ["ended", "ended"]
    assert "ended this silence at" in told(fire(omar, trigger))


def test_an_ended_one_is_copied_with_times_of_its_own(client_of, runtime, firing):
    made = silent(runtime)
    with runtime.transaction() as session:
        silences.end(session, made, actor=ROOT, now=NOW)
    omar = client_of(Role.ONCALL)

    assert f"/silences/new?copy={made}" in texts(page_of(omar, "/silences"))
    copy = texts(page_of(omar, f"/silences/new?copy={made}"))
    assert "instance=api-1" in copy
    assert "Nightly <b>" in copy
    assert "Ended" in texts(page_of(omar, f"/silences/{made}"))


def test_who_only_reads_is_offered_nothing_to_press(client_of, runtime, firing):
    made = silent(runtime)
    ari = client_of(Role.AUDITOR)

    for address in ("/silences", f"/silences/{made}"):
        page = texts(page_of(ari, address))
        assert "instance=api-1" in page
        assert "End now" not in page
        assert "/silences/new" not in page
    assert "Silence …" not in texts(page_of(ari, f"/alerts/{firing[0]}"))
    assert "Not for your role" in texts(page_of(ari, "/silences/new"))
    assert client_of(Role.EXECUTIVE).get("/silences").status_code == 403


def test_the_inbox_names_what_mutes(client_of, runtime, firing):
    silent(runtime)
    with runtime.transaction() as session:
        rule = Inhibition(name="Two says it", source=parse("instance=api-2"), target=parse("instance=api-3"))
        inhibition.save(session, rule, actor=ROOT, now=NOW)
        watch.refresh(session, now=NOW)
    page = texts(page_of(client_of(Role.ONCALL), "/alerts?tab=silenced"))

    assert "Silenced by root until 14:00" in page
    assert "Muted by High CPU: api-2" in " ".join(page.split())
    assert "Muted while" in texts(page_of(client_of(Role.ONCALL), f"/alerts/{firing[2]}"))
    opened = texts(page_of(client_of(Role.ONCALL), "/alerts"))
    assert "High CPU: api-2" in opened
    assert "High CPU: api-1" not in opened


def test_an_inhibition_rule_is_made_changed_and_deleted(client_of, runtime, firing):
    dev = client_of(Role.DEVOPS)
    fields = {"name": "One", "source": "instance=api-1", "target": 'instance=~"api-[23]"', "equal": "model, region"}

    answer = press(dev, "inhibition-field", "inhibition-save", fields)
    assert told(answer) == "The rule counts from now on. 2 alerts are muted, or no longer."
    with runtime.transaction() as session:
        (made,) = inhibition.inhibitions(session)
    assert made.equal == ("model", "region")
    assert "instance=api-1" in texts(page_of(dev, "/silences/inhibitions"))
    assert "instance=api-1" in texts(page_of(dev, f"/silences/inhibitions/{made.id}"))
    wrong = changed(press(dev, "inhibition-field", "inhibition-save", {**fields, "name": " ", "source": "x"}))
    assert "Give the rule a name." in texts(wrong["inhibition-form"])
    assert "'x' is not a matcher" in texts(wrong["inhibition-form"])
    fire(dev, "inhibition-delete-sure.n_clicks", inhibition_subject=str(made.id))
    assert "No inhibition rules" in texts(page_of(dev, "/silences/inhibitions"))


def test_an_example_is_offered_and_the_preview_says_what_it_would_mute(client_of, runtime, firing):
    dev = client_of(Role.DEVOPS)
    assert "type=service_unavailable" in texts(page_of(dev, "/silences/inhibitions/new?example=1"))
    for callback in dev.get("/_dash-dependencies").get_json():
        if "inhibition-preview" in callback["output"]:
            fields = {"name": "", "source": "instance=api-1", "target": 'instance=~"api-[23]"', "equal": ""}
            body = _body(callback, "inhibition-field", "", fields, {})
            body["outputs"] = body["outputs"][0]
            body["changedPropIds"] = ['{"name":"name","type":"inhibition-field"}.value']
            shown = changed(dev.post("/_dash-update-component", json=body, headers=dev.csrf))
    assert "Mutes 2 alerts now ; 1 alert fires" in " ".join(texts(shown["inhibition-preview"]).split())
    assert "No inhibition rules" in texts(page_of(client_of(Role.ONCALL), "/silences/inhibitions"))
    assert "Begin with an example" not in texts(page_of(client_of(Role.ONCALL), "/silences/inhibitions"))


def test_a_silence_of_an_alert_without_a_model_begins_with_the_labels_of_its_series():
    labels = {"instance": "api-1", "severity": "warning", "long": "x" * 2_000} | {f"l{n}": "1" for n in range(30)}
    alert = SimpleNamespace(model="", source_name="probe", rule_name="Disk full", labels=labels)

    draft = silence_form.of_alert(alert, Reader(ROOT, NOW))  # type: ignore[arg-type]

    lines = draft.text("matchers").splitlines()
    assert lines[:4] == ['rule="Disk full"', "source=probe", "instance=api-1", "l0=1"]
    assert len(parse(draft.text("matchers"))) == 20
