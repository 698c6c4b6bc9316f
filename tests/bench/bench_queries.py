"""Any dashboard question over a year and ten million events."""

from datetime import UTC, datetime

from tests.bench.run import median_ms, scratch_runtime, show
from tests.bench.year import load
from webapp.core.periods import DAY, Window, floor_to
from webapp.metrics import queries
from webapp.metrics.drift import drift
from webapp.metrics.performance import performance

KPIS = ("accuracy", "precision", "recall", "roc_auc", "revenue_protected", "roi", "response_time_p95", "error_rate")


def run() -> None:
    now = datetime.now(UTC)
    year = Window(floor_to(now - DAY * 365, DAY), now)
    with scratch_runtime() as runtime:
        model = load(runtime, now=now)

        def ask(question):  # type: ignore[no-untyped-def]
            def asked() -> None:
                with runtime.transaction() as session:
                    question(session)

            return median_ms(asked)

        questions = {
            "eight KPIs over a year": lambda s: queries.values(s, [model], KPIS, year, now=now),
            "ROC, AUC, confusion, calibration over a year": lambda s: performance(s, model, year, now=now),
            "drift of 20 features over a year": lambda s: drift(s, model, year, now=now),
            "accuracy, precision, recall by day over a year": lambda s: queries.series(
                s, model, ("accuracy", "precision", "recall"), year, DAY, now=now
            ),
        }
        for what, question in questions.items():
            show(what, f"{ask(question):.1f} ms", "≤ 20 ms")
