"""How far other partitions have come, kept over restarts."""

from typing import Any

import pytest

from app.agents.markers import Markers


def test_the_newest_marker_of_a_partition_holds() -> None:
    markers = Markers(2)
    markers.note(0, 5, 100)
    markers.note(0, 4, 999)
    assert (markers.complete, markers.newest, markers.accounts) == (-1, 5, 100)
    markers.note(1, 3, 20)
    markers.note(0, 5, 101)
    assert (markers.complete, markers.newest, markers.accounts) == (3, 5, 121)


def test_they_are_what_they_were_after_a_restart() -> None:
    markers, again = Markers(2), Markers(2)
    markers.note(1, 7, 30)
    again.restore(markers.save())
    assert again.save() == markers.save() == {"newest": [-1, 7], "accounts": [0, 30]}


def test_what_an_earlier_release_wrote_knows_no_accounts() -> None:
    markers = Markers(2)
    markers.restore([3, -1])
    assert markers.save() == {"newest": [3, -1], "accounts": [0, 0]}


@pytest.mark.parametrize(
    "saved",
    [
        None,
        [1],
        [1, -2],
        [1, True],
        {"newest": [1, 1]},
        {"newest": [1, 1], "accounts": [1, -1]},
        {"newest": [1, 1], "accounts": [1]},
        {"newest": [1, 1.0], "accounts": [1, 1]},
    ],
)
def test_what_makes_no_sense_is_refused(saved: Any) -> None:
    with pytest.raises(ValueError, match="no sense"):
        Markers(2).restore(saved)
