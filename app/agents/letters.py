"""Dead letters waiting for the checkpoint that moves past the records they are about."""

from dataclasses import dataclass

from app import metrics
from app.events.dead_letters import DeadLetter
from app.events.source import Source
from app.kernels import reasons
from app.state.checkpoint import Output

STATE_FULL_LETTERS = 100
"""Letters for `state_full` in one checkpoint before the rest share a summary.

An attacker who opens accounts faster than memory allows would otherwise have us write a letter for
each of his records: a hundred show who he is, the count says how many."""


@dataclass(slots=True)
class _Summary:
    first: Source
    last_offset: int
    count: int


class DeadLetters:
    """The letters of one partition since the last checkpoint, encoded."""

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self._letters: list[Output] = []
        self._full = 0
        self._summaries: dict[str, _Summary] = {}
        self.nbytes = 0
        """Bytes held, for back-pressure: a flood of bad records must not fill the memory."""

    def __len__(self) -> int:
        return len(self._letters) + len(self._summaries)

    def add(
        self,
        reason: int,
        source: Source,
        *,
        key: bytes | memoryview | None,
        value: bytes | memoryview | None,
        timestamp: int | None,
        field: str | None,
        count: int = 1,
    ) -> None:
        """Add the letter for one record, or for ``count`` records that could not be told apart."""
        metrics.DEAD_LETTERS.labels(topic=source.topic, reason=reasons.NAMES[reason]).inc(count)
        if reason == reasons.STATE_FULL:
            self._full += 1
            if self._full > STATE_FULL_LETTERS:
                self._summarise(source)
                return
        if count > 1:
            letter = DeadLetter.summary(reason, source, source.offset + count - 1, count)
        else:
            letter = DeadLetter.of(
                reason, source, key=key, value=value, timestamp=timestamp, field=field
            )
        self._append(letter)

    def _summarise(self, source: Source) -> None:
        summary = self._summaries.get(source.topic)
        if summary is None:
            self._summaries[source.topic] = _Summary(source, source.offset, 1)
        else:
            summary.last_offset = source.offset
            summary.count += 1

    def _append(self, letter: DeadLetter) -> None:
        encoded = letter.encode()
        self._letters.append(Output(self._topic, encoded.key, encoded.value, encoded.headers))
        self.nbytes += len(encoded.value)

    def take(self) -> list[Output]:
        """All letters, summaries last; none is left."""
        for summary in self._summaries.values():
            self._append(
                DeadLetter.summary(
                    reasons.STATE_FULL, summary.first, summary.last_offset, summary.count
                )
            )
        taken = self._letters
        self._letters, self._full, self._summaries, self.nbytes = [], 0, {}, 0
        return taken
