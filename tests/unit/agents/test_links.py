"""The links of one partition: counting, refusing, letting go, saving and telling."""

import json

import numpy as np
import orjson
import pytest

from app.agents.links import LinkFolder, LinkSchedule, ScheduleChanged
from app.kernels import reasons
from app.kernels.batches import UNFRAMED
from app.kernels.columns import FRAME_VALUE_LENGTH, FRAME_VALUE_START
from app.kernels.sighting_columns import SCHEMA_ID
from app.state.codec import CorruptRow
from app.state.header import Header
from app.state.link_codec import LINK_CODEC
from app.state.link_layout import LINK
from app.state.store import ColumnStore
from tests.reference.sightings import framed, plain_sighting, written

KEY = b"payment:00000000000000aa"
SCHEDULE = LinkSchedule(period_hours=6, window_epochs=28, single_epochs=8)


def new_folder(limit: int = 1000) -> LinkFolder:
    return LinkFolder(ColumnStore(LINK, limit=limit), SCHEDULE)


def fold(folder: LinkFolder, *sightings, first: int | None = None) -> list[str]:
    """Fold sightings at the partition's next offsets; returns their reasons."""
    start = folder.counters["in"] if first is None else first
    status = folder.fold(framed(written(list(sightings)), start)).status
    return [reasons.NAMES[code] for code in status]


def row_of(folder: LinkFolder, key: bytes = KEY) -> np.void:
    slot = folder.store.get(key)
    assert slot is not None
    return folder.store.views().rows[slot]


def test_members_of_a_link_are_kept_together():
    folder = new_folder()
    fold(folder, *(plain_sighting(f"acct-{i}", 1000, requests=10 + i) for i in range(5)))
    fold(folder, plain_sighting("acct-9", 1000, hash="00000000000000bb"))
    assert len(folder.store) == 2
    assert folder.store.dirty == 2
    evidence = folder.evidence(KEY)
    assert (evidence.members, evidence.requests) == (5, 60)
    assert folder.evidence(b"payment:00000000000000bb").members == 1
    assert folder.evidence(b"payment:00000000000000cc") is None


def test_every_sighting_is_counted_once_whatever_became_of_it():
    folder = new_folder(limit=2)
    sighting = plain_sighting("acct", 1000)
    records = [
        *written([sighting, sighting, plain_sighting("acct", 1001, ts=5)]),
        (KEY, b"\0" + SCHEMA_ID.to_bytes(4, "big") + b"nonsense"),
        (KEY, None),
        *written([plain_sighting("b", 1000, hash=f"{i:016x}") for i in (1, 2)]),
    ]
    status = folder.fold(framed(records)).status
    assert [reasons.NAMES[code] for code in status] == [
        "ok",
        "ok",
        "out_of_range",
        "malformed",
        "null_value",
        "ok",
        "state_full",
    ]
    counters = folder.counters
    assert (counters["in"], counters["folded"], counters["repeats"], counters["dead"]) == (
        7,
        2,
        1,
        4,
    )


def test_records_that_could_not_be_framed_count_as_many_as_were_lost():
    folder = new_folder()
    found = framed([(None, b"")])
    found.frames[0, FRAME_VALUE_START] = UNFRAMED
    found.frames[0, FRAME_VALUE_LENGTH] = 12
    assert folder.fold(found).status.tolist() == [reasons.MALFORMED]
    assert (folder.counters["in"], folder.counters["dead"]) == (12, 12)


def test_a_full_store_still_counts_everyone_in_the_totals():
    folder = new_folder(limit=1)
    fold(folder, *(plain_sighting(f"acct-{i}", 1000, hash=f"{i:016x}") for i in range(3)))
    assert len(folder.store) == 1
    assert folder.totals[0]["counts"][:, 0].sum() == 3


def test_a_sighting_read_again_changes_the_totals_alone():
    """The header is behind the rows: its totals must catch up, the rows must not."""
    folder = new_folder()
    fold(folder, plain_sighting("acct", 1000))
    resumed = LinkFolder(folder.store, SCHEDULE)
    before = row_of(folder).copy()
    fold(resumed, plain_sighting("acct", 1000), first=0)
    assert row_of(resumed) == before
    assert resumed.totals[0]["counts"][:, 0].sum() == 1
    assert resumed.counters["resumed"] == resumed.counters["folded"] == 1


def test_a_sighting_of_a_forgotten_window_leaves_only_its_time():
    folder = new_folder()
    fold(folder, plain_sighting("acct-1", 1000), plain_sighting("acct-2", 1000 - 3 * 28))
    assert folder.counters["stale"] == 1
    row = row_of(folder)
    assert (row["first_epoch"], row["last_epoch"]) == (1000 - 3 * 28, 1000)
    assert row["counts"].sum() == folder.evidence(KEY).members == 1


