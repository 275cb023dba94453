"""The ladder and its guards in plain Python, on the policy document itself."""

from dataclasses import dataclass, field

from app.detection.features import EVIDENCE_NAMES
from app.policy.document import PolicyDocument
from app.state.layout import VERIFICATIONS
from tests.reference.evidence import risk_of

HOUR = 3_600_000
STEPS = ("none", "observe", "throttle", "suspend")


@dataclass
class Standing:
    action: str = "none"
    sequence: int = 0
    issued_at: int = 0
    expires_at: int = 0
    below_since: int = 0
    risk: float = 0.0

    def held(self, now: int) -> str:
        lapsed = self.expires_at != 0 and self.expires_at <= now
        return "none" if lapsed or self.action == "release" else self.action


@dataclass
class Guards:
    partitions: int
    active: int
    minute: int = 0
    minute_actions: int = 0
    hour: int = 0
    hour_actions: int = 0
    tripped_until: int = 0
    trips: int = 0
    diverted: int = 0

    def open(self, now: int) -> bool:
        return now >= self.tripped_until

    def admit(self, now: int, policy: PolicyDocument) -> bool:
        if not self.count(now, policy, 1.0):
            self.tripped_until = now + int(policy.guards.hold_minutes * 60_000)
            self.trips += 1
            return False
        return True

    def count(self, now: int, policy: PolicyDocument, share: float) -> bool:
        if now // 60_000 > self.minute:
            self.minute, self.minute_actions = now // 60_000, 0
        if now // HOUR > self.hour:
            self.hour, self.hour_actions = now // HOUR, 0
        limits = policy.guards
        per_minute = max(limits.actions_per_minute / self.partitions, 1)
        per_hour = max(limits.active_share_per_hour * self.active, limits.least_per_hour)
        per_minute, per_hour = max(share * per_minute, 1), max(share * per_hour, 1)
        if self.minute_actions >= int(per_minute) or self.hour_actions >= int(per_hour):
            return False
        self.minute_actions += 1
        self.hour_actions += 1
        return True


@dataclass
class Facts:
    """What is known of an account at one request."""

    ts: int
    now: int
    nats: dict[str, float]
    requests: float
    active: int
    idle: int
    verification: int = 0
    exempt: bool = False
    held_until: int = 0
    campaign: float = 0.0
    rolled_out: bool = True


@dataclass
class Outcome:
    shadow: bool
    action: str
    cause: str
    sequence: int
    issued_at: int
    expires_at: int
    superseded: tuple[int, str]
    guard: str


