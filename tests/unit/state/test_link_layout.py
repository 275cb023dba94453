"""The link row: its size, its words, and what the totals need."""

import numpy as np

from app.events.vocabulary import LINK_KINDS as EVENT_KINDS
from app.state import link_layout as layout
from app.state.codec import RowCodec
from app.state.layout import ROW_HEAD
from app.state.link_totals import new_totals, totals_from_json, totals_to_json
from app.state.store import ColumnStore

LONGEST_KEY = len("email_domain:0123456789abcdef")
INDEX_BYTES = 8 / 0.7  # a bucket, when the index is as full as it gets
LIST_BYTES = 4 + 4  # its places in the lists of dirty and of free rows


def test_a_link_costs_little_more_than_a_kibibyte_in_all():
    total = layout.LINK.itemsize + LONGEST_KEY + INDEX_BYTES + LIST_BYTES
    assert total <= 1.34 * 1024


def test_a_link_row_is_one_that_stores_and_changelogs_take():
    assert layout.LINK.names[: len(ROW_HEAD)] == tuple(name for name, _ in ROW_HEAD)
    assert layout.LINK.itemsize % 8 == 0
    ColumnStore(layout.LINK, limit=1)
    RowCodec({layout.LINK_VERSION: layout.LINK})


def test_kinds_are_those_of_the_records():
    assert layout.LINK_KINDS == EVENT_KINDS
    assert layout.LINK_KINDS[layout.SIGNUP_HOUR] == "signup_hour"
    assert layout.LINK_KINDS[layout.CAMPAIGN] == "campaign"


def test_totals_have_the_sums_of_a_link_in_wider_types():
    shared = set(layout.TOTALS.names) - {"first_epoch", "last_epoch", "registers", "things"}
    for name in shared:
        assert layout.TOTALS[name].shape == layout.LINK[name].shape
        assert layout.TOTALS[name].base == np.int64


def test_totals_survive_the_header_whatever_they_hold():
    totals = new_totals()
    noise = np.random.default_rng(1).bytes(totals.nbytes)
    totals[:] = np.frombuffer(noise, layout.TOTALS)
    totals["last_epoch"] = np.abs(totals["last_epoch"] // 2)
    assert (totals_from_json(totals_to_json(totals)) == totals).all()


def test_kinds_never_sighted_take_no_room_in_the_header():
    assert totals_to_json(new_totals()) == {}
    assert (totals_from_json({}) == new_totals()).all()
