"""What came of a demo, from the labels and from what infrastructure would have read."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.simulation.population import Labels


@dataclass
class Ledger:
    """What the worker says became of the requests, durably."""

    taken: int = 0
    folded: int = 0
    duplicates: int = 0
    dead: int = 0


@dataclass
class Actions:
    """Actions as a consumer applies them: each account's sequence strictly rises.

    ``ever`` holds, for each kind, the accounts it was ever taken against.
    """

    counts: Counter[str] = field(default_factory=Counter)
    ever: dict[str, set[str]] = field(default_factory=dict)
    _sequence: dict[str, int] = field(default_factory=dict)

    def apply(self, account_id: str, sequence: int, action: str) -> bool:
        """Take in one action; False when it is a repeat or older than what is known."""
        if sequence <= self._sequence.get(account_id, -1):
            return False
        self._sequence[account_id] = sequence
        self.counts[action] += 1
        self.ever.setdefault(action, set()).add(account_id)
        return True

    def against(self, action: str, accounts: set[str]) -> int:
        """How many of ``accounts`` an action of this kind was ever taken against."""
        return len(self.ever.get(action, set()) & accounts)


@dataclass(frozen=True)
class Outcome:
    """Everything the summary is made of. ``seconds``: from the first request sent until every one
    was accounted for."""

    requests: int
    ledger: Ledger
    actions: Actions
    letters: Mapping[str, int]
    labels: Labels
    seconds: float

    def _accounts(self, *, fraudulent: bool) -> set[str]:
        pairs = zip(self.labels.account_ids, self.labels.fraudulent.tolist(), strict=True)
        return {account for account, guilty in pairs if guilty is fraudulent}

    def summary(self) -> dict[str, Any]:
        """The summary as plain data, for ``--json``."""
        guilty, honest = self._accounts(fraudulent=True), self._accounts(fraudulent=False)
        against = self.actions.against
        return {
            "requests": self.requests,
            "folded": self.ledger.folded,
            "duplicates": self.ledger.duplicates,
            "dead_letters": sum(self.letters.values()),
            "accounts": len(guilty) + len(honest),
            "fraudulent_accounts": len(guilty),
            "fraudulent_throttled": against("throttle", guilty),
            "fraudulent_suspended": against("suspend", guilty),
            "benign_accounts": len(honest),
            "benign_throttled": against("throttle", honest),
            "benign_suspended": against("suspend", honest),
            "actions": {
                kind: self.actions.counts[kind]
                for kind in ("observe", "throttle", "suspend", "release")
            },
            "seconds": round(self.seconds, 3),
            "events_per_second": round(self.requests / self.seconds, 1),
        }

    def lines(self) -> list[tuple[str, str, str]]:
        """The summary for a person: name, value, remark."""
        told = self.summary()
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in told["actions"].items() if count)
        reasons = ", ".join(f"{count} {reason}" for reason, count in self.letters.items())
        return [
            (
                "accounts",
                f"{told['accounts']:,}",
                f"{told['fraudulent_accounts']:,} of them in the campaign",
            ),
            (
                "requests",
                f"{told['requests']:,}",
                f"= {told['folded']:,} folded + {told['duplicates']:,} duplicates"
                f" + {self.ledger.dead:,} dead letters",
            ),
            ("actions", f"{sum(told['actions'].values()):,}", kinds),
            ("dead letters", f"{told['dead_letters']:,}", reasons),
            (
                "campaign suspended",
                f"{told['fraudulent_suspended']:,} / {told['fraudulent_accounts']:,}",
                f"{told['fraudulent_throttled']:,} throttled",
            ),
            (
                "benign suspended",
                f"{told['benign_suspended']:,} / {told['benign_accounts']:,}",
                f"{told['benign_throttled']:,} throttled{self._touched()}",
            ),
            ("events per second", f"{told['events_per_second']:,.0f}", f"in {self.seconds:.1f} s"),
        ]

    def _touched(self) -> str:
        archetype = dict(zip(self.labels.account_ids, self.labels.archetype, strict=True))
        harmed = self.actions.ever.get("throttle", set()) | self.actions.ever.get("suspend", set())
        kinds = Counter(archetype[account] for account in harmed - self._accounts(fraudulent=True))
        listed = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
        return f" ({listed})" if listed else ""
