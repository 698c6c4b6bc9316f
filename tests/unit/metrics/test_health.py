"""The judgement of health, in words."""

import pytest

from tests.unit.metrics.evidence import MODEL
from webapp.catalog import targets
from webapp.catalog.models import Target, Task
from webapp.metrics.health import Health, HealthState, judge, overall
from webapp.metrics.metric import Value, undefined

GOOD = {"accuracy": Value(0.9), "roc_auc": Value(0.85), "error_rate": Value(0.001), "drift_score": Value(0.05)}


def state_of(**values):
    return judge(MODEL.targets, GOOD | values)


def test_all_within_their_lines_is_healthy():
    assert state_of() == Health(HealthState.HEALTHY, "All 4 metrics that are known are within their lines.")


@pytest.mark.parametrize(
    ("values", "state", "reason"),
    [
        ({"roc_auc": Value(0.71)}, "attention", "ROC AUC 0.71 is below the warning line 0.75."),
        ({"accuracy": Value(0.65)}, "critical", "Accuracy 65.0% is below the critical line 70.0%."),
        ({"error_rate": Value(0.07)}, "attention", "Error rate 7.00% is above the warning line 5.00%."),
        (
            {"drift_score": Value(0.42, note="tenure")},
            "attention",
            "Drift score 0.42 (tenure) is above the warning line 0.3.",
        ),
        ({"roi": Value(150.0)}, "attention", "ROI 150.0% is below the warning line 200.0%."),
        (
            {"response_time_mean": Value(2500.0)},
            "critical",
            "Response time, mean 2.50 s is above the critical line 2.00 s.",
        ),
    ],
)
def test_the_worst_metric_decides_and_says_why(values, state, reason):
    found = state_of(**values)

    assert (found.state, found.reason, found.metric) == (state, reason, next(iter(values)))


def test_critical_outdoes_attention():
    found = state_of(roc_auc=Value(0.71), error_rate=Value(0.2))

    assert (found.state, found.metric) == ("critical", "error_rate")


def test_nothing_known_is_unknown():
    found = judge(MODEL.targets, {"accuracy": undefined("no predictions in this window")})

    assert (found.state, found.reason) == ("unknown", "Accuracy: no predictions in this window.")
    assert judge(MODEL.targets, {}).reason == "There is no data yet."


def test_without_outcomes_a_model_is_never_called_healthy():
    missing = undefined("no outcomes yet")

    found = state_of(accuracy=missing, roc_auc=missing)

    assert (found.state, found.reason) == ("unknown", "Accuracy: no outcomes yet.")


def test_a_provisional_value_judges_nobody():
    thin = Value(0.3, provisional=True, coverage=0.2)

    found = state_of(accuracy=thin, roc_auc=thin)

    assert (found.state, found.reason) == (
        "unknown",
        "Accuracy: the outcome of only 20% of the predictions is known.",
    )


def test_overall_is_the_worst_with_counts():
    healthy, bad = Health(HealthState.HEALTHY, ""), Health(HealthState.CRITICAL, "x", "accuracy")

    assert overall([healthy, bad, healthy]) == Health(
        HealthState.CRITICAL, "3 models: 1 critical, 2 healthy.", "accuracy"
    )
    assert overall([healthy]).reason == "1 model: 1 healthy."
    assert overall([]).state is HealthState.UNKNOWN


def test_a_model_is_judged_by_what_applies_to_it():
    assert {"accuracy", "roc_auc", "roi"} <= targets.defaults(Task.BINARY).keys()
    assert targets.defaults(Task.MULTICLASS).keys() == targets.DEFAULTS.keys() - {"roc_auc", "roi"}
    assert targets.defaults(Task.REGRESSION).keys() == targets.DEFAULTS.keys() - {"accuracy", "roc_auc", "roi"}


def test_forecasts_without_a_target_are_not_called_healthy():
    values = {"error_rate": Value(0.001), "drift_score": Value(0.05)}

    found = judge(targets.defaults(Task.REGRESSION), values)
    with_target = judge({**targets.defaults(Task.REGRESSION), "mae": Target(4, 5, 8)}, values | {"mae": Value(3.5)})
    bad = judge({**targets.defaults(Task.REGRESSION), "mae": Target(4, 5, 8)}, values | {"mae": Value(9.25)})

    assert (found.state, found.reason) == (
        "unknown",
        "No target says how good its predictions have to be; set one on its page.",
    )
    assert with_target.state == "healthy"
    assert bad.reason == "MAE 9.25 is above the critical line 8."
