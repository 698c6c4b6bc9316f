"""Messages beside those of a real Alertmanager 0.25, recorded with group_wait 2 s, group_interval 4 s, repeat 12 s.

The same messages within half a second, with one difference on purpose: whoever was told that an alert fires is told
that it ended, also under a silence.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

import pytest

from tests.factories import ROOT
from tests.integration.notifications.stage import Sent, Stage
from webapp.alerting.grouping import Policy
from webapp.alerting.muting import inhibition, silences
from webapp.alerting.muting.inhibition import Inhibition
from webapp.alerting.muting.matchers import parse
from webapp.alerting.severity import Severity

POLICY = Policy(("rule",), timedelta(seconds=2), timedelta(seconds=4), timedelta(seconds=12))
Deed = Callable[[Stage, float], object]


def fires(name: str, rule: str = "X", severity: Severity = Severity.HIGH, since: float | None = None) -> Deed:
    return lambda stage, second: stage.fire(name, second, rule=rule, severity=severity, since=since)


def ends(name: str, rule: str = "X") -> Deed:
    return lambda stage, second: stage.end(name, second, rule=rule)


def silence(until: float) -> Deed:
    def deed(stage: Stage, second: float) -> None:
        plan = silences.Plan(matchers=parse("name=A"), comment="maintenance", ends_at=stage.at(until))
        silences.create(stage.session, plan, actor=ROOT, now=stage.at(second), confirmed=True)

    return deed


def both(*deeds: Deed) -> Deed:
    return lambda stage, second: [deed(stage, second) for deed in deeds]


SOURCE, TARGET = fires("S", "Src", Severity.CRITICAL), fires("W", "X", Severity.MEDIUM)
TIMELINES: Mapping[str, tuple[float, Mapping[float, Deed], Sequence[Sent]]] = {
    "a group": (
        24,
        {0: fires("A"), 1: fires("B"), 3: fires("C"), 7: ends("A")},
        [Sent(2, "AB", ""), Sent(6, "ABC", ""), Sent(10, "BC", "A"), Sent(22, "BC", "")],
    ),
    "resolved before group_wait": (14, {0: fires("A"), 1: ends("A")}, []),
    "flaps inside one group_interval": (
        16,
        {0: fires("A"), 3: ends("A"), 4.5: fires("A")},
        [Sent(2, "A", ""), Sent(14, "A", "")],
    ),
    "resolved, and fires again after it was told": (
        12,
        {0: fires("A"), 3: ends("A"), 8: fires("A")},
        [Sent(2, "A", ""), Sent(6, "", "A"), Sent(10, "A", "")],
    ),
    "began longer ago than group_wait": (1, {0: fires("A", since=-60)}, [Sent(0, "A", "")]),
    "comes and goes between two looks while another fires": (
        8,
        {0: fires("A"), 3: fires("B"), 5: ends("B")},
        [Sent(2, "A", ""), Sent(6, "A", "B")],
    ),
    "inhibited": (
        11,
        {0: SOURCE, 0.2: TARGET, 7: ends("S", "Src")},
        [Sent(2, "S", ""), Sent(10, "", "S"), Sent(10.2, "W", "")],
    ),
    "inhibited too late": (
        18,
        {0: TARGET, 3: SOURCE},
        [Sent(2, "W", ""), Sent(5, "S", ""), Sent(17, "S", "")],
    ),
    "silenced from the start": (12, {0: silence(8), 0.5: fires("A")}, [Sent(10.5, "A", "")]),
    "resolved under a silence: told, on purpose": (
        12,
        {0: fires("A"), 3: silence(11), 5: ends("A")},
        [Sent(2, "A", ""), Sent(6, "", "A")],
    ),
}


@pytest.mark.parametrize("name", TIMELINES)
def test_people_are_told_what_alertmanager_tells_and_when(session, name):
    stage = Stage(session, POLICY)
    rule = Inhibition(
        name="critical mutes", source=parse("severity=critical"), target=parse("severity=medium"), equal=()
    )
    inhibition.save(session, rule, actor=ROOT, now=stage.at(-600))
    seconds, deeds, expected = TIMELINES[name]

    sent = stage.run(seconds, {at: lambda second, deed=deed: deed(stage, second) for at, deed in deeds.items()})

    assert [(each.firing, each.resolved) for each in sent] == [(each.firing, each.resolved) for each in expected]
    for told, recorded in zip(sent, expected, strict=True):
        assert told.at == pytest.approx(recorded.at, abs=0.5)
