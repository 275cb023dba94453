import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernels import columns as c
from app.kernels.decode import read_only
from app.kernels.lines import behind_last_line, count_lines, frame_lines

LINE = st.one_of(st.binary(max_size=20), st.integers(50, 200).map(lambda length: b"." * length))
LINES = st.lists(LINE.map(lambda line: line.replace(b"\n", b"")), max_size=20)


def framed(data: bytes, first: int) -> list[tuple[int, bytes]]:
    raw = read_only(np.frombuffer(data, np.uint8))
    frames = np.empty((int(count_lines(raw)), c.FRAME_WIDTH), np.int64)
    rows = frames[: int(frame_lines(raw, first, frames))].tolist()
    assert all(row[c.FRAME_KEY_START] == -1 and row[c.FRAME_TIMESTAMP] == -1 for row in rows)
    return [
        (row[c.FRAME_OFFSET], data[row[c.FRAME_VALUE_START] :][: row[c.FRAME_VALUE_LENGTH]])
        for row in rows
    ]


@settings(deadline=None)
@given(LINES, st.booleans(), st.sampled_from([b"\n", b"\r\n"]))
def test_lines_are_those_that_split_gives(lines: list[bytes], ended: bool, end: bytes) -> None:
    data = end.join(lines) + (end if ended and lines else b"")
    expected = [
        (number, line.removesuffix(b"\r")) for number, line in enumerate(data.split(b"\n"), 7)
    ]
    assert framed(data, 7) == [(number, line) for number, line in expected if line]


@settings(deadline=None)
@given(st.binary(max_size=40))
def test_the_last_line_feed_is_found(data: bytes) -> None:
    assert behind_last_line(np.frombuffer(data, np.uint8)) == data.rfind(b"\n") + 1


def test_a_feed_after_bytes_that_borrow_is_not_seen_too_early() -> None:
    """0x0B behind 0x0A borrows in the word: only the lowest mark counts."""
    assert framed(b"abc\x0b\x0b\n\x0b\n\x0b\x0b\x0b", 1) == [
        (1, b"abc\x0b\x0b"),
        (2, b"\x0b"),
        (3, b"\x0b\x0b\x0b"),
    ]
