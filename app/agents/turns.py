"""Turns of the event loop, for pieces of work that take some milliseconds each.

The loop runs everything that is ready before it looks at anything else. When a sighting period ends
all partitions become ready together, to fold and to write, and heartbeats and actions would wait
for all of them: so each waits for a turn of its own.
"""

import asyncio


class Turns:
    """Hands out turns, first come, first served."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    async def next(self) -> None:
        """Returns when it is the caller's turn: nobody else's has been since the loop last looked
        at what is ready. The turn ends where the caller waits for anything."""
        async with self._lock:
            await asyncio.sleep(0)
