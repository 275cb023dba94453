"""Columns as text: many values of one kind at once, as blocks of bytes of fixed width."""

from typing import Any

import numpy as np
import numpy.typing as npt

from app.simulation.names import U64

Block = npt.NDArray[np.uint8]
"""Text of one column, ``uint8[n, width]``, each row padded with zero bytes anywhere."""


def labels(names: tuple[str, ...]) -> Block:
    """The names in quotes, by index, and ``null``, by index -1."""
    return table([f'"{name}"' for name in names] + ["null"])


def table(texts: list[str]) -> Block:
    """Any texts, by index."""
    column = np.array([text.encode() for text in texts])
    return column.view(np.uint8).reshape(len(texts), -1)


def _words(texts: list[str]) -> npt.NDArray[np.uint32]:
    return np.array([text.encode() for text in texts], "S4").view(np.uint32)


_PLAIN = _words([f"{number}" for number in range(10_000)])
_PADDED = _words([f"{number:04}" for number in range(10_000)])
_FRACTIONS = table([f"{number / 10_000:g}" for number in range(10_001)])
_HEX = np.array([b"%02x" % octet for octet in range(256)], "S2").view(np.uint16)
_NULL = np.frombuffer(b"null", np.uint8)


def hexadecimal(names: U64) -> Block:
    """Names as 16 lower-case digits."""
    octets = names.astype(">u8").view(np.uint8).reshape(-1, 8)
    return _HEX.take(octets).view(np.uint8)


def integers(values: npt.NDArray[Any]) -> Block:
    """Non-negative integers as digits, four in a group, without leading zeros."""
    rest = values.astype(np.int64)
    groups: list[npt.NDArray[np.uint32]] = []
    while True:
        higher = rest // 10_000
        low = rest - higher * 10_000
        group = np.where(higher > 0, _PADDED.take(low), _PLAIN.take(low))
        # A group above a number's first digit is empty, not 0; the lowest is never empty.
        groups.append(np.where(rest > 0, group, 0) if groups else group)
        if not higher.any():
            return np.stack(groups[::-1], axis=1).astype(np.uint32).view(np.uint8)
        rest = higher


def fractions(values: npt.NDArray[Any]) -> Block:
    """Fractions of 0 to 1, to four digits."""
    text: Block = _FRACTIONS.take(np.rint(values * np.float32(10_000)).astype(np.intp), axis=0)
    return text


def nullable_fractions(values: npt.NDArray[np.floating]) -> Block:
    """Fractions of 0 to 1, NaN as ``null``."""
    absent = np.isnan(values)
    return or_null(fractions(np.where(absent, 0, values)), ~absent)


def quoted(text: Block, opening: bytes = b'"') -> Block:
    """Text between ``opening`` and a closing quote."""
    first = np.broadcast_to(np.frombuffer(opening, np.uint8), (len(text), len(opening)))
    last = np.broadcast_to(np.frombuffer(b'"', np.uint8), (len(text), 1))
    return np.concatenate([first, text, last], axis=1)


def or_null(text: Block, present: npt.NDArray[np.bool_]) -> Block:
    """Text where it is present, ``null`` elsewhere."""
    null = np.zeros(max(text.shape[1], 4), np.uint8)
    null[:4] = _NULL
    padded = np.zeros((len(text), null.size), np.uint8)
    padded[:, : text.shape[1]] = text
    return np.where(present[:, None], padded, null)