def test_single_members_are_let_go_soon_and_groups_with_their_evidence():
    folder = new_folder()
    other = "00000000000000bb"
    fold(folder, plain_sighting("acct-1", 1000), plain_sighting("acct-2", 1000))
    fold(folder, plain_sighting("acct-1", 1000, hash=other))
    clock = [plain_sighting("acct-9", 1000 + ahead, kind="device") for ahead in (8, 9, 28, 56)]
    fold(folder, clock[0])
    assert len(folder.store) == 3
    fold(folder, clock[1])
    assert folder.evidence(b"payment:" + other.encode()) is None
    assert folder.expired == 1
    # 1000 is in window 35; it is forgotten when window 37 begins.
    fold(folder, plain_sighting("acct-9", 37 * 28 - 1, kind="device"))
    assert folder.evidence(KEY) is not None
    fold(folder, plain_sighting("acct-9", 37 * 28, kind="device"))
    assert folder.evidence(KEY) is None
    tombstones = folder.store.take_tombstones(10)
    assert set(tombstones) == {KEY, b"payment:" + other.encode()}


def test_a_single_member_under_a_campaigns_link_is_waited_for():
    folder = new_folder()
    fold(folder, plain_sighting("acct-1", 1000))
    row_of(folder)["campaign"] = 1000 << 32
    fold(folder, plain_sighting("acct-9", 1020, kind="device"))
    assert folder.evidence(KEY) is not None
    fold(folder, plain_sighting("acct-9", 37 * 28, kind="device"))
    assert folder.evidence(KEY) is None


def test_a_link_that_comes_back_starts_anew():
    folder = new_folder()
    fold(folder, plain_sighting("acct-1", 1000, requests=50))
    fold(folder, plain_sighting("acct-2", 1020, requests=3))
    assert folder.evidence(KEY).requests == 3
    assert row_of(folder)["first_epoch"] == 1020


def test_what_was_saved_goes_through_a_header_and_comes_back():
    folder = new_folder()
    fold(folder, plain_sighting("acct-1", 1000), plain_sighting("acct-2", 1030, kind="client"))
    header = Header(1, more={"links": folder.save()})
    saved = Header.decode(header.encode()).more["links"]
    resumed = new_folder()
    resumed.restore(saved)
    assert (resumed.totals == folder.totals).all()
    assert resumed.counters == folder.counters
    assert resumed.save() == folder.save()


def test_other_periods_than_the_state_was_made_with_are_refused():
    saved = new_folder().save()
    other = LinkFolder(ColumnStore(LINK, limit=10), LinkSchedule(period_hours=12))
    with pytest.raises(ScheduleChanged, match="delete the changelog of links"):
        other.restore(saved)


@pytest.mark.parametrize(
    "broken",
    [
        {"counters": {"in": 1}},
        {"counters": None},
        {"totals": None},
        {"totals": {"payment": {}}},
        {"totals": {"handwriting": {}}},
        {"totals": {"payment": {"registers": ["zz"]}}},
    ],
)
def test_saved_state_that_makes_no_sense_is_refused(broken):
    folder = new_folder()
    fold(folder, plain_sighting("acct-1", 1000))
    with pytest.raises(ValueError, match="of links make no sense"):
        new_folder().restore({**folder.save(), **broken})


@pytest.mark.parametrize(
    "lengths",
    [
        {"period_hours": 5},
        {"period_hours": 0},
        {"period_hours": 48},
        {"window_epochs": 0},
        {"window_epochs": 32},
        {"single_epochs": 0},
    ],
)
def test_lengths_that_do_not_fit_together_are_refused(lengths):
    with pytest.raises(ValueError, match="period"):
        LinkSchedule(**lengths)


def test_rows_survive_the_changelog():
    folder = new_folder()
    fold(folder, *(plain_sighting(f"acct-{i}", 1000 + i, org=f"{i:016x}") for i in range(40)))
    [(key, value)] = LINK_CODEC.encode(folder.store, folder.store.slots())
    assert key == KEY
    restored, row = LINK_CODEC.decode(value), row_of(folder)
    for name in LINK.names:
        if name not in ("hash", "id_at", "id_length", "flags"):
            assert np.array_equal(restored[name], row[name]), name
    with pytest.raises(CorruptRow):
        LINK_CODEC.decode(value[:-1])


def test_a_link_of_one_member_is_short_in_the_changelog():
    folder = new_folder()
    fold(folder, plain_sighting("acct-1", 1000))
    [(_, value)] = LINK_CODEC.encode(folder.store, folder.store.slots())
    assert len(value) < 150


def test_a_link_can_be_told_as_json():
    folder = new_folder()
    fold(folder, *(plain_sighting(f"acct-{i}", 1000) for i in range(20)))
    told = json.loads(orjson.dumps(folder.describe(KEY)))
    assert told["link"] == KEY.decode()
    assert told["kind"] == "payment"
    assert len(told["sample"]) == 16
    assert told["text"][0].startswith("about ")
    assert folder.describe(b"payment:00000000000000bb") is None


def test_memory_of_a_link_does_not_grow_with_its_members():
    folder = new_folder()
    fold(folder, *(plain_sighting(f"acct-{i}", 1000) for i in range(20)))
    before = folder.store.nbytes
    for batch in range(20):
        fold(folder, *(plain_sighting(f"acct-{batch}-{i}", 1000) for i in range(500)))
    assert folder.store.nbytes == before
    assert before <= 1.33 * 1024 + 8 * 1024  # one row with its key, and the smallest index
    assert folder.evidence(KEY).members == pytest.approx(10_020, rel=0.3)
