"""Strings as they stand in JSON and Avro: scanning, UTF-8, escapes, hexadecimal.

Eight bytes are looked at in one step, as one 64-bit word ("SWAR"); ``lowest_byte`` finds the first
byte of interest. A word that would reach past the end of the array is filled up with zero bytes,
which no token contains, so every loop over words stops at the array's end by itself.
"""

import numpy as np
from numpy import uint64 as u64

from app.kernels.compile import inlined_kernel, lean_kernel
from app.kernels.decode_types import Bytes, Int

ONES = u64(0x0101010101010101)
HIGH = u64(0x8080808080808080)
LOW7 = u64(0x7F7F7F7F7F7F7F7F)
QUOTES = u64(0x2222222222222222)
BACKSLASHES = u64(0x5C5C5C5C5C5C5C5C)
SPACES = u64(0x2020202020202020)

QUOTE, BACKSLASH = 0x22, 0x5C


@lean_kernel
def byte_at(data: Bytes, at: Int) -> Int:
    """``data[at]`` for ``at >= 0``; zero past the end."""
    if at >= data.shape[0]:
        return np.int64(0)
    return np.int64(data[u64(at)])


@lean_kernel
def word_at(data: Bytes, at: Int) -> np.uint64:
    """The eight bytes from ``at >= 0``, little-endian, zeros past the end."""
    i = u64(at)
    if at + 8 <= data.shape[0]:
        # unsigned indices need no wraparound, so that this becomes one load
        return (
            u64(data[i])
            | u64(data[i + u64(1)]) << u64(8)
            | u64(data[i + u64(2)]) << u64(16)
            | u64(data[i + u64(3)]) << u64(24)
            | u64(data[i + u64(4)]) << u64(32)
            | u64(data[i + u64(5)]) << u64(40)
            | u64(data[i + u64(6)]) << u64(48)
            | u64(data[i + u64(7)]) << u64(56)
        )
    word = u64(0)
    last = data.shape[0] - 1
    # backwards, for a loop that LLVM neither unrolls nor vectorises: this is inlined everywhere
    while last >= at:
        word = (word << u64(8)) | u64(data[u64(last)])
        last -= 1
    return word


@lean_kernel
def lowest_byte(marks: np.uint64) -> Int:
    """Which byte is the first that has its high bit set; ``marks`` has only such bits, not none."""
    bits = marks >> u64(7)
    return np.int64(((((bits - u64(1)) & ~bits) & ONES) * ONES) >> u64(56))


@inlined_kernel
def scan_string(data: Bytes, start: Int, end: Int) -> tuple[Int, Int, Int]:
    """Scan a JSON string's content, which starts at ``start`` (after the quote).

    Returns (position of the closing quote or -1, characters, whether anything is escaped).
    -1: no closing quote before ``end``, a control character, invalid UTF-8, a bad escape or a lone
    surrogate. Characters are Unicode code points.
    """
    position = start
    excess = np.int64(0)  # bytes that are not a character of their own
    escaped = np.int64(0)
    while position < end:
        word = word_at(data, position)
        quotes = word ^ QUOTES
        slashes = word ^ BACKSLASHES
        # Borrows make marks above a true one unreliable, never the lowest mark (Mycroft's test).
        marks = (
            ((quotes - ONES) & ~quotes)
            | ((slashes - ONES) & ~slashes)
            | ((word - SPACES) & ~word)
            | word
        ) & HIGH
        if marks == u64(0):
            position += 8
            continue
        position += lowest_byte(marks)
        if position >= end:
            break
        byte = byte_at(data, position)
        if byte == QUOTE:
            return position, position - start - excess, escaped
        if byte >= 0x80:
            size = utf8_sequence(data, position, end)
            if size == 0:
                break
            excess += size - 1
        elif byte == BACKSLASH:
            size = escape_sequence(data, position, end)
            if size == 0:
                break
            excess += size - 1
            escaped = np.int64(1)
        else:
            break
        position += size
    return np.int64(-1), np.int64(0), np.int64(0)


@lean_kernel
def utf8_sequence(data: Bytes, at: Int, end: Int) -> Int:
    """Length in bytes of the multi-byte character at ``at``; 0 if it is none.

    Well-formed byte sequences: The Unicode Standard, table 3-7.
    """
    first = byte_at(data, at)
    second = byte_at(data, at + 1)
    size = np.int64(0)
    low, high = 0x80, 0xBF
    if 0xC2 <= first <= 0xDF:
        size = np.int64(2)
    elif 0xE0 <= first <= 0xEF:
        size = np.int64(3)
        if first == 0xE0:
            low = 0xA0  # shorter forms exist
        elif first == 0xED:
            high = 0x9F  # surrogates
    elif 0xF0 <= first <= 0xF4:
        size = np.int64(4)
        if first == 0xF0:
            low = 0x90
        elif first == 0xF4:
            high = 0x8F  # beyond U+10FFFF
    if size == 0 or at + size > end or second < low or second > high:
        return np.int64(0)
    for k in range(2, size):
        if (byte_at(data, at + k) & 0xC0) != 0x80:
            return np.int64(0)
    return size


