"""The row that an account of the reference comes to, and how a real row is compared with it."""

from typing import Any

import numpy as np

from app.detection.features import EVIDENCE_NAMES
from app.state.lanes import LOCAL_FIELDS
from app.state.layout import ACCOUNT, ACTIONS, FLAG_DIRTY, FLAG_PROFILE, FLAG_STUB, RECENT
from tests.reference.accounts import Account
from tests.reference.families import Place
from tests.reference.ladder import Standing
from tests.reference.windows import gap_moments, windows_of

HOUR = 3_600_000
SPAN = 168  # hours remembered; bits beyond are left over from older ones
TRIALS = ("alone", "open", "over")
PROFILE_FIELDS = (
    "created_at",
    "org",
    "tier",
    "verification",
    "payment",
    "email_domain",
    "device",
    "referral",
    "exempt_until",
)


def row_of(account: Account) -> dict[str, Any]:
    """Every field of the account's row but for what is the process's own."""
    number, requests, tokens = account.period
    row: dict[str, Any] = {
        "flags": FLAG_PROFILE * (account.profile is not None) | FLAG_STUB * account.stub,
        "offset": account.offset,
        "duplicates_ahead": account.duplicates_ahead,
        "epoch": number,
        "epoch_requests": requests,
        "epoch_tokens": tokens,
        "profile_offset": account.profile_offset,
        "operator_offset": 0,
        "operator_exempt_until": account.operator_exempt_until,
        "hold_until": account.hold_until,
        "detectors_off": sum(1 << EVIDENCE_NAMES.index(name) for name in account.cleared),
        "cleared": [account.cleared.get(name, 0.0) for name in EVIDENCE_NAMES],
        "verdict_offset": 0,
        "ring": 0,
        "web": 0,
        "campaign": account.campaign,
        "campaign_epoch": 0,
        "campaign_probability": account.campaign_probability,
        "live": _standing(account.live),
        "shadow": _standing(account.shadow),
    }
    row |= account.profile or dict.fromkeys(PROFILE_FIELDS, 0)
    row |= _windows(account) | _keys(account) | _ring(account)
    return row


def _windows(account: Account) -> dict[str, Any]:
    history = account.history
    if not history:
        names = {
            *("first_ts", "requests", "input_tokens", "output_tokens", "reasoning_tokens"),
            *("elicitation", "refused", "opening", "proxy", "tasks", "events"),
            *("gap_weight", "gap_mean", "gap_m2", "hours", "hours_at"),
        }
        return dict.fromkeys(names, 0) | {"last_ts": account.last_ts}
    newest = max(ask.ts for ask in history) // HOUR
    known: set[int] = set()
    clock = history[0].ts // HOUR
    for at in (ask.ts // HOUR for ask in history):
        clock = max(clock, at)
        if at > clock - SPAN:
            known.add(at)
    bits = sum(1 << newest - at for at in known if newest - at < SPAN)
    weight, mean, squares = gap_moments(history)
    return windows_of(history) | {
        "gap_weight": weight,
        "gap_mean": mean,
        "gap_m2": squares,
        "hours_at": newest,
        "hours": [bits >> 64 * word & 2**64 - 1 for word in range(3)],
    }


def _keys(account: Account) -> dict[str, Any]:
    families = account.families
    row: dict[str, Any] = {
        "novel": families.novel,
        "recaptured": families.recaptured,
        "trials": sum(
            TRIALS.index(place.trial) << 2 * k for k, place in enumerate(families.places)
        ),
    }
    places: dict[str, list[Place]] = {"family": families.places}
    places |= {name: hitters.places for name, hitters in account.heavy.items()}
    for name, held in places.items():
        row[name] = [place.key for place in held]
        row[f"{name}_weight"] = [place.weight for place in held]
    row["program_elicitation"] = [place.elicited for place in places["program"]]
    return row


def _ring(account: Account) -> dict[str, Any]:
    recent, recent_at = [0] * RECENT, [0] * RECENT
    for i, (event, at) in enumerate(account.recent):
        recent[i % RECENT], recent_at[i % RECENT] = event, at // 1000 % 2**16
    next_place = len(account.recent) % RECENT
    return {"recent": recent, "recent_at": recent_at, "recent_next": next_place}


def _standing(standing: Standing) -> dict[str, Any]:
    return {
        "sequence": standing.sequence,
        "issued_at": standing.issued_at,
        "expires_at": standing.expires_at,
        "below_since": standing.below_since,
        "risk": standing.risk,
        "action": ACTIONS.index(standing.action),
        "actor": 0,
    }


def differences(row: np.void, expected: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The fields in which a row is not what it should be: (found, expected)."""
    assert set(expected) == set(ACCOUNT.names) - set(LOCAL_FIELDS)
    found: dict[str, tuple[Any, Any]] = {}
    for name, value in expected.items():
        actual = row[name]
        if name == "flags":
            actual = actual & ~np.uint16(FLAG_DIRTY)
        if name == "hours":
            actual = actual & np.array([2**64 - 1, 2**64 - 1, 2 ** (SPAN - 128) - 1], np.uint64)
        if isinstance(value, dict):
            inner = {key: (actual[key], one) for key, one in value.items()}
            found |= {f"{name}.{k}": pair for k, pair in inner.items() if not _same(*pair, name=k)}
        elif not _same(actual, value, name=name):
            found[name] = (actual, value)
    return found


def _same(actual: Any, expected: Any, *, name: str) -> bool:
    if actual.dtype.kind != "f":
        return bool(np.all(actual == np.asarray(expected, actual.dtype)))
    # Sums in 32 bits; squares of gaps are differences of large ones.
    rtol, atol = (1e-3, 1e-3) if name in ("gap_m2", "risk") else (1e-4, 1e-5)
    return bool(np.allclose(actual, expected, rtol=rtol, atol=atol))
