"""The job that makes last month's reports."""

from datetime import UTC, datetime

from tests.factories import fold_all, make_business, make_confusion, make_model, make_predictions, predictions
from webapp.reporting import queries
from webapp.worker.jobs.build_reports import run

MARCH_10 = datetime(2026, 3, 10, 12, tzinfo=UTC)
APRIL_1 = datetime(2026, 4, 1, 6, tzinfo=UTC)


def stored(runtime) -> None:
    with runtime.transaction() as session:
        make_business(session, make_model(session))
        make_confusion(session)
        make_model(session, "credit", title="Credit default")
        make_predictions(session, predictions(50, model="credit", prefix="k"))
        make_model(session, "silent")
        fold_all(session)


def archive(runtime) -> list[tuple[str, str, int]]:
    with runtime.transaction() as session:
        return sorted((each.model, each.period, each.revision) for each in queries.archive(session))


def test_on_the_first_each_model_with_data_gets_its_report_and_all_get_one(runtime):
    stored(runtime)

    said = run(runtime, APRIL_1)

    assert said == "3 reports for 2026-03"
    assert archive(runtime) == [("all", "2026-03", 1), ("churn", "2026-03", 1), ("credit", "2026-03", 1)]


def test_it_makes_each_once(runtime):
    stored(runtime)
    run(runtime, APRIL_1)

    assert run(runtime, APRIL_1) == ""
    assert len(archive(runtime)) == 3


def test_it_waits_for_the_morning_and_catches_up_when_it_was_down(runtime):
    stored(runtime)

    assert run(runtime, APRIL_1.replace(hour=5)) == ""
    assert run(runtime, APRIL_1.replace(day=20)) == "3 reports for 2026-03"


def test_a_month_without_any_data_is_left_out(runtime):
    stored(runtime)

    assert run(runtime, MARCH_10) == ""
    assert archive(runtime) == []
