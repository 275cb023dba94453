"""From record bytes to columns of sightings.

The fields stand in a fixed order (see ``sighting_columns.py``), so a record is read from front to
back. A position of -1 means that reading has failed, and stays -1 through every later step; each
step checks its bounds, for the bytes may be anything.
"""

import numpy as np
import numpy.typing as npt

from app.kernels import reasons
from app.kernels import sighting_columns as s
from app.kernels.batches_varint import read_varint
from app.kernels.columns import (
    FRAME_KEY_LENGTH,
    FRAME_KEY_START,
    FRAME_VALUE_LENGTH,
    FRAME_VALUE_START,
)
from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Bool, Bytes, Int, Matrix
from app.kernels.siphash import siphash13
from app.kernels.spec import STRING_KEY
from app.kernels.text import count_characters, hex_word, word_at
from app.state.layout import TASKS
from app.state.link_layout import SCORES

MAX_ID_CHARS = 64
COLON = 0x3A
_KEY_0, _KEY_1 = STRING_KEY
_NO_VALUE = -1  # FRAME_VALUE_START of a tombstone


@lean_kernel
def decode_sightings(
    data: Bytes,
    frames: Matrix,
    schema_id: Int,
    values: Matrix,
    status: npt.NDArray[np.int32],
) -> Int:
    """Decode the framed records.

    ``data`` uint8[m] record bytes; ``frames`` int64[n, FRAME_WIDTH]; ``schema_id`` the one id that
    is understood; fills ``values`` int64[n, SIG_WIDTH] and ``status`` int32[n] (reason codes; the
    values of a record that is not OK mean nothing). Returns how many are OK.
    """
    good = np.int64(0)
    for i in range(frames.shape[0]):
        start = frames[i, FRAME_VALUE_START]
        length = frames[i, FRAME_VALUE_LENGTH]
        if start == _NO_VALUE:
            status[i] = reasons.NULL_VALUE
        elif start < 0 or length < 0 or start > data.size or length > data.size - start:
            status[i] = reasons.MALFORMED
        else:
            status[i] = _decode(data, start, start + length, schema_id, values[i])
        if status[i] == reasons.OK and not _key_agrees(data, frames[i], values[i]):
            status[i] = reasons.KEY_MISMATCH
        if status[i] == reasons.OK:
            good += 1
    return good


@lean_kernel
def _decode(data: Bytes, at: Int, end: Int, schema_id: Int, out: npt.NDArray[np.int64]) -> Int:
    """Read one record into ``out`` (int64[SIG_WIDTH]); returns its reason code."""
    if at == end:
        return reasons.MALFORMED
    if data[at] != 0:
        return reasons.UNKNOWN_FRAMING
    if end - at < s.FRAME_BYTES:
        return reasons.MALFORMED
    written = np.int64(0)
    for k in range(1, s.FRAME_BYTES):
        written = written << 8 | np.int64(data[at + k])
    if written != schema_id:
        return reasons.UNKNOWN_SCHEMA
    at += s.FRAME_BYTES
    out[s.SIG_KIND], at = _label(data, at, end, s.KIND_WORDS)
    out[s.SIG_HASH], at = _hex16(data, at, end)
    at = _longs(data, at, end, out, s.SIG_SHARE, s.SIG_SHARE + 1)
    elicitation, at = read_varint(data, at, end)
    out[s.SIG_ACCOUNT], at = _account(data, at, end)
    at = _longs(data, at, end, out, s.SIG_EPOCH, s.SIG_TASKS)
    at = _array(data, at, end, out, s.SIG_TASKS, s.SIG_SCORES)
    at = _array(data, at, end, out, s.SIG_SCORES, s.SIG_REFUSED)
    own = out[s.SIG_ELICITATION]
    # What is summed up is what is asked under the link.
    out[s.SIG_ELICITATION] = elicitation
    at = _longs(data, at, end, out, s.SIG_REFUSED, s.SIG_MODEL)
    out[s.SIG_MODEL], at = _optional_hex16(data, at, end)
    at = _longs(data, at, end, out, s.SIG_MODEL_SHARE, s.SIG_MODEL_SHARE + 1)
    out[s.SIG_SECOND_MODEL], at = _optional_hex16(data, at, end)
    at = _longs(data, at, end, out, s.SIG_SECOND_MODEL_SHARE, s.SIG_CREATED_AT)
    given, at = _given(data, at, end)
    out[s.SIG_CREATED_AT] = 0
    if given:
        out[s.SIG_CREATED_AT], at = read_varint(data, at, end)
    out[s.SIG_TIER], at = _optional_label(data, at, end, s.TIER_WORDS)
    out[s.SIG_VERIFICATION], at = _optional_label(data, at, end, s.VERIFICATION_WORDS)
    out[s.SIG_ORG], at = _optional_hex16(data, at, end)
    out[s.SIG_EXEMPT], at = _boolean(data, at, end)
    standing, at = _optional_label(data, at, end, s.ACTION_WORDS)
    out[s.SIG_STANDING] = max(standing, 0)
    out[s.SIG_CAMPAIGN], at = _optional_hex16(data, at, end)
    at = _longs(data, at, end, out, s.SIG_CAMPAIGN_PROBABILITY, s.SIG_PAYMENT)
    out[s.SIG_PAYMENT], at = _optional_hex16(data, at, end)
    out[s.SIG_DEVICE], at = _optional_hex16(data, at, end)
    out[s.SIG_RING], at = _optional_hex16(data, at, end)
    out[s.SIG_WEB], at = _optional_hex16(data, at, end)
    out[s.SIG_WOVEN], at = _boolean(data, at, end)
    if at != end:
        return reasons.MALFORMED
    return reasons.OK if 0 <= own <= s.WHOLE and _in_range(out) else reasons.OUT_OF_RANGE


