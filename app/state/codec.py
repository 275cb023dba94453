"""Rows as the changelog keeps them, in every layout they ever had.

A changelog outlives releases: the first byte of a value names the layout that wrote it, and a
``RowCodec`` knows all of them. How an older row is read follows from field names: a field of the
same name goes where today's row has it (an array as far as both reach), a field that is gone is
passed over, a new field is zero. An integer may widen. A field whose meaning or type changes
otherwise gets a new name.

To change a row: raise its version, keep the old dtype in ``layout_history.py``, and add it to the
codec's layouts below.
"""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from app.kernels import rows as kernels
from app.kernels import views as v
from app.kernels.batches import Framed
from app.kernels.columns import (
    FRAME_KEY_LENGTH,
    FRAME_KEY_START,
    FRAME_OFFSET,
    FRAME_VALUE_LENGTH,
    FRAME_VALUE_START,
)
from app.kernels.rows import Plan
from app.state.lanes import longest, plan_of
from app.state.layout import ACCOUNT, ACCOUNT_VERSION
from app.state.layout_history import ACCOUNT_1, ACCOUNT_2, ACCOUNT_3
from app.state.store import ColumnStore

SLICE_ROWS = 1024  # encoded at once: the buffer stays in the processor's cache

OnHeader = Callable[[bytes, bytes | None, int], None]
"""Called with (key, value, offset) of a changelog record whose key is no id."""


class CorruptRow(RuntimeError):
    """A changelog record that makes no sense. State is written by us alone: stop, do not skip.

    ``offset`` is the record's, or None for bytes that came from elsewhere.
    """

    def __init__(self, message: str, offset: int | None = None) -> None:
        super().__init__(message)
        self.offset = offset


class StoreFull(RuntimeError):
    """The changelog holds more rows than the store may."""


class RowCodec:
    """Encodes rows of ``layouts``' highest version and decodes every version in it.

    Raises ValueError for layouts whose fields of the same name cannot be read as one another.
    """

    def __init__(self, layouts: Mapping[int, np.dtype[np.void]]) -> None:
        self.version = max(layouts)
        self.row_dtype = layouts[self.version]
        if not all(0 < version < 256 for version in layouts):
            raise ValueError("a layout's version must fit one byte, and zero is kept free")
        self._plans = {
            version: plan_of(dtype, self.row_dtype) for version, dtype in layouts.items()
        }
        self._longest = longest(self._plans[self.version])

    def encode(
        self, store: ColumnStore, slots: npt.NDArray[np.integer]
    ) -> list[tuple[bytes, bytes]]:
        """(key, value) of the rows at ``slots``; a slot no longer in use is passed over.

        Raises IndexError for a slot that never was.
        """
        views = store.views()
        used = views.rows["id_length"][: views.counts[v.ROWS_USED]]
        slots = slots[used[slots] != 0]
        pairs = []
        for first in range(0, slots.size, SLICE_ROWS):
            part = slots[first : first + SLICE_ROWS]
            out = np.empty(part.size * self._longest, np.uint8)
            ends = np.empty(part.size, np.int64)
            kernels.encode_rows(
                views.words, self._plans[self.version], self.version, part, out, ends
            )
            values = out[: ends[-1]].tobytes()
            start = 0
            for key, end in zip(store.keys(part), ends.tolist(), strict=True):
                pairs.append((key, values[start:end]))
                start = end
        return pairs

    def decode(self, value: bytes) -> np.void:
        """The row in ``value``, as a record of today's layout; for tools and tests.

        Raises ``CorruptRow``.
        """
        data = np.frombuffer(value, np.uint8)
        row = np.zeros(1, self.row_dtype)
        plan = self._plan_for(value, "a row", None)
        bad = kernels.decode_row(row.view(np.uint64), plan, data, 1, len(value))
        if bad >= 0:
            raise CorruptRow(f"a row makes no sense from byte {bad} of {len(value)}")
        record: np.void = row[0]
        return record

    def apply(self, store: ColumnStore, framed: Framed, on_header: OnHeader, source: str) -> None:
        """Apply changelog records to ``store`` in order.

        ``on_header`` says by raising that a record is no header either. ``source`` names the
        changelog partition in errors.

        Raises ``CorruptRow`` (naming the offset) and ``StoreFull``.
        """
        frames = framed.frames
        store.reserve_for(frames)
        version, frame = self.version, 0
        while frame < len(frames):
            frame, stop, position = kernels.apply_frames(
                store.views(), self._plans[version], version, framed.data, frames, frame
            )
            if stop == kernels.DONE:
                return
            offset = int(frames[frame, FRAME_OFFSET])
            where = f"{source} at offset {offset}"
            if stop == kernels.HEADER:
                on_header(_key(framed, frame) or b"", _value(framed, frame), offset)
                frame += 1
            elif stop == kernels.OTHER_VERSION:
                value = _value(framed, frame) or b""
                self._plan_for(value, where, offset)  # raises for a version nobody knows
                version = value[0]
            elif stop == kernels.FULL:
                raise StoreFull(
                    f"{where}: the changelog holds more than the {store.limit:,} rows a partition "
                    "may have here. Raise the limit of rows per partition and start again; nothing "
                    "is lost."
                )
            else:
                start = int(frames[frame, FRAME_VALUE_START])
                raise CorruptRow(
                    f"{where}: the record makes no sense from byte {position - start} of its value "
                    f"(key {_key(framed, frame)!r}). State cannot be trusted from here on. Restore "
                    "the changelog topic from a copy, or delete its records and the inputs' header "
                    "by recreating the topic, which starts this partition from nothing.",
                    offset,
                )

    def _plan_for(self, value: bytes, where: str, offset: int | None) -> Plan:
        version = value[0] if value else 0
        plan = self._plans.get(version)
        if plan is None and version > self.version:
            raise CorruptRow(
                f"{where}: the row is of layout {version}, written by a newer release; this one "
                f"reads up to {self.version}. Upgrade this worker, or finish the rollback by "
                "restoring the changelog from before the upgrade.",
                offset,
            )
        if plan is None:
            raise CorruptRow(f"{where}: no release wrote rows of layout {version}", offset)
        return plan


def _key(framed: Framed, frame: int) -> bytes | None:
    row = framed.frames[frame]
    return _bytes(framed, row[FRAME_KEY_START], row[FRAME_KEY_LENGTH])


def _value(framed: Framed, frame: int) -> bytes | None:
    row = framed.frames[frame]
    return _bytes(framed, row[FRAME_VALUE_START], row[FRAME_VALUE_LENGTH])


def _bytes(framed: Framed, start: int, length: int) -> bytes | None:
    return framed.data[start : start + length].tobytes() if start >= 0 else None


ACCOUNT_CODEC = RowCodec({1: ACCOUNT_1, 2: ACCOUNT_2, 3: ACCOUNT_3, ACCOUNT_VERSION: ACCOUNT})
