"""What another policy would change: two replays of one recording, account by account.

An account is *acted on* by a policy that throttled or suspended it, live, at any time. Shadow
decisions limit nobody and do not count; nor does ``observe``.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from app.replay.listener import Decision

EXAMPLES = 5
_RANK = {"throttle": 1, "suspend": 2}


class Limited(NamedTuple):
    """The hardest that an account was limited, and first when, and why."""

    account: str
    action: str
    issued_at: int
    detector: str
    text: str


class Standings:
    """Hears decisions with their records, and remembers whom they limited."""

    def __init__(self) -> None:
        self.limited: dict[str, Limited] = {}

    def hear(self, decision: Decision) -> None:
        """Take in the next decision."""
        rank = _RANK.get(decision.action, 0)
        known = self.limited.get(decision.account)
        if decision.shadow or rank == 0 or (known is not None and _RANK[known.action] >= rank):
            return
        reasons = decision.record.reasons if decision.record is not None else []
        self.limited[decision.account] = Limited(
            decision.account,
            decision.action,
            decision.issued_at,
            reasons[0].detector if reasons else "none",
            reasons[0].text if reasons else "",
        )


class Change(NamedTuple):
    """Accounts to which the same happened.

    ``detectors`` counts them by the strongest reason of the action: under the other policy, or for
    the spared ones under the first. ``examples`` are a few of them, the earliest.
    """

    accounts: int
    detectors: dict[str, int]
    examples: list[Limited]


class Comparison(NamedTuple):
    """What the other policy changes: accounts ``newly`` acted on, ``spared``, limited ``harder`` or
    ``softer`` than before, and how many it treats the ``same``."""

    newly: Change
    spared: Change
    harder: Change
    softer: Change
    same: int

    def as_json(self) -> dict[str, Any]:
        """Ready for JSON."""
        changes = {name: getattr(self, name) for name in ("newly", "spared", "harder", "softer")}
        return {
            **{
                name: {
                    **change._asdict(),
                    "examples": [example._asdict() for example in change.examples],
                }
                for name, change in changes.items()
            },
            "same": self.same,
        }


def compare(first: Standings, other: Standings, examples: int = EXAMPLES) -> Comparison:
    """What ``other`` does otherwise than ``first``."""
    before, after = first.limited, other.limited
    both = before.keys() & after.keys()
    moved = {name: _RANK[after[name].action] - _RANK[before[name].action] for name in both}
    return Comparison(
        newly=_change((after[name] for name in after.keys() - before.keys()), examples),
        spared=_change((before[name] for name in before.keys() - after.keys()), examples),
        harder=_change((after[name] for name in both if moved[name] > 0), examples),
        softer=_change((after[name] for name in both if moved[name] < 0), examples),
        same=sum(not step for step in moved.values()),
    )


def _change(accounts: Iterable[Limited], examples: int) -> Change:
    listed = sorted(accounts, key=lambda limited: (limited.issued_at, limited.account))
    detectors = Counter(limited.detector for limited in listed)
    return Change(len(listed), dict(detectors.most_common()), listed[:examples])
