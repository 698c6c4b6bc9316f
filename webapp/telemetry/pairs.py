"""Cases that two versions decided, as a challenger in the shadow decides them, and when each version was seen."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from webapp.core.ids import lower_bound
from webapp.core.periods import Window
from webapp.telemetry.partitions import WEEK
from webapp.telemetry.rows import Grain

MOST = 5_000  # predictions that are looked for under the other version
LEAST = 1_000
PROBES = 25_000  # of an index: one a prediction and week
WALKED = 50_000  # predictions of any version that are passed on the way to them


@dataclass(frozen=True, slots=True)
class Pairs:
    """Cases that both versions decided, by which of them was right; of numbers, by which was nearer.

    The four counts are of those whose outcome is known. `looked_up` predictions of one version were looked for under
    the other; with `is_limited` there may be older ones.
    """

    both: int = 0
    agreed: int = 0
    both_right: int = 0
    only_first: int = 0
    only_second: int = 0
    neither: int = 0
    looked_up: int = 0
    is_limited: bool = False

    @property
    def known(self) -> int:
        return self.both_right + self.only_first + self.only_second + self.neither


def pairs(
    session: Session,
    first: Sequence[int],
    second: Sequence[int],
    *,
    within: Window,
    among: Window,
    are_numbers: bool = False,
    most: int = MOST,
) -> Pairs:
    """Count the cases that have a prediction of both: the newest of the first `within`, of the second `among`.

    Each version is named by its numbers; `most` is how many are looked up.
    """
    limit = min(_limit(among), most)
    bounds = {"since": within.start, "until": within.end, "start": among.start, "end": among.end}
    parameters = {"first": list(first), "second": list(second), "limit": limit, "walked": WALKED}
    parameters |= {name: str(lower_bound(at)) for name, at in bounds.items()}
    row = session.execute(_BY_NUMBER if are_numbers else _BY_CLASS, parameters).one()
    return Pairs(
        both=row.both,
        agreed=row.agreed,
        both_right=row.both_right,
        only_first=row.only_first,
        only_second=row.only_second,
        neither=row.neither,
        looked_up=row.looked_up,
        is_limited=row.looked_up >= limit or row.walked >= WALKED,
    )


def seen(session: Session, versions: Sequence[int], window: Window) -> Mapping[int, Window]:
    """Return for each version the hours from its first prediction in the window to its last; none for who has none."""
    hours = (
        "SELECT bucket FROM rollup WHERE version_id = v.id AND segment_id = 0 AND grain = :hour"
        " AND bucket >= :start AND bucket < :end ORDER BY bucket"
    )
    pending = (
        "SELECT {edge}(date_trunc('hour', bucket)) FROM rollup_delta WHERE version_id = v.id AND segment_id = 0"
        " AND bucket >= :start AND bucket < :end AND predictions > 0"
    )
    query = text(
        f"SELECT v.id, least(({hours} LIMIT 1), ({pending.format(edge='min')})) AS first,"
        f" greatest(({hours} DESC LIMIT 1), ({pending.format(edge='max')})) AS last"
        " FROM unnest(CAST(:versions AS int[])) AS v(id)"
    )
    parameters = {"versions": list(versions), "hour": int(Grain.HOUR), "start": window.start, "end": window.end}
    rows = session.execute(query, parameters)
    return {row.id: Window(row.first, row.last) for row in rows if row.first is not None}


def _limit(window: Window) -> int:
    weeks = max(math.ceil(window.duration / WEEK), 1)
    return max(PROBES // weeks, LEAST)


def _query(mine: str, other: str) -> TextClause:
    """Return the statement, by what makes a prediction right."""
    known = "mine.actual IS NOT NULL AND other.actual IS NOT NULL"
    return text(
        "WITH walked AS MATERIALIZED (SELECT id, key, version_id, predicted, actual FROM prediction"
        " WHERE id >= CAST(:since AS uuid) AND id < CAST(:until AS uuid) ORDER BY id DESC LIMIT :walked),"
        " newest AS MATERIALIZED (SELECT id, key, predicted, actual FROM walked"
        " WHERE version_id = ANY(:first) ORDER BY id DESC LIMIT :limit),"
        " mine AS (SELECT DISTINCT ON (key) key, predicted, actual FROM newest ORDER BY key, id DESC)"
        " SELECT (SELECT count(*) FROM walked) AS walked, (SELECT count(*) FROM newest) AS looked_up,"
        " count(*) AS both, count(*) FILTER (WHERE mine.predicted = other.predicted) AS agreed,"
        f" count(*) FILTER (WHERE {known} AND {mine} AND {other}) AS both_right,"
        f" count(*) FILTER (WHERE {known} AND {mine} AND NOT {other}) AS only_first,"
        f" count(*) FILTER (WHERE {known} AND {other} AND NOT {mine}) AS only_second,"
        f" count(*) FILTER (WHERE {known} AND NOT {mine} AND NOT {other}) AS neither"
        # One key after the other, by the index: a scan would cost what the whole window holds.
        " FROM mine CROSS JOIN LATERAL (SELECT predicted, actual FROM prediction AS p WHERE p.key = mine.key"
        " AND p.version_id = ANY(:second) AND p.id >= CAST(:start AS uuid) AND p.id < CAST(:end AS uuid)"
        " ORDER BY p.id DESC LIMIT 1) AS other"
        " WHERE mine.predicted IS NOT NULL AND other.predicted IS NOT NULL"
    )


# A class is right or wrong; of two numbers one is nearer to what came true, or both are as near.
_BY_CLASS = _query("(mine.predicted = mine.actual)", "(other.predicted = other.actual)")
_MISS, _OTHER_MISS = "abs(mine.predicted - mine.actual)", "abs(other.predicted - other.actual)"
_BY_NUMBER = _query(f"({_MISS} <= {_OTHER_MISS})", f"({_OTHER_MISS} <= {_MISS})")