@lean_kernel
def count_characters(data: Bytes, start: Int, length: Int) -> Int:
    """Code points of the UTF-8 text ``data[start : start + length]``; -1 if it is not UTF-8."""
    end = start + length
    position = start
    excess = np.int64(0)
    while position < end:
        marks = word_at(data, position) & HIGH
        if marks == u64(0):
            position += 8
            continue
        position += lowest_byte(marks)
        if position >= end:
            break
        size = utf8_sequence(data, position, end)
        if size == 0:
            return np.int64(-1)
        excess += size - 1
        position += size
    return length - excess


@lean_kernel
def hex_digits(data: Bytes, at: Int, count: Int) -> Int:
    """The value of ``count`` (at most 4) hexadecimal digits of either case, -1 if they are not."""
    value = np.int64(0)
    for k in range(count):
        byte = byte_at(data, at + k)
        digit = byte - 0x30
        if byte >= 0x41:
            digit = (byte | 0x20) - 0x61 + 10
            if digit > 15 or digit < 10:
                return np.int64(-1)
        elif digit < 0 or digit > 9:
            return np.int64(-1)
        value = value * 16 + digit
    return value


@lean_kernel
def escape_sequence(data: Bytes, at: Int, end: Int) -> Int:
    """Length of the escape at ``at`` (a backslash), a surrogate pair being one; 0 if it is none."""
    byte = byte_at(data, at + 1)
    size = np.int64(0)
    if byte == 0x75:
        unit = hex_digits(data, at + 2, 4)
        if 0xD800 <= unit < 0xDC00:
            low = np.int64(-1)
            if byte_at(data, at + 6) == BACKSLASH and byte_at(data, at + 7) == 0x75:
                low = hex_digits(data, at + 8, 4)
            if 0xDC00 <= low < 0xE000:
                size = np.int64(12)
        elif unit >= 0 and not 0xDC00 <= unit < 0xE000:
            size = np.int64(6)
    elif _simple_escape(byte) >= 0:
        size = np.int64(2)
    return size if at + size <= end else np.int64(0)


@lean_kernel
def _simple_escape(byte: Int) -> Int:
    """The character that backslash and ``byte`` stand for, -1 if nothing."""
    if byte in (QUOTE, BACKSLASH) or byte == 47:
        return byte
    if byte == 0x6E:
        return np.int64(0x0A)
    if byte == 0x74:
        return np.int64(0x09)
    if byte == 0x72:
        return np.int64(0x0D)
    if byte == 0x62:
        return np.int64(0x08)
    if byte == 0x66:
        return np.int64(0x0C)
    return np.int64(-1)


@lean_kernel
def unescape(data: Bytes, start: Int, end: Int, out: Bytes, used: Int) -> Int:
    """Write the text of the scanned string ``data[start:end]`` to ``out[used:]``.

    Returns the end of what was written, or -1 when ``out`` is too small; text is never longer than
    its escaped form.
    """
    if used + (end - start) > out.shape[0]:
        return np.int64(-1)
    position = start
    while position < end:
        byte = byte_at(data, position)
        position += 1
        if byte != BACKSLASH:
            out[used] = byte
            used += 1
            continue
        byte = byte_at(data, position)
        position += 1
        if byte != 0x75:
            out[used] = _simple_escape(byte)
            used += 1
            continue
        point = hex_digits(data, position, 4)
        position += 4
        if 0xD800 <= point < 0xDC00:
            point = 0x10000 + ((point - 0xD800) << 10) + hex_digits(data, position + 2, 4) - 0xDC00
            position += 6
        used = _write_utf8(point, out, used)
    return used


@lean_kernel
def _write_utf8(point: Int, out: Bytes, used: Int) -> Int:
    if point < 0x80:
        out[used] = point
        return used + 1
    if point < 0x800:
        out[used] = 0xC0 | (point >> 6)
        out[used + 1] = 0x80 | (point & 0x3F)
        return used + 2
    if point < 0x10000:
        out[used] = 0xE0 | (point >> 12)
        out[used + 1] = 0x80 | ((point >> 6) & 0x3F)
        out[used + 2] = 0x80 | (point & 0x3F)
        return used + 3
    out[used] = 0xF0 | (point >> 18)
    out[used + 1] = 0x80 | ((point >> 12) & 0x3F)
    out[used + 2] = 0x80 | ((point >> 6) & 0x3F)
    out[used + 3] = 0x80 | (point & 0x3F)
    return used + 4


@lean_kernel
def hex_word(word: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Eight lower-case hexadecimal digits as (their 32-bit value, 0 if they are all valid)."""
    seven = word & LOW7
    # adding 0x80 - n sets a byte's high bit if it is at least n
    digit = (seven + u64(0x5050505050505050)) & ~(seven + u64(0x4646464646464646))
    letter = (seven + u64(0x1F1F1F1F1F1F1F1F)) & ~(seven + u64(0x1919191919191919))
    bad = (~(digit | letter) | word) & HIGH
    nibbles = (word & u64(0x0F0F0F0F0F0F0F0F)) + u64(9) * ((word >> u64(6)) & ONES)
    pairs = ((nibbles << u64(4)) | (nibbles >> u64(8))) & u64(0x00FF00FF00FF00FF)
    fours = ((pairs << u64(8)) | (pairs >> u64(16))) & u64(0x0000FFFF0000FFFF)
    return ((fours << u64(16)) | (fours >> u64(32))) & u64(0xFFFFFFFF), bad
