"""A backtest: one recording under one policy, or under two at once to be compared."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.kernels import columns as c
from app.policy.document import PolicyDocument
from app.replay.accounts import PROFILES_TOPIC, REQUESTS_TOPIC
from app.replay.batches import IntArray
from app.replay.engine import PARTITIONS, Replay
from app.replay.listener import Decision, Listener
from app.replay.recording import Recording
from app.state.checkpoint import Output


class Recorder(Listener):
    """Counts what a replay decides, and hands decisions and campaigns on."""

    def __init__(
        self,
        recording: Recording | None,
        decided: Callable[[Decision], None] | None = None,
    ) -> None:
        """``recording`` counts the dead letters: only one of several replays of it should."""
        self.actions: Counter[str] = Counter()
        self.shadow: Counter[str] = Counter()
        self.refusals: Counter[int] = Counter()
        self.campaigns: dict[bytes, bytes] = {}
        """The newest record of each campaign, as on the compacted topic."""
        self._recording = recording
        self._decided = decided

    def decided(self, decision: Decision) -> None:
        (self.shadow if decision.shadow else self.actions)[decision.action] += 1
        if self._decided is not None:
            self._decided(decision)

    def refused(self, _origins: IntArray, statuses: npt.NDArray[np.int32]) -> None:
        self.refusals.update(statuses.tolist())

    def died(self, topic: str, origins: IntArray, reasons: npt.NDArray[np.int32]) -> None:
        # What the replay itself hands from accounts to links and back stands in no file.
        if self._recording is not None and topic in (REQUESTS_TOPIC, PROFILES_TOPIC):
            self._recording.bury(origins, reasons)

    def campaign(self, output: Output) -> None:
        if output.value is None:
            self.campaigns.pop(output.key, None)
        else:
            self.campaigns[output.key] = output.value


class Summary(NamedTuple):
    """A backtest in figures. Times are event times in ms; ``requests`` are all that were read,
    ``folded`` + ``duplicates`` + those among the ``dead_letters`` that are requests."""

    requests: int
    folded: int
    duplicates: int
    dead_letters: dict[str, int]
    accounts: int
    actions: dict[str, int]
    shadow_actions: dict[str, int]
    refused: dict[str, int]
    campaigns: int
    first_ts: int | None
    last_ts: int | None
    seconds: float
    requests_per_s: float


class Trial(NamedTuple):
    """A policy to replay under, and who hears of it."""

    policy: PolicyDocument
    recorder: Recorder


def backtest(
    recording: Recording,
    trials: Sequence[Trial],
    *,
    closed_loop: bool = False,
    partitions: int = PARTITIONS,
    records: bool = True,
    progress: Callable[[], None] | None = None,
) -> list[Summary]:
    """Replay ``recording`` under each of ``trials`` at once, reading it once.

    ``progress`` is called now and then. Raises what ``Recording`` does.
    """
    began = time.perf_counter()
    replays = [
        Replay(
            trial.policy,
            trial.recorder,
            partitions=partitions,
            closed_loop=closed_loop,
            records=records,
        )
        for trial in trials
    ]
    for batch, known_from in recording.profiles():
        for replay in replays:
            replay.feed_profiles(batch, known_from)
    span = Span()
    for batch in recording.requests():
        span.stretch(batch.decoded.values[:, c.REQ_TS])
        for replay in replays:
            replay.feed(batch)
        if progress is not None:
            progress()
    for replay in replays:
        replay.finish()
    seconds = time.perf_counter() - began
    return [
        _summary(recording, replay.counts, trial.recorder, span, seconds)
        for replay, trial in zip(replays, trials, strict=True)
    ]


class Span:
    """The event times that a recording covers, in ms; None before the first."""

    def __init__(self) -> None:
        self.first: int | None = None
        self.last: int | None = None

    def stretch(self, times: IntArray) -> None:
        """Cover ``times``."""
        if times.size:
            first, last = int(times.min()), int(times.max())
            self.first = first if self.first is None else min(first, self.first)
            self.last = last if self.last is None else max(last, self.last)


def _summary(
    recording: Recording, counts: dict[str, int], recorder: Recorder, span: Span, seconds: float
) -> Summary:
    requests = counts["in"] + recording.unreadable_requests
    return Summary(
        requests=requests,
        folded=counts["folded"],
        duplicates=counts["duplicates"],
        dead_letters=dict(sorted(recording.reasons.items())),
        accounts=counts["accounts"],
        actions=dict(sorted(recorder.actions.items())),
        shadow_actions=dict(sorted(recorder.shadow.items())),
        refused={str(status): count for status, count in sorted(recorder.refusals.items())},
        campaigns=len(recorder.campaigns),
        first_ts=span.first,
        last_ts=span.last,
        seconds=round(seconds, 3),
        requests_per_s=round(requests / seconds, 1) if seconds else 0.0,
    )
