import re

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernels.decode import read_only
from app.kernels.spec import string_hash
from app.kernels.text_columns import count_each, hash_strings, read_hex16

HEX = st.text("0123456789abcdefABCDEFg", min_size=14, max_size=17)


def column(strings: list[str]) -> tuple[np.ndarray, np.ndarray]:
    octets = [text.encode() for text in strings]
    ends = np.cumsum([0, *map(len, octets)], dtype=np.int64)
    return read_only(np.frombuffer(b"".join(octets), np.uint8)), ends


@settings(deadline=None)
@given(st.lists(st.text(max_size=30), max_size=20))
def test_strings_are_hashed_and_counted_as_single_ones(strings: list[str]) -> None:
    data, ends = column(strings)
    hashed, chars = np.empty(len(strings), np.int64), np.empty(len(strings), np.int64)
    hash_strings(data, ends, hashed)
    count_each(data, ends, chars)
    assert hashed.tolist() == [string_hash(text) for text in strings]
    assert chars.tolist() == [len(text) for text in strings]


@settings(deadline=None)
@given(st.lists(HEX, max_size=20))
def test_hexadecimal_digits_are_sixteen_and_small(strings: list[str]) -> None:
    data, ends = column(strings)
    found, good = np.zeros(len(strings), np.int64), np.zeros(len(strings), np.bool_)
    read_hex16(data, ends, found, good)
    assert good.tolist() == [re.fullmatch("[0-9a-f]{16}", text) is not None for text in strings]
    for value, text, is_good in zip(found.tolist(), strings, good.tolist(), strict=True):
        assert not is_good or value & (1 << 64) - 1 == int(text, 16)
