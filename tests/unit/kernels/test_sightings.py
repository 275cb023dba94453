"""Sightings from account rows: which links are reported, and what is said of the account."""

import math

import numpy as np
import pytest

from app.events.framing import decode
from app.events.sightings import Sighting
from app.kernels.organisations import BUCKETS, Domains
from app.kernels.regimes import Regimes
from app.kernels.sighting_summary import share_of
from app.kernels.sightings import MAX_LINKS, Output, Period, encode_sightings, pairs, take
from app.kernels.watches import no_watches
from app.policy.document import PolicyDocument
from app.policy.regimes import build_regimes
from app.state.layout import (
    ACCOUNT,
    ACTION_SUSPEND,
    FLAG_PROFILE,
    FLAG_STUB,
    FLAG_WOVEN,
    STANDING,
    WEEK,
)
from tests.reference.sightings import permille, sightings_of

PERIOD = Period(number=81_000, hours=6)
CREATED = 1_748_000_000_000
SCHEMA = 0x01020304
COLD = build_regimes([PolicyDocument()], [])
PUBLIC = Domains(np.zeros(BUCKETS, np.uint32), -1)
"""No e-mail domain is an organisation's."""
OWN = Domains(np.zeros(BUCKETS, np.uint32), 0)
"""Each is."""


class Accounts:
    """Rows with ids, as a store holds them."""

    def __init__(self, regimes: Regimes = COLD, domains: Domains = PUBLIC) -> None:
        self.regimes = regimes
        self.domains = domains
        self.rows = np.zeros(0, ACCOUNT)
        self.ids: list[str] = []

    def add(self, account_id: str, **fields) -> np.void:
        row = np.zeros(1, ACCOUNT)
        row["id_at"] = len("".join(self.ids).encode())
        row["id_length"] = len(account_id.encode())
        row["epoch"] = PERIOD.number
        row["epoch_requests"] = 5
        row["requests"][0, WEEK] = 100
        for name, value in fields.items():
            row[name] = value
        self.ids.append(account_id)
        self.rows = np.concatenate([self.rows, row])
        return self.rows[-1]

    @property
    def arena(self) -> np.ndarray:
        return np.frombuffer("".join(self.ids).encode(), np.uint8)

    def take(self, first: int = 0, records: int = 1000) -> tuple[list[tuple[bytes, bytes]], int]:
        written, slot = take(
            self.rows, self.arena, first, PERIOD, SCHEMA, self.regimes, self.domains, records
        )
        return pairs(written), slot

    def sightings(self) -> list[Sighting]:
        pairs, slot = self.take()
        assert slot == len(self.rows)
        found = [decode(Sighting, value) for _, value in pairs]
        assert [x.record_key().encode() for x in found] == [key for key, _ in pairs]
        return found


def shares_by_link(found: list[Sighting]) -> dict[str, int]:
    return {x.record_key(): x.share for x in found}


def random_row(rng: np.random.Generator) -> dict:
    """Fields of an account, with everything that a row may hold in them now and then."""
    fields = {
        "flags": rng.choice([0, FLAG_PROFILE]),
        "epoch_requests": rng.integers(1, 2**31),
        "epoch_tokens": rng.choice([0, 1, 1e6, 3e15]),
        "first_ts": rng.integers(0, 2**41),
        "hours": rng.integers(0, 2**64, 3, np.uint64),
        "hours_at": (PERIOD.number + 1) * PERIOD.hours + rng.integers(-200, 10),
        "tasks": rng.random(14) * rng.integers(0, 2, 14) * 50,
        "requests": rng.random(3) * 120,
        "elicitation": rng.random(3) * 100,
        "created_at": rng.choice([0, CREATED]),
        "tier": rng.integers(0, 8),
        "verification": rng.integers(0, 6),
        "exempt_until": rng.choice([0, 2**50]),
        "campaign": rng.integers(0, 2) * (PERIOD.number << 32 | 0xABC),
        "campaign_probability": rng.choice([0, 0.5]),
        "campaign_epoch": rng.integers(0, 2**31),
        "input_tokens": rng.random(3) * rng.choice([0, 1e5, 1e18]),
    }
    for name in ("novel", "opening", "refused", "proxy"):
        fields[name] = rng.random() * 120
    for name in ("payment", "email_domain", "device", "referral", "org"):
        fields[name] = rng.integers(0, 2**63) * rng.integers(0, 2)
    for name in ("family", "program", "network", "client", "model"):
        size = ACCOUNT[name].shape
        fields[name] = rng.integers(0, 2**64, size, np.uint64)
        if rng.random() < 0.3:
            fields[name][0] = 0
        fields[f"{name}_weight"] = rng.random(size) * rng.choice([0, 5, 60], size)
    fields["program_elicitation"] = fields["program_weight"] * rng.random(3)
    standing = np.zeros(1, STANDING)[0]
    standing["action"] = rng.integers(0, 5)
    standing["risk"] = rng.random()
    fields["live"] = standing
    return fields


