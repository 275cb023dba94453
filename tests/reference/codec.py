"""The row codec on Python integers, one scalar after another."""

import struct
from collections.abc import Iterator

import numpy as np

LOCAL = ("hash", "id_at", "id_length", "pad")
TIMES = ("_ts", "_at", "_until", "_since")
DIRTY = 1 << 2


def scalars(record: np.void, name: str = "") -> Iterator[tuple[str, np.generic]]:
    """(field name, value) of every scalar of a row that is written."""
    if record.dtype.names is None:
        yield name, record[()]
        return
    for field in record.dtype.names:
        if field in LOCAL:
            continue
        value = record[field]
        for element in value.reshape(-1) if isinstance(value, np.ndarray) else [value]:
            yield from scalars(element, field)


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def zigzag(number: int) -> int:
    return number * 2 if number >= 0 else -number * 2 - 1


def wrap(number: int) -> int:
    return (number + 2**63) % 2**64 - 2**63


def written(name: str, value: np.generic, clock: int) -> bytes:
    if value.dtype.kind == "f" or value.dtype in (np.uint8, np.uint64):
        return value.tobytes()
    number = int(value)
    if value.dtype.kind == "u":
        return varint(number)
    if value.dtype == np.int64 and name != "last_ts" and name.endswith(TIMES):
        number = wrap(number - clock)
    return varint(zigzag(number))


def encode(record: np.void, version: int) -> bytes:
    clock = int(record["last_ts"])
    lanes = []
    for name, scalar in scalars(record):
        value = scalar & ~np.uint16(DIRTY) if name == "flags" else scalar
        zero = not any(value.tobytes())
        lanes.append(b"" if zero else written(name, value, clock))
    groups = [lanes[i : i + 8] for i in range(0, len(lanes), 8)]
    bitmap, body = 0, b""
    for number, group in enumerate(groups):
        if any(group):
            bitmap |= 1 << number
            body += bytes([sum(1 << i for i, lane in enumerate(group) if lane)]) + b"".join(group)
    return struct.pack("B", version) + bitmap.to_bytes((len(groups) + 7) // 8, "little") + body
