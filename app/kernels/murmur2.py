"""MurmurHash2 as Kafka's default partitioner uses it: which partition a key belongs to.

Austin Appleby's 32-bit MurmurHash2 with the seed that the Java client and Faust share.
"""

from numpy import uint64 as u64

from app.kernels.compile import inlined_kernel, lean_kernel
from app.kernels.decode_types import Bytes, Int
from app.kernels.text import byte_at, word_at

_SEED = u64(0x9747B28C)
_M = u64(0x5BD1E995)
_LOW32 = u64(0xFFFFFFFF)


@inlined_kernel
def murmur2(data: Bytes, start: Int, length: Int) -> Int:
    """The unsigned 32-bit hash of ``data[start : start + length]``, which must lie within."""
    state = _SEED ^ u64(length)
    at = start
    left = length
    while left >= 4:
        k = ((word_at(data, at) & _LOW32) * _M) & _LOW32
        k = ((k ^ (k >> u64(24))) * _M) & _LOW32
        state = ((state * _M) & _LOW32) ^ k
        at += 4
        left -= 4
    if left > 0:
        tail = u64(0)
        for i in range(left):
            tail |= u64(byte_at(data, at + i)) << u64(8 * i)
        state = ((state ^ tail) * _M) & _LOW32
    state = ((state ^ (state >> u64(13))) * _M) & _LOW32
    return state ^ (state >> u64(15))


@lean_kernel
def partition_of(data: Bytes, start: Int, length: Int, partitions: Int) -> Int:
    """The partition, of ``partitions``, that a producer puts this key on."""
    positive = murmur2(data, start, length) & u64(0x7FFFFFFF)
    return int(positive) % partitions