@pytest.mark.parametrize("seed", range(40))
def test_accounts_report_what_the_reference_says(seed):
    rng = np.random.default_rng(seed)
    accounts = Accounts()
    expected = []
    for i in range(5):
        name = ["a", "acct-0123456789", "ï" * 64, "🂡" * 64, "with space"][i]
        accounts.add(name, **random_row(rng))
        expected += sightings_of(accounts.rows[-1], name, PERIOD.number, PERIOD.hours)
    assert accounts.sightings() == expected
    assert expected


def test_the_frame_is_confluents():
    accounts = Accounts()
    accounts.add("acct", payment=1)
    [(key, value)], _ = accounts.take()
    assert key == b"payment:0000000000000001"
    assert value[:5] == b"\0\1\2\3\4"


@pytest.mark.parametrize(
    "fields",
    [
        {"id_length": 0},
        {"flags": FLAG_STUB},
        {"epoch": PERIOD.number - 1},
        {"epoch": PERIOD.number + 1},
        {"epoch_requests": 0},
    ],
)
def test_accounts_that_were_not_active_in_the_period_report_nothing(fields):
    accounts = Accounts()
    accounts.add("acct", payment=1, **fields)
    assert accounts.take() == ([], 1)


def test_links_of_behaviour_need_a_twentieth_of_the_traffic():
    accounts = Accounts()
    accounts.add(
        "acct",
        network=[1, 2, 3],
        network_weight=[94, 5, 4.9],
        client=[4, 5],
        client_weight=[150, 0],
    )
    assert shares_by_link(accounts.sightings()) == {
        "network:0000000000000001": 940,
        "network:0000000000000002": 50,
        "client:0000000000000004": 1000,
    }


def test_prompt_families_are_no_links():
    accounts = Accounts()
    accounts.add(
        "acct", payment=1, family=[0x11, 0x12, 0x13, 0, 0], family_weight=[60, 30, 9, 0, 0]
    )
    assert shares_by_link(accounts.sightings()) == {"payment:0000000000000001": 1000}


def test_what_is_zero_is_no_link():
    accounts = Accounts()
    for name in ("network", "client", "program"):
        weights = np.full(ACCOUNT[name].shape, 99)
        accounts.add("nobody", **{f"{name}_weight": weights})
    accounts.add("somebody", network=[0, 5, 0], network_weight=[99, 9, 99])
    assert shares_by_link(accounts.sightings()) == {"network:0000000000000005": 90}


@pytest.mark.parametrize(
    ("campaign", "probability", "told"),
    [(0xF1, 0.2, "00000000000000f1"), (0xF1, 0, None), (0, 0.9, None), (2**64 - 1, 1, "f" * 16)],
)
def test_a_confirmed_campaign_is_told_under_every_link_and_is_one(campaign, probability, told):
    accounts = Accounts()
    accounts.add("acct", payment=1, campaign=campaign, campaign_probability=probability)
    found = accounts.sightings()
    assert {x.campaign for x in found} == {told}
    kinds = {x.kind: x.hash for x in found}
    assert kinds == {"payment": "0" * 15 + "1", **({"campaign": told} if told else {})}


def test_shares_that_are_no_numbers_are_nothing():
    accounts = Accounts()
    nan, inf = float("nan"), float("inf")
    accounts.add(
        "acct",
        payment=1,
        network=[7, 8, 9],
        network_weight=[nan, inf, -1],
        requests=[0, 0, nan],
        elicitation=[0, 0, inf],
        refused=inf,
        tasks=[nan] + [1.0] * 13,
        epoch_tokens=inf,
    )
    [sighting] = accounts.sightings()
    assert sighting.refused == 0
    assert sighting.scores == [500] * 9
    assert sighting.tasks == [0] * 14
    assert sighting.tokens == 2**53


@pytest.mark.parametrize(
    ("weight", "total", "share"),
    [
        (1, 3, 333),
        (2, 3, 667),
        (3, 3, 1000),
        (9, 3, 1000),
        (5, 0, 0),
        (0, 0, 0),
        (-1, 3, 0),
        (math.inf, math.inf, 1000),
        (3, math.inf, 0),
        (math.nan, 3, 0),
        (3, math.nan, 0),
    ],
)
def test_a_share_is_between_nothing_and_all(weight, total, share):
    assert share_of(weight, total) == share == permille(weight, total)


def test_the_shadow_standing_lends_its_risk_but_not_its_action():
    accounts = Accounts()
    shadow = np.zeros(1, STANDING)[0]
    shadow["risk"], shadow["action"] = 0.75, ACTION_SUSPEND
    accounts.add("acct", payment=1, shadow=shadow)
    [sighting] = accounts.sightings()
    assert (sighting.risk, sighting.standing) == (750, None)


