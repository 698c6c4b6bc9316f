"""Our numbers beside scikit-learn, scipy and NannyML's definition on the same rows: exact, or within the printed bound.

With MC_TEST_DATA naming a folder that has telco.csv and elec.csv, those too.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from tests import answer_agreement as answers
from tests import sets
from tests.agreement import Line, evidence, of_drift, of_estimates, of_performance, of_published_estimates, send
from tests.bench.run import scratch_runtime
from webapp.catalog import register
from webapp.catalog.models import Task
from webapp.core.periods import Window
from webapp.metrics.evidence import Evidence
from webapp.telemetry import baselines


def run() -> None:
    """Print one table and end with failure where a line does not agree."""
    print(f"  {'set':12}{'metric':38}{'ours':>14}{'reference':>14}{'difference':>12}{'bound':>10}")
    lines = [_shown(line) for source in SOURCES for line in source()]
    apart = [line for line in lines if not line.agrees]
    print(f"  {len(lines) - len(apart)} of {len(lines)} figures agree within their bounds.")
    if apart:
        sys.exit(f"  {', '.join(f'{line.metric} of {line.of}' for line in apart)}: further apart than the bound.")


def binary() -> Iterator[Line]:
    """Yield metrics and drift of models of two classes; estimates where the scores are not those of the training."""
    for name in ("balanced", "imbalanced", *sets.REAL):
        first, second = getattr(sets, name)()
        found = _stored(first, second)
        yield from of_performance(name, found, second)
        yield from of_drift(name, found)
        if name not in sets.REAL:
            yield from of_estimates(name, found, second)


def multiclass() -> Iterator[Line]:
    """Yield metrics of a model of several classes."""
    rows = answers.classes()
    yield from answers.of_classes("multiclass", _answered(Task.MULTICLASS, rows), rows)


def regression() -> Iterator[Line]:
    """Yield metrics of a model of numbers."""
    rows = answers.numbers()
    yield from answers.of_numbers("regression", _answered(Task.REGRESSION, rows), rows)


# One function a kind of set.
SOURCES: Sequence[Callable[[], Iterator[Line]]] = (binary, multiclass, regression, of_published_estimates)


def _answered(task: Task, rows: answers.Answers) -> Evidence:
    now = datetime.now(UTC)
    with scratch_runtime() as runtime, runtime.job_transaction() as session:
        return answers.store(session, str(task), task, rows, Window(now - timedelta(days=10), now), now=now)


def _stored(first: sets.Rows, second: sets.Rows) -> Evidence:
    """Send both halves, the first one as the baseline, and return what is known of the second."""
    now = datetime.now(UTC)
    before = Window(now - timedelta(days=30), now - timedelta(days=15))
    after = Window(now - timedelta(days=10), now)
    with scratch_runtime() as runtime:
        with runtime.job_transaction() as session:
            model = register.put_model(session, "churn", now=now)
            send(session, model, first, before, prefix="a", now=now)
            baselines.create_from_window(session, model, before, by="bench", now=now)
            send(session, model, second, after, prefix="b", now=now)
        with runtime.transaction() as session:
            return evidence(session, model, after, now=now)


def _shown(line: Line) -> Line:
    ours = "none" if line.ours is None else f"{line.ours:.6f}"
    mark = "" if line.agrees else "  APART"
    figures = f"{ours:>14}{line.reference:>14.6f}{line.difference:>12.0e}{line.bound:>10.0e}"
    print(f"  {line.of:12}{line.metric:38}{figures}{mark}")
    return line
