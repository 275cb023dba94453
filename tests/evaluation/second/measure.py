"""Figures from decisions: what was caught, what was refused, and who was wronged.

A decision is an account's whole standing and replaces the last one; it may lapse by itself. Times
are event time.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypedDict

NEVER_MS = 1 << 62


class Standing(NamedTuple):
    """An action and from when until when it held."""

    action: str
    begin: int
    end: int


class Harm(TypedDict):
    """Of one honest kind: how many accounts, and how many were ever so acted on."""

    accounts: int
    suspended: int
    throttled: int


class Figures(TypedDict):
    """One run. Shares are None where there was nothing to share."""

    fraudulent_accounts: int
    fraudulent_suspended: int
    recall: float | None
    attack_requests: int
    attack_requests_refused: int
    refused_share: float | None
    honest_accounts: int
    honest_suspended: int
    honest_throttled: int
    kinds: dict[str, Harm]


def standings(decisions: Iterable[Mapping[str, Any]]) -> dict[str, list[Standing]]:
    """Each account's standings, in their order. ``decisions`` are enforcement records."""
    by_account: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for decision in decisions:
        by_account[decision["account_id"]].append(decision)
    found = {}
    for account, own in by_account.items():
        own.sort(key=lambda decision: int(decision["sequence"]))
        replaced = [int(decision["effective_at"]) for decision in own[1:]] + [NEVER_MS]
        found[account] = [
            Standing(
                decision["action"],
                int(decision["effective_at"]),
                min(until, decision["expires_at"] or NEVER_MS),
            )
            for decision, until in zip(own, replaced, strict=True)
        ]
    return found


def figures(
    standing: Mapping[str, list[Standing]],
    honest: Mapping[str, str],
    fraudulent: Iterable[str],
    attacks: Iterable[tuple[str, int]],
) -> Figures:
    """``honest`` maps accounts to kinds, ``attacks`` are the account and time of each attack
    request. Of these, whatever a suspended account sent counts as refused."""
    guilty = set(fraudulent)
    suspended, throttled = _ever(standing, "suspend"), _ever(standing, "throttle")
    sent, refused = 0, 0
    for account, at in attacks:
        sent += 1
        refused += any(
            held.action == "suspend" and held.begin <= at < held.end
            for held in standing.get(account, ())
        )
    kinds = Counter(honest.values())
    hit, slowed = (
        Counter(kind for account, kind in honest.items() if account in acted)
        for acted in (suspended, throttled)
    )
    return {
        "fraudulent_accounts": len(guilty),
        "fraudulent_suspended": len(guilty & suspended),
        "recall": _share(len(guilty & suspended), len(guilty)),
        "attack_requests": sent,
        "attack_requests_refused": refused,
        "refused_share": _share(refused, sent),
        "honest_accounts": len(honest),
        "honest_suspended": hit.total(),
        "honest_throttled": slowed.total(),
        "kinds": {
            kind: {"accounts": count, "suspended": hit[kind], "throttled": slowed[kind]}
            for kind, count in sorted(kinds.items())
        },
    }


def _ever(standing: Mapping[str, list[Standing]], action: str) -> set[str]:
    return {
        account for account, held in standing.items() if any(one.action == action for one in held)
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
