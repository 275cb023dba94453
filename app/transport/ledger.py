"""Which offsets may be committed when streams acknowledge chunks.

Faust keeps every offset it has not seen acknowledged in an interval tree and looks for runs; with
one message for thousands of offsets that is wrong (a chunk at offset 0 would pin the commit at 1)
and slow. Here a partition is a queue of deliveries in offset order; what its settled front reaches
may be committed.
"""

from collections import deque
from collections.abc import Callable, Iterable

from faust.types import TP


class Delivery:
    """One chunk handed to the streams. Holds no bytes: it outlives the chunk."""

    __slots__ = ("_on_settled", "next_offset", "settled")

    def __init__(self, next_offset: int, on_settled: Callable[[], None] | None = None) -> None:
        self.next_offset = next_offset
        self.settled = False
        self._on_settled = on_settled

    def settle(self) -> None:
        if not self.settled:
            self.settled = True
            if self._on_settled is not None:
                self._on_settled()


class Deliveries:
    """Deliveries of one partition since its last seek, in offset order."""

    __slots__ = ("_pending", "committable")

    def __init__(self) -> None:
        self._pending: deque[Delivery] = deque()
        self.committable: int | None = None
        """Next offset after the settled front; None until the first chunk is settled."""

    def enter(self, next_offset: int) -> Delivery:
        delivery = Delivery(next_offset, self._advance)
        self._pending.append(delivery)
        return delivery

    @property
    def outstanding(self) -> int:
        """Chunks delivered and not yet part of the settled front."""
        return len(self._pending)

    def _advance(self) -> None:
        while self._pending and self._pending[0].settled:
            self.committable = self._pending.popleft().next_offset


class AckLedger:
    """The deliveries of every assigned partition that is read in chunks."""

    def __init__(self) -> None:
        self._partitions: dict[TP, Deliveries] = {}

    def enter(self, tp: TP, next_offset: int) -> Delivery:
        """Note a chunk about to be delivered; the caller settles the result when it is done."""
        return self._partitions.setdefault(tp, Deliveries()).enter(next_offset)

    def committable(self, tp: TP) -> int | None:
        """The offset that may be committed for ``tp``, or None if nothing may."""
        deliveries = self._partitions.get(tp)
        return None if deliveries is None else deliveries.committable

    def outstanding(self, tp: TP) -> int:
        deliveries = self._partitions.get(tp)
        return 0 if deliveries is None else deliveries.outstanding

    def forget(self, tps: Iterable[TP]) -> None:
        """After a seek or a revocation: what was delivered before no longer counts."""
        for tp in tps:
            self._partitions.pop(tp, None)
