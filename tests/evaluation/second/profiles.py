"""Profiles: what sign-up and billing know of an account."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tests.evaluation.second.calendar import DAY_MS, START_MS
from tests.evaluation.second.hashes import Hashes, hexadecimal, mix
from tests.evaluation.second.rows import Rows
from tests.evaluation.second.vocabulary import COUNTRIES, REGION_LANGUAGES, ZONES
from tests.evaluation.second.world import Floats, Ints, World

PROFILE = np.dtype(
    [
        ("created_at", np.int64),
        ("organisation", np.uint64),  # 0 or "" where there is none, as in all that follow
        ("tier", "U16"),
        ("verification", "U16"),
        ("payment", np.uint64),
        ("email_domain", np.uint64),
        ("device", np.uint64),
        ("referral", np.uint64),
        ("billing", "U2"),
        ("access", "U2"),
        ("exempt_until", np.int64),
    ]
)

MAIL_PROVIDERS = mix(np.arange(30), 901)
"""Free mail, the first far more common than the last."""


class Residence(NamedTuple):
    """Where each account is at home: hours ahead of UTC, and the index of a language."""

    zone: Floats
    language: Ints


def people(
    world: World, count: int, tier: str = "individual", verification: str = "card"
) -> tuple[Rows, Residence]:
    """Unrelated people from anywhere: free mail, a device each, and a card unless ``free``."""
    region = world.rng.integers(0, len(ZONES), count)
    rows = np.zeros(count, PROFILE)
    rows["created_at"] = created(world, count)
    rows["tier"], rows["verification"] = tier, verification
    rows["email_domain"] = free_mail(world, count)
    rows["device"] = world.fresh(count)
    rows["access"] = COUNTRIES[region]
    if tier != "free":
        rows["payment"] = world.fresh(count)
        rows["billing"] = COUNTRIES[region]
    return rows, Residence(ZONES[region], REGION_LANGUAGES[region])


def members(
    world: World, count: int, tier: str, verification: str, country: str, *, paid: bool = True
) -> Rows:
    """Accounts that one hand set up: one card if ``paid``, one mail domain, a device each."""
    rows = np.zeros(count, PROFILE)
    rows["tier"], rows["verification"] = tier, verification
    rows["email_domain"] = world.fresh(1)
    rows["device"] = world.fresh(count)
    rows["access"] = country
    if paid:
        rows["payment"] = world.fresh(1)
        rows["billing"] = country
    return rows


def created(world: World, count: int, oldest_days: int = 700) -> Ints:
    """Times before the start, more of them recent than old."""
    age = world.rng.beta(1, 1.6, count) * oldest_days * DAY_MS
    return START_MS - age.astype(np.int64)


def free_mail(world: World, count: int) -> Hashes:
    weight = 1 / np.arange(1, len(MAIL_PROVIDERS) + 1) ** 1.6
    return world.rng.choice(MAIL_PROVIDERS, count, p=weight / weight.sum())


def own_domains(world: World, rows: Rows, share: float) -> None:
    """Give that ``share`` of the accounts a mail domain of their own."""
    own = world.rng.random(len(rows)) < share
    rows["email_domain"] = np.where(own, world.fresh(len(rows)), rows["email_domain"])


def profile_table(world: World) -> Any:
    """All profiles as an Arrow table. Those created later are known from then on."""
    rows = world.profiles()
    born = rows["created_at"]
    exempt = rows["exempt_until"]
    return pa.table(
        {
            "account_id": hexadecimal(world.account_hashes(), b"acct_"),
            "created_at": pa.array(born),
            "org_id": names_or_none(rows["organisation"], b"org_"),
            "tier": _words(rows["tier"]),
            "verification": _words(rows["verification"]),
            "payment_hash": names_or_none(rows["payment"]),
            "email_domain_hash": names_or_none(rows["email_domain"]),
            "device_hash": names_or_none(rows["device"]),
            "referral_hash": names_or_none(rows["referral"]),
            "billing_country": _words(rows["billing"]),
            "access_country": _words(rows["access"]),
            "exempt_until": pa.array(exempt, mask=exempt == 0),
            "recorded_at": pa.array(born, mask=born <= START_MS),
        }
    )


def names_or_none(hashes: Hashes, prefix: bytes = b"") -> Any:
    none = pa.scalar(None, pa.string())
    return pc.if_else(pa.array(hashes != 0), hexadecimal(hashes, prefix), none)


def _words(words: npt.NDArray[np.str_]) -> Any:
    return pa.array([word or None for word in words.tolist()], pa.string())
