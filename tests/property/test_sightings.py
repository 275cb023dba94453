"""Sightings of any bytes whatever: refused, or read as fastavro reads them."""

import io

import fastavro
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.events.schemas import avro_schema
from app.events.sightings import Sighting
from app.kernels import reasons
from app.kernels import sighting_columns as s
from app.kernels.sightings_decode import decode_sightings
from app.kernels.spec import string_hash
from app.state.layout import TIERS
from app.state.link_layout import LINK_KINDS
from tests.reference.sightings import framed, normal_scores, plain_sighting, written

SCHEMA = fastavro.parse_schema(avro_schema(Sighting))
REAL = [
    value
    for _, value in written(
        [
            plain_sighting("acct-1", 81_000),
            plain_sighting(
                "é" * 64,
                81_000,
                kind="signup_hour",
                tokens=2**63 - 1,
                second_model="f" * 16,
                created_at=1_748_000_000_000,
                tier="team",
                verification="contract",
                org="0123456789abcdef",
                exempt=True,
                standing="suspend",
                campaign="00013c6a89abcdef",
                scores=normal_scores(elicitation=9.0, steadiness=-1.5, requests=-9.0),
                elicitation=437,
            ),
        ]
    )
]


def decode(values: list[tuple[bytes | None, bytes]]) -> tuple[np.ndarray, np.ndarray]:
    found = framed(list(values))
    columns = np.zeros((len(values), s.SIG_WIDTH), np.int64)
    status = np.full(len(values), -1, np.int32)
    decode_sightings(found.data, found.frames, s.SCHEMA_ID, columns, status)
    return columns, status


@st.composite
def mutated(draw) -> bytes:
    value = bytearray(draw(st.sampled_from(REAL)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(value)))
        what = draw(st.sampled_from(("flip", "insert", "delete", "truncate", "high")))
        if what == "flip" and at < len(value):
            value[at] ^= 1 << draw(st.integers(0, 7))
        elif what == "insert":
            value[at:at] = draw(st.binary(min_size=1, max_size=12))
        elif what == "delete":
            del value[at : at + draw(st.integers(1, 12))]
        elif what == "truncate":
            del value[max(at, 1) :]
        elif what == "high" and at < len(value):
            value[at : at + 10] = b"\xff" * 9 + b"\x01"
    return bytes(value)


def key_of(value: bytes) -> bytes | None:
    """The key that would be right for the value, were it one."""
    try:
        document = fastavro.schemaless_reader(io.BytesIO(value[5:]), SCHEMA, None)
        return f"{document['kind']}:{document['hash']}".encode()
    except Exception:
        return None


@given(st.lists(st.one_of(mutated(), st.binary(max_size=300)), min_size=1, max_size=20))
@settings(max_examples=150, deadline=None)
def test_what_is_read_is_what_was_written(values):
    check(values)


def check(values: list[bytes]) -> list[str]:
    """Whether the kernel reads ``values`` as fastavro does; the names of the reasons it gives."""
    columns, status = decode([(key_of(value), value) for value in values])
    assert set(status.tolist()) <= set(range(len(reasons.NAMES)))
    for value, row, code in zip(values, columns, status, strict=True):
        if code != reasons.OK:
            continue
        body = io.BytesIO(value[5:])
        document = fastavro.schemaless_reader(body, SCHEMA, None)
        assert not body.read()
        assert LINK_KINDS[row[s.SIG_KIND]] == document["kind"]
        assert f"{np.uint64(row[s.SIG_HASH]):016x}" == document["hash"]
        assert row[s.SIG_ACCOUNT] == string_hash(document["account_id"])
        assert row[s.SIG_TASKS : s.SIG_SCORES].tolist() == document["tasks"]
        under_the_link = [document["elicitation"], *document["scores"][1:]]
        assert row[s.SIG_SCORES : s.SIG_REFUSED].tolist() == under_the_link
        assert f"{np.uint64(row[s.SIG_CAMPAIGN]):016x}" == (document["campaign"] or "0" * 16)
        for column, name in (
            (s.SIG_SHARE, "share"),
            (s.SIG_EPOCH, "epoch"),
            (s.SIG_TS, "ts"),
            (s.SIG_REQUESTS, "requests"),
            (s.SIG_TOKENS, "tokens"),
            (s.SIG_HOURS, "hours"),
            (s.SIG_REFUSED, "refused"),
            (s.SIG_RISK, "risk"),
            (s.SIG_TRUST, "trust"),
            (s.SIG_FIRST_SEEN, "first_seen"),
            (s.SIG_EXEMPT, "exempt"),
        ):
            assert row[column] == document[name], name
        assert row[s.SIG_CREATED_AT] == (document["created_at"] or 0)
        tier = document["tier"]
        assert row[s.SIG_TIER] == (TIERS.index(tier) if tier in TIERS else -1)
    return [reasons.NAMES[code] for code in status.tolist()]


def test_real_sightings_are_read():
    _, status = decode([(key_of(value), value) for value in REAL])
    assert (status == reasons.OK).all()


def test_every_single_bit_flip_is_survived():
    values = [
        value[:at] + bytes([value[at] ^ 1 << bit]) + value[at + 1 :]
        for value in REAL
        for at in range(len(value))
        for bit in range(8)
    ]
    _, status = decode([(key_of(value), value) for value in values])
    assert (status >= 0).all()
    assert 0 < (status == reasons.OK).sum() < len(values)
