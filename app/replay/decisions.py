"""Actions of a replay, kept until they can be told in the order in which they were issued."""

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from app.agents.actions import ActionWriter, enforcement
from app.agents.judgement import Judgement
from app.events.enforcement import DETECTOR, Reason
from app.events.framing import Encoder
from app.events.source import Source
from app.replay.listener import Decision, Listener
from app.state.checkpoint import Output
from app.state.layout import ACTIONS


class DecisionLog(ActionWriter):
    """Takes the place of the writer of enforcement topics.

    ``published_at`` of a record is its ``issued_at``: a replay has no other clock. With ``records``
    every decision comes with its record, which takes some 100 us to explain.
    """

    def __init__(self, listener: Listener, *, records: bool) -> None:
        super().__init__("", "", "", Encoder(), lambda: 0)
        self._listener = listener
        self._records = records
        self._waiting: list[Decision] = []

    def outputs(
        self,
        account: str,
        decision: npt.NDArray[Any],
        judgement: Judgement,
        source: Source | None,
        *,
        actor: str = DETECTOR,
        reasons: list[Reason] | None = None,
        told: Sequence[str] = (),
    ) -> list[Output]:
        """Take note of ``decision``; nothing leaves."""
        issued_at = int(decision["issued_at"])
        record = None
        if self._records:
            record = enforcement(
                account,
                decision,
                judgement,
                source,
                issued_at,
                actor=actor,
                reasons=reasons,
                told=told,
            )
        self._waiting.append(
            Decision(
                account=account,
                action=ACTIONS[decision["action"]],
                issued_at=issued_at,
                expires_at=int(decision["expires_at"]) or None,
                requests_per_minute=int(decision["requests_per_minute"]),
                tokens_per_minute=int(decision["tokens_per_minute"]),
                sequence=int(decision["sequence"]),
                campaign=int(decision["campaign"]),
                shadow=bool(decision["shadow"]),
                record=record,
            )
        )
        return []

    def tell(self) -> None:
        """Tell the listener what was decided since the last call, the earliest issued first.

        Of one account's in their sequence; accounts acted on at the same time by name, so that the
        order does not depend on how many partitions there are.
        """
        waiting, self._waiting = self._waiting, []
        for decision in sorted(waiting, key=lambda d: (d.issued_at, d.account, d.sequence)):
            self._listener.decided(decision)
