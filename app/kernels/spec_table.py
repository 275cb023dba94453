"""A record specification as kernels see it, and the state of a decoder.

Both are single structured records, so that a kernel passes a pointer where it would pass a dozen
arrays with their reference counts: that made decoding ten times as fast.
"""

import numpy as np
from numpy import uint64 as u64

from app.kernels.compile import inlined_kernel, lean_kernel
from app.kernels.decode_types import Bytes, Int, Record
from app.kernels.text import word_at

MAX_FIELDS = 64  # one bit each in the presence mask
MAX_NAMES = 256  # field names and enum symbols together
NAME_WORDS = 4
MAX_NAME_BYTES = 8 * NAME_WORDS - 3  # a field's name is compared with its quotes and the colon
SLOTS = 1024  # of the hash table of names: at most a quarter full
MAX_DEPTH = 1024  # nested JSON objects and arrays, the record itself included; orjson's limit

FIELD = np.dtype(
    [
        ("min_int", np.int64),
        ("max_int", np.int64),
        ("min_real", np.float64),
        ("max_real", np.float64),
        ("default", np.int64),  # as its column holds it
        ("min_chars", np.int64),
        ("max_chars", np.int64),
        ("token", np.uint64, (NAME_WORDS,)),  # the name in its quotes, and a colon
        ("mask", np.uint64, (NAME_WORDS,)),  # which bits of them count
        ("token_bytes", np.int32),
        ("kind", np.int32),
        ("column", np.int32),  # -1: a TEXT field has only the text's
        ("text_column", np.int32),  # -1: none
        ("unknown", np.int32),  # index of the symbol for unknown labels; -1: they are errors
        ("nullable", np.int8),
        ("required", np.int8),
        ("has_default", np.int8),
    ],
    align=True,
)

NAME = np.dtype(
    [
        ("words", np.uint64, (NAME_WORDS,)),  # its bytes, padded with zeros
        ("length", np.int32),
        ("owner", np.int32),  # FIELD_NAMES, or i + 1 for a symbol of field i
        ("index", np.int32),  # of the field, or of the symbol in its field
    ],
    align=True,
)

SPEC = np.dtype(
    [
        ("fields", FIELD, (MAX_FIELDS,)),
        ("names", NAME, (MAX_NAMES,)),
        ("slots", np.int16, (SLOTS,)),  # index of a name + 1; 0: free
        ("count", np.int64),  # of fields
        ("width", np.int64),
        ("key_field", np.int64),  # -1: the record key is not a field
    ],
    align=True,
)

STATE = np.dtype(
    [
        # the record in hand
        ("values", np.int64, (2 * MAX_FIELDS,)),
        ("outcome", np.uint8, (MAX_FIELDS,)),  # see ``decode_store``
        ("used", np.int64),  # bytes taken in the scratch
        ("slow", np.int64),  # 1: a number was not read exactly
        # JSON's open brackets, one bit each, set for objects
        ("stack", np.uint64, (MAX_DEPTH // 64,)),
        # Avro's open loops (items left) and calls (where to return)
        ("calls", np.int64, (MAX_DEPTH,)),
        # over records: the field whose key came after field i - 1 last time (0: the first one),
        # -1: none yet
        ("follow", np.int64, (MAX_FIELDS + 1,)),
    ],
    align=True,
)

FIELD_NAMES = np.int64(0)  # owner of the names of fields

# An odd constant with well-mixed bits each: the fractions of the golden ratio and of the root of 3.
_GOLDEN = u64(0x9E3779B97F4A7C15)
_ROOT_3 = u64(0xBB67AE8584CAA73B)


@inlined_kernel
def leading_bytes(data: Bytes, at: Int, count: Int) -> np.uint64:
    """The first ``count`` (any number, at most 8 count) bytes at ``at`` as a word, zeros above."""
    if count >= 8:
        return word_at(data, at)
    if count <= 0:
        return u64(0)
    unwanted = u64(8 * (8 - count))
    return (word_at(data, at) << unwanted) >> unwanted


@lean_kernel
def first_slot(data: Bytes, start: Int, length: Int, owner: Int) -> Int:
    """Where the search for the name ``data[start : start + length]`` of ``owner`` begins."""
    word = leading_bytes(data, start, length)
    mixed = (word ^ (u64(length + owner * np.int64(4096)) * _ROOT_3)) * _GOLDEN
    return np.int64(mixed >> u64(32)) & (SLOTS - 1)


@lean_kernel
def find_name(data: Bytes, start: Int, length: Int, owner: Int, spec: Record) -> Int:
    """The index of the name ``data[start : start + length]`` of ``owner``, -1 if it has no such."""
    if length > 8 * NAME_WORDS:
        return np.int64(-1)
    slot = first_slot(data, start, length, owner)
    while spec["slots"][slot] != 0:
        name = spec["names"][spec["slots"][slot] - 1]
        if name["length"] == length and name["owner"] == owner:
            same = True
            for k in range((length + 7) >> 3):
                word = leading_bytes(data, start + 8 * k, length - 8 * k)
                same = same and word == name["words"][k]
            if same:
                return np.int64(name["index"])
        slot = (slot + 1) & (SLOTS - 1)
    return np.int64(-1)
