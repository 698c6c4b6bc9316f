"""What is asked for by its key is found by its key, even where the planner believes that the tables are empty.

It believes so of a table that was analysed while what is in it was not committed or had been taken back.
"""

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.factories import NOW, make_model, make_outcomes, make_predictions, outcome, prediction
from tests.integration.alerting.outside_helpers import hear, make_source, message

MANY = 1_000
MOST_EACH = 20  # rows read of a table for each row sent; a join that was turned round reads all of them for each


@pytest.fixture
def misled(session: Session) -> Session:
    mislead(session)
    return session


def mislead(session: Session) -> None:
    session.execute(
        text(
            "UPDATE pg_class SET relpages = 100, reltuples = 0"
            " WHERE relkind IN ('r', 'i') AND relnamespace = 'public'::regnamespace"
        )
    )


def rows_read(session: Session, table: str) -> int:
    query = text(
        "SELECT coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0) FROM pg_stat_xact_user_tables"
        " WHERE relname LIKE :table"
    )
    return int(session.scalar(query, {"table": f"{table}%"}) or 0)


def test_outcomes_told_corrected_and_met_by_their_predictions_are_found_by_their_keys(misled: Session) -> None:
    make_model(misled)
    ids = [f"p-{number}" for number in range(MANY)]

    for actual in (1, 0):
        for first in range(0, MANY, 200):
            make_outcomes(misled, [outcome(name, actual) for name in ids[first : first + 200]])
    make_predictions(misled, [prediction(name) for name in ids])
    mislead(misled)  # the week of the predictions has its own table, which is new
    for first in range(0, MANY, 200):
        make_outcomes(misled, [outcome(name, 1) for name in ids[first : first + 200]])

    assert MANY <= rows_read(misled, "prediction") <= MOST_EACH * MANY
    assert MANY <= rows_read(misled, "outcome") <= MOST_EACH * MANY


def test_alerts_from_outside_are_found_by_their_series(misled: Session) -> None:
    source = make_source(misled)
    told = [message(fingerprint=str(number), labels={"instance": f"api-{number}"}) for number in range(MANY)]

    for _ in range(2):
        hear(misled, source, *told, now=NOW)

    assert MANY <= rows_read(misled, "alert") <= MOST_EACH * MANY
