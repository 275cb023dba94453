"""Records that workers write to each other are told from sightings, whatever the bytes."""

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from app.events.findings import SCHEMA_ID as FINDING
from app.events.markers import SCHEMA_ID as MARKER
from app.kernels.columns import FRAME_VALUE_LENGTH, FRAME_VALUE_START, FRAME_WIDTH
from app.kernels.internal_records import list_framed_with

WANTED = np.array([MARKER, FINDING], np.int64)


def listed(data: bytes, places: list[tuple[int, int]]) -> list[int]:
    frames = np.zeros((len(places), FRAME_WIDTH), np.int64)
    for i, (start, length) in enumerate(places):
        frames[i, FRAME_VALUE_START], frames[i, FRAME_VALUE_LENGTH] = start, length
    found = np.empty(len(places), np.int64)
    held: npt.NDArray[np.uint8] = np.frombuffer(data, np.uint8)
    return found[: list_framed_with(held, frames, WANTED, found)].tolist()


def test_those_and_no_others() -> None:
    values = [
        b"\0" + MARKER.to_bytes(4) + b"x",
        b"\0" + (1).to_bytes(4) + b"x",
        b"\1" + MARKER.to_bytes(4),
        b"\0" + FINDING.to_bytes(4),
        b"\0" + MARKER.to_bytes(4)[:3],
    ]
    starts = np.cumsum([0, *map(len, values)]).tolist()
    places = [(start, len(value)) for start, value in zip(starts[:-1], values, strict=True)]
    assert listed(b"".join(values), places) == [0, 3]


@given(
    data=st.binary(max_size=40),
    places=st.lists(st.tuples(st.integers(-3, 50), st.integers(-3, 50)), max_size=8),
)
def test_places_outside_of_the_data_are_none(data: bytes, places: list[tuple[int, int]]) -> None:
    expected = [
        i
        for i, (start, length) in enumerate(places)
        if start >= 0
        and length >= 5
        and data[start : start + 1] == b"\0"
        and len(data[start : start + 5]) == 5
        and int.from_bytes(data[start + 1 : start + 5]) in WANTED
    ]
    assert listed(data, places) == expected
