"""A link's row in plain Python: computed at once from the whole set of its sightings.

Nothing here is folded, so nothing here can depend on an order.
"""

from typing import Any

import numpy as np

from app.events.sightings import Sighting
from app.kernels.spec import string_hash
from app.state.layout import TASKS
from app.state.link_layout import (
    COUNTS,
    LINK_KINDS,
    MODEL_BUCKETS,
    NORMAL_SCORES,
    PROGRAM,
    REGISTERS,
    SAMPLE,
    SCORES,
    THING_REGISTERS,
    VOTES,
)

HOUR_MS = 3_600_000


def account_hash(sighting: Sighting) -> int:
    return string_hash(sighting.account_id) % 2**64


def link_of(
    sightings: list[Sighting],
    *,
    day: int,
    window: int,
    registers: int = REGISTERS,
    things: int = THING_REGISTERS,
    sample: int = SAMPLE,
) -> dict[str, Any]:
    """The fields of the row that ``sightings``, each counted once, leave behind.

    ``day`` and ``window`` are epochs to a day and to a window.
    """
    last = max(x.epoch for x in sightings)
    row: dict[str, Any] = {
        "first_epoch": min(x.epoch for x in sightings),
        "last_epoch": last,
        "last_ts": max(x.ts for x in sightings),
        "kind": LINK_KINDS.index(sightings[0].kind),
        "ring": 0,
        "requests": np.zeros(2, np.int64),
        "requests_squared": [0, 0],
        "tokens": np.zeros(2, np.int64),
        "log_load": np.zeros(2, np.int64),
        "log_load_squared": np.zeros(2, np.int64),
        "counts": np.zeros((2, COUNTS), np.int64),
        "scores": np.zeros((2, len(SCORES)), np.int64),
        "tasks": np.zeros((2, len(TASKS)), np.int64),
        "voters": np.zeros(2, np.int64),
        "registers": np.zeros((2, registers), np.uint8),
        "things": np.zeros((2, 2, things), np.uint8),
        "day_sightings": np.zeros(2, np.int64),
        "day_voters": np.zeros(2, np.int64),
        "models": np.zeros((2, MODEL_BUCKETS), np.int64),
        "hours": np.zeros((2, 24), np.int64),
    }
    kept = [x for x in sightings if last // window - x.epoch // window < 2]
    row["webbed"] = [0, 0]
    row["ringed"] = [0, 0]
    for x in kept:
        own = (scrambled(int(x.hash, 16) ^ PROGRAM << 56) >> 32) | 1
        if x.kind == "program" and (x.woven or (x.web and int(x.web, 16) != own)):
            row["webbed"][x.epoch // window % 2] += 1
        if x.kind == "program" and x.ring:
            row["ringed"][x.epoch // window % 2] += 1
    row["ring_heard"] = min((int(x.ring, 16) for x in sightings if x.ring), default=0)
    for x in kept:
        _add_to_window(row, x.epoch // window % 2, x, 24 // day)
    for x in sightings:
        if last // day - x.epoch // day < 2:
            _add_to_day(row, x.epoch // day % 2, x)
    row.update(_sample(kept, window, sample))
    row.update(_votes(kept, window))
    return row


def _add_to_window(row: dict[str, Any], w: int, x: Sighting, hours: int) -> None:
    row["requests"][w] += x.requests
    row["requests_squared"][w] = min(row["requests_squared"][w] + x.requests**2, 2**63 - 1)
    row["tokens"][w] += x.tokens
    load = log2_fixed(x.requests)
    row["log_load"][w] += load
    row["log_load_squared"][w] += load**2
    arrived = x.first_seen >= x.ts - hours * HOUR_MS
    trusted = x.verification in ("document", "contract") or x.tier in ("enterprise", "reseller")
    has = [x.payment, x.device]
    row["counts"][w] += [1, arrived, x.exempt, trusted, *(y is not None for y in has)]
    for thing, value in enumerate(has):
        if value is not None:
            set_register(row["things"][w, thing], scrambled(int(value, 16)))
    row["scores"][w] += scores_of(x)
    row["tasks"][w] += x.tasks
    row["voters"][w] += x.campaign is not None
    set_register(row["registers"][w], account_hash(x))


def scores_of(x: Sighting) -> list[int]:
    """All ``SCORES`` of a sighting."""
    return [*x.scores, *(getattr(x, name) for name in SCORES[len(NORMAL_SCORES) :])]


def _votes(kept: list[Sighting], window: int) -> dict[str, Any]:
    """The smallest campaign ids of each window, and how many sightings hold them."""
    vote, votes = np.zeros((2, VOTES), np.uint64), np.zeros((2, VOTES), np.int64)
    for w in {x.epoch // window for x in kept}:
        held = [int(x.campaign, 16) for x in kept if x.epoch // window == w and x.campaign]
        for k, campaign in enumerate(sorted(set(held))[:VOTES]):
            vote[w % 2, k] = campaign
            votes[w % 2, k] = held.count(campaign)
    return {"vote": vote, "votes": votes}


def _add_to_day(row: dict[str, Any], d: int, x: Sighting) -> None:
    row["day_sightings"][d] += 1
    row["day_voters"][d] += x.campaign is not None
    for model, share in ((x.model, x.model_share), (x.second_model, x.second_model_share)):
        if share:
            row["models"][d, int(model or "0", 16) % MODEL_BUCKETS] += share
    row["hours"][d] += [x.hours >> hour & 1 for hour in range(24)]


def scrambled(value: int) -> int:
    """SplitMix64's next number after the state ``value``."""
    z = (value + 0x9E3779B97F4A7C15) % 2**64
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ z >> 27) * 0x94D049BB133111EB % 2**64
    return z ^ z >> 31


def log2_fixed(value: int) -> int:
    """log2 in 1/256, by straight lines between the powers of two."""
    if value <= 0:
        return 0
    exponent = value.bit_length() - 1
    return exponent * 256 + (value * 256 // 2**exponent - 256)


def set_register(registers: Any, hashed: int) -> None:
    """HyperLogLog with two four-bit registers to a byte."""
    which, rest = hashed % (2 * len(registers)), hashed // (2 * len(registers))
    zeros = 0
    while zeros < 14 and not rest >> zeros & 1:
        zeros += 1
    pair = [int(registers[which // 2]) & 15, int(registers[which // 2]) >> 4]
    pair[which % 2] = max(pair[which % 2], zeros + 1)
    registers[which // 2] = pair[0] | pair[1] << 4


def _sample(kept: list[Sighting], window: int, size: int) -> dict[str, list[int]]:
    newest: dict[int, int] = {}
    for x in kept:
        account = account_hash(x)
        newest[account] = max(newest.get(account, 0), x.epoch // window)
    best = sorted(newest, key=lambda account: (-newest[account], account))[:size]
    rows: dict[str, list[int]] = {name: [] for name in MEMBER_FIELDS}
    for account in sorted(best):
        w = newest[account]
        own = [x for x in kept if account_hash(x) == account and x.epoch // window == w]
        latest = max(own, key=lambda x: x.epoch)
        bits = sum(1 << epoch % window for epoch in {x.epoch for x in own})
        member = {
            "member": account,
            "member_epochs": bits | (w % 2) << 31,
            "member_created": (latest.created_at or 0) // HOUR_MS,
            "member_requests": min(sum(x.requests for x in own), 65535),
            "member_org": int(latest.org or "0", 16) and int(latest.org or "0", 16) % 65535 + 1,
            "member_task": latest.tasks.index(max(latest.tasks)),
            "member_elicitation": latest.scores[0] // 4,
            "member_risk": latest.risk // 4,
            "member_share": latest.share // 4,
        }
        for name, value in member.items():
            rows[name].append(value)
    return {name: values + [0] * (size - len(values)) for name, values in rows.items()}


MEMBER_FIELDS = (
    "member",
    "member_epochs",
    "member_created",
    "member_requests",
    "member_org",
    "member_task",
    "member_elicitation",
    "member_risk",
    "member_share",
)


def differences(row: Any, expected: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The fields in which a row is not what it should be: (found, expected)."""
    return {
        name: (row[name], value)
        for name, value in expected.items()
        if not np.array_equal(np.asarray(row[name]), np.asarray(value, dtype=row[name].dtype))
    }
