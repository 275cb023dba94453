"""The folds of requests and of profiles in plain Python: one record after another, one dictionary.

Built on the references of everything that one record touches; what is here is the fence, the
admission, what each record is counted as, and who is judged when.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.reference.accounts import Account, Judged, Regime, in_force
from tests.reference.ladder import Guards
from tests.reference.requests import Ask

EARLY_MS = 600_000
DAY, HOUR = 86_400_000, 3_600_000


@dataclass(frozen=True)
class Record:
    """One framed record. ``recorded`` -1: no timestamp; ``lost`` > 0: so many in one, unframed."""

    offset: int
    key: bytes
    bad: str = ""  # why it could not be decoded
    recorded: int = -1
    lost: int = 0
    ask: Ask | None = None  # of a request
    event: int = 0
    profile: dict[str, int] | None = None  # of a profile; None: a tombstone

    @property
    def count(self) -> int:
        return self.lost or 1


@dataclass
class Decided:
    """A decision, and what tipped it."""

    key: bytes
    offset: int
    regime: int
    judged: Judged


@dataclass
class Partition:
    regimes: Sequence[Regime]
    limit: int
    guards: Guards
    epoch_ms: int
    sighting_ms: int
    remembered: int  # places for fingerprints
    accounts: dict[bytes, Account] = field(default_factory=dict)
    changed: set[bytes] = field(default_factory=set)
    watermark: int = 0
    epoch: int = -1
    counts: dict[str, int] = field(default_factory=dict)
    seen: dict[int, int] = field(default_factory=dict)

    def account(self, key: bytes) -> Account | None:
        """The account of ``key``, new if it is unknown; None when there is no room."""
        if key not in self.accounts:
            if len(self.accounts) >= self.limit:
                return None
            self.accounts[key] = Account(self.guards)
            self.changed.add(key)
        return self.accounts[key]

    def _count(self, name: str, records: int = 1) -> None:
        self.counts[name] = self.counts.get(name, 0) + records

    def _judge(self, record: Record, account: Account, ts: int) -> list[Decided]:
        regime = in_force(self.regimes, ts)
        judged = account.judge(ts, regime)
        if judged is None:
            return []
        return [Decided(record.key, record.offset, self.regimes.index(regime), judged)]

    # Requests.

    def fold_requests(
        self, records: Sequence[Record], start: int
    ) -> tuple[int, list[Decided], list[str]]:
        """Fold from number ``start`` on, up to the first that begins an epoch: (its number, the
        decisions, why each record so far was not folded)."""
        decided: list[Decided] = []
        fates: list[str] = []
        for i, record in enumerate(records[start:], start):
            fate = record.bad or self._late_or_early(record)
            if not fate:
                assert record.ask is not None
                ts = record.ask.ts
                if ts > self.watermark or self.epoch < 0:
                    if ts // self.epoch_ms > self.epoch:
                        return i, decided, fates
                    self.watermark = ts
                account = self.account(record.key)
                if account is None:
                    fate = "state_full"
                elif self._fold(record, record.ask, account):
                    decided += self._judge(record, account, ts)
            self._count("in", record.count)
            if fate:
                self._count("dead", record.count)
            fates.append(fate or "ok")
        return len(records), decided, fates

    def _late_or_early(self, record: Record) -> str:
        assert record.ask is not None
        if record.recorded >= 0 and record.ask.ts > record.recorded + EARLY_MS:
            return "early"
        clock = in_force(self.regimes, self.watermark).policy.clock
        if self.watermark - record.ask.ts > clock.allowed_lateness_hours * HOUR:
            return "late"
        return ""

    def _fold(self, record: Record, ask: Ask, account: Account) -> bool:
        """Whether the account is to be judged."""
        if record.offset < account.offset:
            self._count("resumed")
            if self.counts.get("repeats_ahead"):
                self.counts["repeats_ahead"] -= 1
                self._count("duplicates")
            else:
                self._count("folded")
            return False
        account.offset = record.offset + 1
        self.changed.add(record.key)
        event = record.event or 1
        if account.is_repeat(event, ask.ts):
            account.duplicates_ahead += 1
            self._count("duplicates")
            return True
        regime = in_force(self.regimes, ask.ts)
        account.fold(ask, event, regime.policy.clock.retention_days * DAY)
        tokens = ask.output_tokens + ask.reasoning_tokens
        account.count(self.watermark // self.sighting_ms, tokens)
        self._count("folded")
        place = event % self.remembered
        if self.seen.get(place) == event:
            self._count("late_repeats")
        self.seen[place] = event
        return True

    # Profiles.

    def fold_profiles(self, records: Sequence[Record]) -> tuple[list[Decided], list[str]]:
        """(the decisions, why each record was not applied)."""
        decided: list[Decided] = []
        fates: list[str] = []
        for record in records:
            fate, judged = self._profile(record)
            self._count(
                {"ok": "applied", "stale": "stale"}.get(fate, "profiles_dead"), record.count
            )
            fates.append("ok" if fate == "stale" else fate)
            decided += judged
        return decided, fates

    def _profile(self, record: Record) -> tuple[str, list[Decided]]:
        if record.bad:
            return record.bad, []
        if record.profile is None and record.key not in self.accounts:
            return "stale", []
        account = self.account(record.key)
        if account is None:
            return "state_full", []
        if record.offset < account.profile_offset:
            return "stale", []
        account.profile_offset = record.offset + 1
        account.profile = record.profile
        self.changed.add(record.key)
        if not account.history and account.live.sequence <= 0:
            return "ok", []
        now = max(account.last_ts, account.live.issued_at)
        return "ok", self._judge(record, account, now)
