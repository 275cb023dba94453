"""Sightings from record bytes: what fastavro wrote is read, anything else is refused by name."""

import numpy as np
import pytest

from app.events.sightings import Sighting
from app.kernels import reasons
from app.kernels import sighting_columns as s
from app.kernels.sightings_decode import decode_sightings
from app.kernels.spec import string_hash
from app.state.layout import ACTIONS, TIERS, VERIFICATIONS
from app.state.link_layout import LINK_KINDS
from tests.reference.sightings import framed, plain_sighting, written

FRAME = b"\0" + s.SCHEMA_ID.to_bytes(4, "big")
KEY = b"payment:00000000000000aa"


def decode(records, schema_id: int = s.SCHEMA_ID) -> tuple[np.ndarray, list[str]]:
    found = framed(records)
    values = np.zeros((len(records), s.SIG_WIDTH), np.int64)
    status = np.zeros(len(records), np.int32)
    good = decode_sightings(found.data, found.frames, schema_id, values, status)
    assert good == np.count_nonzero(status == reasons.OK)
    return values, [reasons.NAMES[code] for code in status]


def columns_of(x: Sighting) -> dict[int, int]:
    """What the columns of ``x`` hold."""

    def signed(text: str | None) -> int:
        return int(np.uint64(int(text or "0", 16)).view(np.int64))

    return {
        s.SIG_KIND: LINK_KINDS.index(x.kind),
        s.SIG_HASH: signed(x.hash),
        s.SIG_SHARE: x.share,
        s.SIG_ACCOUNT: string_hash(x.account_id),
        s.SIG_EPOCH: x.epoch,
        s.SIG_TS: x.ts,
        s.SIG_REQUESTS: x.requests,
        s.SIG_TOKENS: x.tokens,
        s.SIG_HOURS: x.hours,
        **{s.SIG_TASKS + i: share for i, share in enumerate(x.tasks)},
        **{s.SIG_SCORES + i: score for i, score in enumerate(x.scores)},
        s.SIG_REFUSED: x.refused,
        s.SIG_RISK: x.risk,
        s.SIG_TRUST: x.trust,
        s.SIG_MODEL: signed(x.model),
        s.SIG_MODEL_SHARE: x.model_share,
        s.SIG_SECOND_MODEL: signed(x.second_model),
        s.SIG_SECOND_MODEL_SHARE: x.second_model_share,
        s.SIG_FIRST_SEEN: x.first_seen,
        s.SIG_CREATED_AT: x.created_at or 0,
        s.SIG_TIER: TIERS.index(x.tier) if x.tier else -1,
        s.SIG_VERIFICATION: VERIFICATIONS.index(x.verification) if x.verification else -1,
        s.SIG_ORG: signed(x.org),
        s.SIG_EXEMPT: x.exempt,
        s.SIG_STANDING: ACTIONS.index(x.standing or "none"),
        s.SIG_CAMPAIGN: signed(x.campaign),
        s.SIG_CAMPAIGN_PROBABILITY: x.campaign_probability,
        s.SIG_CAMPAIGN_EPOCH: x.campaign_epoch,
        s.SIG_INPUT_TOKENS: x.input_tokens,
        s.SIG_PAYMENT: signed(x.payment),
        s.SIG_DEVICE: signed(x.device),
        s.SIG_RING: signed(x.ring),
        s.SIG_WEB: signed(x.web),
        s.SIG_WOVEN: x.woven,
    }


FULL = {
    "kind": "email_domain",
    "hash": "fedcba9876543210",
    "share": 17,
    "requests": 2**31 - 1,
    "tokens": 2**63 - 1,
    "hours": 2**24 - 1,
    "tasks": list(range(0, 980, 70)),
    "scores": [*range(0, 1000, 125), 1000],
    "refused": 101,
    "risk": 102,
    "trust": 103,
    "second_model": "ffffffffffffffff",
    "second_model_share": 200,
    "first_seen": 253_402_300_799_999,
    "created_at": 1_748_000_000_000,
    "tier": "enterprise",
    "verification": "document",
    "org": "8000000000000000",
    "exempt": True,
    "standing": "throttle",
    "campaign": "80013c6a00000001",
    "campaign_probability": 987,
    "campaign_epoch": 2**31 - 1,
    "input_tokens": 2**62,
    "payment": "8000000000000001",
    "device": "00000000000000ff",
    "ring": "0000000080000003",
    "web": "00000000ffffffff",
    "woven": True,
}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        FULL,
        {"model": None},
        *({"kind": kind} for kind in LINK_KINDS),
        *({"tier": tier} for tier in TIERS),
        *({"verification": verification} for verification in VERIFICATIONS),
        *({"standing": standing} for standing in ACTIONS[1:]),
    ],
)
def test_every_column_holds_its_field(changes):
    sighting = plain_sighting("acct-é-1", 81_000, **changes)
    values, status = decode(written([sighting]))
    assert status == ["ok"]
    assert {column: values[0, column] for column in columns_of(sighting)} == columns_of(sighting)
    assert len(columns_of(sighting)) == s.SIG_WIDTH


