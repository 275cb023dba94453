"""The compression codecs of record batches, into a buffer of bounded size.

Codec numbers are the low three bits of a batch's attributes. Decompression never allocates what
the input claims: it fills the buffer it is given and fails when that is too small.
"""

import cramjam

CODEC_NONE, CODEC_GZIP, CODEC_SNAPPY, CODEC_LZ4, CODEC_ZSTD = range(5)

# The Java client writes snappy in the blocks of xerial's library, librdkafka may write it raw.
XERIAL_MAGIC = b"\x82SNAPPY\x00"
XERIAL_HEADER_BYTES = 16


class Undecodable(ValueError):
    """The payload is broken, larger than allowed, or of an unknown codec."""


def decompress_into(codec: int, payload: memoryview, out: memoryview) -> int:
    """Decompress ``payload`` to the start of ``out``; returns the number of bytes written.

    Raises ``Undecodable``.
    """
    try:
        if codec == CODEC_GZIP:
            return int(cramjam.gzip.decompress_into(payload, out))
        if codec == CODEC_SNAPPY:
            return _snappy(payload, out)
        if codec == CODEC_LZ4:
            return int(cramjam.lz4.decompress_into(payload, out))
        if codec == CODEC_ZSTD:
            return int(cramjam.zstd.decompress_into(payload, out))
    except cramjam.DecompressionError as error:
        raise Undecodable(str(error)) from error
    raise Undecodable(f"unknown compression codec {codec}")


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
