"""Windows that slide: each sum is that of its own items, however the places lie."""

from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.metrics.sliding import slide


@settings(deadline=None)
@given(
    items=st.lists(st.text("ab", max_size=3), max_size=40),
    width=st.integers(1, 50),
    data=st.data(),
)
def test_by_chance_a_slid_sum_is_the_sum_of_its_items_in_their_order(
    items: list[str], width: int, data: st.DataObject
) -> None:
    places = sorted(data.draw(st.sets(st.integers(0, len(items)))))

    found = list(slide(items, width, places, ""))

    assert found == ["".join(items[max(place - width, 0) : place]) for place in places]


def test_each_item_is_added_a_few_times_only() -> None:
    added = 0

    class Counted(int):
        def __add__(self, other: int) -> "Counted":
            nonlocal added
            added += 1
            return Counted(int(self) + int(other))

    count, width = 1_000, 200

    list(slide([Counted(1)] * count, width, range(width, count + 1), Counted(0)))

    assert added <= 4 * count