@lean_kernel
def _in_range(out: npt.NDArray[np.int64]) -> Bool:
    if out[s.SIG_KIND] < 0:
        return False
    for column in range(s.SIG_TASKS, s.SIG_TASKS + len(TASKS) + len(SCORES)):
        if not 0 <= out[column] <= s.WHOLE:
            return False
    for column in (
        s.SIG_SHARE,
        s.SIG_MODEL_SHARE,
        s.SIG_SECOND_MODEL_SHARE,
        s.SIG_CAMPAIGN_PROBABILITY,
    ):
        if not 0 <= out[column] <= s.WHOLE:
            return False
    for column in (s.SIG_RING, s.SIG_WEB):
        if not 0 <= out[column] <= s.NAME_MAX:
            return False
    for column in (s.SIG_TS, s.SIG_FIRST_SEEN, s.SIG_CREATED_AT):
        if not 0 <= out[column] <= s.MILLIS_MAX:
            return False
    return (
        0 <= out[s.SIG_EPOCH] <= s.INT_MAX
        and 0 <= out[s.SIG_REQUESTS] <= s.INT_MAX
        and out[s.SIG_TOKENS] >= 0
        and out[s.SIG_INPUT_TOKENS] >= 0
        and 0 <= out[s.SIG_CAMPAIGN_EPOCH] <= s.INT_MAX
        and 0 <= out[s.SIG_HOURS] <= s.HOURS_MAX
    )


@lean_kernel
def _key_agrees(data: Bytes, frame: Matrix, out: npt.NDArray[np.int64]) -> Bool:
    """Whether the record key is the link that the value names, as ``kind:hash``."""
    start = frame[FRAME_KEY_START]
    kind = out[s.SIG_KIND]
    length = s.KIND_LENGTH[kind]
    if start < 0 or frame[FRAME_KEY_LENGTH] != length + 1 + s.HEX16:
        return False
    if start > data.size - (length + 1 + s.HEX16):
        return False
    for k in range(length):
        if data[start + k] != s.KIND_TEXT[kind, k]:
            return False
    if data[start + length] != COLON:
        return False
    hashed, valid = _digits(data, start + length + 1)
    return valid and hashed == out[s.SIG_HASH]


@lean_kernel
def _array(
    data: Bytes, at: Int, end: Int, out: npt.NDArray[np.int64], first: Int, last: Int
) -> Int:
    """Read an array of as many numbers as there are columns from ``first`` to before ``last``: one
    block, which is how many items and the items, and an empty block."""
    items, at = read_varint(data, at, end)
    at = _longs(data, at, end, out, first, last)
    rest, at = read_varint(data, at, end)
    return at if items == last - first and rest == 0 else np.int64(-1)


@lean_kernel
def _longs(
    data: Bytes, at: Int, end: Int, out: npt.NDArray[np.int64], first: Int, last: Int
) -> Int:
    """Read numbers into the columns from ``first`` to before ``last``; returns the position after
    them. ``end`` lies within ``data``. Most have one byte or two, and a call for each would cost
    more than to read it."""
    for column in range(first, last):
        if at < 0 or at + 2 > end or data[np.uint64(at + 1)] >= 0x80:
            out[column], at = read_varint(data, at, end)
            continue
        raw = np.int64(data[np.uint64(at)])
        at += 1
        if raw >= 0x80:
            raw = raw & 0x7F | np.int64(data[np.uint64(at)]) << 7
            at += 1
        out[column] = raw >> 1 ^ -(raw & 1)
    return np.int64(at)


