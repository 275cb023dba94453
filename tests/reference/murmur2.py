"""MurmurHash2, 32 bits, as Kafka's Java client computes it."""


def murmur2(key: bytes) -> int:
    m, mask = 0x5BD1E995, 0xFFFFFFFF
    state = 0x9747B28C ^ len(key)
    whole = len(key) // 4 * 4
    for at in range(0, whole, 4):
        k = int.from_bytes(key[at : at + 4], "little") * m & mask
        k = (k ^ k >> 24) * m & mask
        state = state * m & mask ^ k
    if key[whole:]:
        state = (state ^ int.from_bytes(key[whole:], "little")) * m & mask
    state = (state ^ state >> 13) * m & mask
    return state ^ state >> 15


def partition_of(key: bytes, partitions: int) -> int:
    return (murmur2(key) & 0x7FFFFFFF) % partitions
