"""Prompt families: an account's few most frequent kinds of opening prompt, near-duplicates joined.

A family stands for prompts whose SimHashes (Charikar, "Similarity estimation techniques from
rounding algorithms", STOC 2002) differ from its mark in at most ``JOIN_BITS`` bits. The heaviest
families are kept by SpaceSaving (Metwally, Agrawal and El Abbadi, "Efficient computation of
frequent and top-k elements in data streams", ICDT 2005) over decayed weights: a prompt that joins
none takes the place and the weight of the lightest. Only prompts that open a conversation count:
later turns resemble the turns before them whoever writes.

Does an account run through fresh prompts, or through the same ones again? A count of requests does
not tell, and a row has no room to remember prompts. So the question is put as capture and
recapture. A family's mark is one of its prompts. Its trial ends with a recapture when exactly this
prompt comes again after another one did, and without when the family is given up or ``TRIAL``
prompts, on average, have not brought it back; the next prompt is the new mark. The row keeps the
share of trials that ended with a recapture: of a suite that is run again and again nearly all do,
of fresh prompts only as many as happen to share their SimHash with others. A prompt repeated at
once, to sample several answers, decides nothing.

The random end of a trial depends on the number of events alone: no value of a hash can sway it.
"""

import numpy as np

from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Int, Record
from app.state.layout import FAMILIES

JOIN_BITS = 12
"""Most bits in which a prompt of a family differs from its mark.

Of two unrelated 64-bit SimHashes, 2.3 in ten million are that close (binomial, n 64, p 0.5), while
filling another value into one template moves a handful of bits. Paraphrases lie further apart;
telling those from strangers takes many accounts, not one.
"""

TRIAL = 2048.0
"""Prompts of a family after which, on average, a trial ends without a recapture.

A suite with so many prompts per family is recaptured in 37 % of its trials, one of a quarter the
size in 78 %.
"""

RECAPTURED = 0.25
LOST = 0.125
"""What the outcome of one trial counts in the moving average of outcomes.

A recapture is certain, while a trial without one may only have been too short, so it counts less.
Accounts begin with no recaptures; the second run of a suite of four families brings 68 %.
"""

# How a mark's trial stands, two bits per family in ``row["trials"]``.
_ALONE = 0  # no other prompt of the family has come since the mark
_OPEN = 1
_OVER = 2  # recaptured: the next prompt that is not the mark replaces it

_M1 = np.uint64(0x5555555555555555)
_M2 = np.uint64(0x3333333333333333)
_M4 = np.uint64(0x0F0F0F0F0F0F0F0F)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


@lean_kernel
def popcount(word: np.uint64) -> Int:
    """Bits set in ``word``, added up in parallel: LLVM knows the pattern."""
    word = word - ((word >> np.uint64(1)) & _M1)
    word = (word & _M2) + ((word >> np.uint64(2)) & _M2)
    word = (word + (word >> np.uint64(4))) & _M4
    word = word + (word >> np.uint64(8))
    word = word + (word >> np.uint64(16))
    word = word + (word >> np.uint64(32))
    return np.int64(word & np.uint64(0x7F))


@lean_kernel
def uniform(counter: Int) -> float:
    """A number in [0, 1) that looks random but depends on ``counter`` alone.

    SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA
    2014).
    """
    z = np.uint64(counter) * _GOLDEN + _GOLDEN
    z = (z ^ (z >> np.uint64(30))) * _MIX_1
    z = (z ^ (z >> np.uint64(27))) * _MIX_2
    z = z ^ (z >> np.uint64(31))
    return np.float64(z >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@lean_kernel
def fold_family(row: Record, simhash: np.uint64, weight: float) -> None:
    """Add an opening prompt of ``weight`` to the families of ``row``."""
    nearest = -1
    distance = np.int64(JOIN_BITS + 1)
    lightest = 0
    for k in range(FAMILIES):
        if row["family_weight"][k] > 0.0:
            bits = popcount(row["family"][k] ^ simhash)
            if bits < distance:
                nearest = k
                distance = bits
        if row["family_weight"][k] < row["family_weight"][lightest]:
            lightest = k
    if nearest < 0:
        _new_mark(row, lightest, simhash)
        row["family_weight"][lightest] += weight
        return
    row["family_weight"][nearest] += weight
    trial = _trial(row, nearest)
    if distance == 0:
        if trial == _OPEN:
            row["recaptured"] += RECAPTURED * (1.0 - row["recaptured"])
            _set_trial(row, nearest, _OVER)
        return
    row["novel"] += weight
    if trial == _OVER or uniform(row["events"]) * TRIAL < 1.0:
        _new_mark(row, nearest, simhash)
    else:
        _set_trial(row, nearest, _OPEN)


@lean_kernel
def _new_mark(row: Record, k: Int, simhash: np.uint64) -> None:
    if _trial(row, k) == _OPEN:
        row["recaptured"] -= LOST * row["recaptured"]
    row["family"][k] = simhash
    _set_trial(row, k, _ALONE)


@lean_kernel
def _trial(row: Record, k: Int) -> Int:
    return np.int64(row["trials"]) >> (2 * k) & 3


@lean_kernel
def _set_trial(row: Record, k: Int, trial: Int) -> None:
    others = np.int64(row["trials"]) & ~(3 << (2 * k))
    row["trials"] = np.uint16(others | trial << (2 * k))
