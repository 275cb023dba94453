"""Who is forgotten, who becomes a stub, who stays."""

from typing import Any

import numpy as np
import pytest

from app.kernels.expiry import shrink_idle
from app.state.layout import (
    ACCOUNT,
    ACTION_OBSERVE,
    ACTION_RELEASE,
    ACTION_SUSPEND,
    ACTION_THROTTLE,
    FLAG_PROFILE,
    FLAG_STUB,
)
from app.state.store import ColumnStore

NOW = 1_700_000_000_000
RETENTION = 1_000_000


class Shelf:
    def __init__(self) -> None:
        self.store = ColumnStore(ACCOUNT, limit=50, seed=1)

    def add(self, key: str, *, idle: int = RETENTION + 1, events: int = 3) -> Any:
        slot = self.store.add(key.encode())
        assert slot is not None
        row = self.store.views().rows[slot]
        row["last_ts"], row["events"] = NOW - idle, events
        row["requests"] = 5.0
        row["recent"] = 9
        self.store.mark_clean([slot])
        return row

    def sweep(self, now: int = NOW) -> set[str]:
        expired = np.empty(len(self.store), np.int64)
        count = shrink_idle(self.store.views(), np.int64(now), np.int64(RETENTION), expired)
        return {key.decode() for key in self.store.keys(expired[:count])}


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def test_only_the_idle_go(shelf: Shelf) -> None:
    shelf.add("idle")
    shelf.add("busy", idle=RETENTION)
    assert shelf.sweep() == {"idle"}
    assert shelf.store.dirty == 0


def test_free_slots_are_passed_over(shelf: Shelf) -> None:
    shelf.add("a")
    shelf.add("b")
    shelf.store.expire([0])
    assert shelf.sweep() == {"b"}


def test_a_profile_waits_for_its_requests(shelf: Shelf) -> None:
    shelf.add("profile", events=0)["flags"] |= FLAG_PROFILE
    shelf.add("blank", events=0)
    assert shelf.sweep() == {"blank"}


@pytest.mark.parametrize(
    ("field", "value"),
    [("hold_until", NOW + 1), ("operator_exempt_until", NOW + 1), ("exempt_until", NOW + 1)],
)
def test_what_was_decided_stays_as_a_stub(shelf: Shelf, field: str, value: int) -> None:
    row = shelf.add("ann")
    row["offset"] = 77
    row[field] = value
    assert shelf.sweep() == set()
    assert row["flags"] & FLAG_STUB
    assert (row["events"], row["requests"].any(), row["recent"].any()) == (0, False, False)
    assert (row[field], row["offset"]) == (value, 77)
    assert shelf.store.dirty_slots().tolist() == [0]


@pytest.mark.parametrize(
    ("action", "expires_at", "stays"),
    [
        (ACTION_THROTTLE, NOW + 1, True),
        (ACTION_SUSPEND, 0, True),
        (ACTION_SUSPEND, NOW, False),
        (ACTION_OBSERVE, 0, False),
        (ACTION_RELEASE, 0, False),
    ],
)
def test_a_standing_matters_while_it_limits(
    shelf: Shelf, action: int, expires_at: int, stays: bool
) -> None:
    row = shelf.add("ann")
    row["live"]["action"], row["live"]["expires_at"] = action, expires_at
    assert shelf.sweep() == (set() if stays else {"ann"})


def test_a_stub_is_written_once_and_goes_in_the_end(shelf: Shelf) -> None:
    row = shelf.add("ann")
    row["hold_until"] = NOW + 10
    row["flags"] |= FLAG_PROFILE
    shelf.sweep()
    shelf.store.mark_clean([0])
    assert shelf.sweep(NOW + 9) == set()
    assert shelf.store.dirty == 0
    assert shelf.sweep(NOW + 10) == {"ann"}
