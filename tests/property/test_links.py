"""A link's row follows from the set of its sightings: order, splits and restarts leave no trace."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.agents.links import LinkFolder, LinkSchedule
from app.events.sightings import Sighting
from app.kernels.link_rings import link_name, ring_name
from app.kernels.link_row import begin_link, fold_sighting, merge_links
from app.kernels.sighting_columns import SCHEMA_ID, SIG_WIDTH
from app.kernels.sightings_decode import decode_sightings
from app.state.link_codec import LINK_CODEC
from app.state.link_layout import LINK, NORMAL_SCORES, PROGRAM, SAMPLE, TOTALS, VOTES
from app.state.store import ColumnStore
from tests.reference.links import differences, link_of
from tests.reference.sightings import framed, plain_sighting, written

# Short windows, so that examples of a few epochs cross several of them.
SCHEDULE = LinkSchedule(period_hours=6, window_epochs=5, single_epochs=1_000_000)
CLOCK = SCHEDULE.clock
KEY = b"program:00000000000000aa"

HOUR_MS = 3_600_000


# A program is in its own web, or in another's.
WEBS = (int(ring_name(np.uint64(link_name(np.uint64(0xAA), PROGRAM)))), 7)


def tasks_of(seed: int) -> list[int]:
    shares = np.random.default_rng(seed).integers(0, 1001, 14)
    return [int(x) for x in shares]


@st.composite
def sightings(draw) -> Sighting:
    account = draw(st.integers(0, 3 * SAMPLE))
    epoch = draw(st.integers(100, 118))
    seed = draw(st.integers(0, 2**32))
    rng = np.random.default_rng(seed)
    return plain_sighting(
        f"acct-{account}",
        epoch,
        kind="program",
        share=int(rng.integers(0, 1001)),
        requests=int(rng.choice([0, 1, 5, 70, 60_000, 2**31 - 1])),
        tokens=int(rng.integers(0, 2**40)),
        hours=int(rng.integers(0, 2**24)),
        tasks=tasks_of(seed),
        scores=[int(x) for x in rng.integers(0, 1001, len(NORMAL_SCORES))],
        refused=int(rng.integers(0, 1001)),
        risk=int(rng.integers(0, 1001)),
        # More campaigns than a window counts, and few enough that some are held often.
        campaign=f"{int(rng.integers(1, 3 * VOTES)) << 32:016x}" if seed % 7 < 4 else None,
        model=f"{int(rng.integers(0, 50)):016x}",
        second_model=f"{int(rng.integers(0, 50)):016x}",
        second_model_share=int(rng.integers(0, 201)),
        first_seen=int(rng.integers(0, 2 * (epoch + 1) * 6 * HOUR_MS)),
        created_at=int(rng.integers(0, 2**42)) if seed % 3 else None,
        org=f"{int(rng.integers(0, 2**63)):016x}" if seed % 2 else None,
        payment=f"{int(rng.integers(1, 40)):016x}" if seed % 3 else None,
        device=f"{int(rng.integers(1, 2**63)):016x}" if seed % 5 else None,
        ring=f"{int(rng.integers(1, 2**32)):016x}" if seed % 3 else None,
        web=f"{int(rng.choice(WEBS)):016x}" if seed % 2 else None,
        woven=bool(seed % 11 == 1),
        tier=[None, "free", "enterprise", "reseller", "team"][seed // 4 % 5],
        verification=[None, "card", "document", "contract"][seed % 4],
        exempt=bool(seed % 5 == 0),
    )


# One sighting for each account and epoch, as the accounts agent publishes them.
sets = st.lists(sightings(), min_size=1, max_size=80, unique_by=lambda x: (x.account_id, x.epoch))


def fold_row(found: list[Sighting]) -> np.ndarray:
    """The row that ``found`` leaves, folded in this order: structured[1] of ``LINK``."""
    records = framed(written(found))
    values = np.zeros((len(found), SIG_WIDTH), np.int64)
    status = np.zeros(len(found), np.int32)
    assert decode_sightings(records.data, records.frames, SCHEMA_ID, values, status) == len(found)
    rows = np.zeros(1, LINK)
    begin_link(rows[0])
    for sighting in values:
        fold_sighting(rows[0], sighting, CLOCK)
    return rows


def fold(found: list[Sighting], cuts: tuple[int, ...] = ()) -> LinkFolder:
    """A partition that has been fed ``found`` in chunks."""
    folder = LinkFolder(ColumnStore(LINK, limit=1000), SCHEDULE)
    for start, stop in pairwise((0, *cuts, len(found))):
        status = folder.fold(framed(written(found[start:stop]), start)).status
        assert not status.any()
    return folder


def row_of(folder: LinkFolder) -> np.void:
    slot = folder.store.get(KEY)
    assert slot is not None
    return folder.store.views().rows[slot]


def same_state(one: LinkFolder, other: LinkFolder) -> bool:
    ours, theirs = (sorted(LINK_CODEC.encode(x.store, x.store.slots())) for x in (one, other))
    return ours == theirs and np.array_equal(one.totals, other.totals)


@given(sets)
@settings(max_examples=60, deadline=None)
def test_a_row_is_what_the_set_of_its_sightings_says(found):
    assert differences(fold_row(found)[0], link_of(found, day=4, window=5)) == {}


@given(sets, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_sightings_leaves_no_trace(found, random):
    assert fold_row(found) == fold_row(random.sample(found, len(found)))


@given(sets, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_rows_merge_to_the_row_of_all_their_sightings(found, random):
    sides = [random.randint(0, 2) for _ in found]
    parts = [[x for x, side in zip(found, sides, strict=True) if side == k] for k in range(3)]
    rows = [fold_row(part) for part in parts if part]
    assessed = []
    for row in rows:
        row["campaign"] = random.choice((0, 3 << 32, 5 << 32))
        if row["campaign"]:
            row["campaign_epoch"] = random.randint(115, 117)
            row["profile"] = random.randint(0, 250)
            assessed.append((-int(row["campaign_epoch"][0]), int(row["campaign"][0])))
    random.shuffle(rows)
    for other in rows[1:]:
        merge_links(rows[0][0], other[0], CLOCK)
    assert differences(rows[0][0], link_of(found, day=4, window=5)) == {}
    epoch, campaign = min(assessed, default=(0, 0))
    assert (rows[0]["campaign_epoch"][0], rows[0]["campaign"][0]) == (-epoch, campaign)


@given(sets, st.data())
@settings(max_examples=30, deadline=None)
def test_where_chunks_end_leaves_no_trace(found, data):
    cut = data.draw(st.integers(0, len(found)))
    assert same_state(fold(found), fold(found, (cut,)))


@given(sets, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_a_repeat_changes_nothing_while_the_sample_holds_every_member(found, random):
    few = {f"acct-{i}" for i in range(SAMPLE)}
    # A member's repeats are told apart within its newest window: here, all of one window.
    found = [x for x in found if x.account_id in few and x.epoch // 5 == 21]
    if not found:
        return
    repeated = found + [random.choice(found) for _ in range(20)]
    random.shuffle(repeated)
    folder = fold(repeated)
    assert differences(row_of(folder), link_of(found, day=4, window=5)) == {}
    assert folder.counters["repeats"] == len(repeated) - len(found)
    assert folder.counters["in"] == folder.counters["folded"] + folder.counters["repeats"]


@given(sets, st.data())
@settings(max_examples=40, deadline=None)
def test_a_restart_from_an_older_header_changes_nothing(found, data):
    """Rows may be ahead of the header: what is read again must not count again."""
    header_at = data.draw(st.integers(0, len(found)))
    crash_at = data.draw(st.integers(header_at, len(found)))
    undisturbed = fold(found)
    folder = fold(found[:header_at])
    saved = folder.save()
    folder.fold(framed(written(found[header_at:crash_at]), header_at))
    resumed = LinkFolder(folder.store, SCHEDULE)
    resumed.restore(saved)
    resumed.fold(framed(written(found[header_at:]), header_at))
    assert same_state(resumed, undisturbed)
    assert resumed.counters["in"] == len(found) == resumed.counters["folded"]


@given(sets)
@settings(max_examples=30, deadline=None)
def test_totals_are_those_of_one_large_link(found):
    found = [x.model_copy(update={"hash": f"{i:016x}"}) for i, x in enumerate(found)]
    totals = fold(found).totals
    expected = link_of(found, day=4, window=5, registers=512)
    for name in TOTALS.names:
        assert np.array_equal(totals[PROGRAM][name], expected[name]), name
    assert (np.delete(totals["last_epoch"], PROGRAM) == -1).all()


def test_windows_may_be_as_long_as_the_sample_has_bits():
    schedule = replace(SCHEDULE, window_epochs=31)
    found = [plain_sighting("acct-1", epoch, kind="program") for epoch in range(31 * 7, 31 * 9)]
    folder = LinkFolder(ColumnStore(LINK, limit=10), schedule)
    folder.fold(framed(written(found)))
    assert differences(row_of(folder), link_of(found, day=4, window=31)) == {}
