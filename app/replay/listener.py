"""What a replay tells whoever runs it."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.events.enforcement import Enforcement
from app.replay.batches import IntArray
from app.state.checkpoint import Output


class Decision(NamedTuple):
    """One action. Times are event times in ms; ``expires_at`` None: it does not lapse.

    ``requests_per_minute`` and ``tokens_per_minute`` are a throttle's limits, 0 for other actions.
    ``record`` is the enforcement record where records were asked for.
    """

    account: str
    action: str
    issued_at: int
    expires_at: int | None
    requests_per_minute: int
    tokens_per_minute: int
    sequence: int
    campaign: int
    shadow: bool
    record: Enforcement | None


class Listener:
    """Does nothing; a subclass overrides what it wants to hear."""

    def decided(self, decision: Decision) -> None:
        """An account is acted on."""

    def refused(self, origins: IntArray, statuses: npt.NDArray[np.int32]) -> None:
        """Closed loop: the requests ``origins`` int64[k] were refused with ``statuses``."""

    def died(self, topic: str, origins: IntArray, reasons: npt.NDArray[np.int32]) -> None:
        """Records that could not be folded, with the codes of ``app.kernels.reasons``."""

    def campaign(self, output: Output) -> None:
        """A campaign's record has changed."""