def test_taking_in_parts_tears_no_account_apart_and_loses_none():
    accounts = Accounts()
    rng = np.random.default_rng(3)
    for i in range(30):
        accounts.add(f"acct-{i}", **random_row(rng))
    whole, _ = accounts.take()
    parts, slot = [], 0
    while slot < len(accounts.rows):
        part, slot = accounts.take(slot, MAX_LINKS)
        assert 0 < len(part) <= MAX_LINKS
        parts.append(part)
    assert len(parts) > 1
    assert [pair for part in parts for pair in part] == whole
    owners = [{decode(Sighting, value).account_id for _, value in part} for part in parts]
    assert not any(a & b for i, a in enumerate(owners) for b in owners[:i])


def test_an_account_with_every_link_fits():
    accounts = Accounts()
    fields = dict.fromkeys(("payment", "email_domain", "device", "referral", "org"), 2**64 - 1)
    weights = {f"{k}_weight": 99 for k in ("family", "program", "network", "client", "model")}
    keys = {
        name: 0x1234_5678_9ABC_DEF0 * np.arange(1, 1 + ACCOUNT[name].shape[0], dtype=np.uint64)
        for name in ("family", "program", "network", "client", "model")
    }
    accounts.add(
        "🂡" * 64,
        **fields,
        **weights,
        **keys,
        flags=FLAG_PROFILE,
        created_at=CREATED,
        tasks=1,
        first_ts=2**47,
        epoch_requests=2**32 - 1,
        campaign=2**64 - 1,
        campaign_probability=1,
        ring=2**32 - 1,
        web=2**32 - 1,
    )
    found = accounts.sightings()
    assert len(found) == MAX_LINKS
    assert found[0].requests == 2**31 - 1


def test_too_little_room_is_said():
    accounts = Accounts()
    accounts.add("acct", payment=1)
    with pytest.raises(ValueError, match=str(MAX_LINKS)):
        accounts.take(records=MAX_LINKS - 1)
    small = Output(*(np.zeros(10, kind) for kind in (np.uint8, np.int64, np.uint8, np.int64)))
    with pytest.raises(ValueError, match="no room"):
        encode_sightings(accounts.rows, accounts.arena, 0, PERIOD, 0, COLD, PUBLIC, small)


@pytest.mark.parametrize("fields", [{"id_length": 257}, {"id_at": 2**32 - 1}, {"id_at": 1}])
def test_an_id_that_does_not_stand_in_the_arena_is_not_read(fields):
    accounts = Accounts()
    accounts.add("acct", payment=1, **fields)
    with pytest.raises(ValueError, match="account id"):
        accounts.take()


def test_an_organisation_without_an_id_is_known_by_its_domain():
    accounts = Accounts(domains=OWN)
    accounts.add("of-an-organisation", payment=1, org=0xA, email_domain=0xB)
    accounts.add("of-a-domain", payment=1, email_domain=0xB)
    accounts.add("of-none", payment=1)
    organisations = {x.account_id: x.org for x in accounts.sightings()}
    assert organisations == {
        "of-an-organisation": f"{0xA:016x}",
        "of-a-domain": f"{0xB:016x}",
        "of-none": None,
    }


def test_a_period_ends_where_the_next_begins():
    assert Period(0, 6).end == 6 * 3_600_000
    assert Period(81_000, 6).end == 81_001 * 6 * 3_600_000


@pytest.mark.parametrize(
    ("flags", "programs", "woven"),
    [
        (0, (5, 6, 7), True),
        (0, (5, 8, 7), False),
        (FLAG_WOVEN, (8, 8, 8), True),
        (0, (0, 0, 0), False),
    ],
)
def test_an_account_that_uses_several_watched_programs_says_so(flags, programs, woven):
    watches = no_watches(2, 2)
    watches.starts[1] = PERIOD.end - 1
    watches.first[:] = (0, 0, 2)
    watches.program[:] = (5, 6)
    weights = (40, 40, 20)
    accounts = Accounts(COLD._replace(watches=watches))
    accounts.add("acct", payment=1, flags=flags, program=programs, program_weight=weights)
    assert {x.woven for x in accounts.sightings()} == {woven}
    watches.starts[1] = PERIOD.end
    assert {x.woven for x in accounts.sightings()} == {bool(flags)}


def test_a_watched_program_that_is_hardly_used_does_not_count():
    watches = no_watches(1, 2)
    watches.first[1] = 2
    watches.program[:] = (5, 6)
    accounts = Accounts(COLD._replace(watches=watches))
    accounts.add("acct", payment=1, program=(5, 6, 7), program_weight=(4, 40, 56))
    assert not accounts.sightings()[0].woven
