"""The compression codecs of record batches, with a bound on what they may produce.

Codec numbers are the low three bits of a batch's attributes. Output goes into buffers of a chosen
size, never of the size that the input claims.
"""

import cramjam
import numpy as np

from app.kernels.decode_types import Bytes

CODEC_NONE, CODEC_GZIP, CODEC_SNAPPY, CODEC_LZ4, CODEC_ZSTD = range(5)

# The Java client writes snappy in the blocks of xerial's library, librdkafka may write it raw.
XERIAL_MAGIC = b"\x82SNAPPY\x00"
XERIAL_HEADER_BYTES = 16

# LZ4 frame format: magic number, flags, block size, [content size], header checksum, then blocks.
LZ4_MAGIC = b"\x04\x22\x4d\x18"
LZ4_HEADER_BYTES = 7
LZ4_CONTENT_SIZE = 0x08
LZ4_PLAIN = 0x60
"""Flags of version 1 with blocks that stand for themselves and no checksums: what the Java client
and librdkafka write, for the batch has a checksum of its own."""
LZ4_STORED = 1 << 31

# How much larger than its compressed form a batch is expected to be: JSON shrinks 5 to 15 times.
# A batch that shrank more is decompressed again, into a buffer eight times as large.
USUAL_RATIO = 16
GROWTH = 8
MIN_ROOM = 1 << 14


class Undecodable(ValueError):
    """The payload is broken, larger than allowed, or of an unknown codec."""


class Unpacked:
    """Payloads, one behind the other, in one buffer with ``room`` for so many bytes at first.

    They are decompressed where they are to stand: copying them together took as long as half of
    decompressing them.
    """

    def __init__(self, room: int) -> None:
        self._data = np.empty(room, np.uint8)
        self.used = 0
        """Bytes so far; setting it back drops the last ones."""

    def add(self, piece: Bytes) -> None:
        """Add ``piece`` uint8[n] as it is."""
        self._reserve(len(piece))
        self._data[self.used : self.used + len(piece)] = piece
        self.used += len(piece)

    def decompress(self, codec: int, payload: memoryview, limit: int) -> None:
        """Add the decompressed ``payload``, at most ``limit`` bytes.

        Raises ``Undecodable``, and nothing is added.
        """
        room = room_for(len(payload))
        while True:
            size = min(room, limit)
            self._reserve(size)
            out = self._data[self.used : self.used + size]
            try:
                self.used += _decompress_into(codec, payload, out.data)
                return
            except cramjam.DecompressionError as error:
                # A buffer that is too small and a payload that is broken look alike.
                if room >= limit:
                    raise Undecodable(str(error)) from error
            room *= GROWTH

    def data(self) -> Bytes:
        """All bytes so far: uint8[used], read-only."""
        data = self._data[: self.used]
        data.flags.writeable = False
        return data

    def _reserve(self, more: int) -> None:
        if self.used + more > len(self._data):
            larger = np.empty(self.used + max(more, len(self._data)), np.uint8)
            larger[: self.used] = self._data[: self.used]
            self._data = larger


def room_for(packed: int) -> int:
    """Bytes that a payload of ``packed`` bytes is expected to have at most."""
    return max(MIN_ROOM, USUAL_RATIO * packed)


def _decompress_into(codec: int, payload: memoryview, out: memoryview) -> int:
    if codec == CODEC_GZIP:
        return int(cramjam.gzip.decompress_into(payload, out))
    if codec == CODEC_SNAPPY:
        return _snappy(payload, out)
    if codec == CODEC_LZ4:
        return _lz4(payload, out)
    if codec == CODEC_ZSTD:
        return int(cramjam.zstd.decompress_into(payload, out))
    raise Undecodable(f"unknown compression codec {codec}")


def _lz4(payload: memoryview, out: memoryview) -> int:
    """Block by block where that can be done: the frame decoder copies everything twice more."""
    if (
        len(payload) < LZ4_HEADER_BYTES
        or payload[:4] != LZ4_MAGIC
        or payload[4] & ~LZ4_CONTENT_SIZE != LZ4_PLAIN
    ):
        return int(cramjam.lz4.decompress_into(payload, out))
    position, used = LZ4_HEADER_BYTES, 0
    if payload[4] & LZ4_CONTENT_SIZE:
        position += 8
    while size := int.from_bytes(payload[position : position + 4], "little"):
        position += 4
        length = size & ~LZ4_STORED
        block = payload[position : position + length]
        if len(block) != length or length == 0:
            raise Undecodable("lz4: truncated block")
        if size & LZ4_STORED:
            if length > len(out) - used:
                raise cramjam.DecompressionError("lz4: no room for a stored block")
            out[used : used + length] = block
            used += length
        else:
            rest = out[used:]
            # Without a length it takes a block's first bytes for one whenever they could be.
            used += int(cramjam.lz4.decompress_block_into(block, rest, output_len=len(rest)))
        position += length
    if position + 4 > len(payload):
        raise Undecodable("lz4: the frame has no end")
    return used


def _snappy(payload: memoryview, out: memoryview) -> int:
    if payload[: len(XERIAL_MAGIC)] != XERIAL_MAGIC:
        return int(cramjam.snappy.decompress_raw_into(payload, out))
    position, used = XERIAL_HEADER_BYTES, 0
    while position < len(payload):
        length = int.from_bytes(payload[position : position + 4], "big")
        block = payload[position + 4 : position + 4 + length]
        if len(block) != length or length == 0:
            raise Undecodable("snappy: truncated block")
        used += int(cramjam.snappy.decompress_raw_into(block, out[used:]))
        position += 4 + length
    return used
