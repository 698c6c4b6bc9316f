"""Which version, segment and bucket rows belong to."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from webapp.telemetry.rows import MINUTE_HORIZON, Grain, Groups, Rows

NOW_US = 1_790_000_000_000_000
ROW = st.tuples(
    st.integers(1, 2**31 - 1) | st.sampled_from([1, 2]),
    st.integers(0, 2**31 - 1) | st.sampled_from([0, 3]),
    st.integers(0, 400 * 86_400 * 1_000_000).map(lambda age: NOW_US - age),
)


def rows_of(found):
    size = len(found)
    nothing = np.full(size, np.nan)
    return Rows(
        version_id=np.array([version for version, _, _ in found]),
        at=np.array([at for *_, at in found]),
        score=nothing,
        predicted=nothing,
        actual=nothing,
        latency_ms=nothing,
        failed=np.zeros(size, dtype=bool),
        delay_s=nothing,
    )


@given(st.lists(ROW, min_size=1, max_size=60))
def test_every_row_is_in_the_group_of_its_version_segment_and_bucket(found):
    segment = np.array([segment for _, segment, _ in found])
    groups = Groups(rows_of(found), segment, NOW_US)
    horizon = NOW_US - int(MINUTE_HORIZON.total_seconds() * 1e6)

    seen = set()
    for (version, segment_id, at), place in zip(found, groups.number, strict=True):
        delta = groups.delta(int(place), np.ones(1))
        size = 60_000_000 if at >= horizon else 3_600_000_000
        assert (delta.version_id, delta.segment_id) == (version, segment_id)
        assert delta.grain is (Grain.MINUTE if at >= horizon else Grain.HOUR)
        assert delta.bucket == at - at % size
        seen.add((delta.version_id, delta.segment_id, delta.grain, delta.bucket))
    assert groups.count == len(seen) == len(groups.keys)
