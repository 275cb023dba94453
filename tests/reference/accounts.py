"""An account in plain Python: its requests since it began, what was decided, what is remembered.

Every figure is computed from the whole history when it is asked for; only what depends on the order
of arrival (families, heavy hitters, the ladder) is kept. Kernels add in 32 bits, so where a
comparison could come out either way the reference says ``CloseCall`` instead of guessing.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from app.detection.features import EVIDENCE_NAMES, FEATURES
from app.detection.population import Snapshot
from app.policy.document import PolicyDocument
from app.state.layout import (
    CLIENTS,
    MODELS,
    NETWORKS,
    PROGRAMS,
    RECENT,
    TIERS,
    VERIFICATIONS,
)
from tests.reference.evidence import deviations_of, evidence_of
from tests.reference.families import Families, HeavyHitters, Place, splitmix
from tests.reference.features import features_of, remaining
from tests.reference.ladder import HOUR, Facts, Guards, Ladder, Outcome, Standing
from tests.reference.requests import Ask
from tests.reference.windows import TICK, active_hours, gap_moments, windows_of

WEEK = 604_800_000
REPEAT_SECONDS = 600
NAMES = [feature.name for feature in FEATURES]
HEAVY = {"program": PROGRAMS, "network": NETWORKS, "client": CLIENTS, "model": MODELS}
SMALL_DEVIATION, SMALL_SHARE = 5e-3, 1e-4  # how far 32-bit sums may lead astray


class CloseCall(Exception):
    """The exact answer lies so near a threshold that rounding decides."""


@dataclass(frozen=True)
class Regime:
    """What judges from ``starts`` on; without a snapshot, nobody is judged."""

    starts: int
    policy: PolicyDocument
    snapshot: Snapshot | None

    def figures(self, name: str) -> dict[str, float]:
        values = getattr(self.snapshot, name) if self.snapshot else [math.nan] * len(NAMES)
        return dict(zip(NAMES, list(values), strict=True))


def in_force(regimes: Sequence[Regime], ts: int) -> Regime:
    return [regime for regime in regimes if regime.starts <= ts or regime is regimes[0]][-1]


@dataclass
class Judged:
    """An outcome of the ladder, with the figures that led to it."""

    outcome: Outcome
    facts: Facts
    observed: dict[str, float]
    deviations: dict[str, float]
    campaign: int
    risk: float


@dataclass
class Account:
    guards: Guards
    history: list[Ask] = field(default_factory=list)
    families: Families = field(default_factory=Families)
    heavy: dict[str, HeavyHitters] = field(default_factory=dict)
    offset: int = 0
    last_ts: int = 0
    duplicates_ahead: int = 0
    recent: list[tuple[int, int]] = field(default_factory=list)  # since the last long gap
    period: tuple[int, int, float] = (0, 0, 0.0)  # number, requests, tokens
    late: bool = False  # a request came out of order: exact ties may be none in 32 bits
    profile: dict[str, int] | None = None
    profile_offset: int = 0
    stub: bool = False
    hold_until: int = 0
    operator_exempt_until: int = 0
    cleared: dict[str, float] = field(default_factory=dict)
    campaign: int = 0
    campaign_probability: float = 0.0
    live: Standing = field(default_factory=Standing)
    shadow: Standing = field(default_factory=Standing)

    def __post_init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew with the next request; who the account is and what was decided stays."""
        self.history, self.families, self.late = [], Families(), False
        self.heavy = {name: HeavyHitters(size) for name, size in HEAVY.items()}

    # Requests.

    def is_repeat(self, event: int, ts: int) -> bool:
        clock = max(self.last_ts, ts)
        if clock - self.last_ts > REPEAT_SECONDS * 1000:
            return False
        return any(
            known == event and clock // 1000 - at // 1000 <= REPEAT_SECONDS
            for known, at in self.recent[-RECENT:]
        )

    def fold(self, ask: Ask, event: int, retention_ms: float) -> None:
        clock = max(self.last_ts, ask.ts)
        if self.history and ask.ts - self.last_ts > retention_ms:
            self.forget()
        if clock - self.last_ts > REPEAT_SECONDS * 1000:
            self.recent = []
        self.recent.append((event, clock))
        clock = self.last_ts if self.history else ask.ts
        self.late |= ask.ts < clock
        factor = math.exp(-abs(ask.ts // TICK - clock // TICK) * TICK / WEEK)
        for name, hitters in self.heavy.items():
            if ask.ts >= clock:
                hitters.decay(factor)
            known = any(p.weight > 0 and p.key == getattr(ask, name) for p in hitters.places)
            if not known:
                self._no_close_call(hitters.places)
            weight = 1.0 if ask.ts >= clock else factor
            hitters.add(getattr(ask, name), weight, weight * ask.elicitation)
        if ask.turn == 1:
            self._no_close_call(self.families.places)
        self.families.fold(ask)
        self.history.append(ask)
        self.last_ts = max(clock, ask.ts)
        self.stub = False

    def _no_close_call(self, places: list[Place]) -> None:
        first, second = sorted(place.weight for place in places)[:2]
        if self.late and second > 0 and second - first <= 1e-5 * second:
            raise CloseCall("tie")

    def count(self, period: int, tokens: int) -> None:
        number, requests, total = self.period if self.period[0] == period else (period, 0, 0.0)
        self.period = (number, requests + 1, total + tokens)

    # Judgement.

    def judge(self, ts: int, regime: Regime) -> Judged | None:
        now = max(ts, self.last_ts)
        requests, observed, deviations = self._weigh(now, regime)
        nudged = [
            self._facts(ts, now, regime, requests * (1 + part), shifted)
            for part, shift in ((0, 0), (SMALL_SHARE, 1), (-SMALL_SHARE, -1))
            for shifted in [
                {name: d and d + shift * SMALL_DEVIATION for name, d in deviations.items()}
            ]
        ]
        trials = [self._try(facts, regime.policy) for facts in nudged[1:]]
        ladder = Ladder(regime.policy, self.guards, self.live, self.shadow)
        outcome = ladder.judge(nudged[0])
        if any(trial != self._told(outcome, self.guards, self) for trial in trials):
            raise CloseCall
        if outcome is None:
            return None
        belongs = self.campaign_probability >= regime.policy.campaigns.throttle_probability
        risk = (self.shadow if outcome.shadow else self.live).risk
        campaign = self.campaign if belongs else 0
        return Judged(outcome, nudged[0], observed, deviations, campaign, risk)

    def _try(self, facts: Facts, policy: PolicyDocument) -> Any:
        trial = Ladder(policy, replace(self.guards), replace(self.live), replace(self.shadow))
        return self._told(trial.judge(facts), trial.guards, trial)

    @staticmethod
    def _told(outcome: Outcome | None, guards: Guards, of: "Ladder | Account") -> Any:
        """What an outcome comes to, but for risks."""
        steps = [replace(standing, risk=0.0) for standing in (of.live, of.shadow)]
        return outcome, replace(guards), steps

    def _weigh(self, now: int, regime: Regime) -> tuple[float, dict[str, float], dict[str, float]]:
        """(requests of the week, observed figures, deviations), as of ``now``."""
        nothing = dict.fromkeys(NAMES, math.nan), dict.fromkeys(NAMES, 0.0)
        if not self.history:
            return 0.0, *nothing
        windows = windows_of(self.history)
        requests = windows["requests"][2] * remaining(now, self.last_ts, WEEK)
        if regime.snapshot is None:
            return requests, *nothing
        observed = features_of(self.history, now, regime.snapshot.mix.tolist())
        samples = dict.fromkeys(NAMES, requests)
        samples |= {"volume.requests": math.inf, "volume.output_tokens": math.inf}
        samples["templates.fresh"] = requests * windows["opening"] / windows["requests"][2]
        samples["rhythm.steadiness"] = min(requests, gap_moments(self.history)[0])
        location, scale = regime.figures("location"), regime.figures("scale")
        return requests, observed, deviations_of(observed, samples, location, scale, regime.policy)

    def _facts(
        self, ts: int, now: int, regime: Regime, requests: float, deviations: dict[str, float]
    ) -> Facts:
        first = min((ask.ts for ask in self.history), default=0)
        active = active_hours(self.history, now, 24) if self.history else 0
        judged = self.history and regime.snapshot is not None
        nats = evidence_of(deviations, regime.policy, self.cleared) if judged else {}
        draw = splitmix(first ^ self.campaign)
        return Facts(
            ts=ts,
            now=now,
            nats=nats or dict.fromkeys(EVIDENCE_NAMES, 0.0),
            requests=requests,
            active=active,
            idle=min(now // HOUR - first // HOUR + 1, 24) - active,
            verification=self.profile["verification"] if self.profile else 0,
            exempt=self._exempt(now, regime.policy),
            held_until=self.hold_until,
            campaign=self.campaign_probability,
            rolled_out=draw < regime.policy.campaigns.rollout,
        )

    def _exempt(self, now: int, policy: PolicyDocument) -> bool:
        if self.operator_exempt_until > now:
            return True
        if self.profile is None:
            return False
        names = {
            "tier": TIERS[self.profile["tier"]],
            "verification": VERIFICATIONS[self.profile["verification"]],
            "payment": f"{self.profile['payment']:016x}",
            "email_domain": f"{self.profile['email_domain']:016x}",
        }
        by_policy = any(
            x.expires_at > now and names.get(x.kind) == x.value for x in policy.exemptions
        )
        return by_policy or self.profile["exempt_until"] > now
