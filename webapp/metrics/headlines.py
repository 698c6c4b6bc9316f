"""What is told first of each kind of model: whether it is right, and what that is worth."""

from collections.abc import Mapping, Sequence

from webapp.catalog.models import Task
from webapp.metrics.registry import for_task

KINDS: Mapping[Task, str] = {
    Task.BINARY: "Yes or no",
    Task.MULTICLASS: "Several classes",
    Task.REGRESSION: "Numbers",
}
HEADLINE: Mapping[Task, str] = {
    Task.BINARY: "accuracy",
    Task.MULTICLASS: "accuracy",
    Task.REGRESSION: "mae",
}
QUALITY: Mapping[Task, Sequence[str]] = {
    Task.BINARY: ("accuracy", "precision", "recall"),
    Task.MULTICLASS: ("accuracy", "macro_precision", "macro_recall"),
    Task.REGRESSION: ("mae", "rmse"),
}
WORTH: Mapping[Task, str] = {
    Task.BINARY: "net_benefit",
    Task.MULTICLASS: "decision_value",
    Task.REGRESSION: "forecast_cost",
}


def applying(names: Sequence[str], task: Task) -> list[str]:
    """Return those of the metrics that models of the task can have, in their order."""
    known = for_task(task)
    return [name for name in names if name in known]