@lean_kernel
def _text(data: Bytes, at: Int, end: Int) -> tuple[Int, Int, Int]:
    """The string at ``at``: (where its bytes start, how many, the position after it or -1)."""
    if 0 <= at < end and data[np.uint64(at)] < 0x80:
        length = np.int64(data[np.uint64(at)]) >> 1 if not data[np.uint64(at)] & 1 else np.int64(-1)
        at += 1
    else:
        length, at = read_varint(data, at, end)
    if at < 0 or length < 0 or length > end - at:
        return np.int64(0), np.int64(0), np.int64(-1)
    return at, length, at + length


@lean_kernel
def _account(data: Bytes, at: Int, end: Int) -> tuple[Int, Int]:
    """The hash of the account id at ``at``, and the position after it."""
    start, length, at = _text(data, at, end)
    if at < 0 or length == 0 or length > s.MAX_ID_BYTES:
        return np.int64(0), np.int64(-1)
    if not 1 <= count_characters(data, start, length) <= MAX_ID_CHARS:
        return np.int64(0), np.int64(-1)
    return np.uint64(siphash13(data, start, length, _KEY_0, _KEY_1)).view(np.int64), at


@lean_kernel
def _label(data: Bytes, at: Int, end: Int, labels: npt.NDArray[np.uint64]) -> tuple[Int, Int]:
    """The index of the label at ``at`` and the position after it: an unknown label is -1."""
    start, length, at = _text(data, at, end)
    if at < 0 or length > 15:
        return np.int64(-1), at
    low = word_at(data, start) & _first_bytes(min(length, 8))
    high = word_at(data, start + 8) & _first_bytes(max(length - 8, 0))
    high |= np.uint64(length) << np.uint64(56)
    for index in range(labels.shape[0]):
        if labels[index, 0] == low and labels[index, 1] == high:
            return np.int64(index), at
    return np.int64(-1), at


@lean_kernel
def _first_bytes(count: Int) -> np.uint64:
    """The mask of the first ``count`` (0 to 8) bytes of a word."""
    if count >= 8:
        return np.uint64(0xFFFFFFFFFFFFFFFF)
    return (np.uint64(1) << np.uint64(8 * count)) - np.uint64(1)


@lean_kernel
def _optional_label(
    data: Bytes, at: Int, end: Int, labels: npt.NDArray[np.uint64]
) -> tuple[Int, Int]:
    """``_label`` of a nullable field: -1 for null, and for a label from a later version."""
    given, at = _given(data, at, end)
    if not given:
        return np.int64(-1), at
    return _label(data, at, end, labels)


@lean_kernel
def _given(data: Bytes, at: Int, end: Int) -> tuple[Bool, Int]:
    """Which branch of a nullable field follows, and the position after that."""
    if at < 0 or at >= end or data[np.uint64(at)] not in (0, 2):
        return False, np.int64(-1)
    return data[np.uint64(at)] == 2, at + 1


@lean_kernel
def _boolean(data: Bytes, at: Int, end: Int) -> tuple[Int, Int]:
    if at < 0 or at >= end or data[at] > 1:
        return np.int64(0), np.int64(-1)
    return np.int64(data[at]), at + 1


@lean_kernel
def _hex16(data: Bytes, at: Int, end: Int) -> tuple[Int, Int]:
    """The 64 bits of the sixteen digits at ``at``, and the position after them."""
    start, length, at = _text(data, at, end)
    if at < 0 or length != s.HEX16:
        return np.int64(0), np.int64(-1)
    bits, valid = _digits(data, start)
    return (bits, at) if valid else (np.int64(0), np.int64(-1))


@lean_kernel
def _optional_hex16(data: Bytes, at: Int, end: Int) -> tuple[Int, Int]:
    given, at = _given(data, at, end)
    if not given:
        return np.int64(0), at
    return _hex16(data, at, end)


@lean_kernel
def _digits(data: Bytes, start: Int) -> tuple[Int, Bool]:
    """The 64 bits of the sixteen lower-case digits at ``start``, and whether they are such."""
    upper, bad_upper = hex_word(word_at(data, start))
    lower, bad_lower = hex_word(word_at(data, start + 8))
    bits = np.uint64(upper << np.uint64(32) | lower)
    return bits.view(np.int64), (bad_upper | bad_lower) == np.uint64(0)
