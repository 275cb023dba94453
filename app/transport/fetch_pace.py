"""aiokafka's fetcher, kept from waiting where there is something to fetch.

Found with a worker that catches up, which stood still for a third of its time.
"""

from typing import Any

from aiokafka.consumer.fetcher import Fetcher

FETCH_MAX_WAIT_MS = 50
"""How long a broker holds a fetch that finds nothing. A seek or a resumed partition waits for the
fetch in flight, so this bounds their delay; an idle worker costs 20 requests a second."""

LEFT_OUT_WAIT_MS = 10
"""The same, for a fetch that leaves out a partition whose last response is still unread. There is
one fetch under way for each broker: when all partitions with traffic are left out, it is for the
quiet ones, and those with traffic, read a moment later, wait for its answer."""


def keep_pace(fetcher: Fetcher) -> None:
    """Mend two waits of ``fetcher`` before it has fetched anything."""
    stock = fetcher._get_actions_per_node

    def actions(assignment: Any) -> Any:
        fetcher._fetch_max_wait_ms = LEFT_OUT_WAIT_MS if fetcher._records else FETCH_MAX_WAIT_MS
        # A task that has just ended is no longer waited for, but the callback that says so of its
        # broker may be yet to run: nothing would be asked of that broker, nor anything wake us,
        # for the fetcher's whole timeout. Callbacks run before the next look.
        missed = len(fetcher._in_flight) > len(fetcher._pending_tasks)
        fetches, resets, timeout, unknown, resumed = stock(assignment)
        return fetches, resets, 0 if missed else timeout, unknown, resumed

    fetcher._get_actions_per_node = actions
