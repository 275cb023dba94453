"""What fuzzers have in common: mutations, how a difference is told, the command line."""

import argparse
import math
import random
import time
from collections import Counter
from collections.abc import Callable

# Bytes that mean something to one of the layers.
TELLING = [b'"', b"\\", b"\\u", b"{", b"}", b"[", b"]", b",", b":", b"0", b"-", b".", b"e9", b" "]
TELLING += [b"\0", b"\x01", b"\x7f", b"\x80", b"\xff", b"\xff" * 9, b"null", b"\xed\xa0\x80"]
TELLING += [b"9" * 20]


class Difference(AssertionError):
    """An input that is not read as it should be; the message ends with it, as hexadecimal."""


def mutate(rng: random.Random, data: bytes) -> bytes:
    """``data`` changed one to five times: bytes put in, taken out, replaced, repeated, cut off."""
    changed = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 5])):
        at = rng.randrange(len(changed) + 1)
        kind = rng.randrange(6)
        if kind == 0:
            changed[at : at + 1] = rng.randbytes(1)
        elif kind == 1:
            changed[at:at] = rng.choice(TELLING)
        elif kind == 2:
            piece = rng.choice(TELLING)
            changed[at : at + len(piece)] = piece
        elif kind == 3:
            del changed[at : at + rng.choice([1, 2, 8, 40])]
        elif kind == 4:
            start = rng.randrange(len(changed) + 1)
            changed[at:at] = changed[start : start + rng.choice([1, 7, 30])]
        elif rng.random() < 0.3:
            del changed[at:]
    return bytes(changed)


def go_on(
    step: Callable[[], None], done: Callable[[], float], *, seconds: float, inputs: float
) -> None:
    """Call ``step`` for so long, or until ``done`` tells of so many inputs, whichever is first; the
    first call, which compiles, does not count."""
    step()
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and done() < inputs:
        step()


def command(about: str | None, run: Callable[..., Counter[str]]) -> int:
    """The command line of a fuzzer; returns its exit code. ``run`` takes a seed, ``seconds`` and
    ``inputs``, returns what came of them, and raises ``Difference``."""
    parser = argparse.ArgumentParser(description=about.splitlines()[0] if about else None)
    parser.add_argument("--seconds", type=float, help="60, unless --inputs is given")
    parser.add_argument("--inputs", type=float, default=math.inf, help="of each decoder")
    parser.add_argument("--seed", type=int, default=time.time_ns())
    arguments = parser.parse_args()
    seconds = arguments.seconds
    if seconds is None:
        seconds = 60.0 if arguments.inputs == math.inf else math.inf
    print(f"seed {arguments.seed}", flush=True)
    try:
        seen = run(arguments.seed, seconds=seconds, inputs=arguments.inputs)
    except Difference as difference:
        print(difference)
        return 1
    print(", ".join(f"{name} {count:,}" for name, count in seen.most_common()))
    return 0
