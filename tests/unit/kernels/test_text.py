"""Strings of JSON and Avro: UTF-8, escapes, hexadecimal."""

import itertools

import numpy as np
import orjson
import pytest

from app.kernels.text import (
    count_characters,
    hex_word,
    scan_string,
    unescape,
    word_at,
)


def scan(content: bytes) -> tuple[str, int] | None:
    """The string with this content between its quotes, and its characters; None: malformed."""
    data = np.frombuffer(b'"' + content + b'"', np.uint8)
    close, chars, escaped = scan_string(data, 1, len(data))
    if close != len(data) - 1:
        return None
    if not escaped:
        return bytes(data[1:close]).decode(), int(chars)
    out = np.zeros(len(content), np.uint8)
    used = unescape(data, 1, close, out, 0)
    return bytes(out[:used]).decode(), int(chars)


def expected(content: bytes) -> tuple[str, int] | None:
    try:
        value = orjson.loads(b'"' + content + b'"')
    except orjson.JSONDecodeError:
        return None
    return value, len(value)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"plain",
        b"exactly8",
        b"longer than one word, and then some",
        rb"\"\\\/\b\f\n\r\t",
        rb"\u0041\u00e9\u20ac\ud83d\ude00",
        rb"\uD83D\uDE00 upper case",
        rb"\u0000",
        "é€😀".encode(),
        b"\x7f",
        # and what is none
        b"\x1f",
        b"\n",
        rb"\x",
        rb"\u12",
        rb"\u12g4",
        rb"\ud800",
        rb"\ud800\ud800",
        rb"\ud800\u0041",
        rb"\ud800x\udc00",
        rb"\udc00",
        b"\\",
    ],
)
def test_strings_agree_with_orjson(content: bytes) -> None:
    for padding in range(9):
        assert scan(b"x" * padding + content) == expected(b"x" * padding + content)


def test_every_pair_of_bytes_agrees_with_orjson() -> None:
    for first, second in itertools.product(range(256), repeat=2):
        content = bytes([first, second])
        assert scan(content) == expected(content), content


def test_utf8_at_its_limits() -> None:
    edges = [0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF]
    heads = [0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5]
    for head in heads:
        for tail in itertools.product(edges, repeat=3):
            content = bytes([head, *tail])
            for length in (1, 2, 3, 4):
                raw = content[:length]
                data = np.frombuffer(raw, np.uint8)
                try:
                    wanted = len(raw.decode())
                except UnicodeDecodeError:
                    wanted = -1
                assert count_characters(data, 0, length) == wanted, raw


def test_a_string_without_its_closing_quote() -> None:
    data = np.frombuffer(b'"abc" and a quote beyond the end"', np.uint8)
    assert scan_string(data, 1, 4)[0] == -1
    assert scan_string(data, 6, 32)[0] == -1
    assert scan_string(np.frombuffer(b"", np.uint8), 0, 0)[0] == -1


def test_an_escape_or_a_character_cut_off_by_the_end() -> None:
    for content in (rb"\u0041", rb"\ud83d\ude00", rb"\n", "€".encode()):
        data = np.frombuffer(content + b'"', np.uint8)
        for end in range(len(content)):
            assert scan_string(data, 0, end)[0] == -1


def test_text_does_not_overflow_its_scratch() -> None:
    data = np.frombuffer(rb"\u0041bcdef", np.uint8)
    for size in range(len(data)):
        assert unescape(data, 0, len(data), np.zeros(size, np.uint8), 0) == -1
    out = np.zeros(20, np.uint8)
    assert unescape(data, 0, len(data), out, 5) == 11
    assert bytes(out[5:11]) == b"Abcdef"


def test_words_past_the_end_are_zeros() -> None:
    data = np.arange(1, 11, dtype=np.uint8)
    for at in range(12):
        part = bytes(data[at : at + 8]).ljust(8, b"\0")
        assert int(word_at(data, at)) == int.from_bytes(part, "little")


def test_hexadecimal_words() -> None:
    value, bad = hex_word(np.uint64(int.from_bytes(b"0123cdef", "little")))
    assert (int(value), int(bad)) == (0x0123CDEF, 0)
    for byte in range(256):
        for at in range(8):
            text = bytearray(b"89abcdef")
            text[at] = byte
            value, bad = hex_word(np.uint64(int.from_bytes(text, "little")))
            valid = byte in b"0123456789abcdef"
            assert (bad == 0) == valid, text
            if valid:
                assert value == int(text, 16)
