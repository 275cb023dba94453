"""Where an input is read from, and what ends a worker rather than letting it skip records."""

from typing import Protocol

from faust.types import TP


class DurablePositions(Protocol):
    """Positions that are durable elsewhere than in the group's committed offsets.

    Whoever keeps them installs itself as ``transport.positions`` before the consumer starts; it
    then answers for every input that is read in chunks. Both methods are called in the event loop
    and must not block.
    """

    def resume(self, tp: TP) -> int | None:
        """The offset to read ``tp`` from after an assignment.

        Asked once recovery is complete. None where there is no durable position yet: the committed
        offset of the group decides then, else ``consumer_auto_offset_reset``.
        """

    def committable(self, tp: TP) -> int | None:
        """The durable position of ``tp`` now, which is what the group commits; None: nothing."""


class PositionLost(RuntimeError):
    """The log no longer holds what a durable position points at.

    The worker stops: going on would skip records or fold other ones as if they were these.
    """


class ChunksLost(RuntimeError):
    """Two chunks of one assignment do not join: a defect of the transport, never skipped over."""


class FetchFailed(RuntimeError):
    """A partition's log could not be read, again and again."""


def expired(tp: TP, position: int, start: int) -> PositionLost:
    return PositionLost(
        f"{tp.topic}[{tp.partition}]: the durable position is offset {position}, but the log starts"
        f" at {start}: retention has deleted {start - position} offsets that were never processed."
        " Restore the topic from a copy, or accept the loss by moving the position: stop every"
        " worker, delete the header record of this partition from its changelog, set the group's"
        f" committed offset to {start} with kafka-consumer-groups --reset-offsets, and start again."
        " Then give the topic a longer retention than the longest outage."
    )


def beyond_end(tp: TP, position: int, end: int) -> PositionLost:
    return PositionLost(
        f"{tp.topic}[{tp.partition}]: the durable position is offset {position}, but the log ends"
        f" at {end}: the topic was deleted and created again, or a broker lost records it had"
        " acknowledged. State and input no longer belong together. If the topic is new on purpose,"
        " stop every worker, delete the changelogs (or the header record of this partition), and"
        " start again; if not, find out which broker came back with an older log."
    )
