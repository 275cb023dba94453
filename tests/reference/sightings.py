"""Sightings in plain Python: which ones an account's row gives rise to, and how they are framed."""

from typing import Any

import numpy as np

from app.events.framing import to_avro
from app.events.sightings import Sighting
from app.kernels.batches import Framed
from app.kernels.columns import (
    FRAME_KEY_LENGTH,
    FRAME_KEY_START,
    FRAME_OFFSET,
    FRAME_VALUE_LENGTH,
    FRAME_VALUE_START,
    FRAME_WIDTH,
)
from app.kernels.sighting_columns import SCHEMA_ID
from app.state.layout import (
    ACTIONS,
    FLAG_PROFILE,
    FLAG_STUB,
    FLAG_WOVEN,
    TASKS,
    TIERS,
    VERIFICATIONS,
    WEEK,
)
from app.state.link_layout import NORMAL_SCORES

HOUR_MS = 3_600_000


def hex16(value: Any) -> str:
    return f"{int(value):016x}"


def permille(part: Any, total: Any) -> int:
    """A share in thousandths, as far as it is one."""
    part, total = float(part), float(total)
    if not (part > 0 and total > 0):  # nor is it one for NaN
        return 0
    return 1000 if part >= total else int(part / total * 1000 + 0.5)


def links_of(row: Any) -> list[tuple[str, str, int, float | None]]:
    """(kind, hash, share, what it elicits) of every link that an account reports.

    The last is the mean score of its requests with a program, and None for other links.
    """
    total = row["requests"][WEEK]
    profile = ("payment", "device", "email_domain", "referral")
    links = [(kind, hex16(row[kind]), 1000, None) for kind in profile if row[kind]]
    if row["created_at"] >= HOUR_MS:
        links.append(("signup_hour", hex16(row["created_at"] // HOUR_MS), 1000, None))
    for kind in ("network", "client", "program"):
        sums = row["program_elicitation"] if kind == "program" else [None] * len(row[kind])
        for key, weight, elicited in zip(row[kind], row[f"{kind}_weight"], sums, strict=True):
            if key and permille(weight, total) >= 50:
                mean = None if elicited is None else min(float(elicited) / float(weight), 1.0)
                links.append((kind, hex16(key), permille(weight, total), mean))
    campaign = held_campaign(row)
    if campaign:
        links.append(("campaign", campaign, 1000, None))
    return [*links, ("ring", hex16(row["ring"]), 1000, None)] if row["ring"] else links


def held_campaign(row: Any) -> str | None:
    """The campaign that an account tells of."""
    confirmed = row["campaign"] and row["campaign_probability"] > 0
    return hex16(row["campaign"]) if confirmed else None


def normal_scores(**deviations: float) -> list[int]:
    """The scores of a sighting with these deviations; of others nothing is known."""
    assert deviations.keys() <= set(NORMAL_SCORES)
    held = [min(max(deviations.get(name, 0.0), -4), 4) for name in NORMAL_SCORES]
    return [int((deviation + 4) * 125 + 0.5) for deviation in held]


def summary_of(
    row: Any,
    account_id: str,
    number: int,
    hours: int,
    deviations: dict[str, float],
    trust: int,
) -> dict[str, Any]:
    """What every sighting of the account says of it."""
    total = row["requests"][WEEK]
    end = (number + 1) * hours * HOUR_MS
    mask = 0
    for hour in range(number * hours, (number + 1) * hours):
        ago = int(row["hours_at"]) - hour
        if 0 <= ago < 168 and int(row["hours"][ago // 64]) >> ago % 64 & 1:
            mask |= 1 << hour % 24
    by_weight = sorted(range(len(row["model"])), key=lambda i: -float(row["model_weight"][i]))
    heaviest = [(permille(row["model_weight"][i], total), row["model"][i]) for i in by_weight[:2]]
    tasks = sum(float(weight) for weight in row["tasks"])
    known = bool(row["flags"] & FLAG_PROFILE)
    action = ACTIONS[row["live"]["action"]]
    held = held_campaign(row) is not None
    return {
        "account_id": account_id,
        "epoch": number,
        "ts": end,
        "requests": int(row["epoch_requests"]),
        "tokens": int(float(row["epoch_tokens"]) + 0.5),
        "hours": mask,
        "tasks": [permille(weight, tasks) for weight in row["tasks"]],
        "scores": normal_scores(**deviations),
        "refused": permille(row["refused"], total),
        "risk": permille(max(row["live"]["risk"], row["shadow"]["risk"]), 1),
        "trust": trust,
        "model": hex16(heaviest[0][1]) if heaviest[0][0] else None,
        "model_share": heaviest[0][0],
        "second_model": hex16(heaviest[1][1]) if heaviest[1][0] else None,
        "second_model_share": heaviest[1][0],
        "first_seen": int(row["first_ts"]),
        "created_at": int(row["created_at"]) if known else None,
        "tier": TIERS[row["tier"]] if known else None,
        "verification": VERIFICATIONS[row["verification"]] if known else None,
        "org": hex16(row["org"]) if row["org"] else None,
        "exempt": bool(row["exempt_until"] > end or row["operator_exempt_until"] > end),
        "standing": None if action == "none" else action,
        "campaign": held_campaign(row),
        "campaign_probability": permille(row["campaign_probability"], 1) if held else 0,
        "campaign_epoch": int(row["campaign_epoch"]) if held else 0,
        "input_tokens": _like_the_week(row["input_tokens"][WEEK], total, row["epoch_requests"]),
        "payment": hex16(row["payment"]) if row["payment"] else None,
        "device": hex16(row["device"]) if row["device"] else None,
        "ring": hex16(row["ring"]) if row["ring"] else None,
        "web": hex16(row["web"]) if row["web"] else None,
        "woven": bool(row["flags"] & FLAG_WOVEN),
    }


def _like_the_week(tokens: Any, requests: Any, now: Any) -> int:
    """Tokens of ``now`` requests at the week's mean, at most 2**53 of them."""
    tokens, requests = float(tokens), float(requests)
    if not (requests > 0 and tokens / requests * int(now) > 0):
        return 0
    return int(min(tokens / requests * int(now), 2.0**53) + 0.5)


def _elicitation(
    mean: float | None, elicits: tuple[float, float] | None, trust: int, own: int
) -> int:
    if mean is None:
        return own
    if elicits is None:
        return 500
    location, scale = elicits
    return normal_scores(elicitation=trust / 1000 * (mean - location) / scale)[0]


def sightings_of(
    row: Any,
    account_id: str,
    number: int,
    hours: int,
    trust: int = 0,
    elicits: tuple[float, float] | None = None,
    **deviations: float,
) -> list[Sighting]:
    """Every sighting of the account for period ``number``, of ``hours`` hours.

    ``deviations`` of the account from the population, by the names of ``NORMAL_SCORES``;
    ``elicits`` (location, scale) of the population's mean scores, None while it is not known.
    """
    active = row["epoch"] == number and row["epoch_requests"] and not row["flags"] & FLAG_STUB
    if not active:
        return []
    summary = summary_of(row, account_id, number, hours, deviations, trust)
    return [
        Sighting.from_fields(
            {
                "kind": kind,
                "hash": hashed,
                "share": share,
                "elicitation": _elicitation(mean, elicits, trust, summary["scores"][0]),
                **summary,
            }
        )
        for kind, hashed, share, mean in links_of(row)
    ]


def plain_sighting(account: str, epoch: int, **changes: Any) -> Sighting:
    """An ordinary sighting with ``changes``, of a six-hour period."""
    fields = {
        "kind": "payment",
        "hash": "00000000000000aa",
        "share": 1000,
        "elicitation": (changes.get("scores") or normal_scores())[0],
        "account_id": account,
        "epoch": epoch,
        "ts": (epoch + 1) * 6 * HOUR_MS,
        "requests": 6,
        "tokens": 9000,
        "hours": 0b111,
        "tasks": [1000] + [0] * (len(TASKS) - 1),
        "scores": normal_scores(),
        "refused": 0,
        "risk": 10,
        "trust": 500,
        "model": "0000000000000007",
        "model_share": 800,
        "second_model": None,
        "second_model_share": 0,
        "first_seen": 0,
        "created_at": None,
        "tier": None,
        "verification": None,
        "org": None,
        "exempt": False,
        "standing": None,
        "campaign": None,
        "campaign_probability": 0,
        "campaign_epoch": 0,
        "input_tokens": 30_000,
    }
    return Sighting.from_fields({**fields, **changes})


def framed(records: list[tuple[bytes | None, bytes | None]], first: int = 0) -> Framed:
    """(key, value) pairs as the transport's framing hands them over, from offset ``first`` on."""
    frames = np.zeros((len(records), FRAME_WIDTH), np.int64)
    data = bytearray()
    for frame, (i, (key, value)) in zip(frames, enumerate(records), strict=True):
        frame[FRAME_OFFSET] = first + i
        for part, start, length in (
            (key, FRAME_KEY_START, FRAME_KEY_LENGTH),
            (value, FRAME_VALUE_START, FRAME_VALUE_LENGTH),
        ):
            frame[start] = -1 if part is None else len(data)
            frame[length] = len(part or b"")
            data += part or b""
    return Framed(np.frombuffer(bytes(data), np.uint8), frames)


def written(sightings: list[Sighting], schema_id: int = SCHEMA_ID) -> list[tuple[bytes, bytes]]:
    """The (key, value) of each sighting, encoded by fastavro."""
    return [(x.record_key().encode(), to_avro(x, schema_id)) for x in sightings]