def test_only_the_schema_that_is_known_is_read():
    records = written([plain_sighting("acct", 1)], 7)
    assert decode(records, 7)[1] == ["ok"]
    assert decode(records, 8)[1] == ["unknown_schema"]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "null_value"),
        (b"", "malformed"),
        (b"{}", "unknown_framing"),
        (b"\0\0\0", "malformed"),
        (FRAME, "malformed"),
        (FRAME + b"\xff" * 400, "malformed"),
        (FRAME + b"\0" * 400, "malformed"),
    ],
)
def test_what_is_no_sighting_is_refused(value, reason):
    assert decode([(KEY, value)])[1] == [reason]


def test_a_record_cut_short_or_too_long_is_malformed():
    [(key, value)] = written([plain_sighting("acct", 81_000, **FULL)])
    assert decode([(key, value)])[1] == ["ok"]
    cut = [(key, value[:end]) for end in range(len(value))]
    assert set(decode(cut)[1]) == {"malformed"}
    # A neighbour's bytes follow each: a reader past the end would have found some.
    assert decode([(key, value + b"\0")])[1] == ["malformed"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("share", 1001),
        ("share", -1),
        ("epoch", -1),
        ("epoch", 2**31),
        ("ts", 253_402_300_800_000),
        ("requests", -1),
        ("tokens", -1),
        ("hours", 1 << 24),
        ("tasks", [1001] + [0] * 13),
        ("tasks", [0] * 13 + [-1]),
        ("scores", [500] * 8 + [1001]),
        ("scores", [-1] + [500] * 8),
        ("elicitation", -1),
        ("elicitation", 1001),
        ("refused", 1001),
        ("risk", -1),
        ("model_share", 1001),
        ("second_model_share", -1),
        ("first_seen", -1),
        ("created_at", -1),
        ("campaign_probability", 1001),
        ("campaign_epoch", -1),
        ("campaign_epoch", 2**31),
        ("input_tokens", -1),
        ("kind", "fingerprint"),
    ],
)
def test_numbers_out_of_range_and_unknown_kinds_are_refused(field, value):
    sighting = plain_sighting("acct", 81_000).model_copy(update={field: value})
    assert decode(written([sighting]))[1] == ["out_of_range"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("account_id", ""),
        ("account_id", "a" * 65),
        ("hash", "00000000000000AA"),
        ("hash", "00000000000000a"),
        ("model", "g" * 16),
        ("tasks", [0] * 13),
        ("tasks", [0] * 15),
        ("tasks", []),
        ("scores", [500] * 8),
        ("scores", [500] * 10),
        ("scores", []),
        ("campaign", "g" * 16),
        ("campaign", "0" * 15),
    ],
)
def test_text_and_lists_of_another_form_are_refused(field, value):
    sighting = plain_sighting("acct", 81_000).model_copy(update={field: value})
    assert decode(written([sighting]))[1] == ["malformed"]


def test_an_id_that_is_not_utf8_is_malformed():
    [(key, value)] = written([plain_sighting("acct", 81_000)])
    assert decode([(key, value.replace(b"acct", b"ac\xff\xfe"))])[1] == ["malformed"]


@pytest.mark.parametrize("label", ["free\0", "fre", "freee", "FREE", "x" * 40])
def test_a_label_from_a_later_version_counts_as_none(label):
    sighting = plain_sighting("acct", 81_000).model_copy(update={"tier": label})
    values, status = decode(written([sighting]))
    assert status == ["ok"]
    assert values[0, s.SIG_TIER] == -1


@pytest.mark.parametrize(
    "key",
    [
        None,
        b"",
        b"payment:00000000000000ab",
        b"network:00000000000000aa",
        b"payment:00000000000000aa ",
        b"payment:00000000000000a",
        b"payment-00000000000000aa",
        b"payment:00000000000000AA",
    ],
)
def test_the_key_must_be_the_link(key):
    [(_, value)] = written([plain_sighting("acct", 81_000)])
    assert decode([(KEY, value), (key, value)])[1] == ["ok", "key_mismatch"]


def test_positions_outside_of_the_data_are_not_followed():
    found = framed(written([plain_sighting("acct", 81_000)]))
    values = np.zeros((1, s.SIG_WIDTH), np.int64)
    status = np.zeros(1, np.int32)
    for start, length in ((-2, 5), (10**9, 5), (0, 10**9), (0, -1), (2**62, 2**62)):
        frames = found.frames.copy()
        frames[0, 4:6] = start, length
        assert decode_sightings(found.data, frames, 0, values, status) == 0
        assert reasons.NAMES[status[0]] == "malformed"
