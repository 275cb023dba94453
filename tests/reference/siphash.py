"""SipHash-c-d on Python integers, after the pseudo-code of the paper."""

MASK = (1 << 64) - 1


def _rotate(value: int, bits: int) -> int:
    return ((value << bits) | (value >> (64 - bits))) & MASK


def _round(v: list[int]) -> None:
    v[0] = (v[0] + v[1]) & MASK
    v[2] = (v[2] + v[3]) & MASK
    v[1] = _rotate(v[1], 13) ^ v[0]
    v[3] = _rotate(v[3], 16) ^ v[2]
    v[0] = _rotate(v[0], 32)
    v[2] = (v[2] + v[1]) & MASK
    v[0] = (v[0] + v[3]) & MASK
    v[1] = _rotate(v[1], 17) ^ v[2]
    v[3] = _rotate(v[3], 21) ^ v[0]
    v[2] = _rotate(v[2], 32)


def siphash(data: bytes, k0: int, k1: int, *, compress: int, finalise: int) -> int:
    """The 64-bit tag of ``data`` with ``compress`` and ``finalise`` rounds."""
    v = [
        k0 ^ int.from_bytes(b"somepseu", "big"),
        k1 ^ int.from_bytes(b"dorandom", "big"),
        k0 ^ int.from_bytes(b"lygenera", "big"),
        k1 ^ int.from_bytes(b"tedbytes", "big"),
    ]
    padding = bytes((-len(data) - 1) % 8)
    padded = data + padding + bytes([len(data) & 0xFF])
    for at in range(0, len(padded), 8):
        word = int.from_bytes(padded[at : at + 8], "little")
        v[3] ^= word
        for _ in range(compress):
            _round(v)
        v[0] ^= word
    v[2] ^= 0xFF
    for _ in range(finalise):
        _round(v)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def siphash13(data: bytes, k0: int = 0, k1: int = 0) -> int:
    return siphash(data, k0, k1, compress=1, finalise=3)
