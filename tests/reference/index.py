"""What must hold of the index's buckets after any sequence of operations."""

from app.kernels import views as v
from app.kernels.views import StoreViews


def check_buckets(views: StoreViews) -> None:
    """Every live row has one entry, reachable from its home without an empty bucket between."""
    size = int(views.counts[v.INDEX_MASK]) + 1
    buckets = [int(entry) for entry in views.buckets[:size]]
    assert not views.buckets[size:].any()
    assert size & (size - 1) == 0
    held = {}
    for at, entry in enumerate(buckets):
        if entry == 0:
            continue
        tag, slot = entry >> 32, (entry & 0xFFFF_FFFF) - 1
        assert slot not in held, "a slot stands in two buckets"
        held[slot] = at
        assert tag == int(views.rows["hash"][slot]) >> 32
        probe = tag % size
        while probe != at:
            assert buckets[probe] != 0, "a lookup would stop before this entry"
            probe = (probe + 1) % size
    used = int(views.counts[v.ROWS_USED])
    live = {slot for slot in range(used) if views.rows["id_length"][slot]}
    assert set(held) == live
    assert len(live) == views.counts[v.LIVE] <= views.counts[v.INDEX_ROOM]
