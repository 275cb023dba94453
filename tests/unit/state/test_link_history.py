"""Links and totals as earlier releases wrote them: what is kept of them, and what is let go."""

import json

import numpy as np
import pytest

from app.agents.links import LinkFolder, LinkSchedule
from app.state.codec import RowCodec
from app.state.link_codec import LINK_CODEC
from app.state.link_history import LINK_1, LINK_2, LINK_3, TOTALS_1
from app.state.link_layout import LINK, LINK_KINDS
from app.state.link_totals import new_totals, totals_from_json, totals_to_json
from app.state.store import ColumnStore
from tests.reference.sightings import plain_sighting, written
from tests.unit.state.changelogs import framed

KEY = b"payment:00000000000000aa"
# Bytes that the release with layout 1 wrote of a link of 1,760,000,000,000, and what it meant.
WRITTEN_1 = bytes.fromhex(
    "019f80009e020800fe528080e682b966d0f109fcf8090718880eff0a808080808040800480088080080e0102ff030405"
    "0607ffffffff0f0102ff030405060708090a030b0c20e7072011f84d01010101ff0101010101010101ff010101010101"
    "01010f0101010130030000000000000005000000000000003001868080800830fa07"
)
KEPT = {
    "offset": 41,
    "last_ts": 1_760_000_000_000,
    "first_epoch": 81_000,
    "last_epoch": 81_470,
}
LET_GO = {
    "kind_1": 7,
    "requests_1": [12, 900],
    "tokens_1": [5, 2**40],
    "log_load_1": [256, 512],
    "log_load_squared_1": [65536, 7],
    "counts_1": [[1, 2, 3, 4], [5, 6, 7, 2**32 - 1]],
    "scores_1": [[1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12]],
    "member_1": [3, 5, *[0] * 14],
    "member_epochs_1": [1, 2**31 | 6, *[0] * 14],
    "member_elicitation_1": [250, 7, *[0] * 14],
    "hours_1": [[1] * 24, [0] * 24],
}


def nobody(key: bytes, value: bytes | None, offset: int) -> None:
    raise AssertionError("no header was written")


def test_a_link_that_layout_1_wrote_keeps_its_place_and_its_times() -> None:
    meant = np.zeros(1, LINK)
    for name, value in KEPT.items():
        meant[0][name] = value
    assert LINK_CODEC.decode(WRITTEN_1) == meant[0]


def test_a_link_that_layout_1_wrote_learns_its_kind_from_its_next_sighting() -> None:
    store = ColumnStore(LINK, limit=1)
    key = b"email_domain:00000000000000aa"
    LINK_CODEC.apply(store, framed([(key, WRITTEN_1)]), nobody, "log/0")
    later = written([plain_sighting("acct", 81_471, kind="email_domain")])
    folder = LinkFolder(store, LinkSchedule(6, 28, 1000))
    assert not folder.fold(framed(later, KEPT["offset"])).status.any()
    row = store.views().rows[store.get(key)]
    assert LINK_KINDS[row["kind"]] == "email_domain"
    assert row["last_epoch"] == 81_471
    assert row["first_epoch"] == KEPT["first_epoch"]


def test_links_of_both_layouts_are_read_from_one_changelog() -> None:
    store = ColumnStore(LINK, limit=3)
    other = ColumnStore(LINK, limit=1)
    other.views().rows[other.add(b"device:00000000000000bb")]["campaign"] = 7
    today = LINK_CODEC.encode(other, other.slots())
    LINK_CODEC.apply(store, framed([(KEY, WRITTEN_1), *today, (KEY, WRITTEN_1)]), nobody, "log/0")
    found = {key: store.views().rows[store.get(key)] for key, _ in today} | {
        KEY: store.views().rows[store.get(KEY)]
    }
    assert len(store) == 2
    assert found[b"device:00000000000000bb"]["campaign"] == 7
    assert found[KEY]["last_epoch"] == KEPT["last_epoch"]
    assert not found[KEY]["member_epochs"].any()


def test_the_bytes_are_what_layout_1_would_write() -> None:
    """The dtype that is kept is the one that was in use: it has not moved."""
    store = ColumnStore(LINK_1, limit=1)
    row = store.views().rows[store.add(KEY)]
    for name, value in (KEPT | LET_GO).items():
        row[name] = value
    row["tasks_1"][1, 13], row["registers_1"][0, 63], row["models_1"][1, 6] = 999, 17, 77
    ((_, value),) = RowCodec({1: LINK_1}).encode(store, store.slots())
    assert value == WRITTEN_1


def test_a_link_that_layout_2_wrote_joins_nobody_and_is_otherwise_whole() -> None:
    store = ColumnStore(LINK_2, limit=1)
    row = store.views().rows[store.add(KEY)]
    for name, value in (
        KEPT | {"campaign": 7, "requests": [3, 4], "member": [9, *[0] * 15]}
    ).items():
        row[name] = value
    ((_, value),) = RowCodec({2: LINK_2}).encode(store, store.slots())
    read = LINK_CODEC.decode(value)
    assert (read["ring"], read["ring_heard"]) == (0, 0)
    assert (read["campaign"], read["requests"].tolist(), read["member"][0]) == (7, [3, 4], 9)
    assert {name: read[name] for name in KEPT} == KEPT


def test_a_program_that_layout_3_wrote_counts_rings_from_now_on() -> None:
    store = ColumnStore(LINK_3, limit=1)
    row = store.views().rows[store.add(KEY)]
    kept = {"campaign": 7, "ring": 3, "webbed": [5, 6], "member": [9, *[0] * 15]}
    for name, value in (KEPT | kept).items():
        row[name] = value
    ((_, value),) = RowCodec({3: LINK_3}).encode(store, store.slots())
    read = LINK_CODEC.decode(value)
    assert read["ringed"].tolist() == [0, 0]
    assert (read["campaign"], read["ring"], read["webbed"].tolist()) == (7, 3, [5, 6])
    assert {name: read[name] for name in KEPT} == KEPT


def test_totals_of_an_earlier_release_start_anew() -> None:
    saved = {"payment": dict.fromkeys(TOTALS_1, 0), "network": dict.fromkeys(TOTALS_1, 1)}
    assert (totals_from_json(saved) == new_totals()).all()


@pytest.mark.parametrize("missing", ["voters", "scores"])
def test_totals_that_lack_something_else_make_no_sense(missing: str) -> None:
    totals = new_totals()
    totals["last_epoch"][0] = 5
    saved = json.loads(json.dumps(totals_to_json(totals)))
    assert (totals_from_json(saved) == totals).all()
    del saved["payment"][missing]
    with pytest.raises(ValueError, match="make no sense"):
        totals_from_json(saved)
