"""From a decision to the records that infrastructure and on-call read."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from app import metrics
from app.agents.judgement import Judgement
from app.detection.explain import explain
from app.detection.features import DETECTOR_VERSION
from app.events.enforcement import DETECTOR, Enforcement, Limit, Reason, action_id
from app.events.framing import Encoder
from app.events.source import Source
from app.kernels.decisions import GUARD_TRIPPED
from app.kernels.regimes import COLD
from app.state.checkpoint import Output
from app.state.layout import ACTION_THROTTLE, ACTIONS


class ActionWriter:
    """Turns decisions into enforcement records.

    A live action goes to the topic of actions and to the compacted one of standings; a shadow
    action to a topic of its own, so that a consumer cannot apply it by mistake. ``clock`` gives
    the wall clock in milliseconds: the only use of it is ``published_at``.
    """

    def __init__(
        self, live: str, state: str, shadow: str, encoder: Encoder, clock: Callable[[], int]
    ) -> None:
        self._live = live
        self._state = state
        self._shadow = shadow
        self._encoder = encoder
        self._clock = clock

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
        """The records of ``decision`` (one element of ``DECISION``) about ``account``.

        ``actor`` and ``reasons`` are given for what an operator decided; otherwise the reasons are
        the evidence that the decision holds, and what the campaign's verdict has ``told`` where a
        verdict tipped it.
        """
        shadow = bool(decision["shadow"])
        now = self._clock()
        record = enforcement(
            account, decision, judgement, source, now, actor=actor, reasons=reasons, told=told
        )
        metrics.ACTIONS.labels(action=record.action, mode="shadow" if shadow else "live").inc()
        if decision["guard"] == GUARD_TRIPPED:
            metrics.GUARD_TRIPS.labels(guard="actions").inc()
        topics = (self._shadow,) if shadow else (self._live, self._state)
        return [Output(topic, *self._encoder.encode(topic, record)) for topic in topics]


def enforcement(
    account: str,
    decision: npt.NDArray[Any],
    judgement: Judgement,
    source: Source | None,
    now: int,
    *,
    actor: str = DETECTOR,
    reasons: list[Reason] | None = None,
    told: Sequence[str] = (),
) -> Enforcement:
    """The record of ``decision``, published at ``now``; see ``ActionWriter.outputs``."""
    shadow = bool(decision["shadow"])
    action = ACTIONS[decision["action"]]
    sequence = int(decision["sequence"])
    previous = int(decision["superseded_sequence"])
    regime = int(decision["regime"])
    snapshot = int(judgement.regimes.snapshot[regime])
    policy = judgement.policies[int(judgement.regimes.policy[regime])]
    limit = None
    if decision["action"] == ACTION_THROTTLE:
        limit = Limit(
            requests_per_minute=int(decision["requests_per_minute"]),
            tokens_per_minute=int(decision["tokens_per_minute"]),
        )
    return Enforcement.model_construct(
        action_id=str(action_id(account, sequence, action, shadow=shadow)),
        sequence=sequence,
        account_id=account,
        action=action,
        issued_at=int(decision["issued_at"]),
        effective_at=int(decision["effective_at"]),
        expires_at=int(decision["expires_at"]) or None,
        published_at=now,
        limit=limit,
        reasons=explain(decision, told) if reasons is None else reasons,
        risk=float(np.clip(decision["risk"], 0.0, 1.0)),
        campaign_id=f"{int(decision['campaign']):016x}" if decision["campaign"] else None,
        policy_version=policy.version,
        detector_version=DETECTOR_VERSION,
        supersedes=(
            str(action_id(account, previous, ACTIONS[decision["superseded_action"]], shadow=shadow))
            if previous
            else None
        ),
        source=source,
        population_snapshot=None if snapshot == COLD else snapshot,
        actor=actor,
    )
