"""Names for what the simulator counts.

Inside, an account, a payment method or a network is a small integer. Outside, it is a keyed hash,
as in the contract: nothing about an identifier tells who is behind it. The same world under
another key is the same world with other names, which a test uses to show that no label leaks
through them.
"""

import hashlib

import numpy as np
import numpy.typing as npt

U64 = npt.NDArray[np.uint64]


def mix(numbers: npt.NDArray[np.generic]) -> U64:
    """The finaliser of SplitMix64: a bijection of 64 bits, bit by bit unpredictable to the eye.

    Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (OOPSLA 2014).
    """
    x = numbers.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    x ^= x >> np.uint64(30)
    x *= np.uint64(0xBF58476D1CE4E5B9)
    x ^= x >> np.uint64(27)
    x *= np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    return x


class Names:
    """64-bit names under one key; within a kind, different numbers have different names."""

    def __init__(self, key: int) -> None:
        self._key = key
        self._kinds: dict[str, np.uint64] = {}
        self._moved: U64 | None = None

    def of(self, kind: str, numbers: npt.NDArray[np.generic]) -> U64:
        """The names of ``numbers`` (any shape, integers), objects of one ``kind``."""
        secret = self._secret(kind)
        return mix(mix(numbers) ^ secret)

    def prompts(self, simhashes: U64) -> U64:
        """SimHashes under this key: at the same distances from each other, in bits.

        Every bit goes to another position, and then some are inverted.
        """
        if self._moved is None:
            self._moved = _permutation(self._secret("bits"))
        named: U64 = np.full(simhashes.shape, self._secret("prompt"))
        octets = np.ascontiguousarray(simhashes.astype("<u8")).view(np.uint8).reshape(-1, 8)
        for place, table in enumerate(self._moved):
            np.bitwise_xor(named, table.take(octets[:, place]), out=named)
        return named

    def _secret(self, kind: str) -> np.uint64:
        if kind not in self._kinds:
            digest = hashlib.blake2b(f"{self._key}:{kind}".encode(), digest_size=8).digest()
            self._kinds[kind] = np.uint64(int.from_bytes(digest, "little"))
        return self._kinds[kind]


def _permutation(secret: np.uint64) -> U64:
    """For each octet of a word and each value of it, its bits at their new places, ``[8, 256]``."""
    new_place = np.argsort(mix(np.arange(64, dtype=np.uint64) ^ secret)).astype(np.uint64)
    bits = (np.arange(256)[:, None] >> np.arange(8)) & 1
    places = np.uint64(1) << new_place.reshape(8, 8)
    moved: U64 = np.bitwise_or.reduce(
        np.where(bits[None], places[:, None, :], np.uint64(0)), axis=2
    ).astype(np.uint64)
    return moved


def hex16(names: U64) -> npt.NDArray[np.bytes_]:
    """``names`` as ``bytes``, 16 lower-case hexadecimal digits each."""
    octets = np.ascontiguousarray(names.astype(">u8")).view(np.uint8).reshape(-1, 8)
    return np.ascontiguousarray(_HEX[octets]).view("S16").reshape(-1)


_HEX = np.frombuffer(b"".join(b"%02x" % octet for octet in range(256)), "S2")
