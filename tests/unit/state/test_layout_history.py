"""Accounts as earlier releases wrote them are read as what they were."""

import numpy as np
import pytest

from app.kernels.batches import Framed
from app.state.codec import ACCOUNT_CODEC, RowCodec
from app.state.layout import ACCOUNT, ACCOUNT_VERSION, FLAG_PROFILE
from app.state.layout_history import ACCOUNT_1, ACCOUNT_2, ACCOUNT_3
from app.state.store import ColumnStore
from tests.unit.state.changelogs import framed

NOW = 1_760_000_000_000

# Bytes that the release with layout 1 wrote, and what it wrote them of.
WRITTEN_1 = bytes.fromhex(
    "01e101787f01528080e682b966ffefb2520000c03f00002040000060406c8c0605000000000000000000000000000080"
    "f0d63b40fffffffffffffffff80000803e0b000000000000000c000000000000000d000000000000000000a03fff0000"
    "104000005040150000000000000016000000000000001700000000000000000088400000a8400000c840020e02103cf1"
    "00000000000000880e0000003f8080e682b966c60000403f020a09"
)
MEANT_1 = {
    "flags": FLAG_PROFILE,
    "offset": 41,
    "last_ts": NOW,
    "first_ts": NOW - 86_400_000,
    "requests": [1.5, 2.5, 3.5],
    "events": 780,
    "hours": [5, 0, 2**63],
    "hours_at": 488_888,
    "family": [0, 0, 0, 0, 2**64 - 1],
    "family_weight": [0, 0, 0, 0, 0.25],
    "program": [11, 12, 13],
    "program_weight": [1.25, 2.25, 3.25],
    "network": [21, 22, 23],
    "network_weight": [4.25, 5.25, 6.25],
    "profile_offset": 7,
    "operator_offset": 8,
    "campaign": 0xF1,
    "campaign_epoch": 900,
    "campaign_probability": 0.5,
    "live": (NOW, 0, 0, 0, 0.75, 2, 0, 0),
    "shadow": (0, 0, NOW + 5, NOW - 5, 0, 0, 0, 0),
}


def nobody(key: bytes, value: bytes | None, offset: int) -> None:
    raise AssertionError("no header was written")


def applied(records: Framed) -> ColumnStore:
    store = ColumnStore(ACCOUNT, limit=3)
    ACCOUNT_CODEC.apply(store, records, nobody, "changelog/0")
    return store


def test_a_row_that_layout_1_wrote_is_read_whole() -> None:
    meant = np.zeros(1, ACCOUNT)
    for name, value in MEANT_1.items():
        meant[0][name] = value
    assert ACCOUNT_CODEC.decode(WRITTEN_1) == meant[0]
    assert meant[0]["verdict_offset"] == 0


def test_it_is_written_again_in_todays_layout() -> None:
    store = applied(framed([(b"ann", WRITTEN_1)]))
    store.views().rows[store.get(b"ann")]["verdict_offset"] = 9
    ((_, value),) = ACCOUNT_CODEC.encode(store, store.slots())
    assert value[0] == ACCOUNT_VERSION
    row = applied(framed([(b"ann", WRITTEN_1), (b"ann", value)])).views().rows[0]
    assert row["verdict_offset"] == 9
    assert row["program_weight"].tolist() == MEANT_1["program_weight"]


def test_layout_1_has_not_moved() -> None:
    store = ColumnStore(ACCOUNT_1, limit=1)
    row = store.views().rows[store.add(b"ann")]
    for name, value in MEANT_1.items():
        row[name] = value
    ((_, value),) = RowCodec({1: ACCOUNT_1}).encode(store, store.slots())
    assert value == WRITTEN_1


def test_a_row_that_layout_2_wrote_is_in_no_ring_and_otherwise_whole() -> None:
    store = ColumnStore(ACCOUNT_2, limit=1)
    row = store.views().rows[store.add(b"ann")]
    for name, value in (MEANT_1 | {"verdict_offset": 9}).items():
        row[name] = value
    ((_, value),) = RowCodec({2: ACCOUNT_2}).encode(store, store.slots())
    meant = np.zeros(1, ACCOUNT)
    for name, value_meant in (MEANT_1 | {"verdict_offset": 9}).items():
        meant[0][name] = value_meant
    assert ACCOUNT_CODEC.decode(value) == meant[0]
    assert meant[0]["ring"] == 0


def test_of_a_row_that_layout_3_wrote_nothing_is_known_of_what_its_programs_elicit() -> None:
    store = ColumnStore(ACCOUNT_3, limit=1)
    row = store.views().rows[store.add(b"ann")]
    fields = MEANT_1 | {"verdict_offset": 9, "ring": 4, "web": 5, "recaptured": 0.75}
    for name, value in (fields | {"turns": 3.5, "tools": 1.5, "billing_country": 7}).items():
        row[name] = value
    ((_, value),) = RowCodec({3: ACCOUNT_3}).encode(store, store.slots())
    meant = np.zeros(1, ACCOUNT)
    for name, value_meant in fields.items():
        meant[0][name] = value_meant
    assert ACCOUNT_CODEC.decode(value) == meant[0]
    assert not meant[0]["program_elicitation"].any()


DROPPED = {"turns", "tools", "billing_country", "access_country"}
"""Nothing was ever made of them."""


@pytest.mark.parametrize("layout", [ACCOUNT_1, ACCOUNT_2, ACCOUNT_3], ids=["1", "2", "3"])
def test_every_field_of_an_older_layout_has_a_place_today(layout: np.dtype[np.void]) -> None:
    assert set(layout.names or ()) - DROPPED <= set(ACCOUNT.names or ())