@dataclass
class Ladder:
    policy: PolicyDocument
    guards: Guards
    live: Standing = field(default_factory=Standing)
    shadow: Standing = field(default_factory=Standing)

    def judge(self, facts: Facts) -> Outcome | None:
        policy = self.policy
        if facts.held_until > facts.now:
            return None
        least = min(
            policy.ladder.observe.requests,
            policy.ladder.throttle.requests,
            policy.ladder.suspend.requests,
        )
        idle = self.live.held(facts.now) == self.shadow.held(facts.now) == "none"
        belongs = facts.campaign >= policy.campaigns.throttle_probability
        if facts.requests < least and idle and not belongs:
            self.live.risk = self.shadow.risk = 0.0
            return None
        staged = belongs and (policy.campaigns.shadow or not facts.rolled_out)
        hidden = {name for name in EVIDENCE_NAMES if getattr(policy.evidence, name).shadow}
        guard = "quiet"
        if policy.shadow:
            self.live.risk = 0.0
        else:
            moved = self._walk(facts, self.live, hidden, 0.0 if staged else facts.campaign)
            if isinstance(moved, Outcome):
                return moved
            guard = moved
            if guard == "quiet" and not (hidden or policy.campaigns.shadow) and not staged:
                self.shadow.risk = 0.0
                return None
        moved = self._walk(facts, self.shadow, set(), facts.campaign)
        if isinstance(moved, Outcome):
            moved.guard = guard
            self.guards.diverted += guard != "quiet"
            return moved
        return None

    def _walk(
        self, facts: Facts, standing: Standing, hidden: set[str], campaign: float
    ) -> Outcome | str:
        policy, now = self.policy, facts.now
        live = standing is self.live
        ceiling = getattr(policy.customers, VERIFICATIONS[facts.verification]).ceiling
        if facts.exempt:
            ceiling = "observe"
        highest = STEPS.index(ceiling)
        held = STEPS.index(standing.held(now))
        risk = risk_of(facts.nats, policy, facts.verification, shadow=not hidden)
        standing.risk = risk
        if held > highest:
            return self._issue(facts, standing, "release", "exemption")
        deserved = min(STEPS.index(self._deserved(facts, standing, risk, hidden)), highest)
        by_campaign = 0
        if campaign >= policy.campaigns.throttle_probability:
            by_campaign = 2
        if campaign >= policy.campaigns.suspend_probability:
            by_campaign = 3
        by_campaign = min(by_campaign, highest)
        wanted = max(deserved, by_campaign)
        guard = "quiet"
        if wanted > held:
            cause = "campaign" if by_campaign > deserved else "evidence"
            waits = False
            if live and wanted >= 2:
                lapsed = standing.expires_at
                again = standing.action == STEPS[wanted] and 0 < lapsed <= now < lapsed + 24 * HOUR
                if not self.guards.open(now):
                    guard = "diverted"
                elif again:
                    pass
                elif cause == "campaign":
                    waits = not self.guards.count(now, policy, 0.5)
                elif not self.guards.admit(now, policy):
                    guard = "tripped"
            if waits:
                wanted = held
            elif guard == "quiet":
                return self._issue(facts, standing, STEPS[wanted], cause)
        if held < 2:
            return guard
        return self._maintain(facts, standing, held, wanted, risk, hidden) or guard

    def _maintain(
        self,
        facts: Facts,
        standing: Standing,
        held: int,
        wanted: int,
        risk: float,
        hidden: set[str],
    ) -> Outcome | str | None:
        now = facts.now
        step = self.policy.ladder.throttle if held == 2 else self.policy.ladder.suspend
        release = step.release_risk
        if held == 3 and not self.policy.ladder.suspend.released_by_detector:
            release = -1.0
        kept = self._needs(facts, "throttle_needs", hidden, part=0.0) and risk >= release
        if wanted < held and not kept:
            if standing.below_since == 0:
                standing.below_since = now
            elif now - standing.below_since >= step.release_after_hours * HOUR:
                return self._issue(facts, standing, "release", "decay")
            return None
        standing.below_since = 0
        if standing.expires_at and standing.expires_at - now <= step.renew_within_hours * HOUR:
            if standing is self.live and not self.guards.open(now):
                return "diverted"
            return self._issue(facts, standing, STEPS[held], "renewal")
        return None

    def _needs(self, facts: Facts, which: str, hidden: set[str], part: float = 1.0) -> bool:
        for name in EVIDENCE_NAMES:
            detector = getattr(self.policy.evidence, name)
            need = getattr(detector, which)
            nats = 0.0 if name in hidden else facts.nats[name]
            if need > 0 and (nats <= 0 or nats < part * need * detector.weight):
                return False
        return True

    def _deserved(self, facts: Facts, standing: Standing, risk: float, hidden: set[str]) -> str:
        ladder = self.policy.ladder
        speaking = sum(facts.nats[name] > 0 and name not in hidden for name in EVIDENCE_NAMES)

        def qualifies(name: str) -> bool:
            step = getattr(ladder, name)
            return (
                risk >= step.risk
                and facts.requests >= step.requests
                and facts.active >= step.active_hours
                and facts.idle <= step.idle_hours
                and speaking >= step.families
                and self._needs(facts, f"{name}_needs", hidden)
            )

        if qualifies("throttle"):
            held = standing.held(facts.now)
            waited = facts.now - standing.issued_at >= ladder.suspend.after_throttle_hours * HOUR
            later = held == "suspend" or (held == "throttle" and waited)
            if ladder.suspend.alone and later and qualifies("suspend"):
                return "suspend"
            return "throttle"
        if risk >= ladder.observe.risk and facts.requests >= ladder.observe.requests:
            return "observe"
        return "none"

    def _issue(self, facts: Facts, standing: Standing, action: str, cause: str) -> Outcome:
        hours = {
            "observe": self.policy.ladder.observe.lapses_after_hours,
            "throttle": self.policy.ladder.throttle.lapses_after_hours,
            "suspend": self.policy.ladder.suspend.lapses_after_hours,
        }.get(action)
        superseded = (standing.sequence, standing.action)
        standing.action = action
        standing.sequence = max(standing.sequence + 1, facts.ts)
        standing.issued_at = facts.now
        standing.expires_at = facts.now + int(hours * HOUR) if hours else 0
        standing.below_since = 0
        return Outcome(
            shadow=standing is self.shadow,
            action=action,
            cause=cause,
            sequence=standing.sequence,
            issued_at=standing.issued_at,
            expires_at=standing.expires_at,
            superseded=superseded,
            guard="quiet",
        )
