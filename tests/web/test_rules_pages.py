"""The pages of rules over their callbacks: what each role may do, what is refused, what becomes of what was written."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.factories import NOW, make_measurements
from tests.web import alarms
from tests.web.firing import changed, fire, texts, told
from webapp.accounts.permissions import Permission, Role, permissions_of
from webapp.alerting import evaluate, queries
from webapp.alerting.readings import NO_MODEL
from webapp.alerting.rule_pack import RULE_PACK
from webapp.catalog.models import Task
from webapp.web.views import rule_form
from webapp.web.views.rule_form import Draft

MINUTE = timedelta(minutes=1)
DEEDS = ("rule-save.n_clicks", "rule-pause.n_clicks", "rule-resume.n_clicks", "rule-delete-sure.n_clicks")


def page_of(client: Any, address: str) -> Any:
    return client.get("/_dash-layout", headers={"Referer": f"http://localhost{address}"}).get_json()


def save(client: Any, draft: Draft, subject: dict[str, Any] | None = None) -> Any:
    """Post the form as the browser does: every field with its id."""
    for callback in client.get("/_dash-dependencies").get_json():
        if any(each["id"] == "rule-save" for each in callback["inputs"]):
            return client.post("/_dash-update-component", json=_body(callback, draft, subject), headers=client.csrf)
    raise AssertionError("this person may not save rules")


def replay(client: Any, draft: Draft, days: str = "7") -> Any:
    """Press the button of the replay as the browser does, with what stands in the form."""
    for callback in client.get("/_dash-dependencies").get_json():
        if any(each["id"] == "rule-replay" for each in callback["inputs"]):
            body = _body(callback, draft, None)
            body["state"][0] = {"id": "rule-replay-days", "property": "value", "value": days}
            body["inputs"][0]["id"], body["changedPropIds"] = "rule-replay", ["rule-replay.n_clicks"]
            body["outputs"] = body["outputs"][0]
            return client.post("/_dash-update-component", json=body, headers=client.csrf)
    raise AssertionError("this person may not replay rules")


def test_what_stands_in_the_form_is_replayed_before_it_is_saved(client_of, runtime):
    with runtime.transaction() as session:
        for hour, value in enumerate([95, 20, 99, 20]):
            start = NOW - timedelta(hours=hour, minutes=30)
            make_measurements(session, values=[value], instance="api-<1>", start=start, now=NOW)
    dev = client_of(Role.DEVOPS)

    words = texts(changed(replay(dev, written(name=" ", interval_seconds="1 h")))["rule-replayed"])

    assert "Would have fired 2 times in 7 days, on 1 of 1 series; firing 1.2% of the time." in " ".join(words.split())
    assert "api-<1>" in words
    assert "its window of 5 min is judged as 1 h" in words
    with runtime.transaction() as session:
        assert not queries.rules(session)


def test_a_form_with_something_missing_is_not_replayed(client_of):
    draft = Draft(written().fields, {"direction": "above", "medium": "90", "high": "80"})

    assert "not in order" in texts(changed(replay(client_of(Role.DEVOPS), draft))["rule-replayed"])
    assert "nothing of that time" in texts(changed(replay(client_of(Role.DEVOPS), written()))["rule-replayed"])


def _body(callback: dict[str, Any], draft: Draft, subject: dict[str, Any] | None) -> dict[str, Any]:
    listed = {"rule-field": draft.fields, "rule-parameter": draft.parameters}
    state: list[Any] = [{"id": "rule-subject", "property": "data", "value": subject or {}}]
    for kind, values in listed.items():
        ids = [{"name": name, "type": kind} for name in values]
        state.append([{"id": each, "property": "id", "value": each} for each in ids])
        state.append([{"id": each, "property": "value", "value": values[each["name"]]} for each in ids])
    names = [part.rpartition(".") for part in callback["output"].strip(".").split("...")]
    return {
        "output": callback["output"],
        "outputs": [{"id": name, "property": prop} for name, _, prop in names],
        "inputs": [{"id": "rule-save", "property": "n_clicks", "value": 1}],
        "state": state,
        "changedPropIds": ["rule-save.n_clicks"],
    }


def written(name: str = "Busy machine", **fields: str) -> Draft:
    found = rule_form.draft_of(rule_form.plain(alarms.cpu_rule(name)))
    return Draft({**found.fields, **fields}, found.parameters)


def test_a_rule_is_made_from_the_form_and_opened(client_of, runtime):
    answer = changed(save(client_of(Role.DEVOPS), written(for_seconds="5 min", model="*")))

    with runtime.transaction() as session:
        (made,) = queries.rules(session)
        detail = queries.rule(session, made.id)
    assert answer["location"]["pathname"] == f"/rules/{made.id}"
    assert detail.created_by == "Dev"
    assert detail.document["for_seconds"] == 300
    assert detail.document["parameters"] == {"direction": "above", "medium": 80.0, "high": 90.0, "window_minutes": 5}


def test_what_is_wrong_stands_at_its_field(client_of, runtime):
    draft = Draft({**written().fields, "name": " ", "interval_seconds": "soon"}, {"direction": "above", "high": "x"})

    form = texts(changed(save(client_of(Role.DEVOPS), draft))["rule-form"])

    assert "Fill this in." in form
    assert "Write a duration like 30 s, 5 min, 2 h or 1 d." in form
    assert "Write a number." in form
    with runtime.transaction() as session:
        assert not queries.rules(session)


def test_lines_in_the_wrong_order_are_refused_in_a_sentence(client_of):
    draft = Draft(written().fields, {"direction": "above", "medium": "90", "high": "80"})

    assert "not in order" in texts(changed(save(client_of(Role.DEVOPS), draft))["rule-form"])


def test_a_name_that_is_taken_is_refused(client_of, runtime):
    alarms.save_rule(runtime)

    assert "There is a rule named 'High CPU' already" in told(save(client_of(Role.DEVOPS), written("High CPU")))


def test_saving_what_is_there_already_makes_no_version(client_of, runtime):
    rule_id = alarms.save_rule(runtime)

    answer = save(client_of(Role.DEVOPS), written("High CPU"), {"id": str(rule_id), "version": 1})

    assert told(answer) == "Nothing has changed."
    with runtime.transaction() as session:
        assert queries.rule(session, rule_id).version == 1


def test_two_versions_are_compared_and_an_old_one_is_restored(client_of, runtime):
    rule_id = alarms.save_rule(runtime)
    dev = client_of(Role.DEVOPS)
    changed(save(dev, written("High CPU", for_seconds="5 min"), {"id": str(rule_id), "version": 1}))
    changed(save(dev, written("High CPU", for_seconds="9 min"), {"id": str(rule_id), "version": 2}))
    subject = {"id": str(rule_id), "version": 3}

    words = texts(page_of(client_of(Role.ONCALL), f"/rules/{rule_id}"))
    answer = fire(dev, "rule-compare-from.value", rule_subject=subject, rule_compare_from="2", rule_compare_to="3")
    restored = fire(
        dev,
        {"id": {"type": "rule-restore", "number": "1"}, "property": "n_clicks"},
        rule_subject=subject,
    )

    assert "Version 3" in words
    assert "5 min" in texts(changed(answer)["rule-difference"])
    assert "9 min" in texts(changed(answer)["rule-difference"])
    assert told(restored) == "Version 1 counts again, as version 4."
    with runtime.transaction() as session:
        assert queries.rule(session, rule_id).document["for_seconds"] == 0


def test_who_edits_an_old_version_is_told_that_it_is_old(client_of, runtime):
    rule_id = alarms.save_rule(runtime)
    subject = {"id": str(rule_id), "version": 1}
    changed(save(client_of(Role.DEVOPS), written("High CPU", runbook="Restart it."), subject))

    answer = save(client_of(Role.DATA_SCIENTIST), written("High CPU", runbook="Leave it."), subject)

    assert told(answer) == "Dev saved version 2 meanwhile. Reload to see it."
    with runtime.transaction() as session:
        assert queries.rule(session, rule_id).document["runbook"] == "Restart it."


@pytest.mark.parametrize("role", list(Role))
def test_only_who_may_write_rules_can_change_them(client_of, runtime, role):
    rule_id = alarms.save_rule(runtime)
    client = client_of(role)
    may_read = Permission.RULES_READ in permissions_of([role])
    may_write = Permission.RULES_WRITE in permissions_of([role])

    offered = {
        f"{each['id']}.{each['property']}"
        for callback in client.get("/_dash-dependencies").get_json()
        for each in callback["inputs"]
    }
    words = str(page_of(client, f"/rules/{rule_id}"))

    assert client.get("/rules").status_code == (200 if may_read else 403)
    assert {each in offered for each in DEEDS} == {may_write}
    assert ("rule-save" in words) == may_write
    assert ("Look at the machine." in words) == may_read
    if not may_write:
        assert "rule-save" not in str(page_of(client, "/rules/new"))


def test_pausing_resolves_what_fires_and_says_so(client_of, runtime):
    alarms.fire(runtime, "api-1")
    with runtime.transaction() as session:
        (rule,) = queries.rules(session)

    answer = fire(client_of(Role.DEVOPS), "rule-pause.n_clicks", rule_subject={"id": str(rule.id), "version": 1})

    assert told(answer) == "The rule is paused; what it had firing is resolved."
    assert "paused" in texts(changed(answer)["rule-body"])
    with runtime.transaction() as session:
        assert queries.counts(session, queries.InboxFilters())["open"] == 0


def test_a_rule_is_paused_and_resumed_from_the_list(client_of, runtime):
    rule_id, dev = alarms.save_rule(runtime), client_of(Role.DEVOPS)

    for deed, is_paused in (("pause", True), ("resume", False)):
        fire(dev, "rules-asked.data", rules_asked={"id": str(rule_id), "deed": deed})
        with runtime.transaction() as session:
            assert queries.rule(session, rule_id).paused is is_paused


@pytest.mark.parametrize("asked", [{}, {"id": "x", "deed": "pause"}, {"id": str(uuid4()), "deed": "explode"}])
def test_what_no_menu_asks_for_is_a_sentence(client_of, asked):
    assert told(fire(client_of(Role.DEVOPS), "rules-asked.data", rules_asked=asked)) == (
        "This is not a rule; reload the page."
    )


def test_a_deleted_rule_leads_back_to_the_list(client_of, runtime):
    rule_id = alarms.save_rule(runtime)

    answer = fire(client_of(Role.DEVOPS), "rule-delete-sure.n_clicks", rule_subject={"id": str(rule_id)})

    assert changed(answer)["location"]["pathname"] == "/rules"
    assert "There is no rule" in texts(page_of(client_of(Role.DEVOPS), f"/rules/{rule_id}"))


def test_the_list_says_how_each_rule_stands(client_of, runtime):
    alarms.fire(runtime, "api-1", "api-2")
    alarms.save_rule(runtime, alarms.cpu_rule("Never looked at", interval_seconds=3600))

    words = texts(page_of(client_of(Role.ONCALL), "/rules"))

    assert "CPU > 80% medium, > 90% high" in words
    assert "firing 2" in words
    assert "not evaluated yet" in words


def test_a_rule_says_when_it_fires_while_it_is_written():
    draft = Draft({**written().fields, "for_seconds": "10 min", "model": "churn"}, {"direction": "below", "low": "10%"})

    assert rule_form.in_words(draft) == (
        "Fires while CPU < 10% low, for at least 10 min. Judged for churn every 1 min."
    )


BOTH = {
    "match": "any",
    "conditions": [{"high": 90}, {"metric": "memory", "direction": "above", "medium": 85, "high": 95}],
}


def test_a_rule_of_several_conditions_goes_through_the_form_unchanged():
    from webapp.alerting.versions import complete

    document = alarms.cpu_rule(kind="composite", parameters=BOTH)
    draft = rule_form.draft_of(rule_form.plain(document))

    read, checked = rule_form.read(draft)

    assert checked.errors == {}
    assert read is not None
    assert complete(rule_form.plain(read)) == complete(rule_form.plain(document))
    assert rule_form.in_words(draft).startswith("Fires while CPU > 90% high or Memory > 85% medium, > 95% high.")


def test_what_is_wrong_in_a_condition_stands_at_its_line(client_of):
    draft = rule_form.for_kind(Draft({**written().fields, "kind": "composite"}, {}))
    assert draft.parameters["conditions.0.metric"] == "="
    assert draft.parameters["conditions.1.metric"] == "-"

    parameters = {**draft.parameters, "conditions.0.high": "much", "conditions.1.metric": "memory"}
    form = texts(changed(save(client_of(Role.DEVOPS), Draft(draft.fields, parameters)))["rule-form"])

    assert "Write a number." in form
    sound = {**parameters, "conditions.0.high": "90"}
    form = texts(changed(save(client_of(Role.DEVOPS), Draft(draft.fields, sound)))["rule-form"])
    assert "Condition 2: set a line for at least one severity" in form


def test_a_share_of_a_condition_is_read_by_its_own_metric():
    fields = {**written().fields, "kind": "composite", "metric": "drift_score"}
    draft = rule_form.for_kind(Draft(fields, {}))
    rows = {"conditions.0.high": "0.3", "conditions.1.metric": "accuracy", "conditions.1.direction": "below"}

    read, checked = rule_form.read(Draft(fields, {**draft.parameters, **rows, "conditions.1.high": "80%"}))

    assert checked.errors == {}
    assert read is not None
    assert [each.get("high") for each in read.parameters["conditions"]] == [0.3, 0.8]


def test_a_change_in_percent_is_written_in_percent():
    fields = {**written().fields, "kind": "rate_of_change", "metric": "error_rate"}
    draft = rule_form.for_kind(Draft(fields, {}))

    read, checked = rule_form.read(Draft(fields, {**draft.parameters, "measured_in": "percent", "high": "50%"}))

    assert checked.errors == {}
    assert read is not None
    assert read.parameters["high"] == 50


@pytest.mark.parametrize("key", list(RULE_PACK))
def test_every_rule_of_the_pack_goes_through_the_form_unchanged(key):
    document = RULE_PACK[key]

    read, draft = rule_form.read(rule_form.draft_of(rule_form.plain(document)))

    assert draft.errors == {}
    assert read is not None
    from webapp.alerting.versions import complete

    assert complete(rule_form.plain(read)) == complete(rule_form.plain(document))


def test_a_rule_beyond_its_limit_says_so(client_of, runtime):
    rule_id = alarms.save_rule(runtime, alarms.cpu_rule(series_limit=1))
    with runtime.transaction() as session:
        for machine in ("api-1", "api-2", "api-3"):
            make_measurements(session, values=[95.0], instance=machine, start=NOW - MINUTE, now=NOW)
        evaluate.evaluate_due(session, now=NOW)

    words = texts(page_of(client_of(Role.ONCALL), f"/rules/{rule_id}"))

    assert "It has 2 more series than its limit of 1." in words
    assert "over its limit" in words


def test_a_broken_rule_says_why(client_of, runtime, clock):
    rule_id = alarms.save_rule(runtime)
    with runtime.transaction() as session:
        from webapp.alerting.tables import RuleRow

        row = session.get_one(RuleRow, rule_id)
        row.document = {**row.document, "metric": "no_such_metric"}
        row.version = 2
        evaluate.evaluate_due(session, now=clock.now())

    page = texts(page_of(client_of(Role.DEVOPS), f"/rules/{rule_id}"))

    assert "This rule cannot be evaluated." in page
    assert "no_such_metric" in page
    assert "broken" in texts(page_of(client_of(Role.DEVOPS), "/rules"))


def test_the_form_offers_what_the_chosen_model_can_have():
    demand = replace(NO_MODEL, name="demand", task=Task.REGRESSION)
    blank = rule_form.blank()
    chosen = replace(blank, fields={**blank.fields, "model": "demand", "metric": "mae"})

    of_all = dict(rule_form.metric_options(blank, [demand]))
    of_demand = dict(rule_form.metric_options(chosen, [demand]))

    assert of_all["mae"] == "Performance: MAE (regression)"
    assert of_all["accuracy"] == "Performance: Accuracy (binary and multiclass)"
    assert of_demand["mae"] == "Performance: MAE"
    assert "accuracy" not in of_demand
    assert dict(rule_form.metric_options(replace(blank, fields={**chosen.fields, "metric": "roi"}), [demand]))[
        "roi"
    ] == ("Business: ROI (not of regression models)")
