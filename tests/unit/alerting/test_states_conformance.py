"""A hundred recorded cases of Prometheus' own rule evaluation, every step of each."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from webapp.alerting.states import OK, Change, Condition, Policy, Sample, SeriesState, newest_value, step
from webapp.alerting.types import NoData

FILE = Path(__file__).parents[2] / "data" / "prometheus-rules.json.gz"
CASES: list[dict[str, Any]] = json.loads(gzip.decompress(FILE.read_bytes()))
START = datetime(2026, 1, 1, tzinfo=UTC)


def test_there_are_a_hundred_cases() -> None:
    assert len(CASES) == 100


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["id"]))
def test_every_step_is_that_of_prometheus(case: dict[str, Any]) -> None:
    policy = Policy(
        hold=timedelta(seconds=case["for"]),
        keep_firing_for=timedelta(seconds=case["keep_firing_for"]),
        no_data=NoData.OK,
    )
    samples = {name: _samples(values, case["interval"]) for name, values in case["series"].items()}
    states: dict[str, SeriesState] = dict.fromkeys(samples, OK)

    for expected in case["expect"]:
        at = START + timedelta(seconds=expected["t"])
        resolved = []
        for name, values in samples.items():
            condition = _condition(newest_value(values, at=at, look_back=timedelta(seconds=case["lookback"])))
            made = step(states[name], condition, policy, at=at)
            states[name] = made.state
            if made.change is Change.RESOLVED:
                resolved.append(name)

        assert _shown(states) == expected["states"], expected["t"]
        assert sorted(resolved) == sorted(expected["resolved"]), expected["t"]


def _samples(values: list[float | str | None], interval: int) -> list[Sample]:
    return [
        Sample(START + timedelta(seconds=interval * place), None if value == "stale" else float(value))
        for place, value in enumerate(values)
        if value is not None
    ]


def _condition(value: float | None) -> Condition:
    if value is None:
        return Condition.NO_DATA
    return Condition.HIT if value > 0.5 else Condition.MISS


def _shown(states: dict[str, SeriesState]) -> dict[str, str]:
    """Prometheus calls firing what we call recovering, and does not speak of what is well."""
    return {
        name: "firing" if state.phase.is_firing else "pending"
        for name, state in states.items()
        if state.active_at is not None
    }
