"""What became of the outcomes that were told: joined, still waiting, too late, corrected."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from webapp.core.ids import lower_bound
from webapp.core.periods import Window
from webapp.telemetry import partitions

NEWEST = 500  # outcomes that are looked at one by one


@dataclass(frozen=True, slots=True)
class Told:
    """The newest outcomes told in a window, looked at one by one; `corrections` are those of the whole window."""

    looked_at: int
    waiting: int  # there is no prediction of that id
    late: int  # told after the time in which outcomes are joined
    delay_p50: timedelta | None
    delay_p95: timedelta | None
    corrections: int

    @property
    def is_all(self) -> bool:
        """Say whether these are all outcomes of the window, not only the newest."""
        return self.looked_at < NEWEST


def told(session: Session, model_id: int, window: Window, *, outcome_window: timedelta) -> Told:
    """Return what became of the newest outcomes that were told in the window."""
    partitions.look_up_by_index(session)
    row = session.execute(
        text(
            "WITH newest AS (SELECT key, at FROM outcome WHERE model_id = :model AND at >= :start AND at < :end"
            " ORDER BY at DESC LIMIT :newest),"
            " joined AS (SELECT p.delay FROM newest o CROSS JOIN LATERAL ("
            "  SELECT min(o.at - at) AS delay FROM prediction WHERE key = o.key AND id >= CAST(:oldest AS uuid)) p)"
            " SELECT count(*) AS looked_at, count(*) FILTER (WHERE delay IS NULL) AS waiting,"
            " count(*) FILTER (WHERE delay > :outcome_window) AS late,"
            " percentile_disc(0.5) WITHIN GROUP (ORDER BY delay) AS middle,"
            " percentile_disc(0.95) WITHIN GROUP (ORDER BY delay) AS slow FROM joined"
        ),
        {
            "model": model_id,
            "start": window.start,
            "end": window.end,
            "newest": NEWEST,
            "oldest": str(lower_bound(window.start - 2 * outcome_window)),
            "outcome_window": outcome_window,
        },
    ).one()
    corrections = _corrections(session, model_id, window)
    return Told(row.looked_at, row.waiting, row.late, _positive(row.middle), _positive(row.slow), corrections)


def _corrections(session: Session, model_id: int, window: Window) -> int:
    query = text(
        "SELECT count(*) FROM outcome_correction c JOIN outcome o ON o.key = c.key"
        " WHERE o.model_id = :model AND c.at >= :start AND c.at < :end"
    )
    return int(session.scalar(query, {"model": model_id, "start": window.start, "end": window.end}) or 0)


def _positive(delay: timedelta | None) -> timedelta | None:
    """An outcome may be dated before its prediction; it was then known at once."""
    return None if delay is None else max(delay, timedelta(0))
